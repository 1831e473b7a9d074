"""The WS-I form of version 2: documents without types, whose elements are named by the WSDL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from tests.faces.bodies import text_of
from tests.support.pictures import png
from tests.support.server import KEY, USER, Server, serving
from tests.support.soap import MEDIA, SOAP_1_2, V1, V2, Answer, envelope, login, post

NS = "{urn:OpenMage}"
LOGIN = f"<username>{USER}</username><apiKey>{KEY}</apiKey>"
PRODUCT = "<productId>product1</productId>"
FILE = f"<file><content>{text_of(png())}</content><mime>image/png</mime><name>front</name></file>"
NAME = "/f/r/front.png"
ITEM = "complexObjectArray"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server that speaks this form, and spells session ids as documented."""
    async with serving(tmp_path, soap_wsi=True) as running:
        yield running


async def call(server: Server, element: str, parts: str = "", **options: Any) -> Answer:
    """The answer to a document with the server's Basic."""
    body = envelope(f"<n:{element}>{parts}</n:{element}>", **options)
    return await post(server, body, V2, Authorization=server.basic or "")


async def media(server: Server, name: str, parts: str) -> Any:
    """What an operation answered."""
    answer = await call(server, f"{MEDIA}{name}RequestParam", parts)
    return result(answer, f"{MEDIA}{name}ResponseParam")


async def create(server: Server, values: str = "", more: str = "") -> Any:
    return await media(server, "Create", f"{PRODUCT}<data>{FILE}{values}</data>{more}")


def result(answer: Answer, element: str) -> Any:
    """The content of the result in an element; fails for a fault."""
    assert (answer.status, answer.body.tag) == (200, f"{NS}{element}"), answer.text
    assert "type=" not in answer.text
    [found] = answer.body
    assert found.tag == "result"
    return value_of(found)


def value_of(element: Element) -> Any:
    if not len(element):
        return element.text or ""
    if {member.tag for member in element} == {ITEM}:
        return [value_of(member) for member in element]
    return {member.tag: value_of(member) for member in element}


async def test_an_image_can_be_created_listed_changed_and_removed(server: Server) -> None:
    types = f"<types><{ITEM}>image</{ITEM}><{ITEM}>thumbnail</{ITEM}></types>"
    values = f"<label>Vorn &amp; hinten</label><position>3</position><exclude>0</exclude>{types}"
    named = f"{PRODUCT}<file>{NAME}</file>"
    image = {
        "file": NAME,
        "label": "Vorn & hinten",
        "position": "3",
        "exclude": "0",
        "url": f"http://address/media/catalog/product{NAME}",
        "types": ["image", "thumbnail"],
    }

    assert await create(server, values) == NAME
    assert await media(server, "List", PRODUCT) == [image]
    assert await media(server, "Info", named) == image
    assert await media(server, "Update", f"{named}<data><label>New</label></data>") == "1"
    assert await media(server, "Info", named) == {**image, "label": "New"}
    assert await media(server, "Remove", named) == "1"
    assert await media(server, "List", PRODUCT) == ""


async def test_what_is_empty_is_empty_and_not_a_line_break(server: Server) -> None:
    await create(server)

    answer = await call(server, f"{MEDIA}ListRequestParam", PRODUCT)

    assert "<label></label>" in answer.text
    assert "<types></types>" in answer.text


@pytest.mark.parametrize(
    ("types", "kept"),
    [
        ("", ["image"]),
        ("<types/>", ""),
        (f"<types><{ITEM}>thumbnail</{ITEM}></types>", ["thumbnail"]),
    ],
)
async def test_types_are_kept_cleared_or_replaced(types: str, kept: Any, server: Server) -> None:
    await create(server, f"<types><{ITEM}>image</{ITEM}></types>")
    named = f"{PRODUCT}<file>{NAME}</file>"

    await media(server, "Update", f"{named}<data><label>x</label>{types}</data>")

    assert (await media(server, "Info", named))["types"] == kept


async def test_a_store_view_and_an_identifier_type_can_be_given_in_any_order(
    server: Server,
) -> None:
    await create(server, "<label>default</label>")
    german = "<store>german</store>"
    change = f"<file>{NAME}</file><data><label>deutsch</label></data>"
    await media(server, "Update", f"{german}{PRODUCT}{change}")

    [image] = await media(server, "List", f"<identifierType>sku</identifierType>{german}{PRODUCT}")

    assert image["label"] == "deutsch"
    assert (await media(server, "List", PRODUCT))[0]["label"] == "default"
    assert await media(server, "CurrentStore", german) == "2"


async def test_the_image_types_of_a_set_are_listed(server: Server) -> None:
    types = await media(server, "Types", "<setId>4</setId>")

    assert types[0] == {"code": "image", "scope": "store"}
    assert len(types) == 3


async def test_sessions_begin_and_end(server: Server) -> None:
    session = result(await call(server, "loginParam", LOGIN), "loginResponseParam")
    server.basic = None
    in_session = f"<sessionId>{session}</sessionId>"

    assert await media(server, "List", f"{in_session}{PRODUCT}") == ""
    ended = result(await call(server, "endSessionParam", in_session), "endSessionResponseParam")
    assert ended == "true"
    answer = await call(server, f"{MEDIA}ListRequestParam", f"{in_session}{PRODUCT}")
    assert answer.fault == ("5", "Session expired. Try to relogin.")


@pytest.mark.parametrize("call_element", ["<n:startSessionParam/>", ""])
async def test_a_session_can_be_started_with_a_name_or_with_an_empty_body(
    call_element: str, server: Server
) -> None:
    answer = await post(server, envelope(call_element), V2)

    assert len(result(answer, "startSessionResponseParam")) == 32


@pytest.mark.parametrize("in_order", [True, False])
async def test_the_api_describes_itself(in_order: bool, server: Server) -> None:
    session = result(await call(server, "loginParam", LOGIN), "loginResponseParam")
    server.basic = None
    parts = [f"<sessionId>{session}</sessionId>", "<resourceName>product_media</resourceName>"]

    resources = await call(server, "resourcesRequestParam", parts[0])
    [resource] = result(resources, "resourcesResponseParam")
    global_faults = await call(server, "globalFaultsParam", parts[0])
    both = "".join(parts if in_order else reversed(parts))
    faults = await call(server, "resourceFaultsParam", both)

    assert [method["name"] for method in resource["methods"]][:2] == ["currentStore", "list"]
    assert list(resource) == ["title", "name", "aliases", "methods"]
    assert result(global_faults, "globalFaultsResponseParam")[5] == {
        "code": "5",
        "message": "Session expired. Try to relogin.",
    }
    assert len(result(faults, "resourceFaultsResponseParam")) == 8


@pytest.mark.parametrize(
    "element", ["loginParam", "loginRequestParam", "LOGINPARAM", f"{MEDIA}TypesParam"]
)
async def test_elements_are_known_by_either_ending_in_any_case(
    element: str, server: Server
) -> None:
    answer = await call(server, element, f"{LOGIN}<setId>4</setId>")

    assert answer.status == 200
    assert answer.body.tag.endswith("ResponseParam")


@pytest.mark.parametrize("namespace", ["urn:OpenMage", "urn:Magento", "urn:any", ""])
async def test_requests_may_be_in_any_namespace(namespace: str, server: Server) -> None:
    document = f'<loginParam xmlns="{namespace}">{LOGIN}</loginParam>'

    assert len(result(await post(server, envelope(document), V2), "loginResponseParam")) == 32


async def test_answers_are_in_the_namespace_that_was_chosen(tmp_path: Path) -> None:
    async with serving(tmp_path, soap_wsi=True, soap_namespace="urn:Magento") as server:
        answer = await call(server, "loginParam", LOGIN)

    assert answer.body.tag == "{urn:Magento}loginResponseParam"


@pytest.mark.parametrize(
    ("name", "parts", "fault"),
    [
        ("List", "<productId>nosuch</productId>", ("101", "Product not exists.")),
        ("List", "<store>nosuch</store>", ("100", "Requested store view not found.")),
        ("Create", f"{PRODUCT}<data/>", ("102", "The image is not specified.")),
        (
            "Info",
            f"{PRODUCT}<file>/x.png</file>",
            ("103", "Requested image not exists in product images' gallery."),
        ),
    ],
)
async def test_faults_have_their_number_as_code(
    name: str, parts: str, fault: tuple[str, str], server: Server
) -> None:
    answer = await call(server, f"{MEDIA}{name}RequestParam", parts)

    assert (answer.status, answer.fault) == (200, fault)


@pytest.mark.parametrize("element", ["login", "nosuchParam", "callParam"])
async def test_what_is_no_document_of_this_form_is_refused(element: str, server: Server) -> None:
    answer = await call(server, element, LOGIN)

    assert answer.status == 500
    assert answer.fault == ("SOAP-ENV:Server", f"Procedure '{element}' not present")


async def test_an_empty_document_leaves_every_part_out(server: Server) -> None:
    for nothing in ("<n:loginParam/>", '<n:loginParam xsi:nil="true"/>'):
        answer = await post(server, envelope(nothing), V2)
        assert (answer.status, answer.fault[0]) == (200, "6")

    assert await media(server, "CurrentStore", "") == "0"
    unnamed = await call(server, f"{MEDIA}ListRequestParam")
    assert (unnamed.status, unnamed.fault[0]) == (200, "101")


async def test_soap_1_2_is_answered_in_soap_1_2(server: Server) -> None:
    answer = await call(server, "loginParam", LOGIN, soap=SOAP_1_2)

    assert answer.root.tag == f"{{{SOAP_1_2}}}Envelope"
    assert len(result(answer, "loginResponseParam")) == 32


async def test_version_1_is_as_ever(server: Server) -> None:
    assert len(await login(server, V1)) == 32


async def test_calls_are_counted(server: Server) -> None:
    await media(server, "List", PRODUCT)
    await call(server, "nosuchParam")

    async with server.http.get(f"{server.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()

    counted = [line for line in lines if 'face="v2_soap"' in line and "_calls_total" in line]
    assert any('"product_media.list"' in line for line in counted), counted
    assert any('"500"' in line for line in counted), counted

"""The documents that describe the SOAP face: where they are, what they say, and what they need."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from tests.faces.bodies import exchange
from tests.support.server import Server, serving

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"

API = ["endSession", "login", "startSession", "resources", "globalFaults", "resourceFaults"]
MEDIA = [
    f"catalogProductAttributeMedia{name}"
    for name in ("CurrentStore", "List", "Info", "Types", "Create", "Update", "Remove")
]


async def document(server: Server, path: str, **headers: str) -> Element:
    async with server.http.get(f"{server.url}{path}", headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
        return fromstring(await answer.read())


def address(root: Element) -> Any:
    (found,) = root.iter(f"{SOAP}address")
    return found.get("location")


def operations(root: Element) -> list[Any]:
    return [operation.get("name") for operation in root.findall(f"{WSDL}portType/*")]


@pytest.mark.parametrize(
    ("path", "described"),
    [("/api/soap", ["call", "multiCall", *API]), ("/api/v2_soap", API + MEDIA)],
)
async def test_a_document_lists_what_can_be_called_and_nothing_else(
    path: str, described: list[str], server: Server
) -> None:
    root = await document(server, f"{path}?wsdl")

    assert operations(root) == described
    assert [it.get("name") for it in root.findall(f"{WSDL}binding/{WSDL}operation")] == described


@pytest.mark.parametrize("wsi", [False, True])
async def test_a_picture_needs_content_and_type_and_no_client_refuses_to_send_without_more(
    tmp_path: Path, wsi: bool
) -> None:
    async with serving(tmp_path, soap_wsi=wsi) as server:
        root = await document(server, "/api/v2_soap?wsdl")

    def needed(name: str) -> list[str | None]:
        members = root.iterfind(f".//{XSD}complexType[@name='{name}']/*/{XSD}element")
        return [member.get("name") for member in members if member.get("minOccurs") != "0"]

    assert needed("catalogProductImageFileEntity") == ["content", "mime"]
    assert needed("catalogProductAttributeMediaCreateEntity") == []


async def test_the_wsi_form_takes_the_place_of_version_2(tmp_path: Path) -> None:
    async with serving(tmp_path, soap_wsi=True) as server:
        root = await document(server, "/api/v2_soap?wsdl")
        version_1 = await document(server, "/api/soap?wsdl")

    assert operations(root) == API + MEDIA
    assert {it.get("use") for it in root.iter(f"{SOAP}body")} == {"literal"}
    assert {it.get("use") for it in version_1.iter(f"{SOAP}body")} == {"encoded"}


@pytest.mark.parametrize(
    ("asked", "address_path"),
    [
        ("/api/soap?wsdl", "/api/soap"),
        ("/api/soap/?wsdl=1", "/api/soap/"),
        ("/api/soap?WSDL", "/api/soap"),
        ("/api/v2_soap?wsdl=x&more=1", "/api/v2_soap"),
        ("/index.php/api/v2_soap/?wsdl", "/index.php/api/v2_soap/"),
        ("/api?wsdl", "/api"),
        ("/api.php?wsdl", "/api.php"),
        ("/api.php?type=soap&wsdl", "/api/soap"),
        ("/api.php?type=v2_soap&wsdl=1", "/api/v2_soap"),
    ],
)
async def test_calls_go_to_the_url_that_was_asked_for(
    asked: str, address_path: str, server: Server
) -> None:
    assert address(await document(server, asked)) == f"{server.url}{address_path}"


async def test_the_host_is_the_one_that_the_client_used(server: Server) -> None:
    root = await document(server, "/api/soap?wsdl", Host="shop.example:81")

    assert address(root) == "http://shop.example:81/api/soap"


async def test_calls_go_below_the_base_url_if_there_is_one(tmp_path: Path) -> None:
    async with serving(tmp_path, base_url="https://shop.example/store/") as server:
        root = await document(server, "/api/v2_soap?wsdl")

    assert address(root) == "https://shop.example/store/api/v2_soap"


@pytest.mark.parametrize("host", ['x"/><evil xmlns="', "x&y<z>'", "ü\udcff"])
async def test_a_strange_host_stays_text_in_the_document(host: str, server: Server) -> None:
    request = f"GET /api/v2_soap?wsdl HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = await exchange(server.url, request.encode("utf-8", "surrogateescape"))
    head, _, body = answer.partition(b"\r\n\r\n")

    assert b" 200 " in head.splitlines()[0]
    root = fromstring(body)
    assert "evil" not in [element.tag for element in root.iter()]
    shown = host.replace("\udcff", "?")
    assert address(root) == f"http://{shown}/api/v2_soap"


@pytest.mark.parametrize("namespace", ["urn:OpenMage", "urn:Magento"])
@pytest.mark.parametrize("wsi", [False, True])
async def test_a_document_is_in_the_namespace_of_the_answers(
    namespace: str, wsi: bool, tmp_path: Path
) -> None:
    async with serving(tmp_path, soap_namespace=namespace, soap_wsi=wsi) as server:
        root = await document(server, "/api/v2_soap?wsdl")

    assert root.get("targetNamespace") == namespace
    (schema,) = root.iter(f"{XSD}schema")
    assert schema.get("targetNamespace") == namespace
    (service,) = root.iter(f"{WSDL}service")
    assert service.get("name") == f"{namespace.removeprefix('urn:')}Service"


async def test_an_array_says_twice_what_its_items_are(server: Server) -> None:
    root = await document(server, "/api/v2_soap?wsdl")

    arrays = {
        kind.get("name"): (attribute.get(f"{WSDL}arrayType"), item.get("type"))
        for kind in root.iter(f"{XSD}complexType")
        for attribute, item in zip(
            kind.iter(f"{XSD}attribute"), kind.iter(f"{XSD}element"), strict=False
        )
    }
    assert arrays["ArrayOfString"] == ("xsd:string[]", "xsd:string")
    assert all(one == f"{other}[]" for one, other in arrays.values())


@pytest.mark.parametrize("path", ["/api/soap", "/api/v2_soap"])
async def test_what_a_document_refers_to_is_on_the_same_server(path: str, server: Server) -> None:
    root = await document(server, f"{path}?wsdl")
    (needed,) = (element for element in root.iter() if element.get("schemaLocation"))

    schema = await document(server, needed.get("schemaLocation", "").removeprefix(server.url))

    assert needed.get("namespace") == schema.get("targetNamespace")
    assert {it.get("name") for it in schema} == {"arrayType", "Array"}
    assert not list(schema.iter(f"{XSD}import"))


async def test_the_wsi_document_refers_to_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path, soap_wsi=True) as server:
        root = await document(server, "/api/v2_soap?wsdl")

    assert not list(root.iter(f"{XSD}import"))

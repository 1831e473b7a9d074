"""Version 2 of the SOAP API: an operation for each method, and typed structs."""

from pathlib import Path

import pytest

from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.server import Server, serving
from tests.support.soap import MEDIA, SOAP_1_2, V2, call, envelope, login, post, v2

CONTENT = f"<content>{text_of(pictures.png())}</content><mime>image/png</mime>"
PNG = f"<data><file>{CONTENT}<name>a</name></file>{{}}</data>"


async def create(server: Server, values: str = "", product: str = "product1") -> str:
    made = await v2(server, "Create", product=product, data=PNG.format(values))
    file = made.value
    assert isinstance(file, str)
    return file


async def test_a_gallery_is_filled_listed_changed_and_emptied(server: Server) -> None:
    types = "<types><item>image</item></types>"
    file = await create(server, f"<label>L</label><position>7</position>{types}")
    assert file == "/a/_/a.png"

    named = {"product": "product1", "file": file}
    changes = "<data><label>new</label><exclude>0</exclude></data>"
    assert (await v2(server, "Update", **named, data=changes)).value is True
    listed = (await v2(server, "List", product="product1")).value
    assert (await v2(server, "Info", **named)).value == listed[0]
    assert (await v2(server, "Remove", **named)).value is True
    assert (await v2(server, "List", product="product1")).value == []

    assert listed == [
        {
            "file": file,
            "label": "new",
            "position": "7",
            "exclude": "0",
            "url": "http://address/media/catalog/product/a/_/a.png",
            "types": ["image"],
        }
    ]


async def test_parts_and_structs_have_the_names_and_types_of_the_reference(
    server: Server,
) -> None:
    await create(server, "<types><item>image</item></types>")

    store = await v2(server, "CurrentStore", storeView="german")
    listed = await v2(server, "List", product="product1")

    assert '<storeView xsi:type="xsd:int">2</storeView>' in store.text
    array = 'SOAP-ENC:arrayType="ns1:catalogProductImageEntity[1]"'
    assert f'<result {array} xsi:type="ns1:catalogProductImageEntityArray">' in listed.text
    assert '<item xsi:type="ns1:catalogProductImageEntity">' in listed.text
    strings = 'SOAP-ENC:arrayType="xsd:string[1]" xsi:type="ns1:ArrayOfString"'
    assert f'<types {strings}><item xsi:type="xsd:string">image</item></types>' in listed.text


async def test_an_empty_label_is_empty(server: Server) -> None:
    await create(server)

    answer = await v2(server, "List", product="product1")
    assert answer.value[0]["label"] == ""
    assert '<label xsi:type="xsd:string"/>' in answer.text
    assert ">\n<" not in answer.text.split("?>\n")[1].rstrip()


async def test_numbers_that_an_image_lacks_are_zero(server: Server) -> None:
    await v2(
        server, "Create", product="product1", data=PNG.format("<label>de</label>"), storeView="2"
    )
    [listed] = (await v2(server, "List", product="product1")).value
    assert (listed["label"], listed["position"], listed["exclude"]) == ("", "0", "0")


async def test_types_are_cleared_by_none_and_kept_when_absent_or_null(server: Server) -> None:
    file = await create(server, "<types><item>image</item></types>")

    async def after(data: str) -> list[str]:
        changes = f"<data>{data}</data>"
        await v2(server, "Update", product="product1", file=file, data=changes)
        types = (await v2(server, "Info", product="product1", file=file)).value["types"]
        assert isinstance(types, list)
        return types

    assert await after("<label>x</label>") == ["image"]
    assert await after('<types xsi:nil="true"/>') == ["image"]
    assert await after("<types><string>thumbnail</string></types>") == ["thumbnail"]
    assert await after("<types/>") == []


@pytest.mark.parametrize(
    "data", ['<data xsi:nil="true"/>', "<data/>", "<data><label>x</label></data>"]
)
async def test_data_without_a_file_creates_nothing(server: Server, data: str) -> None:
    answer = await v2(server, "Create", product="product1", data=data)
    assert (answer.status, answer.fault) == (200, ("102", "The image is not specified."))


@pytest.mark.parametrize("data", ['<data xsi:nil="true"/>', "<data/>", ""])
async def test_data_without_values_changes_nothing(server: Server, data: str) -> None:
    file = await create(server, "<label>kept</label>")
    given = {"data": data} if data else {}

    assert (await v2(server, "Update", product="product1", file=file, **given)).value is True
    assert (await v2(server, "Info", product="product1", file=file)).value["label"] == "kept"


@pytest.mark.parametrize(
    "data",
    [
        '<data xsi:type="m:Map"><item><key>file</key>'
        f'<value xsi:type="enc:Struct">{CONTENT}</value></item></data>',
        f'<data xsi:type="n:{MEDIA}CreateEntity"><file>{CONTENT}</file></data>',
        f'<data xsi:type="xsd:anyType"><file>{CONTENT}</file></data>',
    ],
)
async def test_image_data_may_be_a_map_or_any_struct(server: Server, data: str) -> None:
    created = await v2(server, "Create", product="product1", data=data)
    assert created.value == "/i/m/image.png"


@pytest.mark.parametrize(
    ("suffix", "parts", "expected"),
    [
        ("List", {"storeView": "1"}, "101"),
        ("Info", {"product": "product1"}, "103"),
        ("Create", {"product": "product1"}, "102"),
        ("Remove", {"file": "/x.png"}, "101"),
    ],
)
async def test_parts_that_are_missing_are_null(
    server: Server, suffix: str, parts: dict[str, str], expected: str
) -> None:
    answer = await v2(server, suffix, **parts)
    assert (answer.status, answer.fault[0]) == (200, expected)


async def test_no_attribute_set_has_no_types(server: Server) -> None:
    assert (await v2(server, "Types", setId='<setId xsi:nil="true"/>')).value == []
    assert (await v2(server, "Types", sessionId='<sessionId xsi:nil="true"/>')).value == []


async def test_parts_are_bound_by_name_in_any_order_or_by_position(server: Server) -> None:
    file = await create(server)
    name = f"{MEDIA}Info"

    swapped = f"<file>{file}</file><other>x</other><product>product1</product>"
    assert (await call(server, name, swapped, V2)).value["file"] == file
    placed = f'<a xsi:nil="true"/><b>product1</b><c>{file}</c>'
    assert (await call(server, name, placed, V2)).value["file"] == file
    assert (await call(server, name, placed.partition("<c>")[0], V2)).fault[0] == "103"
    more = f'{placed}<d xsi:nil="true"/><e xsi:nil="true"/><f>more</f>'
    assert (await call(server, name, more, V2)).value["file"] == file


async def test_the_type_of_an_identifier_is_sku_id_or_a_guess(server: Server) -> None:
    async def lists(product: str, kind: str | None) -> bool:
        given = {} if kind is None else {"identifierType": kind}
        answer = await v2(server, "List", product=product, storeView="", **given)
        return answer.body.tag.endswith("Response")

    # 12345 is a SKU and no id, product1 a SKU.
    assert await lists("12345", "sku")
    assert not await lists("12345", None)
    assert not await lists("product1", "id")
    assert await lists("1", "id")
    # Clients that must fill every part send an empty one.
    assert await lists("product1", "")
    assert await lists("product1", None)


async def test_names_are_found_whatever_their_case(server: Server) -> None:
    answer = await call(server, f"{MEDIA}list".upper(), "<product>product1</product>", V2)
    assert answer.value == []
    assert answer.body.tag == f"{{urn:OpenMage}}{MEDIA}ListResponse"


@pytest.mark.parametrize("name", ["call", "multiCall", "product_media.list", "handlePhpError"])
async def test_there_is_nothing_but_the_operations(server: Server, name: str) -> None:
    answer = await call(server, name, "<sessionId>x</sessionId>", V2)
    assert answer.status == 500
    assert answer.fault == ("SOAP-ENV:Server", f"Procedure '{name}' not present")


async def test_values_that_others_refer_to_are_read_where_they_stand(server: Server) -> None:
    parts = '<product href="#p"/><data href="#d"/>'
    beside = (
        '<multiRef id="p" enc:root="0" xsi:type="xsd:string">product1</multiRef>'
        '<multiRef id="d" enc:root="0"><file href="#f"/><label href="#p"/></multiRef>'
        f'<multiRef id="f" enc:root="0">{CONTENT}</multiRef>'
    )
    body = envelope(f"<n:{MEDIA}Create>{parts}</n:{MEDIA}Create>", beside=beside)
    created = await post(server, body, V2, Authorization=server.basic or "")
    assert created.value == "/i/m/image.png"

    far = envelope(
        f'<n:{MEDIA}List><product href="#q"/></n:{MEDIA}List>',
        beside='<m id="q" href="#p"/><m id="p">product1</m>',
    )
    assert len((await post(server, far, V2, Authorization=server.basic or "")).value) == 1

    first = envelope(
        '<multiRef id="p" enc:root="0" xsi:type="xsd:string">product1</multiRef>'
        f'<n:{MEDIA}List><product href="#p"/></n:{MEDIA}List>'
    )
    [listed] = (await post(server, first, V2, Authorization=server.basic or "")).value
    assert listed["label"] == "product1"

    twelve = '<product enc:id="p">product1</product><file enc:ref="p"/>'
    answer = await call(server, f"{MEDIA}Info", twelve, V2, soap=SOAP_1_2)
    assert answer.fault[0] == "103"


async def test_soap_1_2_is_answered_in_soap_1_2(server: Server) -> None:
    file = await create(server, "<types><item>image</item></types>")

    listing = "<product>product1</product>"
    answer = await call(server, f"{MEDIA}List", listing, V2, soap=SOAP_1_2)
    assert answer.value[0]["file"] == file
    assert 'enc:itemType="ns1:catalogProductImageEntity" enc:arraySize="1"' in answer.text
    # Behind the value: PHP reads the first element of that name in any namespace.
    assert answer.body[-1].text == "result"


async def test_the_api_describes_itself(server: Server) -> None:
    session = await login(server, V2)
    server.basic = None
    parts = f"<sessionId>{session}</sessionId>"

    [resource] = (await call(server, "resources", parts, V2)).value
    assert [method["name"] for method in resource["methods"]][:2] == ["currentStore", "list"]
    faults = await call(server, "globalFaults", "<sessionId>bogus</sessionId>", V2)
    assert faults.value[5] == {"code": "5", "message": "Session expired. Try to relogin."}
    assert 'xsi:type="ns1:ArrayOfExistsFaltures"' in faults.text
    swapped = f"<resourceName>{session}</resourceName><sessionId>product_media</sessionId>"
    assert len((await call(server, "resourceFaults", swapped, V2)).value) == 8
    assert (await call(server, "endSession", parts, V2)).value is True
    assert (await call(server, "resources", parts, V2)).fault[0] == "5"


async def test_answers_are_in_the_namespace_that_the_operator_sets(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", soap_namespace="urn:Magento") as server:
        answer = await v2(server, "List", product="product1")
        assert answer.body.tag == f"{{urn:Magento}}{MEDIA}ListResponse"

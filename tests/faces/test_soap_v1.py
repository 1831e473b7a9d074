"""Version 1 of the SOAP API: `call` and `multiCall` with maps and arrays both ways."""

from typing import Any

import pytest

from rpcmedia.faces.soap.operations import V1
from rpcmedia.faces.soap.protocol import SOAP_1_1 as SOAP_1_1_NAMES
from rpcmedia.faces.soap.writing import write_answer
from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.server import Server
from tests.support.soap import SOAP_1_2, Answer, call, envelope, login, post, v1

PATH = "<resourcePath>product_media.{}</resourcePath>"


def map_of(**members: str) -> str:
    """The items of a map whose values are XML with a type, or text."""
    values = {
        name: value if value.startswith("<") else f'<value xsi:type="xsd:string">{value}</value>'
        for name, value in members.items()
    }
    return "".join(
        f'<item><key xsi:type="xsd:string">{name}</key>{value}</item>'
        for name, value in values.items()
    )


def value(kind: str, content: str) -> str:
    return f'<value xsi:type="{kind}">{content}</value>'


def image(name: str, **members: str) -> str:
    file = map_of(content=text_of(pictures.png()), mime="image/png", name=name)
    return f'<item xsi:type="m:Map">{map_of(file=value("m:Map", file), **members)}</item>'


async def test_a_gallery_is_filled_listed_changed_and_emptied(server: Server) -> None:
    data = image("a", label="L", types=value("enc:Array", "<item>image</item>"))
    created = await v1(server, "product_media.create", f"<item>product1</item>{data}")
    assert created.value == "/a/_/a.png"

    changes = f'<item xsi:type="m:Map">{map_of(label="new", exclude="0")}</item>'
    named = "<item>product1</item><item>/a/_/a.png</item>"
    assert (await v1(server, "product_media.update", named + changes)).value is True
    listed = (await v1(server, "product_media.list", "<item>product1</item>")).value
    assert (await v1(server, "product_media.info", named)).value == listed[0]
    assert (await v1(server, "product_media.remove", named)).value is True
    assert (await v1(server, "product_media.list", "<item>product1</item>")).value == []

    assert listed == [
        {
            "file": "/a/_/a.png",
            "label": "new",
            "position": "1",
            "exclude": "0",
            "url": "http://address/media/catalog/product/a/_/a.png",
            "types": ["image"],
        }
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        '<args xsi:type="enc:Array" enc:arrayType="xsd:string[1]"><item>german</item></args>',
        '<args xsi:type="xsd:string">german</args>',
        "<args>german</args>",
        "<args><item>german</item></args>",
        '<args xsi:type="m:Map"><item><key>store</key><value>german</value></item></args>',
        "<args><item><key>store</key><value>german</value></item></args>",
        '<args xsi:type="enc:Struct"><store>german</store></args>',
        '<args><store xsi:type="xsd:string">german</store></args>',
        '<args xsi:type="xsd:int">2</args>',
        '<args xsi:type="xsd:double">2.0</args>',
        '<args xsi:type="xsd:base64Binary">Z2VybWFu</args>',
        '<args xsi:type="xsd:hexBinary">6765726d616e</args>',
        '<args xsi:type="xsd:anyURI">german</args>',
        '<x xsi:type="xsd:string">german</x>',
    ],
)
async def test_arguments_may_be_an_array_a_map_a_struct_or_a_scalar(
    server: Server, arguments: str
) -> None:
    parts = f"{PATH.format('currentStore')}{arguments}"
    if arguments.startswith("<x"):
        parts = f'<s xsi:nil="true"/><p>product_media.currentStore</p>{arguments}'

    assert (await call(server, "call", parts)).value == 2


@pytest.mark.parametrize(
    "arguments", ["", '<args xsi:nil="true"/>', '<args xsi:type="enc:Array"/>', "<args/>"]
)
async def test_no_arguments_are_none_or_one_that_is_null(server: Server, arguments: str) -> None:
    assert (await call(server, "call", PATH.format("currentStore") + arguments)).value == 0


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("list", "", "product_media.list: argument productId is missing."),
        ("info", "<item>product1</item>", "product_media.info: argument file is missing."),
    ],
)
async def test_too_few_arguments_are_refused_with_the_names_of_all(
    server: Server, name: str, arguments: str, said: str
) -> None:
    answer = await v1(server, f"product_media.{name}", arguments)

    assert answer.status == 200
    code, text = answer.fault
    assert code == "SOAP-ENV:Client"
    assert text is not None
    assert text.startswith(said)
    assert "productId" in text


async def test_an_unknown_argument_is_refused_by_its_name(server: Server) -> None:
    args = f'<args xsi:type="m:Map">{map_of(product="product1")}</args>'
    answer = await call(server, "call", PATH.format("list") + args)

    assert answer.fault[1] == (
        "product_media.list: there is no argument 'product'. "
        "product_media.list takes productId, store, identifierType."
    )


@pytest.mark.parametrize(
    "content",
    [
        value("xsd:base64Binary", text_of(pictures.png())),
        value("xsd:base64Binary", text_of(text_of(pictures.png()).encode())),
        value("xsd:string", text_of(pictures.png())),
        value("xsd:hexBinary", pictures.png().hex()),
    ],
    ids=["bytes", "bytes of the base64 text", "base64 text", "hexadecimal"],
)
async def test_a_picture_may_come_as_bytes(server: Server, content: str) -> None:
    file = value("m:Map", map_of(content=content, mime="image/png", name="p"))
    data = f'<item xsi:type="m:Map">{map_of(file=file)}</item>'
    answer = await v1(server, "product_media.create", f"<item>product1</item>{data}")
    assert answer.value == "/p/_/p.png"

    async with server.http.get(f"{server.url}/media/catalog/product/p/_/p.png") as media:
        assert await media.read() == pictures.png()


async def test_a_struct_is_as_good_as_a_map(server: Server) -> None:
    file = f"<content>{text_of(pictures.png())}</content><mime>image/png</mime><name>s</name>"
    types = '<types xsi:type="enc:Array"><item>image</item><item>thumbnail</item></types>'
    data = f'<item xsi:type="enc:Struct"><file>{file}</file><label>L</label>{types}</item>'
    await v1(server, "product_media.create", f"<item>product1</item>{data}")

    [listed] = (await v1(server, "product_media.list", "<item>product1</item>")).value
    assert (listed["file"], listed["label"]) == ("/s/_/s.png", "L")
    assert listed["types"] == ["image", "thumbnail"]


async def test_a_member_that_is_repeated_is_a_list(server: Server) -> None:
    file = f"<content>{text_of(pictures.png())}</content><mime>image/png</mime>"
    types = "<types>image</types><types>thumbnail</types>"
    data = f"<item><file>{file}</file>{types}</item>"
    await v1(server, "product_media.create", f"<item>product1</item>{data}")

    [listed] = (await v1(server, "product_media.list", "<item>product1</item>")).value
    assert listed["types"] == ["image", "thumbnail"]


CALLS = (
    "<item><item>product_media.types</item><item><item xsi:type='xsd:int'>4</item></item></item>",
    "<item><item>product_media.list</item><item>nosuch</item></item>",
    "<item><item>product_media.currentStore</item></item>",
)
FAULT = {"isFault": True, "faultCode": "101", "faultMessage": "Product not exists."}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", [FAULT, 0]),
        ('<options xsi:nil="true"/>', [FAULT, 0]),
        (f'<options xsi:type="m:Map">{map_of(**{"break": "1"})}</options>', [FAULT]),
        ("<options><break xsi:type='xsd:boolean'>true</break></options>", [FAULT]),
        ("<options><break xsi:type='xsd:boolean'>false</break></options>", [FAULT, 0]),
    ],
)
async def test_calls_run_in_order_until_a_break(
    server: Server, options: str, expected: list[Any]
) -> None:
    answer = await call(server, "multiCall", f"<calls>{''.join(CALLS)}</calls>{options}")

    assert len(answer.value[0]) == 3
    assert answer.value[1:] == expected
    assert 'SOAP-ENC:arrayType="xsd:ur-type[' in answer.text
    assert 'xsi:type="ns1:FixedArray"' in answer.text


async def test_there_may_be_many_calls(server: Server) -> None:
    answer = await call(server, "multiCall", f"<calls>{CALLS[2] * 500}</calls>")

    assert answer.value == [0] * 500


async def test_calls_may_be_a_map(server: Server) -> None:
    calls = map_of(**{"0": f"<value>{CALLS[2][6:-7]}</value>"})
    answer = await call(server, "multiCall", f'<calls xsi:type="m:Map">{calls}</calls>')

    assert answer.value == [0]


async def test_an_answer_says_what_its_arrays_hold(server: Server) -> None:
    listed = await v1(server, "product_media.types", "<item>4</item>")
    assert 'SOAP-ENC:arrayType="ns2:Map[3]"' in listed.text
    assert 'xmlns:ns2="http://xml.apache.org/xml-soap"' in listed.text

    nothing = await v1(server, "product_media.types", "<item>99</item>")
    assert 'SOAP-ENC:arrayType="xsd:ur-type[0]"' in nothing.text
    assert "ns2" not in nothing.text


def test_an_array_of_several_types_holds_any() -> None:
    values = [1, True, "x", 1.5, None, [], {}]
    text = write_answer(SOAP_1_1_NAMES, "urn:OpenMage", V1[0], values).decode()

    assert 'SOAP-ENC:arrayType="xsd:ur-type[7]"' in text
    assert Answer(200, {}, text).value == [1, True, "x", "1.5", None, [], {}]


async def test_soap_1_2_is_answered_in_soap_1_2(server: Server) -> None:
    parts = PATH.format("types") + "<args>4</args>"
    answer = await call(server, "call", parts, soap=SOAP_1_2)

    assert answer.root.tag == f"{{{SOAP_1_2}}}Envelope"
    assert answer.body[0].tag == "{http://www.w3.org/2003/05/soap-rpc}result"
    assert answer.body[0].text == "callReturn"
    assert len(answer.value) == 3
    assert 'enc:itemType="ns2:Map" enc:arraySize="3" xsi:type="enc:Array"' in answer.text

    fault = await call(server, "call", PATH.format("nosuch"), soap=SOAP_1_2)
    assert fault.root.tag == f"{{{SOAP_1_2}}}Envelope"
    assert (fault.status, fault.fault) == (200, ("3", "Invalid api path."))


async def test_a_session_is_as_good_as_basic_and_ends(server: Server) -> None:
    session = await login(server)
    server.basic = None
    listing = f"<sessionId>{session}</sessionId>{PATH.format('list')}<args>product1</args>"
    expired = ("5", "Session expired. Try to relogin.")

    assert (await call(server, "call", listing)).value == []
    assert (await call(server, "endSession", f"<sessionId>{session}</sessionId>")).value is True
    assert (await call(server, "call", listing)).fault == expired
    started = (await call(server, "startSession")).value
    assert len(started) == 32


@pytest.mark.parametrize("first", ["resourceName", "sessionId"])
async def test_resource_faults_are_told_in_either_order(server: Server, first: str) -> None:
    session = await login(server)
    server.basic = None
    values = {"resourceName": "product_media", "sessionId": session}
    if first == "sessionId":
        values = {"resourceName": session, "sessionId": "product_media"}
    parts = "".join(f"<{name}>{text}</{name}>" for name, text in values.items())

    faults = (await call(server, "resourceFaults", parts)).value
    assert [fault["code"] for fault in faults] == [str(code) for code in range(100, 108)]

    bogus = parts.replace(session, "bogus")
    assert (await call(server, "resourceFaults", bogus)).fault[0] == "5"


async def test_the_api_describes_itself(server: Server) -> None:
    session = await login(server)
    faults = (await call(server, "globalFaults", "<sessionId>bogus</sessionId>")).value
    assert [fault["code"] for fault in faults] == ["0", "1", "2", "3", "4", "5", "6"]

    [resource] = (await call(server, "resources", f"<sessionId>{session}</sessionId>")).value
    assert resource["name"] == "catalog_product_attribute_media"
    assert resource["description"] is None
    assert len(resource["methods"]) == 7


async def test_answers_are_in_the_namespace_whatever_the_one_of_the_request(
    server: Server,
) -> None:
    for tag in ('call xmlns="urn:Magento"', 'call xmlns="urn:else"', "call", "CALL"):
        name = tag.split()[0]
        body = envelope(f"<{tag}>{PATH.format('currentStore')}</{name}>")
        answer = await post(server, body, Authorization=server.basic or "")
        assert answer.value == 0
        assert answer.body.tag == "{urn:OpenMage}callResponse"


async def test_text_comes_back_as_it_was(server: Server) -> None:
    label = "a <b> & \"c\" 'd'\r\n\tü€\U0001f600]]>"
    await server.call(
        "product_media.create",
        "product1",
        {"file": {"content": text_of(pictures.png()), "mime": "image/png"}, "label": label},
    )
    [listed] = (await v1(server, "product_media.list", "<item>product1</item>")).value
    assert listed["label"] == label


async def test_characters_that_xml_cannot_hold_are_replaced(server: Server) -> None:
    await server.call(
        "product_media.create",
        "product1",
        {
            "file": {"content": text_of(pictures.png()), "mime": "image/png"},
            "label": "a\x00\x01\x1f\ufffe\x7f",
        },
    )
    [listed] = (await v1(server, "product_media.list", "<item>product1</item>")).value
    assert listed["label"] == "a\ufffd\ufffd\ufffd\ufffd\x7f"

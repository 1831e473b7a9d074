"""Every type of XML-RPC in a request, and how values look in an answer."""

import base64
from typing import Any
from xmlrpc.client import Binary

import pytest

from tests.faces.bodies import png, text_of
from tests.support import pictures
from tests.support.server import Server
from tests.support.xmlrpc import XmlRpc, logged_in, method_call

APACHE = 'xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions"'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@pytest.fixture
async def client(server: Server) -> XmlRpc:
    return await logged_in(server)


def value_of(text: str) -> str:
    return f"<value>{text}</value>"


def array(*values: str) -> str:
    return f"<value><array><data>{''.join(values)}</data></array></value>"


def struct(**members: str) -> str:
    inner = "".join(f"<member><name>{n}</name>{v}</member>" for n, v in members.items())
    return f"<value><struct>{inner}</struct></value>"


def call_of(client: XmlRpc, path: str, arguments: str) -> str:
    return method_call("call", value_of(client.session), value_of(path), arguments)


async def label_made_of(client: XmlRpc, value: str) -> Any:
    file = await client.call("product_media.create", "product1", png())
    change = array(value_of("product1"), value_of(file), struct(label=value))
    assert await client.raw(call_of(client, "product_media.update", change)) is True
    return (await client.call("product_media.info", "product1", file))["label"]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("<int>7</int>", "7"),
        ("<i4>-7</i4>", "-7"),
        ("<i1>7</i1>", "7"),
        ("<i2>7</i2>", "7"),
        ("<i8>9007199254740993</i8>", "9007199254740993"),
        ("<int>\n 7 </int>", "7"),
        ("<int>7.9</int>", "7"),
        ("<int>99999999999999999999999</int>", "9223372036854775807"),
        ("<int>-99999999999999999999999</int>", "-9223372036854775808"),
        (f"<ex:i8 {APACHE}>7</ex:i8>", "7"),
        (f"<ex:biginteger {APACHE}>7</ex:biginteger>", "7"),
        ("<double>2.50</double>", "2.5"),
        ("<double>-1e2</double>", "-100"),
        ("<float>2.5</float>", "2.5"),
        (f"<ex:bigdecimal {APACHE}>2.5</ex:bigdecimal>", "2.5"),
        ("<boolean>1</boolean>", "1"),
        ("<boolean>0</boolean>", ""),
        ("<boolean>true</boolean>", "1"),
        ("<boolean>false</boolean>", ""),
        ("<boolean>maybe</boolean>", "1"),
        ("<string>a &lt; b &amp;amp; ü😀</string>", "a < b &amp; ü😀"),
        ("<string> a\n b </string>", " a\n b "),
        ("<string><![CDATA[<a>]]></string>", "<a>"),
        ("<string/>", ""),
        ("", ""),
        (" a &amp; b ", " a & b "),
        ("a<!-- no -->b", "ab"),
        ("<dateTime.iso8601>20261121T20:06:11</dateTime.iso8601>", "20261121T20:06:11"),
        ("<dateTime.iso8601>soon</dateTime.iso8601>", "soon"),
        (f"<base64>{text_of('ü'.encode())}</base64>", "ü"),
        ("<base64>\n YW \n Jj </base64>", "abc"),
        ("<base64>YQ</base64>", "a"),
        # Elements of a namespace that nobody knows are not there, as in the reference.
        ('<ex:i8 xmlns:ex="u">7</ex:i8>', ""),
        ("\n <int>7</int>\n ", "7"),
    ],
)
async def test_a_type_is_read(client: XmlRpc, value: str, label: str) -> None:
    assert await label_made_of(client, value_of(value)) == label


@pytest.mark.parametrize("value", ["<nil/>", f"<ex:nil {APACHE}/>"])
async def test_nil_leaves_a_value_as_it_is(client: XmlRpc, value: str) -> None:
    file = await client.call("product_media.create", "product1", png(label="old"))
    change = array(value_of("product1"), value_of(file), struct(label=value_of(value)))
    await client.raw(call_of(client, "product_media.update", change))
    assert (await client.call("product_media.info", "product1", file))["label"] == "old"


@pytest.mark.parametrize(
    "value",
    [
        "<int>abc</int>",
        "<int>12abc</int>",
        "<int/>",
        f"<int>{'1' * 401}</int>",
        "<i8>x</i8>",
        "<double>x</double>",
        "<double>nan</double>",
        "<double>1,5</double>",
        "<nosuch>1</nosuch>",
        "<Int>1</Int>",
        f"<ex:nosuch {APACHE}/>",
        "<string>a <b>c</b> d</string>",
        "<int>1<b/></int>",
        "<struct><member><name>a<b/></name><value/></member></struct>",
        "<base64>YWJjZ</base64>",
        "<base64>ü</base64>",
        "<array/>",
        "<array><value/></array>",
        "<array><data><value><nosuch/></value></data></array>",
        "<struct><member><name>a</name></member></struct>",
        "<struct><member><value>a</value></member></struct>",
    ],
)
async def test_what_is_no_value_is_a_fault(client: XmlRpc, value: str) -> None:
    body = call_of(client, "product_media.types", array(value_of(value)))
    assert await client.fault(body) == (636, "Error creating xmlrpc value")


@pytest.mark.parametrize("make", [pictures.png, pictures.jpeg, pictures.gif, pictures.webp])
@pytest.mark.parametrize("times", [1, 2])
async def test_base64_has_the_bytes_of_a_picture_or_the_text_that_has_them(
    client: XmlRpc, make: Any, times: int
) -> None:
    content = sent = make()
    for _ in range(times):
        sent = base64.encodebytes(sent)
    file = struct(
        mime=value_of(f"image/{make.__name__}"),
        content=value_of(f"<base64>{sent.decode()}</base64>"),
        name=value_of("sent"),
    )
    arguments = array(value_of("product1"), struct(file=file))

    name = await client.raw(call_of(client, "product_media.create", arguments))

    async with client.server.http.get(f"{client.server.url}/media/catalog/product{name}") as answer:
        assert await answer.read() == content


async def test_base64_of_text_is_text_wherever_it_stands(client: XmlRpc) -> None:
    file = await client.call("product_media.create", "product1", png())
    sent = [f"<base64>{text_of(text.encode())}</base64>" for text in ("product1", file)]
    session = f"<value><base64>{text_of(client.session.encode())}</base64></value>"
    path = value_of("product_media.info")
    body = method_call("call", session, path, array(*map(value_of, sent)))
    assert (await client.raw(body))["file"] == file


async def test_a_picture_whose_bytes_could_be_text_is_a_picture(client: XmlRpc) -> None:
    content = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    assert content.isascii()
    data = {"file": {"mime": "image/gif", "content": Binary(content)}}
    assert await client.call("product_media.create", "product1", data) == "/i/m/image.gif"


async def test_a_struct_may_have_any_names_and_the_last_of_a_name_counts(client: XmlRpc) -> None:
    file = await client.call("product_media.create", "product1", png())
    members = "".join(
        f"<member><name>{name}</name><value>{value}</value></member>"
        for name, value in (("label", "a"), ("", "x"), ("ü &amp;", "y"), ("label", "b"))
    )
    change = array(value_of("product1"), value_of(file), value_of(f"<struct>{members}</struct>"))
    await client.raw(call_of(client, "product_media.update", change))
    assert (await client.call("product_media.info", "product1", file))["label"] == "b"


async def test_an_answer_is_spelled_as_the_reference_spells_it(client: XmlRpc) -> None:
    assert await client.post(call_of(client, "product_media.list", array(value_of("1")))) == (
        f"{DECLARATION}<methodResponse><params><param><value><array><data/></array></value>"
        "</param></params></methodResponse>"
    )
    file = await client.call("product_media.create", "product1", png(label='"a" < b'))
    arguments = array(value_of("1"), value_of(file))
    assert await client.post(call_of(client, "product_media.info", arguments)) == (
        f"{DECLARATION}<methodResponse><params><param><value><struct>"
        f"<member><name>file</name><value><string>{file}</string></value></member>"
        "<member><name>label</name><value><string>&quot;a&quot; &lt; b</string></value></member>"
        "<member><name>position</name><value><string>1</string></value></member>"
        "<member><name>exclude</name><value><string>1</string></value></member>"
        "<member><name>url</name><value><string>http://address/media/catalog/product"
        f"{file}</string></value></member>"
        "<member><name>types</name><value><array><data/></array></value></member>"
        "</struct></value></param></params></methodResponse>"
    )


async def test_numbers_booleans_and_nothing_have_their_types(client: XmlRpc) -> None:
    assert "<int>2</int>" in await client.post(
        call_of(client, "product_media.currentStore", array(value_of("german")))
    )
    assert "<boolean>1</boolean>" in await client.post(method_call("endSession", value_of("x")))
    resources = await client.post(method_call("resources", value_of(client.session)))
    assert "<name>description</name><value><nil/></value>" in resources


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("a\x00b\x1b\x0b", "a\ufffdb\ufffd\ufffd"),
        ("a\ufffe\uffff", "a\ufffd\ufffd"),
        ("a\tb\nc\r\nd\re", "a\tb\nc\r\nd\re"),
        ("]]> & <x/> 😀 \x7f\x85", "]]> & <x/> 😀 \x7f\x85"),
    ],
)
async def test_a_label_of_any_characters_leaves_an_answer_whole(
    client: XmlRpc, label: str, shown: str
) -> None:
    file = (await client.server.call("product_media.create", "product1", png(label=label)))[0]
    assert (await client.call("product_media.info", "product1", file))["label"] == shown
    assert (await client.server.call("product_media.info", "product1", file))["label"] == label

"""REST: which representation is answered, how it is written, and which may be sent."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest

from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.rest import CATALOG, IMAGES, JSON, QUERY, XML, Answer, Rest, new
from tests.support.server import serving

ONE = f"{IMAGES}/1"
URL = "http://127.0.0.1:8088/media/catalog/product/o/n/one.jpg"
SENT_AS = {JSON: "application/json", XML: "application/xml", QUERY: "text/plain"}
NO_ROUTE = {"code": 404, "message": "Request does not match any route."}


@pytest.fixture
async def rest(tmp_path: Path) -> AsyncIterator[Rest]:
    """A gallery of one image."""
    async with serving(tmp_path / "data", catalog=CATALOG) as server:
        rest = Rest(server)
        await rest.create(file_name="one", label='<ü€> & "one"', types=["image", "thumbnail"])
        yield rest


def format_of(answer: Answer) -> str:
    """The format that an answer is in, and says that it is in."""
    mime = answer.headers["Content-Type"].removesuffix("; charset=utf-8")
    [found] = [name for name, sent_as in SENT_AS.items() if sent_as == mime]
    if found == JSON:
        json.loads(answer.content)
    elif found == XML:
        ElementTree.fromstring(answer.content)
    else:
        assert parse_qsl(answer.content.decode(), strict_parsing=True)
    return found


ACCEPTED = [
    (None, XML),
    ("", XML),
    (" ", XML),
    ("*/*", JSON),
    ("application/json", JSON),
    ("APPLICATION/Json", JSON),
    ("application/*", JSON),
    ("text/xml", XML),
    ("application/xml", XML),
    ("application/xhtml+xml", XML),
    ("text/plain", QUERY),
    ("text/*", QUERY),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", XML),
    ("application/json;q=0.5, text/xml;q=0.9", XML),
    ("text/xml;q=0.5,application/json;q=0.9", JSON),
    ("text/xml;q=1,application/json", XML),
    ("text/xml;q=0.9,application/json", JSON),
    ("foo/bar, application/json", JSON),
    ("application/json;charset=iso-8859-1", JSON),
    ("application/json;charset=utf-8;q=0.1, text/xml;q=0.5", JSON),
    ("application/json;q=0", JSON),
    ("text/xml;q=0.25,text/plain;q=0.5,application/json;q=0.05", QUERY),
]
NOT_ACCEPTED = ["text/html", "image/png", "json", "garbage here", "application/hal+json", ",;", "["]


async def test_the_answer_is_in_the_first_known_type_by_quality(rest: Rest) -> None:
    for accept, expected in ACCEPTED:
        for path, status in ((ONE, 200), (IMAGES, 200), (f"{IMAGES}/9", 404), ("/x", 404)):
            answer = await rest.ask("GET", path, accept=accept)
            assert (accept, answer.status, format_of(answer)) == (accept, status, expected)


async def test_types_in_several_headers_count_together(rest: Rest) -> None:
    async with rest.server.http.get(
        f"{rest.server.url}/api/rest{ONE}",
        headers=[("Accept", "text/xml;q=0.5"), ("Accept", "text/plain")],
    ) as answer:
        assert answer.content_type == "text/plain"


async def test_another_type_is_told_which_there_are_and_nothing_is_done(rest: Rest) -> None:
    before = await rest.get()
    for accept in NOT_ACCEPTED:
        for method, path in (("GET", ONE), ("POST", IMAGES), ("PUT", ONE), ("DELETE", ONE)):
            answer = await rest.ask(method, path, new(label="New"), accept=accept)
            assert answer.status == 406
            assert format_of(answer) == XML
            for known in (JSON, XML, QUERY):
                assert known.encode() in answer.content
    assert await rest.get() == before


async def test_json_is_spelled_as_by_php(rest: Rest) -> None:
    answer = await rest.ask("GET", IMAGES)

    url = URL.replace("/", "\\/")
    assert answer.content.decode() == (
        r'[{"id":"1","label":"<\u00fc\u20ac> & \"one\"","position":"1","exclude":"0",'
        rf'"url":"{url}","types":["image","thumbnail"]}}]'
    )


async def test_xml_is_spelled_as_by_php(rest: Rest) -> None:
    answer = await rest.ask("GET", IMAGES, accept=XML)

    assert answer.content.decode() == (
        f"""<?xml version="1.0"?>
<magento_api>
  <data_item>
    <id>1</id>
    <label>&lt;&#xFC;&#x20AC;&gt; &amp; "one"</label>
    <position>1</position>
    <exclude>0</exclude>
    <url>{URL}</url>
    <types>
      <data_item>image</data_item>
      <data_item>thumbnail</data_item>
    </types>
  </data_item>
</magento_api>
"""
    )


async def test_a_query_string_is_spelled_as_by_php(rest: Rest) -> None:
    answer = await rest.ask("GET", IMAGES, accept=QUERY)

    assert answer.content.decode() == (
        "0%5Bid%5D=1&0%5Blabel%5D=%3C%C3%BC%E2%82%AC%3E+%26+%22one%22&0%5Bposition%5D=1"
        "&0%5Bexclude%5D=0&0%5Burl%5D=http%3A%2F%2F127.0.0.1%3A8088%2Fmedia%2Fcatalog%2Fproduct"
        "%2Fo%2Fn%2Fone.jpg&0%5Btypes%5D%5B0%5D=image&0%5Btypes%5D%5B1%5D=thumbnail"
    )


async def test_what_is_empty(rest: Rest) -> None:
    empty = {JSON: b"[]", XML: b'<?xml version="1.0"?>\n<magento_api/>\n', QUERY: b""}
    for form, content in empty.items():
        answer = await rest.ask("GET", "/products/2/images", accept=form)
        assert (answer.status, answer.content) == (200, content)
    await rest.put(ONE, label="", types=[])
    assert b"<label/>" in (await rest.ask("GET", ONE, accept=XML)).content
    assert b"<types/>" in (await rest.ask("GET", ONE, accept=XML)).content
    assert b"label=&" in (await rest.ask("GET", ONE, accept=QUERY)).content


@pytest.mark.parametrize("label", ["🙂", "a\x01b\x00c", "\r\n\t ", "\ufffe￿", "]]>", "~+%"])
async def test_any_label_can_be_read(rest: Rest, label: str) -> None:
    await rest.put(ONE, label=label)
    outside = {"\x00", "\x01", "\ufffe", "\uffff"}

    assert (await rest.get(ONE))["label"] == label
    found = ElementTree.fromstring((await rest.ask("GET", ONE, accept=XML)).content)
    assert found.findtext("label") == "".join("\ufffd" if c in outside else c for c in label)
    pairs = parse_qsl((await rest.ask("GET", ONE, accept=QUERY)).content.decode())
    assert dict(pairs)["label"] == label


async def test_a_query_string_escapes_what_php_does(rest: Rest) -> None:
    await rest.put(ONE, label="-._~ +")
    assert b"label=-._%7E+%2B&" in (await rest.ask("GET", ONE, accept=QUERY)).content


async def test_a_refusal_says_the_same_in_every_type(rest: Rest) -> None:
    answer = await rest.ask("GET", "/x")
    assert answer.json == {"messages": {"error": [NO_ROUTE]}}
    answer = await rest.ask("GET", "/x", accept=QUERY)
    assert answer.content == (
        b"messages%5Berror%5D%5B0%5D%5Bcode%5D=404"
        b"&messages%5Berror%5D%5B0%5D%5Bmessage%5D=Request+does+not+match+any+route."
    )
    answer = await rest.ask("POST", IMAGES, {"file_name": "x"}, accept=XML)
    assert answer.content == (
        b"""<?xml version="1.0"?>
<magento_api>
  <messages>
    <error>
      <data_item>
        <code>400</code>
        <message>The image is not specified</message>
      </data_item>
      <data_item>
        <code>400</code>
        <message>Resource data pre-validation error.</message>
      </data_item>
    </error>
  </messages>
</magento_api>
"""
    )


async def test_a_version_is_escaped_twice_in_xml(rest: Rest) -> None:
    for accept, text in ((XML, b'version "&amp;lt;" req'), (JSON, rb"version \"&lt;\" req")):
        assert text in (await rest.ask("GET", ONE, accept=accept, Version="<")).content


FIELDS = {"label": "Sent", "position": "3", "types": ["image", "small_image"]}
AS_JSON = json.dumps(FIELDS)
AS_XML = """<?xml version="1.0"?>
<magento_api><label>Sent</label><position>3</position>
<types><data_item>image</data_item><data_item>small_image</data_item></types></magento_api>"""
AS_QUERY = "label=Sent&position=3&types[]=image&types%5B1%5D=small_image"

READ = [
    ("application/json", AS_JSON),
    ("application/json; charset=utf-8", AS_JSON),
    ("application/json;charset=UTF-8", AS_JSON),
    ("application/json;  CharSet=Utf-8", AS_JSON),
    ("text/xml", AS_XML),
    ("application/xml", AS_XML),
    ("application/xhtml+xml; charset=utf-8", AS_XML),
    ("text/plain", AS_QUERY),
    ("text/plain; charset=utf-8", AS_QUERY),
]


async def test_each_known_type_can_be_sent(rest: Rest) -> None:
    for sent, body in READ:
        await rest.put(ONE, label="Before", position=1, types=[])
        assert (await rest.ask("PUT", ONE, body, sent=sent)).status == 200
        shown = await rest.get(ONE)
        assert (sent, {name: shown[name] for name in FIELDS}) == (sent, FIELDS)


async def test_an_image_can_be_created_in_each_type(rest: Rest) -> None:
    content = text_of(pictures.jpeg(9))
    escaped = content.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    for sent, body in (
        (JSON, json.dumps({"file_mime_type": "image/jpeg", "file_content": content})),
        (
            XML,
            f"<x><file_mime_type>image/jpeg</file_mime_type><file_content>{content}"
            "</file_content></x>",
        ),
        (QUERY, f"file_mime_type=image%2Fjpeg&file_content={escaped}"),
    ):
        answer = await rest.ask("POST", IMAGES, body, sent=sent)
        assert (sent, answer.status) == (sent, 200)
    images = await rest.get()
    assert len(images) == 4
    for image in images[1:]:
        path = image["url"].removeprefix("http://127.0.0.1:8088")
        async with rest.server.http.get(rest.server.url + path) as file:
            assert await file.read() == pictures.jpeg(9)


UNREAD = [
    (None, "Content-Type header is empty"),
    ("", "Content-Type header is empty"),
    ('application/json; charset="utf-8"', "UTF-8 is the only supported charset"),
    ("application/json; charset=utf8", "UTF-8 is the only supported charset"),
    ("application/xml; charset=iso-8859-1", "UTF-8 is the only supported charset"),
    ("application/json; foo=bar", "Invalid Content-Type header"),
    ("application/json;", "Invalid Content-Type header"),
    ("multipart/form-data; boundary=x", "Invalid Content-Type header"),
    ("garbage; ; ;", "Invalid Content-Type header"),
    *(
        (mime, f'Server can not understand Content-Type HTTP header media type "{mime}"')
        for mime in (
            "Application/JSON",
            "text/json",
            "application/hal+json",
            "text/html",
            "application/x-www-form-urlencoded",
            "image/jpeg",
            "json",
        )
    ),
]


async def test_any_other_type_is_refused(rest: Rest) -> None:
    before = await rest.get()
    for sent, message in UNREAD:
        for method, path in (("POST", IMAGES), ("PUT", ONE)):
            answer = await rest.ask(method, path, json.dumps(new(label="x")), sent=sent)
            assert (sent, answer.error) == (sent, (400, message))
    assert await rest.get() == before


async def test_the_type_is_looked_at_before_the_image(rest: Rest) -> None:
    answer = await rest.ask("PUT", "/products/9999/images/1/store/99", "{", sent="x/y")
    assert "media type" in answer.error[1]
    answer = await rest.ask("PUT", "/products/9999/images/1/store/99", "{")
    assert answer.error == (400, "Decoding error.")


async def test_errors_have_the_type_that_was_asked_for_and_not_the_one_sent(rest: Rest) -> None:
    answer = await rest.ask("PUT", ONE, "<", sent="text/xml", accept=JSON)
    assert answer.error == (400, "Decoding error.")
    answer = await rest.ask("PUT", ONE, "{", accept=XML)
    assert format_of(answer) == XML

"""REST: what bodies mean in each type, and nonsense and attacks in them."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from rpcmedia.faces.rest.negotiation import Format
from rpcmedia.faces.rest.reading import read_changes, read_new
from rpcmedia.faces.rest.refusals import Refusal
from tests.support.rest import (
    CATALOG,
    IMAGES,
    INVALID,
    JSON,
    NOT_IMPLEMENTED,
    QUERY,
    XML,
    Rest,
    authorization,
    new,
)
from tests.support.server import serving

ONE = f"{IMAGES}/1"
LIMIT = 256 * 1024
DECODING = (400, "Decoding error.")
WRONG_TYPE = (400, "Invalid data type. Check Content-Type.")


@pytest.fixture
async def rest(tmp_path: Path) -> AsyncIterator[Rest]:
    """A gallery of one image on a server that takes small bodies only."""
    async with serving(tmp_path / "data", catalog=CATALOG, max_body=LIMIT) as server:
        rest = Rest(server)
        await rest.create(file_name="one", label="One", types=["image"])
        yield rest


async def refuse(rest: Rest, sent: str, body: str | bytes, *refusals: tuple[int, str]) -> None:
    """Both methods refuse a body; the first refusal is that of POST, the last that of PUT."""
    answer = await rest.ask("POST", IMAGES, body, sent=sent)
    assert (body[:50], answer.error) == (body[:50], refusals[0])
    answer = await rest.ask("PUT", ONE, body, sent=sent)
    assert (body[:50], answer.error) == (body[:50], refusals[-1])


async def test_json_that_says_nothing(rest: Rest) -> None:
    whole = json.dumps(new()).encode()
    for body in (b"", b" \n", b'{"label":', b"{'label':1}", b'{"label":"x",}', b"hello", b"<a/>",
                 b"\xef\xbb\xbf" + whole, b"/**/" + whole, b'{"label":"\xff"}', b'{"label":"\xfc"}',
                 b"[" * 600 + b"]" * 600, b"[" * 100_000, b'{"a":' * 30_000, b"NaN",
                 b'{"label":"\\ud800"}', whole.decode().encode("utf-16")):  # fmt: skip
        await refuse(rest, JSON, body, DECODING)
    for body in (b"{}", b"[]", b"null", b"0", b"false", b'""', b"5", b"-1.5", b'"x"', b"true",
                 b'{"foo":1}', b'{"id":5,"url":"x"}', b'{"LABEL":"x"}'):  # fmt: skip
        await refuse(rest, JSON, body, INVALID)
    for body in (b'[{"label":"a"}]', b'["label"]', b"[1]", b"[[]]", b'{"0":1}', b'{"-7":1}'):
        await refuse(rest, JSON, body, NOT_IMPLEMENTED, INVALID)
    assert len(await rest.get()) == 1


async def test_json_with_a_number_for_its_first_name(rest: Rest) -> None:
    assert (await rest.ask("POST", IMAGES, {"0": 1, **new()})).error == NOT_IMPLEMENTED
    assert (await rest.ask("POST", IMAGES, {"01": 1, **new()})).status == 200
    assert (await rest.ask("POST", IMAGES, {**new(), "0": 1})).status == 200
    await rest.put(ONE, **{"0": 1, "label": "New"})
    assert (await rest.get(ONE))["label"] == "New"


async def test_the_last_of_two_names_counts(rest: Rest) -> None:
    await rest.ask("PUT", ONE, '{"label":"a","label":"b"}')
    assert (await rest.get(ONE))["label"] == "b"


async def change(rest: Rest, sent: str, body: str | bytes) -> dict[str, Any]:
    """What is seen of an image after a change from a fixed state."""
    await rest.put(ONE, label="One", position=1, exclude=0, types=["image"])
    assert (await rest.ask("PUT", ONE, body, sent=sent)).status == 200, body
    shown: dict[str, Any] = await rest.get(ONE)
    return shown


async def test_xml_that_says_nothing(rest: Rest) -> None:
    for body in (b"", b"hello", b"<a><b></a>", b"<a>", b'\n <?xml version="1.0"?><a/>',
                 b"<label>\x01</label>", b"<a>&nope;</a>", b'{"label":"x"}',
                 b"<a/><b/>"):  # fmt: skip
        await refuse(rest, XML, body, DECODING)
    for body in (b"<a/>", b"<a></a>", b"<a>text</a>", b"<a><foo>1</foo></a>", b"<a><id>5</id></a>"):
        await refuse(rest, XML, body, INVALID)
    for body in (b"<a><data_item><label>x</label></data_item></a>",
                 b"<a><data_item>x</data_item><data_item>y</data_item></a>"):  # fmt: skip
        await refuse(rest, XML, body, NOT_IMPLEMENTED, INVALID)


async def test_xml_of_any_shape(rest: Rest) -> None:
    for body in [
        "<anything><label>x</label></anything>",
        '<m:a xmlns:m="u"><label>x</label></m:a>',
        '<a xmlns="u"><label>x</label></a>',
        '<m:a xmlns:m="u"><m:label>x</m:label></m:a>',
        "<a><label><![CDATA[x]]></label></a>",
        '<a label="x"/>',
        '<a><label value="x"/></a>',
        '<a><label lang="de">x</label></a>',
        "<a><!-- no --><label>x<!-- no --></label></a>",
        "<a>text<label>x</label>text</a>",
        "<!DOCTYPE a><a><label>x</label></a>",
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a><label>&#x78;</label></a>',
    ]:
        assert (await change(rest, XML, body))["label"] == "x"


async def test_xml_in_its_own_encoding(rest: Rest) -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><a><label>ü</label></a>'
    assert (await change(rest, XML, text.encode("latin-1")))["label"] == "ü"
    text = '<?xml version="1.0" encoding="nope"?><a><label>x</label></a>'
    answer = await rest.ask("PUT", ONE, text, sent=XML)
    assert answer.error == (
        400,
        "Decoding error: the encoding of the XML is unknown; send UTF-8.",
    )


async def test_types_in_xml(rest: Rest) -> None:
    for types, seen in [
        ("<types><data_item>thumbnail</data_item></types>", ["thumbnail"]),
        (
            "<types>\n<data_item>image</data_item>\n<data_item>small_image</data_item></types>",
            ["image", "small_image"],
        ),
        ("<types><a>image</a><b>thumbnail</b></types>", ["image", "thumbnail"]),
        (
            "<types><type>small_image</type><type>thumbnail</type></types>",
            ["small_image", "thumbnail"],
        ),
        ("<types>small_image</types><types>thumbnail</types>", ["small_image", "thumbnail"]),
        ("<types/>", []),
        ("<types></types>", []),
        ("<types>\n</types>", []),
        ("<types>thumbnail</types>", ["image"]),
        ("<types><data_item/></types>", []),
    ]:
        assert (await change(rest, XML, f"<a>{types}</a>"))["types"] == seen


async def test_attributes_of_a_namespace_are_no_data_and_nil_is_null(rest: Rest) -> None:
    schema = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    for members in [
        '<label xsi:nil="true"/><types xsi:nil="true"/><position xsi:nil="1"/>',
        '<label xsi:type="string">One</label>',
        '<types><a xml:lang="de">image</a></types>',
    ]:
        seen = await change(rest, XML, f"<a {schema} xsi:label='y'>{members}</a>")
        assert (seen["label"], seen["types"]) == ("One", ["image"])
    for empty in ('<label xsi:nil="false"/>', '<label xml:space="preserve"/>'):
        assert (await change(rest, XML, f"<a {schema}>{empty}</a>"))["label"] == ""


async def test_xml_that_was_answered_can_be_sent_back(rest: Rest) -> None:
    for types in (["image", "thumbnail"], []):
        await rest.put(ONE, label="<ü> ", position=4, exclude=1, types=types)
        before = await rest.get(ONE)
        shown = await rest.ask("GET", ONE, accept=XML)
        assert await change(rest, XML, shown.content) == before


async def test_a_query_string_that_says_nothing(rest: Rest) -> None:
    for body in ('{"label":"x"}', "a=ü ", "label=%", "label=%zz", "label=a b", "<a/>", "\n"):
        await refuse(rest, QUERY, body, WRONG_TYPE)
    for body in ("", "foo=1", "label[a][b]=1", "[]=1", "&&", "=x"):
        await refuse(rest, QUERY, body, INVALID)
    assert (await rest.ask("POST", IMAGES, "0=1&label=x", sent=QUERY)).error == NOT_IMPLEMENTED


async def test_a_query_string(rest: Rest) -> None:
    for body, label, types in [
        ("label=a+b%20c", "a b c", ["image"]),
        ("label=", "", ["image"]),
        ("label", "", ["image"]),
        ("label=a&label=b", "b", ["image"]),
        ("types[]=thumbnail&types[]=small_image", "One", ["small_image", "thumbnail"]),
        ("types[0]=thumbnail&types%5Bx%5D=small_image", "One", ["small_image", "thumbnail"]),
        ("types=thumbnail", "One", ["image"]),
        ("types=image&types[]=thumbnail", "One", ["thumbnail"]),
        ("label=%C3%BC%FF", "ü\ufffd", ["image"]),
    ]:
        shown = await change(rest, QUERY, body)
        assert (shown["label"], shown["types"]) == (label, types)


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><a><label>&i;</label></a>"
)
ENTITIES = [
    BOMB,
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a><label>[&e;]</label></a>',
    '<!DOCTYPE a [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]><a><label>[&e;]</label></a>',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a><label>x</label></a>',
    '<!DOCTYPE a [<!ENTITY e "x">]><a><label>x</label></a>',
]


async def test_xml_with_entities_is_told_to_do_without(rest: Rest) -> None:
    refusal = (
        400,
        "Decoding error: the XML declares an entity; write the characters themselves.",
    )
    for body in ENTITIES:
        await refuse(rest, XML, body, refusal)
    assert (await rest.get(ONE))["label"] == "One"


async def test_xml_of_many_levels_and_many_attributes(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", catalog=CATALOG) as server:
        rest = Rest(server)
        await rest.create()
        for body, part in (
            ("<a>" * 100_000, "levels"),
            ("<a>" * 100_000 + "</a>" * 100_000, "levels"),
            ("<a " + " ".join(f'a{n}="1"' for n in range(1_500_000)) + "/>", "elements"),
            ("<a>" + "<b/>" * 1_500_000 + "</a>", "elements"),
        ):
            status, message = (await rest.ask("PUT", ONE, body, sent=XML)).error
            assert (status, part in message) == (400, True)
        assert (await rest.get(ONE))["label"] == ""


async def test_a_body_of_too_many_values(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", catalog=CATALOG) as server:
        rest = Rest(server)
        await rest.create()
        for sent, body, message in (
            (JSON, json.dumps({"types": ["image"] * 20_000}), "more than 10000 values"),
            (QUERY, "&".join(["types[]=image"] * 2_000), "more than 1000 fields"),
            (QUERY, "label=" + "%41" * 1_100_000, "more than 1000000 escapes"),
        ):
            status, text = (await rest.ask("PUT", ONE, body, sent=sent)).error
            assert (status, message in text) == (400, True)


async def test_a_body_that_is_too_large_or_in_no_coding(rest: Rest) -> None:
    large = json.dumps(new(file_content="A" * LIMIT))
    answer = await rest.ask("POST", IMAGES, large)
    assert answer.error == (413, f"The request has more than {LIMIT} bytes; send less.")
    packed = gzip.compress(b" " * 10 * LIMIT)
    answer = await rest.ask("POST", IMAGES, packed, **{"Content-Encoding": "gzip"})
    assert answer.error[0] == 413
    answer = await rest.ask("POST", IMAGES, b"{}", **{"Content-Encoding": "br"})
    assert answer.error[0] == 400
    assert "Content-Encoding is unknown" in answer.error[1]
    packed = gzip.compress(json.dumps({"label": "New"}).encode())
    answer = await rest.ask("PUT", ONE, packed, **{"Content-Encoding": "gzip"})
    assert answer.status == 200
    assert (await rest.get(ONE))["label"] == "New"


async def test_a_guest_is_refused_before_the_body_is_here(rest: Rest) -> None:
    reader, writer = await asyncio.open_connection(*_address(rest))
    try:
        writer.write(
            b"POST /api/rest/products/1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n"
            b"Accept: application/json\r\nContent-Type: application/json\r\n\r\n{"
        )
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 403")
    finally:
        writer.close()


async def test_a_client_that_hangs_up_is_no_failure_of_the_server(rest: Rest) -> None:
    head = (
        f"POST /api/rest/products/1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n"
        f"Authorization: {authorization('admin')}\r\nContent-Type: application/json\r\n\r\n{{"
    )
    with capture_logs() as events:
        for _ in range(3):
            _, writer = await asyncio.open_connection(*_address(rest))
            writer.write(head.encode())
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
        await rest.get()
        await asyncio.sleep(0.1)
    assert [event for event in events if event["log_level"] == "error"] == []
    assert len(await rest.get()) == 1


def _address(rest: Rest) -> tuple[str, int]:
    host, _, port = rest.server.url.removeprefix("http://").partition(":")
    return host, int(port)


NAMES = st.sampled_from(
    ["label", "position", "exclude", "types", "file_content", "file_mime_type", "file_name", "id"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
BODIES = (
    st.binary(max_size=60)
    | st.text(alphabet='<>/&;[]{}":,=%ab01 \n', max_size=60).map(str.encode)
    | st.dictionaries(NAMES, VALUES, max_size=4).map(lambda value: json.dumps(value).encode())
    | st.lists(st.tuples(NAMES, st.text(max_size=8)), max_size=4).map(
        lambda pairs: "<a>{}</a>".format("".join(f"<{n}>{v}</{n}>" for n, v in pairs)).encode(
            "utf-8", "replace"
        )
    )
)


@given(body=BODIES, form=st.sampled_from(Format))
@example(body=b"<a label='1' xmlns:x='u' x:label='2'/>", form=Format.XML)
@example(body=b"&=&[]=&a[=&]b", form=Format.QUERY)
@settings(deadline=None, max_examples=300)
def test_any_body_is_read_or_refused_in_words(body: bytes, form: Format) -> None:
    for read in (read_new, read_changes):
        try:
            data = read(body, form)
        except Refusal as refusal:
            assert refusal.status in (400, 405)
            assert all(refusal.messages)
        else:
            assert data.keys() <= {"label", "position", "exclude", "types", "file"}


@given(fields=st.dictionaries(NAMES, VALUES, max_size=4))
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_values_break_the_server(rest: Rest, fields: dict[str, Any]) -> None:
    for method, path, body in (("PUT", ONE, fields), ("POST", IMAGES, {**new(), **fields})):
        answer = await rest.ask(method, path, json.dumps(body, allow_nan=True))
        assert answer.status in (200, 400, 405), answer

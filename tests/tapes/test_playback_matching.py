"""Which requests playback takes for the same: spelling and secrets do not count."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rpcmedia.tapes.playback import playing
from rpcmedia.tapes.redaction import redact_tape
from rpcmedia.tapes.tape import Exchange, TapeReader
from tests.support.tapes import all_tapes
from tests.tapes.made_tapes import (
    as_recorded,
    asked,
    basic,
    call,
    got,
    result,
    rpc,
    send,
    write_tape,
)

SESSION = "f" * 32
LOGIN_XML = (
    "<?xml version='1.0'?><methodCall><methodName>login</methodName><params><param><value>"
    "<string>{}</string></value></param><param><value><string>{}</string></value></param></params>"
    "</methodCall>"
)
CALL_XML = (
    "<?xml version='1.0'?><methodCall><methodName>call</methodName><params><param><value>"
    "<string>{}</string></value></param><param><value><string>product_media.list</string></value>"
    "</param></params></methodCall>"
)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


CONTENT = base64.b64encode(bytes(range(100))).decode()
RECORDED = call("product_media.create", "sku", {"content": CONTENT, "mime": "image/png"})


@pytest.mark.parametrize(
    "request_body",
    [
        {name: RECORDED[name] for name in reversed(RECORDED)},
        b'{\n "jsonrpc" : "2.0", "method":"call","params":["' + b"0" * 32 + b'",'
        b'"product_media.create",["sku",{"mime":"image\\/png","content":"'
        + CONTENT.encode()
        + b'"}]],"id":1}\n',
        call(
            "product_media.create",
            "sku",
            {"content": f"{CONTENT[:40]}\r\n{CONTENT[40:]}\r\n", "mime": "image/png"},
        ),
        call("product_media.create", *RECORDED["params"][2], session=SESSION),
        call("product_media.create", *RECORDED["params"][2], id_="another"),
    ],
    ids=["order of keys", "white space", "line breaks of base64", "session", "id"],
)
async def test_the_spelling_of_a_request_does_not_count(
    request_body: Any, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [rpc(RECORDED, result("/a/b/c.png"))])

    answer = await asked(tape, http, rpc(request_body, None))

    assert answer.json["result"] == "/a/b/c.png"


async def test_paths_of_any_kind_are_answered(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    paths = [
        "//api",
        "/a%2Fb",
        "/a%0Ab",
        "/?x=1",
        "/a/?b=2&a=1",
        "/%C3%BC",
        "/a/../b",
        "/%7e?x=%zz",
        '/{}|^"?q={"a":[1]}',
    ]
    exchanges = [got(path, path.encode()) for path in paths]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)

    async with playing([tape]) as playback:
        answers = [await send(http, playback.address, exchange) for exchange in exchanges]

    assert [answer.body for answer in answers] == [path.encode() for path in paths]


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
async def test_a_redacted_tape_answers_the_requests_that_were_recorded(
    path: Path, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    redacted = tmp_path / "redacted.jsonl"
    redact_tape(path, redacted)

    async with playing([redacted]) as playback:
        pairs = zip(TapeReader(path), TapeReader(redacted), strict=True)
        different = [
            sent.line
            for sent, recorded in pairs
            if not as_recorded(recorded, await send(http, playback.address, sent))
        ]

    assert not different
    assert (playback.missed, playback.recorded.never_asked) == (0, 0)


def login(key: str) -> dict[str, Any]:
    return {"method": "login", "params": ["apiuser", key], "id": 1}


def xml(body: str) -> Exchange:
    mime = [("Content-Type", "text/xml")]
    return rpc(body.encode(), b"<answer/>", path="/api/xmlrpc", request_headers=mime)


def as_user(header: str) -> Exchange:
    headers = [("Authorization", header)]
    return rpc(call("product_media.list", session=None), result([]), request_headers=headers)


async def test_a_session_does_not_count_in_xml_either(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [xml(CALL_XML.format("0" * 32))])

    assert (await asked(tape, http, xml(CALL_XML.format(SESSION)))).body == b"<answer/>"


async def test_a_header_may_have_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    mime = 'multipart/x; boundary="\u00fc"'
    recorded = rpc(b"--\xc3\xbc", b"found", request_headers=[("Content-Type", mime)])
    tape = write_tape(tmp_path / "t.jsonl", [recorded])
    head = f"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Type: {mime}\r\nContent-Length: 4\r\n"

    async with playing([tape]) as playback:
        reader, writer = await asyncio.open_connection(*playback.address[7:].split(":"))
        writer.write(head.encode("latin-1") + b"Connection: close\r\n\r\n--\xc3\xbc")
        answer = await reader.read()
        writer.close()

    assert answer.endswith(b"found")


@pytest.mark.parametrize(
    ("redacted", "real"),
    [
        (rpc(login("{{key:apiuser}}"), result("")), rpc(login("its key"), None)),
        (
            rpc(call("product_media.list", session="{{session:1}}"), result([])),
            rpc(call("product_media.list", session=SESSION), None),
        ),
        (as_user("Basic {{basic:apiuser}}"), as_user(basic("apiuser", "its key")[0][1])),
        (as_user("Basic {{basic:a%20b%3C:refused}}"), as_user(basic("a b<", "its key")[0][1])),
        (
            xml(LOGIN_XML.format("apiuser", "{{key:apiuser}}")),
            xml(LOGIN_XML.format("apiuser", "k")),
        ),
        (xml(CALL_XML.format("{{session:1}}")), xml(CALL_XML.format(SESSION))),
        (got("/a?s={{session:1}}&b=1", b"2"), got(f"/a?b=1&s={SESSION}", None)),
        (rpc({"method": "x.y", "key": "a {{key:b}}"}, 3), rpc({"method": "x.y", "key": "a c"}, 0)),
    ],
    ids=[
        "login",
        "session",
        "Basic",
        "name in Basic",
        "login in XML-RPC",
        "session in XML-RPC",
        "in a query",
        "elsewhere",
    ],
)
async def test_a_placeholder_of_a_redacted_tape_matches_anything(
    redacted: Exchange, real: Exchange, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [redacted])

    assert (await asked(tape, http, real)).body == redacted.response_body


@pytest.mark.parametrize(
    ("redacted", "real"),
    [
        (as_user("Basic {{basic:apiuser}}"), as_user(basic("somebody", "its key")[0][1])),
        (as_user("Basic {{basic:apiuser}}"), as_user("Bearer apiuser")),
        (
            xml(LOGIN_XML.format("apiuser", "{{key:apiuser}}")),
            xml(LOGIN_XML.format("somebody", "{{key:apiuser}}")),
        ),
        (
            rpc({"method": "x.y", "a": "{{key:b}}", "c": 1}, 3),
            rpc({"method": "x.y", "a": "d", "c": 2}, 0),
        ),
        (rpc({"method": "x.y", "a": "{{key:b}}"}, 3), rpc({"method": "x.y", "a": 1}, 0)),
    ],
    ids=["Basic", "no Basic", "login in XML-RPC", "another field", "another type"],
)
async def test_a_placeholder_stands_for_nothing_else(
    redacted: Exchange, real: Exchange, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [redacted])

    assert (await asked(tape, http, real)).status == 404

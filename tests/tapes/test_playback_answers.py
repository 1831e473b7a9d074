"""An answer of playback is the recorded one, but for its id and what belongs to a connection."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.tapes.made_tapes import asked, got, result, rpc, write_tape


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.mark.parametrize(
    ("recorded", "answered", "asked_id", "expected"),
    [
        ("1", "1", "7", "7"),
        ("1", '"1"', "7", '"7"'),
        ("1", '"1"', '"abc"', '"abc"'),
        ('"1"', "1", '"7"', "7"),
        ('"1"', '"1"', "7", '"7"'),
        ("1", "1", "9223372036854775808123", "9223372036854775808123"),
        ("1", "1", "1.50", "1.50"),
        ("null", "null", "7", "7"),
        ("1", "null", "7", "null"),
        ("1", '"1"', "1", '"1"'),
    ],
)
async def test_an_answer_has_the_id_of_its_request_in_the_type_that_was_recorded(
    recorded: str,
    answered: str,
    asked_id: str,
    expected: str,
    tmp_path: Path,
    http: aiohttp.ClientSession,
) -> None:
    request = '{"method":"x.y","params":["s"],"id":%s}'
    answer = '{"result": {"a" : 1.0}, "id":%s,"jsonrpc":"2.0"}'
    exchange = rpc((request % recorded).encode(), (answer % answered).encode())
    tape = write_tape(tmp_path / "t.jsonl", [exchange])

    got_answer = await asked(tape, http, rpc((request % asked_id).encode(), None))

    spelled = got_answer.body.decode().replace(" ", "")
    assert spelled == (answer % expected).replace(" ", "")


async def test_an_answer_without_an_id_stays_without_one(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    exchange = rpc({"method": "x.y", "id": 1}, {"result": 1})
    tape = write_tape(tmp_path / "t.jsonl", [exchange])

    assert (await asked(tape, http, rpc({"method": "x.y", "id": 2}, None))).json == {"result": 1}


async def test_ids_in_a_batch_follow_the_places_of_their_requests(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    def batch(*ids: Any) -> list[Any]:
        requests: list[dict[str, Any]] = [
            {"method": name, "params": []} for name in ("one", "note", "two", "three")
        ]
        for place, id_ in zip((0, 2, 3), ids, strict=True):
            requests[place]["id"] = id_
        return [*requests, "no request"]

    recorded = [result("one", "a"), result("three", "c"), result("two", "b"), result("?", None)]
    tape = write_tape(tmp_path / "t.jsonl", [rpc(batch("a", "b", "c"), recorded)])

    answer = await asked(tape, http, rpc(batch("x", "y", "z"), None))

    assert answer.json == [
        result("one", "x"),
        result("three", "z"),
        result("two", "y"),
        result("?", None),
    ]


@pytest.mark.parametrize("recorded", [b"<b>Fatal error</b>", b'{"id":1}<b>Notice</b>', b"", b"17"])
async def test_an_answer_that_is_no_json_rpc_is_given_as_it_is(
    recorded: bytes, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [rpc({"method": "x.y", "id": 1}, recorded)])

    assert (await asked(tape, http, rpc({"method": "x.y", "id": 2}, None))).body == recorded


async def test_headers_are_those_that_were_recorded(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    recorded = [
        ("Server", "nginx"),
        ("set-cookie", "a=1"),
        ("X-Other", "ünï"),
        ("Set-Cookie", "b=2"),
        ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Content-Length", "999"),
        ("Transfer-Encoding", "chunked"),
        ("Keep-Alive", "timeout=5"),
        ("Content-Type", "image/png; charset=none"),
    ]
    exchange = got("/a", b"x", response_headers=recorded, status=299, reason="Rather Fine")
    tape = write_tape(tmp_path / "t.jsonl", [exchange])

    answer = await asked(tape, http, exchange)

    assert (answer.status, answer.reason) == (299, "Rather Fine")
    kept = [(n, v) for n, v in answer.headers if n not in ("Date", "Content-Length")]
    assert kept == [recorded[0], *recorded[1:4], recorded[8]]
    assert answer.header("Content-Length") == ["1"]
    assert answer.header("Date") != ["Thu, 01 Jan 1970 00:00:00 GMT"]


async def test_no_header_is_made_up(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"some bytes")])

    answer = await asked(tape, http, got("/a", None))

    assert sorted(name for name, _ in answer.headers) == ["Content-Length", "Date"]


@pytest.mark.parametrize(
    ("encoding", "body", "kept"),
    [
        ("gzip", gzip.compress(b'{"a":1}', mtime=0), ["gzip"]),
        ("gzip", b'{"a":1}', []),
        ("br", b"\x8b\x03\x80{}\x03", ["br"]),
        ("br", b"{}", []),
    ],
)
async def test_an_encoding_is_named_only_for_a_body_that_still_has_it(
    encoding: str, body: bytes, kept: list[str], tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    headers = [("Content-Encoding", encoding)]
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", body, response_headers=headers)])

    answer = await asked(tape, http, got("/a", None))

    assert answer.header("Content-Encoding") == kept
    assert answer.body == body


async def test_head_tells_the_length_that_was_recorded(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    headers = [("Content-Type", "image/jpeg"), ("Content-Length", "695")]
    head = got("/a.jpg", None, method="HEAD", response_headers=headers)
    tape = write_tape(tmp_path / "t.jsonl", [head])

    answer = await asked(tape, http, head)

    assert answer.header("Content-Length") == ["695"]
    assert answer.body == b""

"""The client of a replay: requests to the letter, and every kind of answer."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from rpcmedia.tapes.connection import Unreachable
from rpcmedia.tapes.tape import Exchange
from tests.tapes.made_tapes import HOST, got, rpc, write_tape
from tests.tapes.raw_http import Message, Respond, answering
from tests.tapes.replayed import differences, raw_server, replayed, stub

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answered_ok(path: str = "/", **members: Any) -> Exchange:
    return got(path, b"ok", **members)


async def messages(tape: Path, respond: Respond | None = None) -> list[Message]:
    async with raw_server(respond) as server:
        assert differences(await replayed(tape, server.url)) == []
        return server.requests


async def test_a_request_is_sent_to_the_letter_and_nothing_is_added(tmp_path: Path) -> None:
    headers = [("X-a", "1"), ("x-A", "2"), ("User-Agent", "ü"), ("Host", "recorded.invalid")]
    exchange = rpc(
        b'{ "a" :1}', b"ok", path="/a//b;c/%2f?q=%zz&&d", request_headers=headers, method="PATCH"
    )
    tape = write_tape(tmp_path / "t.jsonl", [exchange])

    async with raw_server() as server:
        await replayed(tape, server.url)
    [request] = server.requests

    assert request.first == b"PATCH /a//b;c/%2f?q=%zz&&d HTTP/1.1"
    assert request.headers == [
        f"Host: {server.url.removeprefix('http://')}".encode(),
        b"X-a: 1",
        b"x-A: 2",
        "User-Agent: ü".encode(),
        b"Content-Length: 9",
    ]
    assert request.body == b'{ "a" :1}'


async def test_a_request_without_a_body_has_no_length_unless_its_method_asks_for_one(
    tmp_path: Path,
) -> None:
    exchanges = [answered_ok(), answered_ok(method="POST")]
    get, post = await messages(write_tape(tmp_path / "t.jsonl", exchanges))

    assert get.header("content-length") is None
    assert post.header("content-length") == "0"


async def test_a_line_break_on_a_tape_does_not_begin_another_header(tmp_path: Path) -> None:
    exchange = answered_ok("/a b\r\nX-Path: 1", request_headers=[("X-a", "1\r\nX-Evil: 1")])
    [request] = await messages(write_tape(tmp_path / "t.jsonl", [exchange]))

    assert request.header("x-evil") is None
    assert request.header("x-path") is None


ANSWERS = {
    "with a length": OK,
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"1;name=value\r\no\r\n1\r\nk\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "after a provisional one": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x"
    b"\r\n\r\n" + OK,
    "with line feeds alone": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "without a reason": b"HTTP/1.1 200\r\ncontent-length:2\r\n\r\nok",
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_answers_are_understood_and_the_connection_is_kept(
    tmp_path: Path, answer: str
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [answered_ok(), answered_ok(), answered_ok()])

    async with raw_server(answering(ANSWERS[answer])) as server:
        assert differences(await replayed(tape, server.url)) == []

    assert server.connections == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
async def test_a_connection_that_ends_with_its_answer_is_made_anew(
    tmp_path: Path, head: bytes
) -> None:
    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"ok")
        writer.close()

    tape = write_tape(tmp_path / "t.jsonl", [answered_ok(), answered_ok()])
    async with raw_server(respond) as server:
        assert differences(await replayed(tape, server.url)) == []

    assert server.connections == 2


async def test_a_connection_that_the_server_closes_in_between_is_made_anew(tmp_path: Path) -> None:
    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.close()

    moments = [f"2026-01-01T00:00:0{n}+00:00" for n in (0, 1)]
    tape = write_tape(tmp_path / "t.jsonl", [answered_ok(started=moment) for moment in moments])
    async with raw_server(respond) as server:
        played = await replayed(tape, server.url, speed="recorded")

    assert differences(played) == []
    assert server.connections == 2


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_an_answer_that_has_no_body_is_not_waited_for(
    tmp_path: Path, method: str, status: int
) -> None:
    answer = f"HTTP/1.1 {status} x\r\nContent-Length: 500\r\n\r\n".encode()
    exchanges = [got("/", None, method=method, status=status)] * 2

    async with raw_server(answering(answer)) as server:
        played = await replayed(write_tape(tmp_path / "t.jsonl", exchanges), server.url)

    assert differences(played) == []
    assert server.connections == 1


@pytest.mark.parametrize("on_tape", ["plain", "compressed"])
@pytest.mark.parametrize("by_target", ["plain", "compressed"])
async def test_compression_does_not_count(tmp_path: Path, on_tape: str, by_target: str) -> None:
    text = f'{{"url": "{HOST}/media"}}'.encode()
    header = ("Content-Encoding", "gzip")
    kept = gzip.compress(text) if on_tape == "compressed" else text

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        host = request.header("host") or ""
        body = text.replace(b"shop.invalid", host.encode())
        lines = b""
        if by_target == "compressed":
            body, lines = gzip.compress(body, 1), b"Content-Encoding: gzip\r\n"
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (len(body), lines)
        writer.write(head + body)

    exchange = got("/", kept, "application/json", response_headers=[header])
    tape = write_tape(tmp_path / "t.jsonl", [exchange])
    async with raw_server(respond) as server:
        assert differences(await replayed(tape, server.url)) == []


FAILURES = {
    "nothing": (b"", "the connection was closed before the answer ended"),
    "half a head": (b"HTTP/1.1 200 OK\r\nConte", "the connection was closed before the answer"),
    "half a body": (OK[:-1], "the connection was closed before the answer ended"),
    "half a chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
        "the connection was closed before the answer ended",
    ),
    "no HTTP": (b"220 mail.example ESMTP\r\n\r\n", "the answer is no HTTP"),
    "no status": (b"HTTP/1.1 fine\r\n\r\n", "the answer is no HTTP"),
    "a wrong length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "the answer is no HTTP"),
    "a wrong chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "the answer is no HTTP",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_an_answer_that_fails_is_a_difference_and_the_tape_goes_on(
    tmp_path: Path, failure: str
) -> None:
    raw, reason = FAILURES[failure]

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        if request.first.startswith(b"GET /fails "):
            writer.write(raw)
            writer.close()
        else:
            writer.write(OK)

    tape = write_tape(tmp_path / "t.jsonl", [answered_ok(p) for p in ("/", "/fails", "/")])
    async with raw_server(respond) as server:
        [(line, field, expected, shown)] = differences(await replayed(tape, server.url))

    assert (line, field, expected) == (3, "status", 200)
    assert shown.startswith(f"no answer: {reason}")


async def test_a_server_that_stays_silent_is_given_up(tmp_path: Path) -> None:
    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        pass

    tape = write_tape(tmp_path / "t.jsonl", [answered_ok()])
    async with raw_server(respond) as server:
        [(_, _, _, shown)] = differences(await replayed(tape, server.url, seconds=0.1))

    assert shown == "no answer: no answer within 0.1 s"


async def test_a_refusal_that_comes_before_a_large_body_is_read_is_an_answer(
    tmp_path: Path,
) -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        while await reader.read(2**16):
            pass
        writer.close()
        await writer.wait_closed()
        ended.set()

    exchange = rpc(b"x" * 2**22, b"", status=413)
    tape = write_tape(tmp_path / "t.jsonl", [exchange])
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert differences(await replayed(tape, url)) == []
        await ended.wait()


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
async def test_no_server_at_all_is_no_difference(tmp_path: Path, host: str) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [answered_ok()])

    with pytest.raises(Unreachable) as refusal:
        await replayed(tape, f"http://{host}")

    assert str(refusal.value).startswith(f"{host}: ")


async def test_a_server_that_does_not_speak_tls_is_none(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [answered_ok()])

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"ok")

    async with stub(handler) as url:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+: .*SSL"):
            await replayed(tape, url.replace("http:", "https:"))


async def test_a_server_that_goes_away_makes_differences(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        server.close()
        writer.write(OK)
        writer.close()
        await writer.wait_closed()
        ended.set()

    tape = write_tape(tmp_path / "t.jsonl", [answered_ok()] * 3)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    played = await replayed(tape, url)
    await ended.wait()

    assert [one.recorded.line for one in played if not one.differences] == [2]
    assert [line for line, _, _, shown in differences(played) if "no answer" in shown] == [3, 4]

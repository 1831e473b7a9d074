"""The recording proxy between a real client and a real server: what passes, what is recorded."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rpcmedia.tapes.proxy import recording
from rpcmedia.tapes.tape import TapeReader
from tests.tapes.raw_http import (
    SECONDS,
    Message,
    answering,
    connected,
    listening,
    read_chunk,
    upstream,
)
from tests.tapes.recorded_line import HEADER, exchanges, line


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


TARGETS = [
    "/api/jsonrpc",
    "/a//b/../c/./d",
    "/%7euser/%2F%2f?x=%zz&y=a+b&&z=",
    "/empty?",
    "//host/path?a?b=c;d",
    '/open{brackets}|^"?q={"a":[1]}',
]


@pytest.mark.parametrize("target", TARGETS)
async def test_path_and_query_pass_byte_for_byte(tape: Path, target: str) -> None:
    async with line(tape) as at:
        await at.client.ask(f"GET {target} HTTP/1.1\r\nHost: proxy\r\n\r\n".encode())

    assert at.server.requests[0].first == f"GET {target} HTTP/1.1".encode()
    assert [exchange.url for exchange in exchanges(tape)] == [at.server.url + target]


async def test_a_path_of_the_upstream_comes_before_that_of_the_request(tape: Path) -> None:
    async with (
        upstream() as server,
        recording(f"{server.url}/shop/", tape, HEADER) as proxy,
        connected(proxy.address) as client,
    ):
        await client.ask(b"GET /api?x=1 HTTP/1.1\r\nHost: proxy\r\n\r\n")

    assert server.requests[0].first == b"GET /shop/api?x=1 HTTP/1.1"
    assert exchanges(tape)[0].url == f"{server.url}/shop/api?x=1"
    assert TapeReader(tape).header.base_url == f"{server.url}/shop"


async def test_request_headers_keep_case_order_and_number_and_none_is_added(tape: Path) -> None:
    headers = [b"x-Lower: 1", b"X-Twice: a", b"ACCEPT: */*", b"x-twice: b", b"X-Empty:"]
    raw = b"\r\n".join([b"GET / HTTP/1.1", b"Host: proxy", *headers, b"", b""])
    async with line(tape) as at:
        await at.client.ask(raw)

    host = f"Host: {at.server.url.removeprefix('http://')}".encode()
    assert [line.rstrip() for line in at.server.requests[0].headers] == [host, *headers]
    assert exchanges(tape)[0].request_headers == [
        ("x-Lower", "1"),
        ("X-Twice", "a"),
        ("ACCEPT", "*/*"),
        ("x-twice", "b"),
        ("X-Empty", ""),
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_a_request_without_a_body_stays_without_one(tape: Path, method: str) -> None:
    async with line(tape) as at:
        await at.client.ask(f"{method} / HTTP/1.1\r\nHost: proxy\r\n\r\n".encode())

    assert [line.partition(b":")[0] for line in at.server.requests[0].headers] == [b"Host"]
    assert exchanges(tape)[0].request_body is None


async def test_headers_of_the_connection_end_at_the_proxy(tape: Path) -> None:
    sent = (
        b"GET / HTTP/1.1\r\nHost: proxy\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
        b"Keep-Alive: timeout=5\r\nTE: trailers\r\nX-Kept: 1\r\n\r\n"
    )
    answer = (
        b"HTTP/1.1 200 OK\r\nConnection: X-Back\r\nX-Back: 1\r\nKeep-Alive: timeout=5\r\n"
        b"X-Kept: 2\r\nContent-Length: 0\r\n\r\n"
    )
    async with line(tape, answering(answer)) as at:
        got = await at.client.ask(sent)

    assert at.server.requests[0].headers[1:] == [b"X-Kept: 1"]
    assert got.headers == [b"X-Kept: 2", b"Content-Length: 0"]


async def test_an_answer_passes_with_reason_and_headers_as_they_are(tape: Path) -> None:
    headers = [b"x-b: 1", b"Set-Cookie: a=1", b"SET-COOKIE: b=2; Path=/", b"content-length: 4"]
    answer = b"\r\n".join([b"HTTP/1.1 299 Very Fine", *headers, b"", b"body"])
    async with line(tape, answering(answer)) as at:
        got = await at.client.ask(b"GET / HTTP/1.1\r\nHost: proxy\r\n\r\n")

    assert got == Message(answer.removesuffix(b"\r\n\r\nbody"), b"body")
    [exchange] = exchanges(tape)
    assert (exchange.status, exchange.reason) == (299, "Very Fine")
    assert exchange.response_body == b"body"


async def test_a_header_in_latin_1_is_not_lost(tape: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-Name: R\xfcckseite\r\nContent-Length: 0\r\n\r\n"
    async with line(tape, answering(answer)) as at:
        got = await at.client.ask(b"GET / HTTP/1.1\r\nHost: proxy\r\nX: \xfc\r\n\r\n")

    assert "X: ü".encode() in at.server.requests[0].headers
    assert "X-Name: Rückseite".encode() in got.headers
    assert ("X-Name", "Rückseite") in exchanges(tape)[0].response_headers


def raw_deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
async def test_an_encoded_answer_passes_encoded_and_is_recorded_decoded(
    tape: Path, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    content = encode(b'{"result": [1, 2, 3]}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(content)}"
    server_answer = answering(head.encode() + b"\r\n\r\n" + content)
    async with line(tape, server_answer) as at:
        got = await at.client.ask(b"GET / HTTP/1.1\r\nHost: proxy\r\n\r\n")

    assert got == Message(head.encode(), content)
    [exchange] = exchanges(tape)
    assert exchange.response_body == b'{"result": [1, 2, 3]}'
    assert ("Content-Encoding", encoding) in exchange.response_headers


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_body_that_does_not_decode_is_recorded_as_it_is(tape: Path, encoding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 5\r\n\r\n"
    server_answer = answering(head.encode() + b"plain")
    async with line(tape, server_answer) as at:
        got = await at.client.ask(b"GET / HTTP/1.1\r\nHost: proxy\r\n\r\n")

    assert got.body == b"plain"
    assert exchanges(tape)[0].response_body == b"plain"


async def test_an_encoded_request_passes_encoded_and_is_recorded_decoded(tape: Path) -> None:
    content = gzip.compress(b'{"method": "resources"}')
    length = f"Content-Length: {len(content)}\r\n\r\n"
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n{length}"
    async with line(tape) as at:
        await at.client.ask(head.encode() + content)

    assert at.server.requests[0].body == content
    assert exchanges(tape)[0].request_body == b'{"method": "resources"}'


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n",
        b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n',
    ],
)
async def test_an_answer_without_a_body_passes(tape: Path, answer: bytes) -> None:
    async with line(tape, answering(answer)) as at:
        for _ in range(2):
            got = await at.client.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", has_body=False)
            assert got.head == answer[:-4]

    assert [exchange.response_body for exchange in exchanges(tape)] == [None, None]


async def test_the_answer_to_head_keeps_the_length_that_get_has(tape: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"
    async with line(tape, answering(answer)) as at:
        got = await at.client.ask(b"HEAD / HTTP/1.1\r\nHost: proxy\r\n\r\n", has_body=False)

    assert got.head == answer[:-4]
    [exchange] = exchanges(tape)
    assert exchange.response_body is None
    assert exchange.response_headers == [("Content-Length", "12345")]


async def test_both_sides_keep_their_connections_alive(tape: Path) -> None:
    async with line(tape) as at:
        for number in range(5):
            body = str(number).encode()
            await at.client.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n" + body)

    assert at.server.connections == 1
    assert [request.body for request in at.server.requests] == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_chunked_request_arrives_while_it_is_still_being_sent(tape: Path) -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        while chunk := await read_chunk(reader):
            await arrived.put(chunk)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with (
        listening(serve) as url,
        recording(url, tape, HEADER) as proxy,
        connected(proxy.address) as client,
    ):
        client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.writer.write(b"5\r\nfirst\r\n")
        assert await in_time(arrived.get()) == b"first"
        await client.ask(b"6\r\nsecond\r\n0\r\n\r\n")
        assert await in_time(arrived.get()) == b"second"

    assert exchanges(tape)[0].request_body == b"firstsecond"


async def test_a_chunked_answer_arrives_while_it_is_still_being_sent(tape: Path) -> None:
    more = asyncio.Event()

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await more.wait()
        writer.write(b"6\r\nsecond\r\n0\r\n\r\n")

    async with line(tape, respond) as at:
        at.client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await in_time(at.client.reader.readuntil(b"\r\n\r\n"))
        assert await in_time(read_chunk(at.client.reader)) == b"first"
        more.set()
        assert await in_time(read_chunk(at.client.reader)) == b"second"
        assert await in_time(read_chunk(at.client.reader)) == b""
        assert exchanges(tape)[0].response_body == b"firstsecond"


async def in_time(waiting: Awaitable[bytes]) -> bytes:
    return await asyncio.wait_for(waiting, SECONDS)

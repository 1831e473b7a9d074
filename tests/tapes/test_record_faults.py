"""What a recording proxy does when an upstream or a client comes to a bad end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rpcmedia.tapes.proxy import recording
from rpcmedia.tapes.tape import Exchange, Header, TapeReader
from tests.tapes.raw_http import (
    SECONDS,
    Client,
    answering,
    connected,
    listening,
    upstream,
)

HEADER = Header(source="a test")
GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


@contextlib.asynccontextmanager
async def client_of(url: str, tape: Path, seconds: float = SECONDS) -> AsyncIterator[Client]:
    """A client behind a proxy for this upstream."""
    async with (
        recording(url, tape, HEADER, seconds=seconds) as proxy,
        connected(proxy.address) as client,
    ):
        yield client


def only_exchange(tape: Path) -> Exchange:
    [exchange] = TapeReader(tape)
    return exchange


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def until_recorded(tape: Path, count: int) -> list[Exchange]:
    """All exchanges, once there are so many; for a client that cannot tell by its answer."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = list(TapeReader(tape))
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)


async def test_an_upstream_that_is_down_is_answered_502(tape: Path) -> None:
    async with client_of(f"http://127.0.0.1:{closed_port()}", tape) as client:
        got = await client.ask(GET)
        # The connection of the client is as good as before.
        assert (await client.ask(GET)).first == got.first

    assert got.first == b"HTTP/1.1 502 Bad Gateway"
    first, second = TapeReader(tape)
    assert (first.status, second.status) == (502, 502)
    assert first.error.startswith("the upstream gave no whole answer: Cannot connect to host")
    assert first.response_body == got.body
    assert first.error.encode() in got.body


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 2x0 OK\r\n\r\n"],
    ids=["nothing", "no HTTP", "half a head", "no status"],
)
async def test_an_upstream_that_gives_no_answer_is_answered_502(tape: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with listening(serve) as url, client_of(url, tape) as client:
        got = await client.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")

    assert got.first == b"HTTP/1.1 502 Bad Gateway"
    exchange = only_exchange(tape)
    assert exchange.status == 502
    assert exchange.request_body == b"body"
    assert exchange.error


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    await asyncio.sleep(SECONDS)


async def test_an_upstream_that_stays_silent_is_answered_504(tape: Path) -> None:
    async with listening(silent) as url, client_of(url, tape, seconds=0.1) as client:
        got = await client.ask(GET)

    assert got.first == b"HTTP/1.1 504 Gateway Timeout"
    exchange = only_exchange(tape)
    assert (exchange.status, exchange.error) == (504, "the upstream was silent for 0.1 s")


async def test_an_upstream_that_takes_no_more_of_a_request_is_answered_504(tape: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(SECONDS)

    size = 30_000_000
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    async with listening(serve) as url, client_of(url, tape, seconds=0.1) as client:
        got = await client.ask(head + bytes(size))

    assert got.first == b"HTTP/1.1 504 Gateway Timeout"
    assert only_exchange(tape).status == 504


async def test_a_client_that_takes_its_time_is_not_the_upstreams_fault(tape: Path) -> None:
    async with upstream() as server, client_of(server.url, tape, seconds=0.1) as client:
        client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
        await asyncio.sleep(0.3)
        got = await client.ask(b"dy")

    assert got.body == b"ok"
    assert only_exchange(tape).request_body == b"body"


CUT_OFF = {
    "by its length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    "in its chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
}


@pytest.mark.parametrize("answer", CUT_OFF.values(), ids=CUT_OFF)
async def test_the_client_of_an_answer_that_is_cut_off_is_cut_off_too(
    tape: Path, answer: bytes
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with listening(serve) as url, client_of(url, tape) as client:
        with pytest.raises(asyncio.IncompleteReadError):
            await client.ask(GET)

    exchange = only_exchange(tape)
    assert exchange.status == 0
    assert exchange.response_body == b"half"
    assert exchange.error.endswith("after 4 bytes of its body")


async def test_the_client_of_an_answer_that_stops_is_cut_off(tape: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await asyncio.sleep(SECONDS)

    async with listening(serve) as url, client_of(url, tape, seconds=0.1) as client:
        with pytest.raises(asyncio.IncompleteReadError):
            await client.ask(GET)

    exchange = only_exchange(tape)
    assert exchange.status == 0
    assert exchange.error == "the upstream was silent for 0.1 s, after 4 bytes of its body"


async def test_a_client_that_hangs_up_in_its_request_is_recorded_with_an_error(tape: Path) -> None:
    async with upstream() as server, recording(server.url, tape, HEADER) as proxy:
        async with connected(proxy.address) as client:
            client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
            await client.writer.drain()
        [exchange] = await until_recorded(tape, 1)

    assert exchange.status == 0
    assert exchange.error == "the client hung up before its request was whole"
    assert server.requests == []


async def test_a_client_that_hangs_up_in_an_answer_is_recorded_with_an_error(tape: Path) -> None:
    size = 30_000_000
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + bytes(size)
    async with upstream(answering(answer)) as server, recording(server.url, tape, HEADER) as proxy:
        async with connected(proxy.address) as client:
            client.writer.write(GET)
            await client.reader.readuntil(b"\r\n\r\n")
        [exchange] = await until_recorded(tape, 1)
        # The proxy goes on for others.
        async with connected(proxy.address) as client:
            assert len((await client.ask(GET)).body) == size

    assert exchange.status == 0
    assert exchange.error == "the client hung up before it had the whole answer"

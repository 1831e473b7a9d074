"""A recorder as a process: its memory, its end, and what a sudden end leaves."""

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path

import pytest

from rpcmedia.tapes.tape import Exchange, Header, TapeReader
from tests.tapes.raw_http import (
    OK,
    SECONDS,
    Message,
    answering,
    connected,
    listening,
    read_message,
    upstream,
)
from tests.tapes.record_process import record

HEADER = Header(source="a test")
IN_FLIGHT = (
    "rpcmedia: 1 requests are in flight: they have 5 s to end; another signal ends them at once.\n"
)
GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def only_exchange(tape: Path) -> Exchange:
    [exchange] = TapeReader(tape)
    return exchange


async def test_a_large_upload_does_not_fill_the_memory(tape: Path) -> None:
    size = 100_000_000
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    received = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await reader.readuntil(b"\r\n\r\n")
        while received < size:
            received += len(await reader.read(2**20))
        writer.write(OK)

    async with listening(serve) as url, record(url, tape) as process:
        async with connected(process.url) as client:
            before = process.most_memory
            client.writer.write(head)
            for _ in range(100):
                client.writer.write(b"x" * (size // 100))
                await client.writer.drain()
            assert (await read_message(client.reader)).body == b"ok"
        assert process.most_memory - before < 30_000_000
        assert await process.stop() == (0, "")

    assert received == size
    assert len(only_exchange(tape).request_body or b"") == size


async def test_sigterm_lets_what_is_in_flight_end(tape: Path) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await go_on.wait()
        writer.write(OK)

    async with upstream(respond) as server, record(server.url, tape) as process:
        async with connected(process.url) as client:
            client.writer.write(GET)
            await arrived.wait()
            ending = asyncio.create_task(process.stop())
            await refuses(process.url)
            go_on.set()
            assert (await read_message(client.reader)).body == b"ok"
        assert await ending == (0, IN_FLIGHT)

    assert only_exchange(tape).response_body == b"ok"


@pytest.mark.parametrize(("signals", "most"), [(1, 8), (2, 4)])
async def test_sigterm_cuts_off_what_does_not_end(tape: Path, signals: int, most: float) -> None:
    arrived = asyncio.Event()

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with (
        upstream(respond) as server,
        record(server.url, tape) as process,
        connected(process.url) as client,
    ):
        client.writer.write(GET)
        await arrived.wait()
        async with asyncio.timeout(most):
            for _ in range(signals):
                process.process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.3)
            assert await process.end() == (0, IN_FLIGHT)

    exchange = only_exchange(tape)
    assert (exchange.status, exchange.response_body) == (0, None)
    assert exchange.error == "the recording ended before the answer was whole"


async def refuses(url: str) -> None:
    """Return when nothing listens there any more."""
    async with asyncio.timeout(SECONDS):
        with contextlib.suppress(ConnectionError):
            while True:
                async with connected(url):
                    await asyncio.sleep(0.01)


async def test_a_full_disk_costs_the_tape_and_not_the_traffic(
    tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What measures coverage writes files of its own, which the limit is not for.
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)); "
    async with upstream() as server, record(server.url, tape, before=limit) as process:
        async with connected(process.url) as client:
            for _ in range(30):
                assert (await client.ask(GET)).body == b"ok"
        code, err = await process.stop()

    kept = list(TapeReader(tape))
    assert 1 <= len(kept) < 30
    assert all(exchange.response_body == b"ok" for exchange in kept)
    assert code == 2
    assert err.splitlines()[-1] == (
        f"rpcmedia: {30 - len(kept)} exchanges are not on {tape}: [Errno 27] File too large"
    )


@pytest.mark.parametrize("seed", range(4))
async def test_a_recorder_that_is_killed_leaves_a_tape_that_can_be_read(
    tape: Path, seed: int
) -> None:
    """Every answer that a client has is on the tape, and at most one line is cut off."""
    chance = random.Random(seed)
    sizes = [10, 2_000, 60_000, 200_000]
    answered = 0

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)

    async def load(url: str, number: int) -> None:
        nonlocal answered
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            async with connected(url) as client:
                while True:
                    body = bytes([65 + number]) * chance.choice(sizes)
                    head = f"POST /{number} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
                    await client.ask(head.encode() + b"\r\n\r\n" + body)
                    answered += 1

    async with upstream(respond) as server, record(server.url, tape) as process:
        loads = [asyncio.create_task(load(process.url, number)) for number in range(4)]
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        process.process.kill()
        await asyncio.gather(*loads)

    reader = TapeReader(tape)
    exchanges = list(reader)
    assert answered <= len(exchanges) <= answered + len(loads)
    assert len(reader.warnings) <= 1
    for exchange in exchanges:
        assert set(exchange.request_body or b"") == {65 + int(exchange.url[-1])}
        assert exchange.response_body == b"ok"


async def test_bodies_that_may_keep_secrets_are_told_in_the_end(tape: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok"
    async with upstream(answering(answer)) as server, record(server.url, tape) as process:
        async with connected(process.url) as client:
            await client.ask(GET)
        assert await process.stop() == (
            0,
            "rpcmedia: 1 bodies are encoded so that secrets may be left in them.\n",
        )

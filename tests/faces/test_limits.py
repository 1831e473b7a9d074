"""What is under way has bounds: requests, the memory of bodies, and the time of slow clients."""

import asyncio
import base64
import contextlib
import io
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rpcmedia import wiring
from rpcmedia.faces import bodies, http, limits
from rpcmedia.faces.limits import BodyMemory
from rpcmedia.settings import Settings
from rpcmedia.wiring import listeners
from tests.support import pictures
from tests.support.server import CATALOG, KEY, USER, Server

LIST = {"jsonrpc": "2.0", "id": 7, "method": "call", "params": [None, "product_media.list", [1]]}
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()}
MIB = 1024**2
HEAD = b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


@contextlib.asynccontextmanager
async def half_sent(server: Server, count: int) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """So many requests whose bodies are not there yet."""
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
        writer.write(HEAD % 10 + b"{")
        writers.append(writer)
    try:
        yield writers
    finally:
        for writer in writers:
            writer.close()


@contextlib.contextmanager
def writers_wait(server: Server) -> Iterator[None]:
    """Nothing can be written for the block."""
    other = sqlite3.connect(server.data / "rpcmedia.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("COMMIT")
        other.close()


async def test_more_requests_than_the_server_takes_on_are_told_to_come_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_REQUESTS", 5)
    (file,) = await server.call("product_media.create", "product1", upload(pictures.png()))
    with writers_wait(server):
        change = ("product_media.update", "product1", file, {"label": "new"})
        changes = [asyncio.create_task(server.call(*change)) for _ in range(5)]
        await asyncio.sleep(0.5)

        code, message = await server.fault("product_media.list", "product1")
        assert (code, message) == (-32050, "Server is busy, try again")
        media = f"{server.url}/media/catalog/product{file}"
        async with server.http.get(media) as refusal:
            assert (refusal.status, refusal.headers["Retry-After"]) == (503, "1")
        async with server.http.get(f"{server.url}/healthz") as health:
            assert health.status == 200
        assert not any(change.done() for change in changes)

    assert await asyncio.gather(*changes) == [1] * 5
    assert len(await server.call("product_media.list", "product1")) == 1


async def test_bodies_that_do_not_come_keep_out_others_of_their_kind_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_BODIES", 3)
    async with half_sent(server, 3):
        await asyncio.sleep(0.3)
        # This one is here with its head, and is answered.
        assert await server.call("product_media.list", "product1") == []
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
        writer.write(HEAD % 10)
        assert b"-32050" in await reader.readuntil(b"}}")
        writer.close()


async def test_a_small_body_behind_its_head_does_not_wait_for_large_ones(server: Server) -> None:
    body = json.dumps({**LIST, "method": "globalFaults"}).encode()
    silent = [await asyncio.open_connection("127.0.0.1", port_of(server)) for _ in range(4)]
    for _, writer in silent:
        writer.write(HEAD % (32 * MIB))
    await asyncio.sleep(0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
    writer.write(HEAD % len(body))
    await asyncio.sleep(0.1)
    writer.write(body)

    assert b'"result"' in await asyncio.wait_for(reader.readuntil(b'"result"'), 3)
    for _, opened in [*silent, (reader, writer)]:
        opened.close()


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


async def test_a_body_that_does_not_arrive_in_time_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_PATIENCE_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")

    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    answer = json.loads(await reader.readexactly(length))

    assert head.startswith(b"HTTP/1.1 200")
    assert answer["error"]["code"] == -32700
    assert answer["error"]["message"] == (
        "Parse error: the body came too slowly; send at least 65536 bytes a second."
    )
    writer.close()


async def test_bodies_wait_in_turn_for_memory() -> None:
    memory = BodyMemory(300)
    begun: list[str] = []
    end = {name: asyncio.Event() for name in "abcd"}

    async def use(name: str, body: int) -> None:
        async with memory.room_for(body):
            begun.append(name)
            await end[name].wait()

    # A body takes three times its size: the second does not fit, and a small one does not overtake.
    tasks = {
        name: asyncio.create_task(use(name, n)) for name, n in zip("abc", (40, 61, 5), strict=True)
    }
    await asyncio.sleep(0.01)
    assert begun == ["a"]
    end["a"].set()
    await asyncio.sleep(0.01)
    assert begun == ["a", "b", "c"]

    # One that gives up leaves its place, and one larger than all comes alone.
    tasks["d"] = asyncio.create_task(use("d", 10_000))
    late = asyncio.create_task(use("b", 1))
    await asyncio.sleep(0.01)
    tasks["d"].cancel()
    await asyncio.sleep(0.01)
    assert begun == ["a", "b", "c", "b"]
    for name in "bc":
        end[name].set()
    await asyncio.gather(late, *(task for name, task in tasks.items() if name != "d"))
    end["d"].set()
    await use("d", 10_000)
    assert begun[-1] == "d"


async def test_a_connection_that_says_nothing_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_IDLE_SECONDS", 0.3)
    async with running(tmp_path) as port:
        for said in (b"", b"POST /api/jsonrpc HTTP/1.1\r\nHo"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()


async def test_a_client_that_takes_no_answer_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "_STALLED_MILLISECONDS", 500)
    large = pictures.jpeg(1) + bytes(6 * MIB)
    async with running(tmp_path) as port:
        async with aiohttp.ClientSession(headers=BASIC) as client:
            call = {**LIST, "params": [None, "product_media.create", ["product1", upload(large)]]}
            body = io.BytesIO(json.dumps(call).encode())
            async with client.post(f"http://127.0.0.1:{port}/api/jsonrpc", data=body) as answer:
                assert (await answer.json())["result"] == ["/i/m/image.jpg"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /media/catalog/product/i/m/image.jpg HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readexactly(1)

        # Nothing is read for longer than the server waits; then what was on its way, and the end.
        await asyncio.sleep(4)
        received = 0
        with contextlib.suppress(ConnectionError):
            while chunk := await asyncio.wait_for(reader.read(65536), 10):
                received += len(chunk)
        assert received < len(large)
        writer.close()


@contextlib.asynccontextmanager
async def running(data: Path) -> AsyncIterator[int]:
    """The port of a server as `serve` starts it."""
    settings = Settings(data=data / "d", port=0, catalog=CATALOG, ephemeral=True)
    async with wiring.running(settings) as server:
        yield int(server.address.rpartition(":")[2])


def upload(content: bytes) -> dict[str, Any]:
    mime = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return {"file": {"content": base64.b64encode(content).decode(), "mime": mime}}


PEAK = """
import asyncio, re, sys, os
from pathlib import Path
from rpcmedia import wiring
from rpcmedia.settings import Settings

async def serve():
    settings = Settings(ephemeral=True, port=0, catalog=Path(sys.argv[1]))
    async with wiring.running(settings) as server:
        print(server.address, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    print(re.search("VmHWM:\\\\s*(\\\\d+) kB", Path("/proc/self/status").read_text())[1])

asyncio.run(serve())
"""


async def test_many_large_uploads_at_once_all_succeed_in_bounded_memory() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PEAK, str(CATALOG)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        url = f"{(await process.stdout.readline()).decode().strip()}/api/jsonrpc"
        files = await create_many(url, 40)
        peak, _ = await process.communicate(b"\n")
    finally:
        if process.returncode is None:
            process.kill()
    assert len(set(files)) == 40
    # Without a bound they take three times 40 bodies of 11 MiB.
    assert int(peak) < 600 * 1024


async def create_many(url: str, count: int) -> list[str]:
    """The names of so many images of 8 MiB that are sent at once."""
    content = pictures.jpeg(1) + bytes(8 * MIB)
    call = {**LIST, "params": [None, "product_media.create", ["product1", upload(content)]]}
    body = json.dumps(call).encode()
    async with aiohttp.ClientSession(headers=BASIC) as client:

        async def create() -> str:
            async with client.post(url, data=io.BytesIO(body)) as answer:
                (file,) = (await answer.json())["result"]
                return str(file)

        return await asyncio.gather(*(create() for _ in range(count)))

"""A server that is told to stop finishes what is in flight, and nothing else."""

import asyncio
import contextlib
import json
import signal
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.cli.process import BASIC, CATALOG, Running, run, serve
from tests.faces.bodies import png

_SECONDS = 15
"""Longer than anything here takes, and shorter than the server waits before it gives up."""


class Upload:
    """A `create` sent in chunks over a raw socket, as slowly as the test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        request = {"id": 1, "method": "product_media.create", "params": [None, "product1", png()]}
        self._body = json.dumps(request).encode()

    @classmethod
    async def start(cls, running: Running) -> "Upload":
        """Send the head and the first half of the body."""
        address = urlsplit(running.url)
        upload = cls(*await asyncio.open_connection(address.hostname, address.port))
        basic = BASIC["Authorization"]
        head = f"POST /api/jsonrpc HTTP/1.1\r\nHost: test\r\nAuthorization: {basic}\r\n"
        upload._writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        await upload._send(upload._body[:500])
        return upload

    async def _send(self, chunk: bytes) -> None:
        self._writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        await self._writer.drain()

    async def finish(self) -> bytes:
        """Send the rest and return the whole answer."""
        await self._send(self._body[500:])
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
        async with asyncio.timeout(_SECONDS):
            return await self._reader.read()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def until_closed_to_new_connections(running: Running) -> None:
    """Return when the server takes no more connections: it has begun to stop."""
    address = urlsplit(running.url)
    async with asyncio.timeout(_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection(address.hostname, address.port)
            except ConnectionError:
                return
            writer.close()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_upload_in_flight_is_finished_and_answered(tmp_path: Path, number: int) -> None:
    async with serve("--data", tmp_path / "d", "--catalog", CATALOG) as running:
        upload = await Upload.start(running)
        running.process.send_signal(number)
        await until_closed_to_new_connections(running)
        assert running.process.returncode is None
        answer = await upload.finish()
        outcome = await running.end()
        upload.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"id":1,"error":null,"result":["/i/m/image.png"]}')
    assert outcome.code == 0
    assert "Traceback" not in outcome.err
    check = await run("check", "--data", tmp_path / "d", "--json")
    assert (check.code, json.loads(check.out)["images"]) == (0, 1)


async def test_an_idle_connection_does_not_hold_the_server(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "d", "--catalog", CATALOG) as running:
        address = urlsplit(running.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
        assert b"200" in await reader.readline()
        running.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_SECONDS):
            await reader.read()
            outcome = await running.end()
        writer.close()
    assert outcome.code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_what_was_answered_is_kept_whatever_ends_the_server(
    tmp_path: Path, number: int
) -> None:
    options = ("--data", tmp_path / "d", "--catalog", CATALOG)
    answered: set[str] = set()
    async with serve(*options) as running, aiohttp.ClientSession() as http:

        async def create_until_it_ends() -> None:
            params = [None, "product1", png("crowd")]
            request = {"id": 1, "method": "product_media.create", "params": params}
            with contextlib.suppress(aiohttp.ClientError):
                while True:
                    url = f"{running.url}/api/jsonrpc"
                    async with http.post(url, json=request, headers=BASIC) as answer:
                        answered.update((await answer.json(content_type=None))["result"])
                    if len(answered) == 20:
                        running.process.send_signal(number)

        half = await Upload.start(running)
        clients = asyncio.gather(*(create_until_it_ends() for _ in range(4)))
        async with asyncio.timeout(_SECONDS):
            await clients
        half.close()
        await running.end()
    async with serve(*options) as running:
        await running.stop()
    check = await run("check", "--data", tmp_path / "d", "--json")
    found = json.loads(check.out)
    # A row always has its bytes; bytes whose row did not come to be are an orphan at most.
    assert (found["missing"], found["damaged"]) == ([], [])
    with contextlib.closing(sqlite3.connect(tmp_path / "d" / "rpcmedia.sqlite3")) as database:
        kept = {file for (file,) in database.execute("SELECT file FROM image")}
    assert answered <= kept
    assert len(answered) >= 20

"""Tapes made for a test, a client that sends what is on them, and the commands as processes."""

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from rpcmedia.tapes.playback import playing
from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeWriter

HOST = "http://shop.invalid"
"""A host that no name server knows."""

_SECONDS = 60
"""Longer than anything here takes; only a process that hangs reaches it."""
_COMMAND = "from rpcmedia.cli import main\nmain()\n"
OFFLINE = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(refuse)
"""
"""Ends a process that opens a connection or asks a name server, before it can."""


def rpc(request: Any, answer: Any, *, path: str = "/api/jsonrpc", **members: Any) -> Exchange:
    """An exchange of JSON-RPC; both bodies are values, or bytes if their spelling counts."""
    values: dict[str, Any] = {
        "method": "POST",
        "url": HOST + path,
        "request_headers": [("Content-Type", "application/json")],
        "request_body": _spelled(request),
        "request_mime": "application/json",
        "status": 200,
        "response_headers": [("Content-Type", "application/json")],
        "response_body": _spelled(answer),
        "response_mime": "application/json",
    }
    return Exchange(**(values | members))


def got(path: str, body: bytes | None, mime: str = "", **members: Any) -> Exchange:
    """An exchange of GET."""
    values: dict[str, Any] = {
        "method": "GET",
        "url": HOST + path,
        "request_headers": [],
        "request_body": None,
        "status": 200,
        "response_headers": [("Content-Type", mime)] if mime else [],
        "response_body": body,
        "response_mime": mime,
    }
    return Exchange(**(values | members))


def call(
    operation: str, *arguments: Any, id_: Any = 1, session: str | None = "0" * 32
) -> dict[str, Any]:
    """A JSON-RPC request."""
    params = [session, operation, list(arguments)]
    return {"jsonrpc": "2.0", "method": "call", "params": params, "id": id_}


def result(value: Any, id_: Any = 1) -> dict[str, Any]:
    """A JSON-RPC answer."""
    return {"jsonrpc": "2.0", "id": id_, "result": value}


def _spelled(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def write_tape(path: Path, exchanges: Iterable[Exchange], header: Header | None = None) -> Path:
    """A tape with these exchanges."""
    writer = TapeWriter(path, header or Header(source="made for a test"))
    try:
        for exchange in exchanges:
            writer.append(exchange)
    finally:
        writer.close()
    return path


def contents(path: Path) -> tuple[Header, list[Exchange]]:
    """All of a tape."""
    reader = TapeReader(path)
    return reader.header, list(reader)


def basic(username: str, key: str) -> list[tuple[str, str]]:
    """The header of HTTP Basic."""
    return [("Authorization", aiohttp.encode_basic_auth(username, key))]


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    reason: str | None
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for n, value in self.headers if n.lower() == name.lower()]


async def send(
    http: aiohttp.ClientSession, address: str, exchange: Exchange, **options: Any
) -> Answer:
    """Send the request of an exchange to another address, with the headers it has and no others."""
    body = exchange.request_body
    base = "/".join(exchange.url.split("/")[:3])
    async with http.request(
        exchange.method,
        URL(address + exchange.url.removeprefix(base), encoded=True),
        data=io.BytesIO(body) if body else None,
        headers=list(exchange.request_headers),
        skip_auto_headers=("Content-Type", "Accept-Encoding"),
        allow_redirects=False,
        **options,
    ) as answer:
        headers = [(n.decode(), v.decode()) for n, v in answer.raw_headers]
        return Answer(answer.status, answer.reason, headers, await answer.read())


async def asked(tape: Path, http: aiohttp.ClientSession, request: Exchange) -> Answer:
    """The answer of a playback of a tape to one request."""
    async with playing([tape]) as playback:
        return await send(http, playback.address, request)


def as_recorded(exchange: Exchange, answer: Answer) -> bool:
    """Whether an answer has the recorded status, body and headers."""
    body = b"" if exchange.method == "HEAD" else exchange.response_body or b""
    headers = [(n, v) for n, v in exchange.response_headers if n.lower() != "content-length"]
    return (
        answer.status == exchange.status
        and answer.body == body
        and all(header in answer.headers for header in headers)
    )


@dataclass(frozen=True)
class Outcome:
    """How a process ended."""

    code: int
    out: str
    err: str

    def refused(self) -> str:
        """The one line on standard error of a command that could not run."""
        assert self.code == 2, self
        assert self.out == ""
        [line] = self.err.splitlines()
        return line


async def run(*arguments: Any) -> Outcome:
    """Run a command to its end."""
    process = await _start(_COMMAND, arguments)
    return await _end(process)


@dataclass
class Running:
    """A playback that said it is ready."""

    process: asyncio.subprocess.Process
    ready: str
    """The line that said so."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.ready.split()[2]

    async def stop(self) -> Outcome:
        """Send SIGTERM and wait for the end."""
        self.process.send_signal(signal.SIGTERM)
        return await _end(self.process)


@contextlib.asynccontextmanager
async def running_playback(*arguments: Any, before: str = "") -> AsyncIterator[Running]:
    """The command `playback` on a free port; `before` is Python that its process runs first."""
    process = await _start(before + _COMMAND, ("playback", "--port", 0, *arguments))
    try:
        assert process.stdout
        async with asyncio.timeout(_SECONDS):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("Ready at "), line + (await _end(process)).err
        yield Running(process, line.rstrip("\n"))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _start(code: str, arguments: Iterable[Any]) -> asyncio.subprocess.Process:
    # Settings of whoever runs the tests are not those of the tests.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RPCMEDIA_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=kept,
    )


async def _end(process: asyncio.subprocess.Process) -> Outcome:
    async with asyncio.timeout(_SECONDS):
        out, err = await process.communicate()
    return Outcome(process.returncode or 0, out.decode(), err.decode())

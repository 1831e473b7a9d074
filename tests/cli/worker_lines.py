"""A server of several workers, and connections of which is known who holds them."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.cli.process import BASIC, Running

_CONNECTIONS = 100
"""So many that all land on one worker by chance in one of 2^99 runs."""


def workers_of(running: Running) -> list[int]:
    """The process ids of the workers; none if the supervisor has ended."""
    pid = running.process.pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in children.split()]


def sockets_of(pid: int) -> set[str]:
    """The sockets that a process holds; none if it has ended."""
    found = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add(str(entry.readlink()))
    return {name for name in found if name.startswith("socket:")}


@dataclass
class Line:
    """One connection that stays open, the worker at its other end, and the socket there."""

    url: str
    http: aiohttp.ClientSession
    pid: int = 0
    socket: str = ""

    async def send(self, method: str, *params: Any, basic: bool = True) -> Any:
        """The answer to a request, with the Basic header of the catalog's first user."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        url, headers = f"{self.url}/api/jsonrpc", BASIC if basic else {}
        async with self.http.post(url, json=request, headers=headers) as answer:
            assert answer.status == 200
            return await answer.json(content_type=None)

    async def call(self, operation: str, *arguments: Any) -> Any:
        """The result of an operation; fails for an error."""
        answer = await self.send(f"product_media.{operation}", None, *arguments)
        assert "error" not in answer, answer
        return answer["result"]

    async def get(self, url: str) -> bytes:
        """What is at a URL or path of the server, whatever host the URL names."""
        path = "/" + url.removeprefix("http://").partition("/")[2] if "://" in url else url
        async with self.http.get(f"{self.url}{path}") as answer:
            assert answer.status == 200
            return await answer.read()


async def _connect(running: Running) -> Line:
    connector = aiohttp.TCPConnector(limit=1, keepalive_timeout=600)
    line = Line(running.url, aiohttp.ClientSession(connector=connector))
    before = {pid: sockets_of(pid) for pid in workers_of(running)}
    await line.get("/healthz")
    for pid in workers_of(running):
        for socket in sockets_of(pid) - before.get(pid, set()):
            line.pid, line.socket = pid, socket
    return line


@contextlib.asynccontextmanager
async def line_to_each_worker(running: Running) -> AsyncIterator[list[Line]]:
    """A connection to each worker for as long as the block lasts, or the worker."""
    found: dict[int, Line] = {}
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(_CONNECTIONS):
            line = await _connect(running)
            stack.push_async_callback(line.http.close)
            found.setdefault(line.pid, line)
            if found.keys() == set(workers_of(running)):
                break
        assert found.keys() == set(workers_of(running))
        yield list(found.values())
        # Else something was shown of fewer workers than it seems.
        for line in found.values():
            assert line.socket in sockets_of(line.pid) or line.pid not in workers_of(running)

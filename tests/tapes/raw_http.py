"""HTTP byte for byte: an upstream that shows what reached it, and a client that does as it is told.

What clients and servers of libraries do to headers and bodies cannot be seen through themselves.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

SECONDS = 30
"""Longer than anything here takes; only what hangs reaches it."""


@dataclass
class Message:
    """A request or a response as it came."""

    head: bytes
    """From the first line to the empty one, without that."""
    body: bytes = b""

    @property
    def first(self) -> bytes:
        return self.head.split(b"\r\n")[0]

    @property
    def headers(self) -> list[bytes]:
        return self.head.split(b"\r\n")[1:]

    def header(self, name: str) -> str | None:
        """The first header of this lower-case name."""
        pairs = [line.decode("latin-1").partition(":") for line in self.headers]
        return next((value.strip() for n, _, value in pairs if n.lower() == name), None)


async def read_message(reader: asyncio.StreamReader, *, has_body: bool = True) -> Message:
    """The next message. Raises IncompleteReadError with what came of a body that was cut off."""
    async with asyncio.timeout(SECONDS):
        message = Message((await reader.readuntil(b"\r\n\r\n"))[:-4])
        if not has_body:
            return message
        if "chunked" in (message.header("transfer-encoding") or ""):
            while chunk := await read_chunk(reader):
                message.body += chunk
        else:
            message.body = await reader.readexactly(int(message.header("content-length") or 0))
        return message


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    """The next chunk of a chunked body; empty at its end."""
    size = int(await reader.readuntil(b"\r\n"), 16)
    chunk = await reader.readexactly(size)
    await reader.readexactly(2)
    return chunk


Respond = Callable[[Message, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Upstream:
    """A server that keeps what it was asked."""

    url: str = ""
    connections: int = 0
    requests: list[Message] = field(default_factory=list)


def answering(raw: bytes) -> Respond:
    """Answer every request with these bytes."""

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return respond


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """The URL of a server that leaves each connection to `serve`, and closes it then."""
    connections: set[asyncio.Task[None] | None] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())
        # asyncio complains of handlers that were cancelled.
        ends = (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError)
        with contextlib.suppress(*ends):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(*ends):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=2**20)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in filter(None, connections):
            task.cancel()
        await asyncio.gather(*filter(None, connections), return_exceptions=True)


@contextlib.asynccontextmanager
async def upstream(respond: Respond | None = None) -> AsyncIterator[Upstream]:
    """A server on a free port; it answers `ok` unless told otherwise."""
    state, answer = Upstream(), respond or answering(OK)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        while True:
            request = await read_message(reader)
            state.requests.append(request)
            await answer(request, writer)
            await writer.drain()

    async with listening(serve) as state.url:
        yield state


@dataclass
class Client:
    """One connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, raw: bytes, *, has_body: bool = True) -> Message:
        """Send these bytes and read one answer."""
        self.writer.write(raw)
        return await read_message(self.reader, has_body=has_body)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """A connection for as long as the block lasts."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**20)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

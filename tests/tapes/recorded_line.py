"""A client, a recording proxy and an upstream in a line, and what is on the tape."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rpcmedia.tapes.proxy import recording
from rpcmedia.tapes.tape import Exchange, Header, TapeReader
from tests.support.server import Server, serving
from tests.tapes.raw_http import Client, Respond, Upstream, connected, upstream

HEADER = Header(source="a test")


def all_bytes(tape: Path) -> bytes:
    """The tape and its body files."""
    return b"".join(file.read_bytes() for file in [tape, *bodies(tape)])


def bodies(tape: Path) -> list[Path]:
    return list(tape.with_name(tape.name + ".bodies").iterdir())


@dataclass
class Line:
    """A client, the proxy behind it, and the upstream behind that."""

    server: Upstream
    address: str
    client: Client


@contextlib.asynccontextmanager
async def line(tape: Path, respond: Respond | None = None) -> AsyncIterator[Line]:
    async with (
        upstream(respond) as server,
        recording(server.url, tape, HEADER) as proxy,
        connected(proxy.address) as client,
    ):
        yield Line(server, proxy.address, client)


@contextlib.asynccontextmanager
async def recorded_server(tape: Path, **options: Any) -> AsyncIterator[Server]:
    """A real server whose client goes through the proxy."""
    async with (
        serving(tape.parent / "data") as server,
        recording(server.url, tape, HEADER, **options) as proxy,
    ):
        server.url = proxy.address
        yield server


def exchanges(tape: Path) -> list[Exchange]:
    return list(TapeReader(tape))

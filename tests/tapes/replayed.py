"""Replays for tests: of tapes against running servers, and sessions recorded by hand."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from rpcmedia.tapes.json_paths import Selection
from rpcmedia.tapes.replay import Options, Played, Replay
from rpcmedia.tapes.tape import Exchange, Header, TapeReader
from tests.support import pictures
from tests.support.server import KEY, USER, Server
from tests.tapes.made_tapes import call, rpc, write_tape
from tests.tapes.raw_http import Respond, Upstream, upstream

BASE_URL = "http://shop.example"
PATH = "/api/jsonrpc"


async def replayed(
    tape: Path,
    url: str,
    *,
    ignore: Sequence[str] = (),
    bind: Sequence[tuple[str, str]] = (),
    **options: Any,
) -> list[Played]:
    """What became of each exchange of a tape."""
    chosen = Options(
        ignore=[Selection(path) for path in ignore],
        bind=[(name, Selection(path)) for name, path in bind],
        **options,
    )
    return await asyncio.to_thread(lambda: list(Replay(TapeReader(tape), url, chosen)))


def differences(played: Sequence[Played]) -> list[tuple[int, str, Any, Any]]:
    """(line, field, expected, got) of all that differs."""
    return [
        (one.recorded.line, difference.field, difference.expected, difference.got)
        for one in played
        for difference in one.differences
    ]


async def exchange(server: Server, body: Any, **members: Any) -> Exchange:
    """A request that is sent to a server, and its answer, as a recorder would write them."""
    asked = rpc(body, b"", **members)
    url = server.url + PATH
    async with server.http.post(url, data=asked.request_body) as answer:
        content = await answer.read()
    members = {"url": BASE_URL + PATH, "status": answer.status, **members}
    return rpc(body, content, **members)


async def download(server: Server, path: str) -> Exchange:
    """A file that is fetched from a server."""
    async with server.http.get(server.url + path) as answer:
        content, mime = await answer.read(), answer.content_type
    headers = [("Content-Type", mime)]
    url = BASE_URL + path
    return Exchange("GET", url, [], None, answer.status, headers, content, response_mime=mime)


async def record(server: Server, path: Path, *, catalog: str = "") -> Path:
    """A tape of a session: two logins, pictures, a batch, faults, a download."""
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [USER, KEY]}
    exchanges = [await exchange(server, login | {"id": n}) for n in (1, 2)]
    session, second = (_result(one) for one in exchanges)
    content = base64.b64encode(pictures.png()).decode()
    data = {"file": {"content": content, "mime": "image/png"}, "label": "Früh", "exclude": 0}
    listing = call("product_media.list", "product1", session=session)
    for body in (
        listing,
        call("product_media.create", "product1", data, session=session),
        call("product_media.create", "product1", data, session=second),
        listing,
        [listing, call("product_media.types", 4, session=second, id_="b")],
        call("product_media.info", "product1", "/no/such.png", session=session),
        {"jsonrpc": "2.0", "id": 3, "method": "endSession", "params": [session]},
        listing,
        b"{",
    ):
        exchanges.append(await exchange(server, body))
    exchanges.append(await download(server, "/media/catalog/product/i/m/image.png"))
    header = Header("recorded by hand", "documented", BASE_URL, catalog)
    return write_tape(path, exchanges, header)


def _result(exchange: Exchange) -> str:
    return str(json.loads(exchange.response_body or b"")["result"])


@contextlib.asynccontextmanager
async def raw_server(respond: Respond | None = None) -> AsyncIterator[Upstream]:
    """A server that answers byte for byte, and has seen the end of its connections when it ends."""
    async with upstream(respond) as server:
        yield server
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        if connections:
            await asyncio.wait(connections)
        # A transport that was closed is gone one turn later.
        await asyncio.sleep(0)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def stub(handler: Handler) -> AsyncIterator[str]:
    """The URL of a plain server that answers everything by one function."""
    app = web.Application(client_max_size=64 * 1024**2)
    app.router.add_route("*", "/{path:.*}", handler)
    # Of a handler that never answers nobody waits for the end.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()

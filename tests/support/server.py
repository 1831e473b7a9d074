"""A real server on a real port over a real folder, and a small client for it."""

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from rpcmedia import wiring
from rpcmedia.faces.http import build_runner
from rpcmedia.operations.throttle import Throttle
from rpcmedia.settings import Settings
from rpcmedia.wiring import Folder
from rpcmedia.wiring.servers import Shared

FIXTURES = Path(__file__).parents[2] / "fixtures"
CATALOG = FIXTURES / "catalog.json"
USER, KEY = "apiuser", "apikey123"


@dataclass
class Server:
    """A running server; `call` uses HTTP Basic of the catalog's first user."""

    url: str
    folder: Folder
    http: aiohttp.ClientSession
    data: Path
    basic: str | None = field(
        default="Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
    )

    async def post(self, body: str | bytes, **headers: str) -> tuple[int, str]:
        """Status and text of the answer to a raw body."""
        async with self.http.post(f"{self.url}/api/jsonrpc", data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def send(self, request: Any, **headers: str) -> Any:
        """The JSON answer to a request; fails for any status but 200."""
        url = f"{self.url}/api/jsonrpc"
        async with self.http.post(url, json=request, headers=headers) as answer:
            assert answer.status == 200
            return await answer.json(content_type=None)

    async def ask(self, path: str, *arguments: Any) -> Any:
        """The whole answer to a call with Basic."""
        request = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": [None, path, arguments]}
        return await self.send(request, Authorization=self.basic or "")

    async def call(self, path: str, *arguments: Any) -> Any:
        """The result of a call with Basic; fails for an error."""
        answer = await self.ask(path, *arguments)
        assert "error" not in answer or answer["error"] is None, answer
        return answer["result"]

    async def fault(self, path: str, *arguments: Any) -> tuple[int, str]:
        """Code and message of the error of a call with Basic; fails for a result."""
        answer = await self.ask(path, *arguments)
        assert "result" not in answer, answer
        return answer["error"]["code"], answer["error"]["message"]


@contextlib.asynccontextmanager
async def serving(
    data: Path,
    *,
    catalog: Path = CATALOG,
    profile: str = "documented",
    base_url: str | None = None,
    throttle: Throttle | None = None,
    **settings: Any,
) -> AsyncIterator[Server]:
    """A server with a catalog on a free port of the loopback."""
    async with contextlib.AsyncExitStack() as stack:
        folder = await stack.enter_async_context(wiring.open_folder(data, ephemeral=True))
        await wiring.load_catalog(folder, catalog)
        app = await wiring.build_server(
            folder,
            Settings(profile=profile, base_url=base_url, **settings),
            "http://address",
            shared=Shared(throttle=throttle),
        )
        runner = build_runner(app, 60.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Server(f"http://127.0.0.1:{port}", folder, http, data)

"""A real server under control, and a small client for both of its faces."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from rpcmedia import wiring
from rpcmedia.settings import Settings
from tests.faces.bodies import file_of
from tests.support import pictures
from tests.support.server import CATALOG, KEY, USER, Server


@dataclass
class Controlled(Server):
    """A running server whose control face answers at `control_url`."""

    control_url: str = ""
    token: str = ""

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of the control face; fails for a refusal."""
        status, answer = await self.ask_control(method, path, body)
        assert status < 300, answer
        return answer

    async def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and text of a refusal of the control face."""
        status, answer = await self.ask_control(method, path, body)
        assert status >= 400, answer
        assert list(answer) == ["error"]
        return status, answer["error"]

    async def ask_control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer of the control face."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = URL(self.control_url + path, encoded=True)
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def inject(self, **rule: Any) -> str:
        """Inject a fault; the id of its rule."""
        rule_id = (await self.control("POST", "/faults", rule))["id"]
        assert isinstance(rule_id, str)
        return rule_id

    async def wait_until_applied(self, rule_id: str) -> None:
        """Return when a rule was applied to a call."""

        async def is_applied() -> bool:
            return bool((await self.control("GET", f"/faults/{rule_id}"))["applied"])

        await eventually(is_applied)

    async def login(self) -> str:
        """The id of a new session; fails for an error."""
        answer = await self.send({"jsonrpc": "2.0", "id": 1, "method": "login", "params": LOGIN})
        assert "result" in answer, answer
        return str(answer["result"])

    async def fault_of(self, session: str) -> int | None:
        """The code of the error of a `list` in a session, None for a success."""
        params = [session, "product_media.list", ["product1"]]
        answer = await self.send({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})
        return answer["error"]["code"] if "error" in answer else None

    async def create(self, seed: int = 1, name: str = "image", sku: str = "product1") -> str:
        """Create an image; its file name."""
        data = {"file": file_of(pictures.png(seed), name=name)}
        [file] = await self.call("product_media.create", sku, data)
        return str(file)

    async def files(self, sku: str = "product1") -> list[str]:
        """The file names of a gallery."""
        return [image["file"] for image in await self.call("product_media.list", sku)]

    async def media(self, file: str) -> bytes | None:
        """The bytes that are served for a file name, None if there are none."""
        async with self.http.get(f"{self.url}/media/catalog/product{file}") as answer:
            return await answer.read() if answer.status == 200 else None


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when a condition of the server is met; fails if it never is."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110  # the server sets no event of the test
            await asyncio.sleep(0.01)


LOGIN = [USER, KEY]
BASIC = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()


@contextlib.asynccontextmanager
async def controlling(data: Path, **settings: Any) -> AsyncIterator[Controlled]:
    """A server under control with a catalog on free ports of the loopback."""
    chosen = {
        "catalog": CATALOG,
        "port": 0,
        "ephemeral": True,
        "control": True,
        "base_url": "http://address",
        **settings,
    }
    async with (
        wiring.running(Settings(data=data, **chosen)) as server,
        aiohttp.ClientSession() as http,
    ):
        yield Controlled(
            server.address,
            server.folder,
            http,
            data,
            control_url=server.control_address,
            token=server.control_token,
        )

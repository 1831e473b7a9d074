"""A server as its clients see it: galleries with their exact bytes, and answers to changes."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from tests.cli.process import BASIC
from tests.torture.ledger import Broken, Change, Gallery, Kept, sha256_of

_SECONDS = 60


class Shop:
    """One connection to a server."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self.url = url

    async def send(self, change: Change, sku: str) -> dict[str, Any]:
        """The whole answer to a change."""
        return await self._post(change.method, change.arguments(sku))

    async def read(self, method: str, *arguments: Any) -> Any:
        """The result of a call that changes nothing; raises Broken for a fault."""
        answer = await self._post(method, list(arguments))
        if "result" not in answer:
            raise Broken(f"{method} {arguments} was answered {answer['error']}")
        return answer["result"]

    async def _post(self, method: str, arguments: list[Any]) -> dict[str, Any]:
        call = {"method": f"product_media.{method}", "params": [None, *arguments]}
        request = {"jsonrpc": "2.0", "id": 1, **call}
        async with self._http.post(f"{self.url}/api/jsonrpc", json=request) as answer:
            if answer.status != 200:
                raise Broken(f"{method} was answered HTTP {answer.status}: {await answer.text()}")
            result: dict[str, Any] = await answer.json(content_type=None)
        return result

    async def gallery(self, sku: str) -> Gallery:
        """All images of a product as `list` and `info` show them, every byte fetched."""
        shown = await self.read("list", sku)
        for entry in shown[-1:]:
            info = await self.read("info", sku, entry["file"])
            if info != entry:
                raise Broken(f"info shows {info}, list shows {entry}")
        return tuple([await self._kept(entry) for entry in shown])

    async def _kept(self, entry: dict[str, Any]) -> Kept:
        async with self._http.get(entry["url"]) as answer:
            if answer.status != 200:
                raise Broken(f"{entry['file']} has a row and no bytes: HTTP {answer.status}")
            content = await answer.read()
        return Kept(
            entry["file"],
            entry.get("label", ""),
            entry["position"],
            entry["exclude"],
            frozenset(entry["types"]),
            sha256_of(content),
        )


@contextlib.asynccontextmanager
async def connect(url: str) -> AsyncIterator[Shop]:
    """A connection with the first user of the example catalog."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(headers=BASIC, timeout=timeout) as http:
        yield Shop(http, url)

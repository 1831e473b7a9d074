"""A client that changes its gallery at random and keeps a ledger of what was answered."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import aiohttp

from tests.cli.process import BASIC
from tests.torture.ledger import (
    TYPES,
    Broken,
    Change,
    Gallery,
    Kept,
    Ledger,
    sha256_of,
    unique_pictures,
)

_SECONDS = 60
_MOST_IMAGES = 12
_STEMS = ("image", "image", "front", "back view")
"""Several clients ask for the same names at the same time."""


class Client:
    """One connection, one product."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self.ledger = ledger
        self.acknowledged = 0
        self._chance = chance
        self._pictures = unique_pictures(self._sizes())

    def _sizes(self) -> Iterator[int]:
        while True:
            yield self._chance.choice((100, 4_000, 60_000))

    async def change_until_it_ends(self, url: str) -> None:
        """Send one change after the other until the server is gone."""
        async with _session() as http:
            while await self.change_once(http, url, self.next_change()):
                pass

    async def change_once(self, http: aiohttp.ClientSession, url: str, change: Change) -> bool:
        """Send one change and write the answer down; False if there was none."""
        self.ledger.unanswered = change
        try:
            answer = await _send(http, url, change.method, change.arguments(self.ledger.sku))
        except (aiohttp.ClientError, ConnectionError):
            return False
        if answer.get("error"):
            raise Broken(f"{change.method} was answered {answer['error']}")
        self.ledger.acknowledge(change, answer["result"])
        self.acknowledged += 1
        return True

    def next_change(self) -> Change:
        """A create, an update with or without new bytes, or a remove."""
        chance, images = self._chance, self.ledger.gallery
        kind = chance.choices(("create", "update", "remove"), (4, 5, 2))[0]
        if not images:
            kind = "create"
        elif len(images) >= _MOST_IMAGES:
            kind = "remove"
        file = chance.choice(images).file if kind != "create" else None
        if kind == "remove":
            return Change("remove", file)
        return Change(
            kind,
            file,
            name=chance.choice(_STEMS),
            label=f"Label {chance.getrandbits(40)}",
            exclude=chance.choice((0, 1, None)),
            types=chance.choice(
                (None, frozenset(), frozenset(chance.sample(TYPES, chance.randint(1, 3))))
            ),
            content=next(self._pictures) if file is None or chance.random() < 0.6 else None,
        )

    async def verify(self, url: str) -> bool | None:
        """See Ledger.compare. Every byte is fetched, and one image is asked for by itself."""
        async with _session() as http:
            shown = await _read(http, url, "list", self.ledger.sku)
            found: Gallery = tuple([await _kept(http, entry) for entry in shown])
            if shown:
                entry = self._chance.choice(shown)
                info = await _read(http, url, "info", self.ledger.sku, entry["file"])
                if info != entry:
                    raise Broken(f"info shows {info}, list shows {entry}")
        return self.ledger.compare(found)


async def _kept(http: aiohttp.ClientSession, entry: dict[str, Any]) -> Kept:
    async with http.get(entry["url"]) as answer:
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


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers=BASIC, timeout=aiohttp.ClientTimeout(total=_SECONDS))


async def _send(
    http: aiohttp.ClientSession, url: str, method: str, arguments: list[Any]
) -> dict[str, Any]:
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": f"product_media.{method}",
        "params": [None, *arguments],
    }
    async with http.post(f"{url}/api/jsonrpc", json=request) as answer:
        if answer.status != 200:
            raise Broken(f"{method} was answered HTTP {answer.status}: {await answer.text()}")
        result: dict[str, Any] = await answer.json(content_type=None)
    return result


async def _read(http: aiohttp.ClientSession, url: str, method: str, *arguments: Any) -> Any:
    answer = await _send(http, url, method, list(arguments))
    if "result" not in answer:
        raise Broken(f"{method} {arguments} was answered {answer['error']}")
    return answer["result"]


async def verify_all(clients: list[Client], url: str) -> list[bool | None]:
    """See Client.verify, for all clients at once."""
    return await asyncio.gather(*(client.verify(url) for client in clients))

"""A client that changes its gallery at random and keeps a ledger of what was answered."""

import asyncio
import random
from collections.abc import Iterator

import aiohttp

from tests.torture.ledger import TYPES, Broken, Change, Ledger, unique_pictures
from tests.torture.shop import connect

_NO_ANSWER = (aiohttp.ClientError, ConnectionError, TimeoutError)
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

    async def change_until_it_ends(self, url: str, killed: asyncio.Event) -> None:
        """Send one change after the other until the server is killed.

        Raises Broken for a fault, and for a change that is not answered before that.
        """
        async with connect(url) as shop:
            while True:
                change = self.next_change()
                self.ledger.unanswered = change
                try:
                    answer = await shop.send(change, self.ledger.sku)
                except _NO_ANSWER as error:
                    if killed.is_set():
                        return
                    raise Broken(f"{change.method} was not answered: {error!r}") from error
                if "result" not in answer:
                    raise Broken(f"{change.method} was answered {answer['error']}")
                self.ledger.acknowledge(change, answer["result"])
                self.acknowledged += 1

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
        """See Ledger.compare."""
        async with connect(url) as shop:
            try:
                found = await shop.gallery(self.ledger.sku)
            except _NO_ANSWER as error:
                raise Broken(f"{self.ledger.sku} was not shown: {error!r}") from error
        return self.ledger.compare(found)

"""Kill a server at random moments under load, and see after each start that nothing is lost."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from tests.cli.process import CATALOG, Running, run, serve
from tests.torture.client import Client
from tests.torture.ledger import Broken, Ledger

_LONGEST_LOAD = 1.2
SKUS = ("product1", "product2", "product3", "ürün 1", "names", "bare1", "bare2", "bare3")
"""Products of the example catalog, one for each connection."""


@dataclass
class Result:
    """What a round, or all of them together, did."""

    acknowledged: int = 0
    unanswered: int = 0
    """Changes that were under way at the kill before."""
    unanswered_but_kept: int = 0
    images: int = 0
    """Images whose bytes were compared after the start."""
    pruned: int = 0
    """Files that no image needs: of removed images, and what kills left of uploads."""

    def add(self, other: "Result") -> None:
        """Count another round to this result."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.unanswered} unanswered before"
            f" ({self.unanswered_but_kept} of them kept), {self.images} images compared,"
            f" {self.pruned} files pruned"
        )


@dataclass
class Torture:
    """A data folder, its clients, and servers on it that are killed one after the other."""

    data: Path
    seed: int
    options: Sequence[str] = ()
    """More options of `rpcmedia serve`."""
    total: Result = field(default_factory=Result)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        names: set[str] = set()
        self._clients = [
            Client(Ledger(sku, names), random.Random(self._chance.getrandbits(32))) for sku in SKUS
        ]

    async def run(self, rounds: int, say: Callable[[str], None] = lambda line: None) -> Result:
        """So many rounds; raises Broken in the first that does not keep a promise."""
        for number in range(1, rounds + 1):
            # Once with what the last kill left, once without: the next start must do with both.
            pruned = await self._check(prune=self._chance.random() < 0.5)
            async with self._server() as running:
                result = await self._verify(running)
                result.acknowledged = await self._load_and_kill(running)
            result.pruned = pruned
            self.total.add(result)
            say(f"round {number}: {result}")
        async with self._server() as running:
            self.total.add(await self._verify(running))
            await running.kill()
        self.total.pruned += await self._check(prune=True)
        return self.total

    async def _verify(self, running: Running) -> Result:
        outcomes = await asyncio.gather(*(c.verify(running.url) for c in self._clients))
        return Result(
            unanswered=sum(outcome is not None for outcome in outcomes),
            unanswered_but_kept=outcomes.count(True),
            images=sum(len(client.ledger.gallery) for client in self._clients),
        )

    async def _load_and_kill(self, running: Running) -> int:
        """How many changes were acknowledged up to the kill."""
        before = sum(client.acknowledged for client in self._clients)
        killed = asyncio.Event()
        load = [
            asyncio.create_task(client.change_until_it_ends(running.url, killed))
            for client in self._clients
        ]
        await asyncio.sleep(self._chance.uniform(0.05, _LONGEST_LOAD))
        killed.set()
        await running.kill()
        await asyncio.gather(*load)
        return sum(client.acknowledged for client in self._clients) - before

    @contextlib.asynccontextmanager
    async def _server(self) -> AsyncIterator[Running]:
        async with serve("--data", self.data, "--catalog", CATALOG, *self.options) as running:
            yield running
        if b"Traceback" in running.err:
            raise Broken(f"the server wrote a traceback: {running.err.decode()}")

    async def _check(self, *, prune: bool) -> int:
        """Check, and if files are pruned check again; how many those were."""
        if not self.data.exists():
            return 0
        first = await run("check", "--data", self.data, "--json", *(["--prune"] * prune))
        found = json.loads(first.out or "{}")
        if found.get("missing") != [] or found["damaged"]:
            raise Broken(f"rows without their bytes: {first.out}{first.err}")
        if prune:
            again = await run("check", "--data", self.data)
            if (first.code, again.code) != (0, 0):
                raise Broken(f"not clean after --prune: {again.out}{again.err}")
        return int(found["pruned"])

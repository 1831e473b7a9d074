"""Every read, write, fsync and commit fails once: a clear fault, and nothing half done."""

import errno
import itertools
import string
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from rpcmedia.wiring import check_folder
from tests.cli.process import CATALOG, Running, serve
from tests.durability.failing_disk import FailingDisk, needs_compiler
from tests.torture.ledger import Change, Ledger, sha256_of, unique_pictures
from tests.torture.shop import Shop, connect

FAULTS = {"create": 104, "update": 105, "remove": 106}
MOST_CALLS = 200
"""More calls on the disk than any change makes."""
UNKNOWN = "After a restart it may be kept all the same."
ROWS = {"pread64", "pwrite64", "fdatasync"}
CALLS = {
    "create": {*ROWS, "mkdir", "open", "write", "fsync"},
    "update": ROWS,
    "update with bytes": {*ROWS, "open", "write", "fsync", "link", "rename", "unlink"},
    "remove": ROWS,
}
"""What each kind of change calls at least."""
EVERY_CALL = (*sorted(set().union(*CALLS.values())), "read", "ftruncate64")
SKUS = dict(zip(CALLS, ("product1", "product2", "product3", "names"), strict=True))
PICTURES = unique_pictures(itertools.repeat(6_000))
COUNT = itertools.count()
NAMES = map("".join, itertools.product(string.ascii_lowercase + string.digits, repeat=2))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FailingDisk]:
    needs_compiler()
    disk = FailingDisk(tmp_path / "d", tmp_path)
    yield disk
    disk.close()


@pytest.fixture
async def running(disk: FailingDisk, tmp_path: Path) -> AsyncIterator[Running]:
    options = ("--data", tmp_path / "d", "--catalog", CATALOG)
    async with serve(*options, env=disk.environment) as running:
        yield running
        assert b"Traceback" not in running.err


@dataclass
class Customer:
    """Changes one gallery on a disk that may fail, and compares it with every answer."""

    shop: Shop
    disk: FailingDisk
    ledger: Ledger

    async def change(self, change: Change) -> str | None:
        """Send a change; the reason of the fault, if there was one."""
        self.ledger.unanswered = change
        answer = await self.shop.send(change, self.ledger.sku)
        if "result" in answer:
            self.ledger.acknowledge(change, answer["result"])
            return None
        code, message = answer["error"]["code"], str(answer["error"]["message"])
        # Who calls is read before what is called, and then no more is known of the call.
        reading = code == 1 and "read" in (self.disk.failed or "")
        assert code == FAULTS[change.method] or reading, f"{self.disk.failed}: {code} {message}"
        assert "/" not in message
        assert message.endswith(".")
        assert code == 1 or "see log" not in message
        return message

    async def compare(self) -> bool | None:
        """See Ledger.compare."""
        return self.ledger.compare(await self.shop.gallery(self.ledger.sku))

    async def create(self) -> None:
        """Create an image, which must work."""
        assert await self.change(self.next_change("create")) is None

    def next_change(self, kind: str) -> Change:
        """A change of this kind that differs from what is there."""
        content = next(PICTURES) if kind in ("create", "update with bytes") else None
        if kind == "remove":
            return Change("remove", self.ledger.gallery[0].file)
        label, types = f"Label {next(COUNT)}", frozenset({"image"})
        if kind == "create":
            # Each goes into a folder that is not there yet.
            name = next(NAMES)
            return Change("create", name=name, label=label, types=types, content=content)
        file = self.ledger.gallery[0].file
        return Change("update", file, label=label, types=types, content=content)


class Trials:
    """Tries a change again and again, each time with another call that fails."""

    def __init__(self, shop: Shop, disk: FailingDisk, kind: str) -> None:
        self._customer = Customer(shop, disk, Ledger(SKUS[kind], set()))
        self._kind = kind
        self.failed: set[str] = set()
        """The calls that were made to fail."""

    async def fail_each(self, only: str = "", *, error: int, ever: bool = False) -> None:
        """Fail the first call, then the second, and so on until the change is done unharmed."""
        customer, disk = self._customer, self._customer.disk
        for number in range(1, MOST_CALLS):
            # As soon as the disk is well, so is the server.
            await customer.create()
            with disk.failing(number, only=only, error=error, ever=ever):
                reason = await customer.change(customer.next_change(self._kind))
            # A fault means that nothing was done, and a success that all was.
            assert not await customer.compare(), (disk.failed, reason)
            if disk.failed is None:
                assert reason is None
                return
            self.failed.add(disk.failed.partition(" ")[0])
            while len(customer.ledger.gallery) > 2:
                assert await customer.change(customer.next_change("remove")) is None
        raise AssertionError("there is no end of calls")


async def assert_clean(data: Path, *, orphans: bool = True) -> None:
    """Fails if a row lacks its bytes, or if there are files without rows that nobody expected."""
    report = await check_folder(data, prune=orphans)
    assert (report.missing, report.damaged, report.orphans) == ([], [], [])


async def test_whatever_fails_nothing_is_half_done(
    running: Running, disk: FailingDisk, tmp_path: Path
) -> None:
    async with connect(running.url) as shop:
        for kind, calls in CALLS.items():
            trials = Trials(shop, disk, kind)
            for call in EVERY_CALL:
                await trials.fail_each(call, error=errno.EIO)
            assert calls <= trials.failed
            # The disk breaks down for good, at each call that a change makes.
            await trials.fail_each(error=errno.ENOSPC, ever=True)
        await running.stop()
    await assert_clean(tmp_path / "d")


async def test_a_picture_that_cannot_be_read_is_never_served_as_another(
    running: Running, disk: FailingDisk
) -> None:
    async with connect(running.url) as shop, aiohttp.ClientSession() as http:
        customer = Customer(shop, disk, Ledger("product1", set()))
        await customer.create()
        [image] = customer.ledger.gallery
        url = f"{running.url}/media/catalog/product{image.file}"
        failed = set[str]()
        for number in range(1, MOST_CALLS):
            with disk.failing(number):
                async with http.get(url) as answer:
                    content = await answer.read()
            if answer.status == 200:
                assert sha256_of(content) == image.sha256
            if disk.failed is None:
                assert answer.status == 200
                break
            failed.add(disk.failed.partition(" ")[0])
        assert failed >= {"open", "pread64"}


async def test_changes_whose_commit_failed_do_not_come_back(
    running: Running, disk: FailingDisk, tmp_path: Path
) -> None:
    customers = {}
    async with connect(running.url) as shop:
        for kind in ("create", "update with bytes"):
            customer = customers[kind] = Customer(shop, disk, Ledger(SKUS[kind], set()))
            await customer.create()
        for kind, customer in customers.items():
            with disk.failing(only="fdatasync"):
                reason = await customer.change(customer.next_change(kind))
            assert reason
            assert UNKNOWN not in reason
        await running.kill()
    async with serve("--data", tmp_path / "d") as again, connect(again.url) as shop:
        for customer in customers.values():
            customer.shop = shop
            assert await customer.compare() is False
            await customer.create()
        await again.stop()
    # Bytes of a commit that is known to have failed are taken back at once.
    await assert_clean(tmp_path / "d", orphans=False)


@pytest.mark.parametrize("kind", ["create", "update with bytes"])
async def test_a_change_that_may_come_back_says_so_and_has_its_bytes(
    running: Running, disk: FailingDisk, tmp_path: Path, kind: str
) -> None:
    async with connect(running.url) as shop:
        customer = Customer(shop, disk, Ledger("product1", set()))
        await customer.create()
        with disk.failing(only="fdatasync", ever=True):
            reason = await customer.change(customer.next_change(kind))
        assert reason
        assert reason.endswith(UNKNOWN)
        await running.kill()
    async with serve("--data", tmp_path / "d") as again, connect(again.url) as shop:
        customer.shop = shop
        assert await customer.compare() in (True, False)
        await customer.create()
        await again.stop()
    await assert_clean(tmp_path / "d")

"""A full disk: a plain reason, nothing half done, and service goes on when space returns."""

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from rpcmedia.wiring import check_folder
from tests.cli.process import CATALOG, run, serve
from tests.durability.mounts import small_disk
from tests.torture.ledger import Change, Ledger, unique_pictures
from tests.torture.shop import Shop, connect

PICTURES = unique_pictures(itertools.repeat(20_000))
SKU = "product1"
PAGE = 4096


def creating() -> Change:
    return Change("create", label="New", types=frozenset({"image"}), content=next(PICTURES))


def fill(disk: Path) -> Path:
    """Fill a disk up to its last byte; the file that does so."""
    filler = disk / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        while True:
            os.write(descriptor, bytes(PAGE))
    except OSError:
        return filler
    finally:
        os.close(descriptor)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Path]:
    with small_disk(tmp_path / "small", 3_000_000):
        yield tmp_path / "small"


@pytest.fixture
async def shop(disk: Path) -> AsyncIterator[Shop]:
    async with (
        serve("--data", disk / "d", "--catalog", CATALOG) as running,
        connect(running.url) as shop,
    ):
        yield shop
        await running.stop()
        assert b"Traceback" not in running.err
    # Nothing stays of what was refused.
    assert (await check_folder(disk / "d", prune=False)).clean


async def made(shop: Shop, ledger: Ledger, change: Change) -> None:
    """Send a change, which must work."""
    ledger.acknowledge(change, (await shop.send(change, SKU))["result"])


async def status(url: str) -> int:
    """The HTTP status of a GET."""
    async with aiohttp.request("GET", url) as answer:
        return answer.status


async def test_a_full_disk_refuses_changes_and_nothing_else(shop: Shop, disk: Path) -> None:
    ledger = Ledger(SKU, set())
    for _ in range(2):
        await made(shop, ledger, creating())
    file = ledger.gallery[0].file
    filler = fill(disk)
    for change, code, message in (
        (creating(), 104, "Cannot create image. The disk is full."),
        (Change("update", file, label="Changed"), 105, "Image not updated. The disk is full."),
        (
            Change("update", file, content=next(PICTURES)),
            105,
            "Image not updated. The disk is full.",
        ),
        (Change("remove", file), 106, "Image not removed. The disk is full."),
    ):
        answer = await shop.send(change, SKU)
        assert answer.get("error") == {"code": code, "message": message}
        # Every image is listed as before, and its bytes are served.
        assert ledger.compare(await shop.gallery(SKU)) is None

    assert (await status(f"{shop.url}/healthz"), await status(f"{shop.url}/readyz")) == (200, 503)

    filler.unlink()
    assert await status(f"{shop.url}/readyz") == 200
    await made(shop, ledger, Change("update", file, label="Changed", content=next(PICTURES)))
    await made(shop, ledger, Change("remove", file))
    await made(shop, ledger, creating())
    assert ledger.compare(await shop.gallery(SKU)) is None


async def test_a_disk_that_fills_up_in_the_middle_of_a_commit_keeps_none_of_it(
    shop: Shop, disk: Path
) -> None:
    ledger = Ledger(SKU, set())
    await made(shop, ledger, creating())
    file = ledger.gallery[0].file
    filler = fill(disk)
    refused = 0
    for number in range(40):
        # Each time there is room for another page of the commit.
        os.truncate(filler, filler.stat().st_size - PAGE)
        change = Change("update", file, label=f"Label {number}", types=frozenset({"thumbnail"}))
        answer = await shop.send(change, SKU)
        if "result" in answer:
            ledger.acknowledge(change, answer["result"])
            break
        assert answer["error"]["message"] == "Image not updated. The disk is full."
        assert ledger.compare(await shop.gallery(SKU)) is None
        refused += 1
    assert refused > 1
    assert ledger.compare(await shop.gallery(SKU)) is None


async def test_a_start_on_a_full_disk_is_refused_in_one_line(disk: Path) -> None:
    fill(disk)
    line = (await run("serve", "--data", disk / "d", "--port", 0)).refused()
    assert "full" in line or "No space" in line

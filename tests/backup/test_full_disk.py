"""A disk with any amount of room: one line, and what was there before stays."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rpcmedia import wiring
from rpcmedia.wiring import CannotStart
from tests.backup.conftest import Shop
from tests.support.backups import restored, rows

STEP = 16 * 1024
MOST_ROOM = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={2 * MOST_ROOM}", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def refusals_until_there_is_room(disk: Path, work: Callable[[], object]) -> Iterator[str]:
    """Do work with a little more room on the disk each time; why it could not be done."""
    for room in range(0, MOST_ROOM, STEP):
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - room))
        try:
            work()
            return
        except CannotStart as refusal:
            reason = str(refusal)
        finally:
            filler.unlink()
        yield reason
    raise AssertionError("it never had enough room")


async def test_a_backup_that_has_no_room_leaves_the_last_one(
    shop: Shop, small_disk: Path, tmp_path: Path
) -> None:
    backup = small_disk / "backup"
    wiring.back_up(shop.data, backup)
    first = restored(backup, tmp_path / "first")
    await shop.create(*"efghijklmnopqrstuvwxyz")
    await shop.change("remove", "a")

    full = refusals_until_there_is_room(small_disk, lambda: wiring.back_up(shop.data, backup))
    reasons = set()
    for number, refusal in enumerate(full):
        reasons.add(refusal)
        assert restored(backup, tmp_path / f"restored{number}") == first

    start = f"Cannot back up {shop.data} to {backup}: "
    assert reasons == {f"{start}The disk is full.", f"{start}No space left on device."}
    assert restored(backup, tmp_path / "last") == rows(shop.data)


async def test_a_restore_that_has_no_room_leaves_the_folder(
    shop: Shop, small_disk: Path, backup: Path, tmp_path: Path
) -> None:
    wiring.back_up(shop.data, backup)
    first = restored(backup, tmp_path / "first")
    await shop.create("e")
    await shop.change("update", "a")
    data = Path(shutil.copytree(shop.data, small_disk / "data"))
    old = rows(data)

    full = refusals_until_there_is_room(small_disk, lambda: wiring.restore(backup, data))
    for refusal in full:
        assert refusal.startswith(f"Cannot restore {backup} to {data}: ")
        assert "No space left on device" in refusal or "The disk is full" in refusal
        assert rows(data) == old
        assert (await wiring.check_folder(data, prune=False)).clean

    assert rows(data) == first

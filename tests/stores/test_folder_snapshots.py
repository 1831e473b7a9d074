"""FolderSnapshots: the contract, and what is its own: links, stops in the middle, bad disks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.ports import SnapshotRefused
from rpcmedia.stores.folder_snapshots import FolderSnapshots
from tests.stores.snapshots_contract import Kept, SnapshotsContract
from tests.support import pictures
from tests.support.catalogs import Shop, open_shop


def snapshots_of(shop: Shop, *, durable: bool = False) -> FolderSnapshots:
    return FolderSnapshots(shop.media.parent, shop.database, shop.files, durable=durable)


@pytest.fixture(params=[True, False], ids=["durable", "quick"])
async def kept(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    async with open_shop(tmp_path) as shop:
        yield Kept(snapshots_of(shop, durable=request.param), shop)


class TestFolderSnapshots(SnapshotsContract):
    """The contract over one folder."""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


def inodes(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


async def test_bytes_are_linked_and_not_copied(shop: Shop, tmp_path: Path) -> None:
    for number in range(5):
        await shop.create(f"image{number}", content=pictures.jpeg(number))
    await snapshots_of(shop).save("a")

    assert inodes(shop.media) < inodes(tmp_path / "snapshots" / "a")


async def test_a_file_that_is_the_same_is_not_touched(shop: Shop) -> None:
    same = await shop.create("same", content=pictures.jpeg(1))
    changed = await shop.create("changed", content=pictures.jpeg(2))
    await snapshots_of(shop).save("a")
    before = {file: shop.files.location(file).stat() for file in (same, changed)}
    await shop.change(changed, content=pictures.jpeg(3))

    await snapshots_of(shop).restore("a")

    after = {file: shop.files.location(file).stat() for file in (same, changed)}
    assert after[same] == before[same]
    assert after[changed].st_ino == before[changed].st_ino


async def test_a_waiting_update_is_saved_and_comes_back(shop: Shop) -> None:
    # What stays of an update whose bytes could not move to their own name.
    file = await shop.create("one", content=pictures.jpeg(1))
    beside = shop.files.put_beside(file, pictures.jpeg(2))
    await snapshots_of(shop).save("a")
    await shop.files.clear()

    await snapshots_of(shop).restore("a")

    assert shop.files.location(beside).read_bytes() == pictures.jpeg(2)
    assert shop.kept() == {file, beside}


async def test_what_a_stopped_save_left_is_no_snapshot(shop: Shop, tmp_path: Path) -> None:
    left = tmp_path / "snapshots" / "save.unfinished"
    (left / "media").mkdir(parents=True)
    (left / "rpcmedia.sqlite3").write_bytes(b"half")
    snapshots = snapshots_of(shop)

    assert list(await snapshots.all()) == []
    await snapshots.save("a")
    assert await snapshots.restore("a")
    assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == ["a"]


async def test_a_stopped_restore_is_done_again_once(shop: Shop, tmp_path: Path) -> None:
    file = await shop.create("one", content=pictures.jpeg(1))
    snapshots = snapshots_of(shop)
    await snapshots.save("a")
    # A process stops when the rows are back, and the bytes are not.
    await shop.files.clear()
    (tmp_path / "snapshots" / "restore.unfinished").symlink_to("a")

    await snapshots.finish_restore()
    assert await shop.served(file) == pictures.jpeg(1)
    later = await shop.create("later")
    await snapshots.finish_restore()

    assert shop.kept() == {file, later}


async def test_a_stopped_restore_of_a_snapshot_that_is_gone_is_forgotten(
    shop: Shop, tmp_path: Path
) -> None:
    snapshots = snapshots_of(shop)
    await snapshots.save("a")
    (tmp_path / "snapshots" / "restore.unfinished").symlink_to("gone")
    file = await shop.create("one")

    await snapshots.finish_restore()

    assert shop.kept() == {file}
    assert not (tmp_path / "snapshots" / "restore.unfinished").is_symlink()


async def test_a_failed_save_leaves_the_snapshot_of_its_name(shop: Shop, tmp_path: Path) -> None:
    file = await shop.create("one")
    snapshots = snapshots_of(shop)
    await snapshots.save("a")
    # A file stands where the folder of a save should be.
    (tmp_path / "snapshots" / "save.unfinished").write_text("in the way")

    with pytest.raises(StorageFailed) as failure:
        await snapshots.save("a")

    assert str(tmp_path) not in str(failure.value)
    await shop.files.clear()
    assert await snapshots.restore("a")
    assert shop.kept() == {file}


async def test_a_stop_between_the_two_renames_of_a_save_keeps_the_older_state(
    shop: Shop, tmp_path: Path
) -> None:
    file = await shop.create("one")
    snapshots = snapshots_of(shop)
    await snapshots.save("a")
    (tmp_path / "snapshots" / "a").rename(tmp_path / "snapshots" / "a.replaced")
    await shop.create("later")

    await snapshots.finish_restore()
    assert await snapshots.restore("a")

    assert shop.kept() == {file}


async def test_what_a_stopped_deletion_left_is_no_snapshot_and_goes(
    shop: Shop, tmp_path: Path
) -> None:
    snapshots = snapshots_of(shop)
    await snapshots.save("a")
    (tmp_path / "snapshots" / "a").rename(tmp_path / "snapshots" / "a.deleted")

    assert list(await snapshots.all()) == []
    await snapshots.finish_restore()

    assert list((tmp_path / "snapshots").iterdir()) == []


@pytest.mark.parametrize("lost", ["0", "index.json"])
async def test_a_snapshot_that_lacks_a_file_is_refused_before_anything_changes(
    shop: Shop, tmp_path: Path, lost: str
) -> None:
    await shop.create("one")
    snapshots = snapshots_of(shop)
    await snapshots.save("a")
    (tmp_path / "snapshots" / "a" / "media" / lost).unlink()
    await shop.create("later")
    before = await shop.images(), shop.kept()

    with pytest.raises(SnapshotRefused, match="a lacks files"):
        await snapshots.restore("a")

    assert (await shop.images(), shop.kept()) == before
    assert not (tmp_path / "snapshots" / "restore.unfinished").is_symlink()

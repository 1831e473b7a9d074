"""SIGKILL of a backup or a restore before each of its uses of the disk."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from rpcmedia import wiring
from rpcmedia.settings import Settings
from tests.backup.conftest import Shop
from tests.support.backups import checksums, files, objects, restored, rows
from tests.support.stops import Stopper, stopper

MOST_STEPS = 300


@pytest.fixture
def stops() -> Iterator[Stopper]:
    with stopper() as started:
        yield started


async def test_a_backup_that_was_killed_leaves_the_last_one_and_can_be_finished(
    shop: Shop, backup: Path, tmp_path: Path, stops: Stopper
) -> None:
    wiring.back_up(shop.data, backup)
    first = restored(backup, tmp_path / "first")
    await shop.create("e")
    await shop.change("update", "a")
    await shop.change("remove", "c")
    second = rows(shop.data)

    found = []
    for step in count(1):
        assert step < MOST_STEPS
        base = tmp_path / f"step{step}"
        copy = Path(shutil.copytree(backup, base / "backup"))
        killed = stops.killed_at(step, "back_up", shop.data, copy)
        found.append(restored(copy, base / "restored"))
        wiring.back_up(shop.data, copy)
        assert rows(copy) == second
        assert objects(copy) == set(checksums(copy).values())
        assert names(copy) == {"backup.lock", "objects", "rpcmedia.sqlite3"}
        if not killed:
            break

    turn = found.index(second)
    assert turn > 10
    assert found == [first] * turn + [second] * (len(found) - turn)


async def test_a_restore_that_was_killed_leaves_the_old_state_or_the_new_one(
    shop: Shop, backup: Path, tmp_path: Path, stops: Stopper
) -> None:
    wiring.back_up(shop.data, backup)
    new = restored(backup, tmp_path / "restored")
    await shop.create("e")
    await shop.change("update", "a")
    await shop.change("remove", "c")
    old = rows(shop.data)

    found, refused = [], []
    for step in count(1):
        assert step < MOST_STEPS
        data = Path(shutil.copytree(shop.data, tmp_path / f"step{step}"))
        killed = stops.killed_at(step, "restore", backup, data)
        refused.append(await is_refused(data))
        if refused[-1] and step % 2:
            wiring.restore(backup, data)
        else:
            async with wiring.running(Settings(data=data, port=0, ephemeral=True)):
                pass
        found.append(rows(data))
        assert files(data).items() >= checksums(data).items()
        assert names(data) - {"write.lock", "write.next"} == {
            "media",
            "rpcmedia.sqlite3",
            "serve.lock",
        }
        assert (await wiring.check_folder(data, prune=False)).clean
        if not killed:
            break

    turn = found.index(new)
    assert turn > 10
    assert found == [old] * turn + [new] * (len(found) - turn)
    # Between, nobody but a server or a restore may work with it.
    assert refused == [False] * turn + [True] * sum(refused) + [False] * (
        len(found) - turn - sum(refused)
    )
    assert sum(refused) > 3


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def is_refused(data: Path) -> bool:
    try:
        async with wiring.open_folder(data, must_exist=True):
            return False
    except wiring.CannotStart as refusal:
        assert "restore" in str(refusal)
        return True

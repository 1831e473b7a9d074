"""What is on the disk before a change is answered, as the kernel sees it."""

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.process import CATALOG, serve
from tests.durability.system_calls import Call, read_calls, traced, up_to_answers
from tests.torture.ledger import Change, unique_pictures
from tests.torture.shop import connect


class Part:
    """The calls of one change in order, up to its answer."""

    def __init__(self, calls: Sequence[Call], data: Path) -> None:
        self._calls = calls
        self._wal = data / "rpcmedia.sqlite3-wal"
        self.answer = calls[-1]

    def of(self, path: Path, *names: str) -> list[Call]:
        """The calls of these names on a path."""
        return [call for call in self._calls if call.name in names and call.is_on(path)]

    def assert_synced(self, path: Path, after: Call, before: Call) -> None:
        """Fails unless an fsync of the path came wholly between two other calls."""
        assert any(
            after.ended < sync.began and sync.ended < before.began
            for sync in self.of(path, "fsync", "fdatasync")
        ), path

    def commits(self) -> list[tuple[Call, Call]]:
        """The first write and the sync of each commit."""
        found, writes = [], list[Call]()
        for call in self.of(self._wal, "pwrite64", "fsync", "fdatasync"):
            if call.name == "pwrite64":
                writes.append(call)
            elif writes:
                assert writes[-1].ended < call.began
                found.append((writes[0], call))
                writes = []
        return found

    def assert_kept(self, file: Path, before: Call) -> None:
        """Fails unless a new file, its name and the names of new folders were synced in time."""
        (made,) = self.of(file, "openat")
        self.assert_synced(file, self.of(file, "write")[-1], before)
        self.assert_synced(file.parent, made, before)
        for call in self._calls:
            if call.name.startswith("mkdir"):
                folder = Path(call.text.split('"')[1])
                self.assert_synced(folder.parent, call, before)


async def trace(tmp_path: Path) -> tuple[Path, list[Call]]:
    """The calls of a server that answers a create, an update with bytes, and a remove."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace; scripts/services installs it")
    data, log = tmp_path / "new" / "d", tmp_path / "log"
    pictures = unique_pictures(itertools.repeat(6_000))
    options = ("--data", data, "--catalog", CATALOG)
    async with serve(*options, under=traced(log)) as running, connect(running.url) as shop:
        for change in (
            Change("create", content=next(pictures)),
            Change("update", "/i/m/image.jpg", label="New", content=next(pictures)),
            Change("remove", "/i/m/image.jpg"),
        ):
            assert "result" in await shop.send(change, "product1")
        # The line of an answer is written after it was sent.
        await shop.gallery("product1")
        await running.kill()
    return data, read_calls(log)


async def test_everything_is_on_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    data, calls = await trace(tmp_path)
    # The line of the last answer may have come too late.
    created, updated, removed, *_ = (Part(part, data) for part in up_to_answers(calls))
    file = data / "media" / "catalog" / "product" / "i" / "m" / "image.jpg"

    # The start comes before the first answer as well.
    for folder in (data.parent, data, data / "media"):
        made = created.of(folder, "mkdir", "mkdirat")[0]
        created.assert_synced(folder.parent, made, created.answer)
    for name in ("rpcmedia.sqlite3", "rpcmedia.sqlite3-wal"):
        created.assert_synced(data, created.of(data / name, "openat")[0], created.answer)

    first_write, commit = created.commits()[-1]
    created.assert_kept(file, first_write)
    assert commit.ended < created.answer.began

    (kept, settled) = updated.commits()
    (moved,) = updated.of(file, "rename", "renameat")
    waiting = Path(moved.text.split('"')[1].removesuffix("-link"))
    updated.assert_kept(waiting, kept[0])
    assert kept[1].ended < moved.began
    updated.assert_synced(file.parent, moved, settled[0])
    # The old name of the bytes goes when nothing needs it any more.
    assert settled[1].ended < updated.of(waiting, "unlink", "unlinkat")[-1].began
    assert settled[1].ended < updated.answer.began

    ((_, commit),) = removed.commits()
    assert commit.ended < removed.answer.began

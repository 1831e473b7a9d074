"""Images that change at the worst moment: after the database was copied, before their bytes are."""

import contextlib
import hashlib
import sqlite3
from pathlib import Path
from typing import cast

import pytest

from rpcmedia.stores import backup_making
from rpcmedia.stores.backup_folder import BackupFolder, BackupRefused
from rpcmedia.stores.backup_making import BackupMaker
from rpcmedia.stores.local_files import LocalFiles
from tests.backup.conftest import Shop
from tests.support import pictures
from tests.support.backups import MEDIA, checksums, objects, restored, rows


class RestlessFiles:
    """The real files of a shop, but whoever looks for an image's bytes makes it change first.

    As every change, it is made while nobody else writes to the database, or not at all.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self.changes = 0

    def location(self, name: str) -> Path:
        path = self._data / MEDIA / name[1:]
        database = self._data / "rpcmedia.sqlite3"
        with (
            contextlib.closing(
                sqlite3.connect(database, timeout=0.0, isolation_level=None)
            ) as connection,
            contextlib.suppress(sqlite3.OperationalError),
        ):
            connection.execute("BEGIN IMMEDIATE")
            self._change(name, path, connection)
            connection.execute("COMMIT")
        return path

    def _change(self, name: str, path: Path, connection: sqlite3.Connection) -> None:
        self.changes += 1
        content = pictures.png(1000 + self.changes)
        path.with_suffix(".new").write_bytes(content)
        path.with_suffix(".new").replace(path)
        connection.execute(
            "UPDATE image SET sha256 = ?, bytes = ? WHERE file = ?",
            (hashlib.sha256(content).hexdigest(), len(content), name),
        )


def maker(shop: Shop, backup: Path, files: RestlessFiles) -> BackupMaker:
    return BackupMaker(
        shop.data / "rpcmedia.sqlite3", cast(LocalFiles, files), BackupFolder(backup)
    )


def test_images_that_change_whenever_they_are_looked_at_are_backed_up(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    files = RestlessFiles(shop.data)

    report = maker(shop, backup, files).make()

    assert files.changes >= 3
    assert (report.images, report.lacking) == (3, ())
    assert objects(backup) == set(checksums(backup).values())
    assert restored(backup, tmp_path / "restored") == rows(shop.data)


def test_damage_is_told_from_change(shop: Shop, backup: Path) -> None:
    # Its row is that of every round, so a change is no excuse.
    (shop.data / MEDIA / "b" / "_" / "b.png").write_bytes(b"damaged")

    class Files(RestlessFiles):
        def location(self, name: str) -> Path:
            damaged = self._data / MEDIA / name[1:]
            return damaged if name == "/b/_/b.png" else super().location(name)

    report = maker(shop, backup, Files(shop.data)).make()

    assert report.lacking == ("/b/_/b.png",)
    assert len(objects(backup)) == 2


def test_it_gives_up_in_the_end_and_the_last_backup_stays(
    shop: Shop, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RestlessFiles(shop.data)
    maker(shop, backup, files).make()
    before = rows(backup), objects(backup)
    files.location("/a/_/a.png")
    monkeypatch.setattr(backup_making, "_ROUNDS", 1)

    with pytest.raises(BackupRefused, match="try again"):
        maker(shop, backup, files).make()

    assert (rows(backup), objects(backup)) == before

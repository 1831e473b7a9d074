"""Snapshots in the data folder: `snapshots/NAME` has a copy of the database and links to files."""

import contextlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from rpcmedia.operations.ports import Snapshot, SnapshotRefused
from rpcmedia.stores.hard_links import sync_folder
from rpcmedia.stores.local_files import LocalFiles, in_thread
from rpcmedia.stores.schema_steps import SchemaTooNew
from rpcmedia.stores.sqlite_database import Database

DATABASE = "rpcmedia.sqlite3"
"""The database of a data folder, and of a snapshot."""

_MEDIA = "media"
_RESTORING = "restore.unfinished"
_REPLACED, _DELETED = ".replaced", ".deleted"
_NAME = re.compile(r"\A[A-Za-z0-9_-]{1,64}\Z")


class FolderSnapshots:
    """A Snapshots of one database, which has rows and accounts, and one store of files."""

    def __init__(
        self, data: Path, database: Database, files: LocalFiles, *, durable: bool = True
    ) -> None:
        self._root = data / "snapshots"
        # Names of snapshots have no dot, so these are none.
        self._unfinished = self._root / "save.unfinished"
        self._restoring = self._root / _RESTORING
        self._database = database
        self._files = files
        self._durable = durable

    async def save(self, name: str) -> Snapshot:
        """See Snapshots."""
        place = self._place(name)
        await in_thread(self._start_saving)
        await self._database.save_to(self._unfinished / DATABASE)
        await self._files.save_to(self._unfinished / _MEDIA)
        await in_thread(lambda: self._publish(place))
        return _describe(place)

    async def restore(self, name: str) -> bool:
        """See Snapshots. A process that ends meanwhile leaves a link for `finish_restore`."""
        place = self._place(name)
        if not place.is_dir():
            return False
        if not await self._files.is_whole(place / _MEDIA):
            raise SnapshotRefused(f"The snapshot {name} lacks files; save it anew.")
        await in_thread(lambda: self._begin_restoring(name))
        try:
            await self._database.load_from(place / DATABASE)
        except SchemaTooNew as error:
            await in_thread(self._restoring.unlink)
            raise SnapshotRefused(str(error)) from error
        # From here on a failure leaves the link, and the next start makes rows and bytes fit again.
        await self._files.load_from(place / _MEDIA)
        await in_thread(self._restoring.unlink)
        return True

    async def finish_restore(self) -> None:
        """Finish what the end of a process interrupted. Called once, at the start."""
        await in_thread(self._finish_renames)
        if self._restoring.is_symlink():
            await self.restore(self._restoring.readlink().name)
            await in_thread(lambda: self._restoring.unlink(missing_ok=True))

    async def all(self) -> Sequence[Snapshot]:
        """See Snapshots."""
        return await in_thread(self._find_all)

    async def delete(self, name: str) -> bool:
        """See Snapshots."""
        place = self._place(name)
        if not place.is_dir():
            return False
        await in_thread(lambda: self._delete(place))
        return True

    def _place(self, name: str) -> Path:
        if not _NAME.match(name):
            raise SnapshotRefused(
                "A snapshot's name has 1 to 64 of the characters A-Z, a-z, 0-9, _ and -."
            )
        return self._root / name

    def _start_saving(self) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(parents=True)

    def _publish(self, place: Path) -> None:
        replaced = place.with_suffix(_REPLACED)
        shutil.rmtree(replaced, ignore_errors=True)
        if self._durable:
            sync_folder(self._unfinished)
        if place.exists():
            place.rename(replaced)
        self._unfinished.rename(place)
        if self._durable:
            sync_folder(self._root)
        shutil.rmtree(replaced, ignore_errors=True)

    def _delete(self, place: Path) -> None:
        deleted = place.with_suffix(_DELETED)
        shutil.rmtree(deleted, ignore_errors=True)
        place.rename(deleted)
        shutil.rmtree(deleted)

    def _finish_renames(self) -> None:
        for replaced in self._root.glob(f"*{_REPLACED}"):
            # Between its two renames a save has no snapshot under the name: the old one is back.
            if replaced.with_suffix("").exists():
                shutil.rmtree(replaced, ignore_errors=True)
            else:
                replaced.rename(replaced.with_suffix(""))
        for deleted in self._root.glob(f"*{_DELETED}"):
            shutil.rmtree(deleted, ignore_errors=True)

    def _find_all(self) -> list[Snapshot]:
        found = []
        for place in sorted(self._root.glob("*/")):
            if _NAME.match(place.name):
                # It may be deleted meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    found.append(_describe(place))
        return found

    def _begin_restoring(self, name: str) -> None:
        # A link, for it is there with its name at once, or not at all.
        self._restoring.unlink(missing_ok=True)
        self._restoring.symlink_to(name)
        if self._durable:
            sync_folder(self._root)


def forget_restore(data: Path) -> None:
    """Let the next start not finish a restore that was stopped. Blocks; raises OSError."""
    link = data / "snapshots" / _RESTORING
    if link.is_symlink():
        link.unlink()
        sync_folder(link.parent)


def _describe(place: Path) -> Snapshot:
    return Snapshot(place.name, (place / DATABASE).stat().st_mtime)

"""The folder of a backup: a database, and the bytes of its images by their checksum.

`rpcmedia.sqlite3` is the state that was published last; `objects/ab/abcd…` are bytes with this
SHA-256, which are never written in place; `unfinished` is what a backup is making.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rpcmedia.stores.folder_lock import FolderLock
from rpcmedia.stores.folder_snapshots import DATABASE
from rpcmedia.stores.hard_links import sync_folder

_LOCK = "backup.lock"


class BackupRefused(Exception):
    """Why a backup cannot be made or restored; the text says what is wrong."""


class BackupFolder:
    """One backup. Methods block and raise OSError."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = directory / DATABASE
        self.unfinished = directory / "unfinished"
        self._objects = directory / "objects"
        self._lock = FolderLock(directory, _LOCK, "backup or restore")

    @contextlib.contextmanager
    def being_made(self) -> Iterator[None]:
        """Hold the folder, which is made if it does not exist, with an empty `unfinished` in it.

        Raises BackupRefused for a folder with other things, FolderBusy.
        """
        if not self.directory.exists():
            # The database holds hashes of keys and the folder's secret.
            self.directory.mkdir(parents=True, mode=0o700)
            sync_folder(self.directory.parent)
        if any(self.directory.iterdir()) and not self._lock.path.exists():
            raise BackupRefused("it holds other things than a backup; give a new or empty folder.")
        self._lock.take()
        try:
            self._objects.mkdir(exist_ok=True)
            shutil.rmtree(self.unfinished, ignore_errors=True)
            self.unfinished.mkdir(mode=0o700)
            yield
        finally:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            self._lock.release()

    @contextlib.contextmanager
    def being_read(self) -> Iterator[None]:
        """Hold the folder, which must have a state that was published.

        Raises BackupRefused, FolderBusy.
        """
        if not (self._lock.path.is_file() and self.database.is_file()):
            raise BackupRefused("it holds no backup that was finished.")
        self._lock.take(shared=True)
        try:
            yield
        finally:
            self._lock.release()

    def has(self, sha256: str, size: int) -> bool:
        """Whether bytes are kept. Their name and size are trusted: they got the name when whole."""
        try:
            return self.place(sha256).stat().st_size == size
        except FileNotFoundError:
            return False

    def put(self, sha256: str, content: bytes) -> None:
        """Keep bytes that have this checksum."""
        waiting = self.unfinished / "object"
        write_durably(waiting, content, 0o600)
        place = self.place(sha256)
        place.parent.mkdir(exist_ok=True)
        waiting.replace(place)

    def place(self, sha256: str) -> Path:
        """Where the bytes with this checksum are, whether they exist or not."""
        return self._objects / sha256[:2] / sha256

    def publish(self, database: Path) -> None:
        """Make a database below `unfinished` the state of the backup; it is fsynced already."""
        # A backup that was stopped may have left new names, so all folders are fsynced.
        for folder in (*self._objects.iterdir(), self._objects):
            sync_folder(folder)
        database.chmod(0o600)
        database.replace(self.database)
        sync_folder(self.directory)

    def delete_others(self, wanted: Iterable[str]) -> int:
        """Delete all bytes but those of the checksums wanted, which come in order; how many."""
        folders = {folder.name: folder for folder in self._objects.iterdir()}
        deleted = 0
        for prefix, checksums in groupby(wanted, key=lambda sha256: sha256[:2]):
            if folder := folders.pop(prefix, None):
                deleted += _delete_others(folder, set(checksums))
        return deleted + sum(_delete_others(folder, set()) for folder in folders.values())


def read_exactly(path: Path, sha256: str) -> bytes | None:
    """The bytes of a file if they have this checksum. Blocks."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def write_durably(path: Path, content: bytes, mode: int) -> None:
    """Write a new file and fsync it; its name is not yet durable. Blocks; raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as new:
        new.write(content)
        new.flush()
        os.fsync(descriptor)


def _delete_others(folder: Path, wanted: set[str]) -> int:
    others = [path for path in folder.iterdir() if path.name not in wanted]
    for path in others:
        path.unlink()
    return len(others)

"""Bytes of images as files in a folder, under the hashed names that clients see.

`/i/m/image.jpg` is kept as `ROOT/i/m/image.jpg`. New bytes for an image that exists wait beside it
as `/i/m/pending-…`, a name without an extension, which no image can have.
"""

import asyncio
import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from rpcmedia.gallery.ports import NameTaken, StorageFailed
from rpcmedia.stores.hard_links import is_whole, load_links, remove_files, save_links, sync_folder

T = TypeVar("T")

MEDIA = Path("media", "catalog", "product")
"""Where the bytes are in a data folder, as the URLs of media files go."""

_PROBE_BYTES = 4096

_REASONS = {
    errno.ENOSPC: "The disk is full.",
    errno.EDQUOT: "The disk quota is used up.",
    errno.EROFS: "The media folder is read-only.",
    errno.EACCES: "The server may not write to the media folder.",
    errno.ENAMETOOLONG: "The file name is too long for the disk.",
    errno.EXDEV: "The media folder is on another disk than the rest of the data folder.",
}


class LocalFiles:
    """An ImageFiles over one folder; without `durable` nothing is fsynced."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self._root = root
        self._durable = durable
        self._make_root()

    def put_new(self, file: str, content: bytes) -> str:
        """See ImageFiles. The bytes are fsynced under their own name, then their folder."""
        self._put(file, content)
        return file

    def put_beside(self, file: str, content: bytes) -> str:
        """See ImageFiles."""
        beside = f"{file.rpartition('/')[0]}/pending-{secrets.token_hex(16)}"
        self._put(beside, content)
        return beside

    def _put(self, stored_as: str, content: bytes) -> None:
        try:
            self._write(stored_as, content)
        except OSError as error:
            raise _translate(error) from error

    def settle(self, file: str, stored_as: str) -> None:
        """See ImageFiles. The old bytes are replaced by a second link to the new ones."""
        link = self.location(f"{stored_as}-link")
        try:
            link.unlink(missing_ok=True)
            os.link(self.location(stored_as), link)
            link.replace(self.location(file))
            # Between two links of one file, as after a stop at this place, a move does nothing.
            link.unlink(missing_ok=True)
            self._sync(link.parent)
        except OSError as error:
            raise _translate(error) from error

    async def take_back(self, stored_as: str) -> None:
        """See ImageFiles."""
        await in_thread(lambda: self.location(stored_as).unlink(missing_ok=True))

    def location(self, stored_as: str) -> Path:
        """See ImageFiles."""
        return self._root / stored_as.lstrip("/")

    def names(self) -> Iterator[tuple[str, int]]:
        """See ImageFiles."""
        for folder, _, found in os.walk(self._root):
            for name in found:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    yield f"/{path.relative_to(self._root).as_posix()}", path.stat().st_size

    async def check_writable(self) -> None:
        """See ImageFiles."""
        probe = f"/probe-{secrets.token_hex(8)}"
        # A folder that is gone must not come back empty by being asked about.
        await in_thread(self._root.stat)
        try:
            await in_thread(lambda: self._write(probe, bytes(_PROBE_BYTES)))
        finally:
            await self.take_back(probe)

    async def clear(self) -> None:
        """See ImageFiles."""
        await in_thread(lambda: remove_files(self._root, durable=self._durable))

    async def save_to(self, folder: Path) -> None:
        """Link everything kept into a new folder on the same disk. Nothing may be put meanwhile."""
        await in_thread(lambda: save_links(self._root, folder, durable=self._durable))

    async def is_whole(self, folder: Path) -> bool:
        """Whether a saved folder has all that it needs to be loaded."""
        return await in_thread(lambda: is_whole(folder))

    async def load_from(self, folder: Path) -> None:
        """Keep what a saved folder holds and nothing else. Nothing may be put meanwhile."""
        await in_thread(lambda: load_links(folder, self._root, durable=self._durable))

    def _write(self, stored_as: str, content: bytes) -> None:
        path = self.location(stored_as)
        try:
            descriptor = self._create(path)
        except FileExistsError:
            raise NameTaken(stored_as) from None
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as new:
                view = memoryview(content)
                while view:
                    view = view[new.write(view) :]
                if self._durable:
                    os.fsync(new.fileno())
            self._sync(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _create(self, path: Path) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            self._make_folder(path.parent)
            return os.open(path, flags, 0o644)
        except FileNotFoundError:
            # Somebody removed a folder.
            self._make_root()
            self._make_folder(path.parent)
            return os.open(path, flags, 0o644)

    def _make_root(self) -> None:
        # Folders whose names are on the disk, as far as this process knows.
        self._lasting = {folder for folder in self._root.parents if folder.is_dir()}
        self._make_folder(self._root)

    def _make_folder(self, folder: Path) -> None:
        if folder in self._lasting:
            return
        self._make_folder(folder.parent)
        # Where a file is in the way, what comes next says so.
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
        # A folder that is there may come from a thread that has not synced its name yet, or from
        # one that could not.
        self._sync(folder.parent)
        self._lasting.add(folder)

    def _sync(self, folder: Path) -> None:
        if self._durable:
            sync_folder(folder)


async def in_thread(work: Callable[[], T]) -> T:
    """Do work on the disk in a thread. Raises StorageFailed with a plain reason for OSError."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise _translate(error) from error


def _translate(error: OSError) -> StorageFailed:
    reason = _REASONS.get(error.errno or 0)
    name = errno.errorcode.get(error.errno or 0, "unknown")
    return StorageFailed(reason or f"The media folder failed ({name}).")

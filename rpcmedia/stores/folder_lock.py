"""One server on one data folder: a lock that ends with the process that holds it."""

import fcntl
import os
from pathlib import Path


class FolderBusy(Exception):
    """Another process serves this folder."""


class FolderLock:
    """Holds `serve.lock` of a data folder from `take` until `release`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "serve.lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock. Raises FolderBusy."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FolderBusy(f"Another rpcmedia server holds {self._path.parent}.") from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back, if it was taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

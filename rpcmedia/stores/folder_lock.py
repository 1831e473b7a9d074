"""One server on one data folder: a lock that ends with the process that holds it."""

import fcntl
import os
from pathlib import Path


class FolderBusy(Exception):
    """Another process works in this folder."""


class FolderLock:
    """Holds a file of a folder from `take` until `release`; for servers that is `serve.lock`."""

    def __init__(self, folder: Path, name: str = "serve.lock", holder: str = "server") -> None:
        self.path = folder / name
        self._holder = holder
        self._descriptor: int | None = None

    def take(self, *, shared: bool = False) -> None:
        """Take the lock; a shared one needs the file, and no right to write. Raises FolderBusy."""
        flags = os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT
        descriptor = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FolderBusy(f"Another rpcmedia {self._holder} holds {self.path.parent}.") from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back, if it was taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

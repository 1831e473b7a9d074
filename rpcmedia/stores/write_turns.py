"""Turns at writing, for processes that write to one database.

SQLite lets a writer that finds another at work ask again at ever longer intervals, up to 100 ms;
whoever always asks at a bad moment waits for seconds. Here the next one is woken at once.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class WriteTurns:
    """A lock file; the lock of a process that ends goes with it."""

    def __init__(self, path: Path) -> None:
        # Workers must not inherit it: those who hold one open file share its lock.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else has a turn, and have it for the block."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Take no more turns."""
        os.close(self._descriptor)

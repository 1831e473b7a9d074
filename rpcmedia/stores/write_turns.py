"""Turns at writing, for processes that write to one database.

SQLite lets a writer that finds another at work ask again at ever longer intervals, up to 100 ms;
whoever always asks at a bad moment waits for seconds. Here one writer at a time asks all the while,
and is the next; whoever has just had a turn comes behind it.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

LONGEST_WAIT = 10.0
"""Seconds after which a writer goes on without a turn."""
_PAUSE = 0.0005


class WriteTurns:
    """Two lock files in a folder; the locks of a process that ends go with it."""

    def __init__(self, folder: Path) -> None:
        with contextlib.ExitStack() as stack:
            self._turn = _open(folder / "write.lock", stack)
            self._next = _open(folder / "write.next", stack)
            self._opened = stack.pop_all()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else has a turn, and have it for the block.

        A process that was stopped may keep its turn: then the block runs without one in the end,
        and SQLite alone orders its writes, or refuses them.
        """
        deadline = time.monotonic() + LONGEST_WAIT
        try:
            _lock(self._next, deadline)
            _lock(self._turn, deadline)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Take no more turns."""
        self._opened.close()


def _open(path: Path, stack: contextlib.ExitStack) -> int:
    # Workers must not inherit it: those who hold one open file share its lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, descriptor)
    return descriptor


def _lock(descriptor: int, deadline: float) -> None:
    # To be woken by the lock itself would be as fast, but then the wait could not end without it.
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return
            time.sleep(_PAUSE)
        else:
            return

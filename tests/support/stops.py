"""A backup or a restore that is killed before the n-th use it makes of the disk.

This module is also the program that does that: it loads everything once and forks for each order.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from rpcmedia import wiring

_USES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "sqlite3.connect"}


class Stopper:
    """Does work in other processes."""

    def __init__(self, orders: IO[str], outcomes: IO[str]) -> None:
        self._orders = orders
        self._outcomes = outcomes

    def killed_at(self, step: int, work: str, *paths: Path) -> bool:
        """Call a function of wiring; False if it came to its end before that step."""
        print(step, work, *paths, sep="\t", file=self._orders, flush=True)
        code = int(self._outcomes.readline())
        assert code in (0, -signal.SIGKILL)
        return code != 0


@contextlib.contextmanager
def stopper() -> Iterator[Stopper]:
    """A Stopper for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        yield Stopper(process.stdin, process.stdout)
        process.stdin.close()


def _work(step: int, work: str, paths: list[str]) -> None:
    root = os.path.commonpath(paths)
    uses = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal uses
        if event in _USES and root in str(arguments[0]):
            uses += 1
            if uses == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    getattr(wiring, work)(*map(Path, paths))


def _obey() -> None:
    for line in sys.stdin:
        step, work, *paths = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            _work(int(step), work, paths)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _obey()

"""What every row is given: a folder on the disk of the checkout, and how long to measure."""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from harness.shop import Shop

KEPT = Path(__file__).parents[3] / ".bench"
LATEST = KEPT / "serving.json"
"""Where a run is kept, unless another file is given."""

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Bench:
    """One run of the benchmark."""

    seconds: float
    runs: int

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder that is gone after the block."""
        KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="run-", dir=KEPT) as folder:
            yield Path(folder)

    @contextlib.contextmanager
    def shop(self) -> Iterator[Shop]:
        """A new shop that is gone after the block."""
        with self.folder() as folder:
            yield Shop(folder / "shop")

    def alternate(
        self, floor: Callable[[int], A], measured: Callable[[int], B]
    ) -> tuple[list[A], list[B]]:
        """Run both by turns, for a machine is not equally fast all the time."""
        floors, measurements = [], []
        for number in range(self.runs):
            floors.append(floor(number))
            measurements.append(measured(number))
        return floors, measurements


def say(line: str) -> None:
    """Tell who waits how far it is."""
    sys.stderr.write(f"bench: {line}\n")


def refuse(reason: str) -> NoReturn:
    """End, because nothing can be measured or shown; in one line."""
    say(reason)
    sys.exit(2)

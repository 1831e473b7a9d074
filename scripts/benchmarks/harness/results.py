"""Figures, their targets, and runs kept as JSON."""

import operator
import os
import platform
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

from harness.load import Load

_SIGNS: dict[str, Callable[[float, float], bool]] = {"≥": operator.ge, "≤": operator.le}


@dataclass(frozen=True)
class Target:
    """What a figure must reach: its ratio to the floor or, with `absolute`, its own value."""

    sign: str
    number: float
    absolute: bool = False

    def is_met(self, value: float, ratio: float | None) -> bool:
        """Whether a figure with this value and ratio reaches it."""
        reached = value if self.absolute else ratio
        return reached is not None and _SIGNS[self.sign](reached, self.number)


@dataclass(frozen=True)
class Figure:
    """A row of the table: what was measured, beside its floor in the same run."""

    row: str
    what: str
    unit: str
    runs: list[float]
    value: float
    floor_runs: list[float]
    floor: float | None
    ratio: float | None
    target: str
    failures: int
    met: bool

    @classmethod
    def of(
        cls,
        row: str,
        what: str,
        unit: str,
        runs: Sequence[float],
        floor_runs: Sequence[float],
        target: Target,
        failures: int = 0,
    ) -> Self:
        """The figure of some runs; a failure of any request misses the target."""
        value = median(runs)
        floor = median(floor_runs) if floor_runs else None
        ratio = value / floor if floor else None
        shown = f"{target.sign} {target.number:g}" + (f" {unit}" if target.absolute else "")
        met = target.is_met(value, ratio) and not failures
        kept = (list(runs), value, list(floor_runs), floor, ratio, shown, failures, met)
        return cls(row, what, unit, *kept)

    @classmethod
    def of_p50(
        cls, row: str, what: str, floors: Sequence[Load], loads: Sequence[Load], target: Target
    ) -> Self:
        """The figure of the median latencies of some loads."""
        failures = sum(len(load.failures) for load in (*floors, *loads))
        p50s, floor_p50s = [load.p50 for load in loads], [load.p50 for load in floors]
        return cls.of(row, what, "ms", p50s, floor_p50s, target, failures)

    @property
    def cells(self) -> tuple[str, ...]:
        """Its cells in the table."""
        return (
            self.what,
            f"{number(self.value)} {self.unit}",
            "" if self.floor is None else f"{number(self.floor)} {self.unit}",
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.target,
            self.verdict,
        )

    @property
    def verdict(self) -> str:
        """Whether it reached its target, and how many requests failed."""
        failed = f", {self.failures} failures" if self.failures else ""
        return ("met" if self.met else "missed") + failed


HEADINGS = ("what", "measured", "floor", "ratio", "target", "")


def number(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in plain text that Markdown reads as one."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    rule = ["-" * max(width, 3) for width in widths]
    lines = [headings, rule, *rows]
    return "".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |\n"
        for line in lines
    )


def machine() -> dict[str, str | int]:
    """What the figures depend on."""
    found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cores": os.cpu_count() or 0,
        "processor": found[1] if found else platform.machine(),
        "kernel": ".".join(platform.release().split(".")[:2]),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "aiohttp": version("aiohttp"),
        "Pillow": version("Pillow"),
    }


class RunRefused(Exception):
    """A file that holds no run; the text says why in one line."""


@dataclass(frozen=True)
class Run:
    """A run of the benchmark."""

    date: str
    seconds: float
    machine: dict[str, str | int]
    figures: list[Figure]

    @classmethod
    def now(cls, seconds: float, figures: list[Figure]) -> Self:
        """A run that ends now on this machine."""
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), seconds, machine(), figures)

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """A run that was kept. Raises RunRefused."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except OSError as error:
            raise RunRefused(f"{path}: {error.strerror}.") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RunRefused(f"{path} holds no run of scripts/bench serving: {error}.") from error

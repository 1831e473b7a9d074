"""What a replay found: counted, put into words, and as a JSON file.

Exchanges that are equal are only counted, so that a report needs no memory for them.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from rpcmedia.tapes.meaning import ABSENT, Difference
from rpcmedia.tapes.replay import Played
from rpcmedia.tapes.tape import Exchange
from rpcmedia.tapes.whole_files import whole_file

_SHOWN = 1000


@dataclass
class Tally:
    """How many exchanges were equal, differed, or had no recorded answer to compare with."""

    equal: int = 0
    different: int = 0
    skipped: int = 0

    @property
    def played(self) -> int:
        """How many there were."""
        return self.equal + self.different + self.skipped

    def count(self, played: Played) -> None:
        """Count one more."""
        if played.skipped:
            self.skipped += 1
        elif played.differences:
            self.different += 1
        else:
            self.equal += 1


class Report(Protocol):
    """Something that is told what happens, in the order in which it does."""

    def begin(self, tape: Path) -> None:
        """A tape begins."""

    def add(self, played: Played) -> None:
        """An exchange of it was played."""

    def end(self, error: str = "") -> None:
        """The tape is over; `error` says why it could not be played to its end."""


def title(exchange: Exchange) -> str:
    """An exchange in a few words: its name, method and URL."""
    return " ".join(word for word in (exchange.name, exchange.method, exchange.url) if word)


def sides(difference: Difference) -> tuple[str, str]:
    """What was expected and got as text: JSON as JSON, all else as it is; cut if it is long."""
    values = (difference.expected, difference.got)
    if difference.field.startswith("$"):
        expected, got = (v if v == ABSENT else json.dumps(v, ensure_ascii=False) for v in values)
    else:
        expected, got = (str(value) or "(empty)" for value in values)
    return cut(expected), cut(got)


def cut(text: str) -> str:
    """A text, or its beginning if it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


@contextlib.contextmanager
def json_report(path: Path) -> Iterator[Report]:
    """A report that is in this file as JSON when the block ends. Raises OSError."""
    with whole_file(path) as file:
        report = _JsonReport(file)
        yield report
        report.finish()


class _JsonReport:
    """Writes as it is told, with the counts behind what they count."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._total, self._tally = Tally(), Tally()
        self._next_tape, self._next_failure = "", ""
        self._write('{"tapes": [')

    def begin(self, tape: Path) -> None:
        self._tally = Tally()
        self._write(f'{self._next_tape}\n{{"tape": {json.dumps(str(tape))}, "failures": [')
        self._next_tape, self._next_failure = ",", ""

    def add(self, played: Played) -> None:
        self._tally.count(played)
        self._total.count(played)
        if played.differences:
            failure = {
                "line": played.recorded.line,
                "name": played.recorded.name,
                "method": played.recorded.method,
                "url": played.recorded.url,
                "differences": [asdict(difference) for difference in played.differences],
            }
            self._write(f"{self._next_failure}\n  {json.dumps(failure, ensure_ascii=False)}")
            self._next_failure = ","

    def end(self, error: str = "") -> None:
        self._write("], " + json.dumps(asdict(self._tally) | {"error": error})[1:])

    def finish(self) -> None:
        self._write("],\n" + json.dumps(asdict(self._total))[1:] + "\n")

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "backslashreplace"))

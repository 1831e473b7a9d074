"""What a replay found as a JUnit file: a suite for each tape. The door to junitparser.

Test servers count the cases that they find, so each exchange is one, also if it is equal. That
takes half a kilobyte of memory each until the file is written, and a failure what its text takes.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from rpcmedia.tapes.replay import Played
from rpcmedia.tapes.report import Report, cut, sides, title
from rpcmedia.tapes.whole_files import whole_file

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextlib.contextmanager
def junit_report(path: Path) -> Iterator[Report]:
    """A report that is in this file as JUnit XML when the block ends. Raises OSError."""
    with whole_file(path) as file:
        report = _JUnitReport()
        yield report
        report.write(file)


class _JUnitReport:
    def __init__(self) -> None:
        self._root = JUnitXml(name="rpcmedia replay")
        self._suite = TestSuite()
        self._class = ""

    def begin(self, tape: Path) -> None:
        self._suite = TestSuite(_xml(str(tape)))
        # Test servers take what is before a dot for a package.
        self._class = _xml(tape.stem.replace(".", "_"))
        self._root.add_testsuite(self._suite)

    def add(self, played: Played) -> None:
        recorded = played.recorded
        case = self._case(f"{recorded.line} {title(recorded)}", played.seconds)
        if played.skipped:
            case.result = Skipped("no answer was recorded")
        elif played.differences:
            case.result = _failure(played)

    def end(self, error: str = "") -> None:
        if error:
            self._case("the whole tape", 0.0).result = Error(_xml(error), "could not run")

    def write(self, file: BinaryIO) -> None:
        self._root.update_statistics()  # type: ignore[no-untyped-call]  # so is the library
        self._root.write(file)

    def _case(self, name: str, seconds: float) -> TestCase:
        # Smaller numbers would get an exponent, which not every reader knows.
        case = TestCase(_xml(name), self._class, round(seconds, 4))
        # `add_testcase` would count all of them anew.
        self._suite.append(case)  # type: ignore[no-untyped-call]
        return case


def _failure(played: Played) -> Failure:
    fields = ", ".join(difference.field for difference in played.differences)
    failure = Failure(_xml(f"different: {cut(fields)}"), "difference")
    failure.text = _xml("\n".join(_lines(played)))
    return failure


def _lines(played: Played) -> Iterator[str]:
    for difference in played.differences:
        expected, got = sides(difference)
        yield difference.field
        yield f"  expected: {expected}"
        yield f"  got:      {got}"


def _xml(text: str) -> str:
    """The text, with what XML cannot hold spelled as JSON spells it."""
    return _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

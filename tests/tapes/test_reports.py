"""What a replay found, as JSON and as JUnit."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.tapes.junit_report import junit_report
from rpcmedia.tapes.meaning import ABSENT, Difference
from rpcmedia.tapes.replay import Played
from rpcmedia.tapes.report import Report, Tally, json_report, sides
from rpcmedia.tapes.tape import Exchange
from tests.support.server import FIXTURES
from tests.tapes.made_tapes import HOST, got

SCHEMA = xmlschema.XMLSchema(FIXTURES / "schemas" / "junit.xsd")
TAPE = Path("tapes/one.jsonl")


def recorded(line: int, **members: Any) -> Exchange:
    return got("/x", b"", line=line, **members)


def different(line: int, *differences: Difference, **members: Any) -> Played:
    return Played(recorded(line, **members), differences, seconds=0.25)


EQUAL = Played(recorded(2), seconds=0.000001)
DIFFERENT = different(
    3,
    Difference("status", 200, 404),
    Difference("$.result[0].label", "Früh", ABSENT),
    name="list",
)
SKIPPED = Played(recorded(4), skipped=True)


def tell(report: Report, tape: Path, *played: Played, error: str = "") -> None:
    report.begin(tape)
    for one in played:
        report.add(one)
    report.end(error)


def written(
    opened: AbstractContextManager[Report],
    path: Path,
    *tapes: tuple[Path, list[Played], str],
) -> str:
    with opened as report:
        for tape, played, error in tapes:
            tell(report, tape, *played, error=error)
    return path.read_text("utf-8")


def junit(tmp_path: Path, *tapes: tuple[Path, list[Played], str]) -> ElementTree.Element:
    path = tmp_path / "junit.xml"
    written(junit_report(path), path, *tapes)
    SCHEMA.validate(path)
    return ElementTree.parse(path).getroot()


def as_json(tmp_path: Path, *tapes: tuple[Path, list[Played], str]) -> Any:
    path = tmp_path / "report.json"
    return json.loads(written(json_report(path), path, *tapes))


def counts(element: ElementTree.Element) -> dict[str, str]:
    return {name: element.attrib[name] for name in ("tests", "failures", "errors", "skipped")}


def test_json_holds_counts_and_what_differs(tmp_path: Path) -> None:
    report = as_json(tmp_path, (TAPE, [EQUAL, DIFFERENT, SKIPPED], ""))

    assert report == {
        "tapes": [
            {
                "tape": "tapes/one.jsonl",
                "failures": [
                    {
                        "line": 3,
                        "name": "list",
                        "method": "GET",
                        "url": f"{HOST}/x",
                        "differences": [
                            {"field": "status", "expected": 200, "got": 404},
                            {"field": "$.result[0].label", "expected": "Früh", "got": ABSENT},
                        ],
                    }
                ],
                "equal": 1,
                "different": 1,
                "skipped": 1,
                "error": "",
            }
        ],
        "equal": 1,
        "different": 1,
        "skipped": 1,
    }


def test_json_of_several_tapes_counts_each_and_all(tmp_path: Path) -> None:
    other = Path('tapes/"two".jsonl')
    report = as_json(
        tmp_path,
        (TAPE, [EQUAL, DIFFERENT], ""),
        (other, [DIFFERENT, DIFFERENT], f"{other}:5: no JSON."),
    )

    assert [tape["tape"] for tape in report["tapes"]] == [str(TAPE), str(other)]
    assert [tape["different"] for tape in report["tapes"]] == [1, 2]
    assert [len(tape["failures"]) for tape in report["tapes"]] == [1, 2]
    assert [tape["error"] for tape in report["tapes"]] == ["", f"{other}:5: no JSON."]
    assert (report["equal"], report["different"], report["skipped"]) == (1, 3, 0)


def test_junit_has_a_suite_for_a_tape_and_a_case_for_an_exchange(tmp_path: Path) -> None:
    root = junit(tmp_path, (TAPE, [EQUAL, DIFFERENT, SKIPPED], ""))

    [suite] = root
    expected = {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    assert counts(root) == counts(suite) == expected
    assert suite.attrib["name"] == "tapes/one.jsonl"
    assert [case.attrib["name"] for case in suite] == [
        f"2 GET {HOST}/x",
        f"3 list GET {HOST}/x",
        f"4 GET {HOST}/x",
    ]
    assert {case.attrib["classname"] for case in suite} == {"one"}
    assert [[child.tag for child in case] for case in suite] == [[], ["failure"], ["skipped"]]


def test_a_junit_failure_names_the_fields_and_shows_both_sides(tmp_path: Path) -> None:
    [[case]] = junit(tmp_path, (TAPE, [DIFFERENT], ""))

    [failure] = case
    assert failure.attrib["message"] == "different: status, $.result[0].label"
    assert (failure.text or "").splitlines() == [
        "status",
        "  expected: 200",
        "  got:      404",
        "$.result[0].label",
        '  expected: "Früh"',
        "  got:      (absent)",
    ]


def test_a_tape_that_could_not_be_played_is_a_junit_error(tmp_path: Path) -> None:
    error = f"{TAPE}:5: no JSON."
    root = junit(tmp_path, (TAPE, [EQUAL], error), (Path("two.jsonl"), [EQUAL], ""))

    broken, whole = root
    assert counts(root) == {"tests": "3", "failures": "0", "errors": "1", "skipped": "0"}
    assert [child.attrib["message"] for case in broken for child in case] == [error]
    assert counts(whole) == {"tests": "1", "failures": "0", "errors": "0", "skipped": "0"}


def test_without_a_tape_reports_are_empty_and_valid(tmp_path: Path) -> None:
    assert list(junit(tmp_path)) == []
    assert as_json(tmp_path) == {"tapes": [], "equal": 0, "different": 0, "skipped": 0}


@given(st.text(), st.text())
def test_any_text_can_be_reported(tmp_path_factory: Any, name: str, label: str) -> None:
    tmp_path = tmp_path_factory.mktemp("report")
    played = different(2, Difference("body", label, name), name=name)

    [[case, _]] = junit(tmp_path, (TAPE, [played], f"cannot: {label}"))
    assert case.attrib["name"].startswith("2 ")
    [tape] = as_json(tmp_path, (TAPE, [played], label))["tapes"]
    assert tape["failures"][0]["name"] == name
    assert tape["error"] == label


def test_what_xml_cannot_hold_is_spelled_as_json_spells_it(tmp_path: Path) -> None:
    played = different(2, Difference("$.a", "\x00\x1b\ufffe", "\ud800"))

    [[case]] = junit(tmp_path, (TAPE, [played], ""))
    assert as_json(tmp_path, (TAPE, [played], ""))["different"] == 1
    assert (case[0].text or "").splitlines()[1:] == [
        '  expected: "\\u0000\\u001b\\ufffe"',
        '  got:      "\\ud800"',
    ]


def test_long_values_are_cut_in_junit_and_whole_in_json(tmp_path: Path) -> None:
    played = different(2, Difference("$.a", "x" * 100_000, 1))

    [[case]] = junit(tmp_path, (TAPE, [played], ""))
    assert len(case[0].text or "") < 2000
    assert "(100002 characters)" in (case[0].text or "")
    [tape] = as_json(tmp_path, (TAPE, [played], ""))["tapes"]
    assert tape["failures"][0]["differences"][0]["expected"] == "x" * 100_000


@pytest.mark.parametrize("opened", [json_report, junit_report])
def test_a_run_that_was_broken_off_leaves_no_report_and_keeps_the_last(
    tmp_path: Path, opened: Any
) -> None:
    path = tmp_path / "report"
    path.write_text("of the last run")

    with pytest.raises(KeyboardInterrupt), opened(path) as report:
        tell(report, TAPE, EQUAL)
        raise KeyboardInterrupt

    assert [file.name for file in tmp_path.iterdir()] == ["report"]
    assert path.read_text() == "of the last run"


SIDES: list[tuple[Difference, tuple[str, str]]] = [
    (Difference("status", 200, "no answer: x"), ("200", "no answer: x")),
    (Difference("body", "", "<p>"), ("(empty)", "<p>")),
    (Difference("$.a", "1", 1), ('"1"', "1")),
    (Difference("$.a", None, ABSENT), ("null", ABSENT)),
    (Difference("$.a", True, ["ü"]), ("true", '["ü"]')),
]


@pytest.mark.parametrize(("difference", "shown"), SIDES, ids=str)
def test_values_are_shown_as_they_stand_in_the_answer(
    difference: Difference, shown: tuple[str, str]
) -> None:
    assert sides(difference) == shown


def tallies() -> Iterator[Tally]:
    tally = Tally()
    for played in (EQUAL, DIFFERENT, SKIPPED, EQUAL):
        tally.count(played)
        yield tally


def test_a_tally_counts_everything_once() -> None:
    *_, tally = tallies()

    assert tally == Tally(equal=2, different=1, skipped=1)
    assert tally.played == 4

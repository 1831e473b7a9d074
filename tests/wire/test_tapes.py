"""Recorded sessions of the reference server, answered the same but for a list with reasons."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.server import serving
from tests.support.tapes import TAPES, Tape, all_tapes, play

REASONS = {
    "store-view fall-back",
    "kept bytes",
    "checked update",
    "tie order",
    "labels kept exactly",
    "hazard of section 9",
    "resource that we do not have",
    "time",
    "accident of the recording",
}
MOST_DIFFERENCES = 70


def listed() -> list[dict[str, str | int]]:
    content: list[dict[str, str | int]] = json.loads((TAPES / "differences.json").read_text())
    return content


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
async def test_a_tape_is_answered_as_recorded_but_for_the_listed_entries(
    path: Path, tmp_path: Path
) -> None:
    tape = Tape(path)
    expected = {entry["entry"] for entry in listed() if entry["tape"] == tape.name}

    async with serving(
        tmp_path,
        catalog=tape.catalog,
        profile=tape.header["profile"],
        base_url=tape.header["base_url"],
    ) as server:
        differences = await play(tape, server)

    missing = {number: text for number, text in differences.items() if number not in expected}
    assert not missing, f"entries that differ and are not listed: {missing}"
    assert expected <= differences.keys(), "listed entries that are answered as recorded"


def test_the_list_of_differences_is_short_and_gives_a_known_reason_for_each() -> None:
    entries = listed()

    assert len(entries) <= MOST_DIFFERENCES
    assert {entry["reason"] for entry in entries} <= REASONS
    assert all(entry["why"] for entry in entries)
    twice = [
        place for place, n in Counter((e["tape"], e["entry"]) for e in entries).items() if n > 1
    ]
    assert not twice
    assert {entry["tape"] for entry in entries} <= {path.name for path in all_tapes()}


def test_the_recording_is_as_large_as_it_should_be() -> None:
    exchanges = [entry for path in all_tapes() for entry in Tape(path).entries]

    answered = [entry for entry in exchanges if entry["response"]["status"] < 500]
    assert len(exchanges) == 874
    assert len(answered) == 828

"""Recorded traffic of the other faces, answered the same but for a list with reasons."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.controlled import controlling
from tests.support.face_tapes import FACE_TAPES, all_face_tapes, play_face_tape
from tests.support.tapes import Tape

REASONS = {
    "rule of the README",
    "store-view fall-back",
    "kept bytes",
    "checked update",
    "tie order",
    "labels kept exactly",
    "hazard of the reference",
    "resource that we do not have",
    "time",
    "accident of the recording",
}
MOST_PART = 0.2
WITHOUT_BOUND = "36-rest-oauth.jsonl"
"""Half of this tape is what the reference accepts and should not."""

RECORDED_AT = "2026-11-21T20:06:11Z"
"""When the signed requests were signed."""


def listed(tape: str) -> list[dict[str, Any]]:
    """The entries of a tape that are answered in another way."""
    content: list[dict[str, Any]] = json.loads((FACE_TAPES / "differences.json").read_text())
    return [entry for entry in content if entry["tape"] == tape]


@pytest.mark.parametrize("path", all_face_tapes(), ids=lambda path: path.stem)
async def test_a_tape_is_answered_as_recorded_but_for_the_listed_entries(
    path: Path, tmp_path: Path
) -> None:
    tape = Tape(path)
    expected = {entry["entry"] for entry in listed(tape.name)}

    async with controlling(
        tmp_path,
        catalog=tape.catalog,
        profile=tape.header["profile"],
        base_url=tape.header["base_url"],
    ) as server:
        if tape.name == WITHOUT_BOUND:
            await server.control("POST", "/clock", {"set_to": RECORDED_AT})
        differences = await play_face_tape(tape, server)

    missing = {number: text for number, text in differences.items() if number not in expected}
    assert not missing, "entries that differ and are not listed:\n" + "\n".join(
        f"{number}: {text}" for number, text in missing.items()
    )
    assert expected <= differences.keys(), "listed entries that are answered as recorded"


@pytest.mark.parametrize("path", all_face_tapes(), ids=lambda path: path.stem)
def test_a_list_of_differences_is_short_and_gives_a_known_reason_for_each(path: Path) -> None:
    entries = listed(path.name)

    if path.name != WITHOUT_BOUND:
        assert len(entries) <= MOST_PART * len(Tape(path).entries)
    assert {entry["reason"] for entry in entries} <= REASONS
    assert all(entry["why"] for entry in entries)
    assert max(Counter(entry["entry"] for entry in entries).values(), default=1) == 1

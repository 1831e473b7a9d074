"""A tape with values of wrong types is refused with its line, by every command that reads tapes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.tapes.replay import Options, Replay
from rpcmedia.tapes.tape import TapeReader, TapeRefused
from tests.cli.process import run
from tests.tapes.made_tapes import call, result, rpc, write_tape

Spoil = Callable[[dict[str, Any]], object]

SPOILT: dict[str, Spoil] = {
    "header name": lambda entry: entry["request"]["headers"].append({"name": 1, "value": "2"}),
    "header value": lambda entry: entry["response"]["headers"].append({"name": "a", "value": 2}),
    "url": lambda entry: entry["request"].update(url="http://[bad/x"),
    "url type": lambda entry: entry["request"].update(url=5),
    "method": lambda entry: entry["request"].update(method=5),
    "mime": lambda entry: entry["response"]["content"].update(mimeType=5),
    "started": lambda entry: entry.update(startedDateTime=5),
    "status": lambda entry: entry["response"].update(status=99999),
    "low status": lambda entry: entry["response"].update(status=-1),
}
COMMANDS = ("replay", "playback", "show", "convert", "redact")


def spoilt(path: Path, spoil: Spoil) -> Path:
    write_tape(path, [rpc(call("x"), result(1))])
    header, line = path.read_text("utf-8").splitlines()
    entry = json.loads(line)
    spoil(entry)
    path.write_text(f"{header}\n{json.dumps(entry)}\n", "utf-8")
    return path


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_values_of_wrong_types_are_refused_with_their_line(spoil: Spoil, tmp_path: Path) -> None:
    tape = spoilt(tmp_path / "t.jsonl", spoil)

    with pytest.raises(TapeRefused, match=rf"\A{tape}:2: "):
        list(TapeReader(tape))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["header name", "url", "started"])
async def test_every_command_refuses_them_in_one_line(
    name: str, command: str, tmp_path: Path
) -> None:
    tape = spoilt(tmp_path / "t.jsonl", SPOILT[name])
    arguments = {
        "replay": ("replay", "--against", "http://127.0.0.1:9", "--speed", "recorded", tape),
        "playback": ("playback", "--port", "0", tape),
        "show": ("tape", "show", tape),
        "convert": ("tape", "convert", tape, tmp_path / "t.har"),
        "redact": ("tape", "redact", tape, tmp_path / "redacted.jsonl"),
    }[command]

    outcome = await run(*arguments)
    assert outcome.refused().startswith(f"rpcmedia: {tape}:2: ")


def test_null_is_an_empty_media_type(tmp_path: Path) -> None:
    def spoil(entry: dict[str, Any]) -> None:
        entry["request"]["postData"]["mimeType"] = None
        entry["response"]["content"]["mimeType"] = None

    [exchange] = TapeReader(spoilt(tmp_path / "t.jsonl", spoil))
    assert (exchange.request_mime, exchange.response_mime) == ("", "")


async def test_any_other_trouble_is_one_line_too_and_not_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from rpcmedia.cli.replaying import replay

    def fail(self: Replay, *given: object, **named: Options) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(Replay, "__init__", fail)
    tape = write_tape(tmp_path / "t.jsonl", [])
    outcome = CliRunner().invoke(replay, ["--against", "http://127.0.0.1:9", str(tape)])

    assert (outcome.exit_code, outcome.stderr) == (2, "rpcmedia: ZeroDivisionError: by zero\n")

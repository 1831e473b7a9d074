"""Playing a recorded tape against a server and telling where the answers differ."""

import base64
import json
import re
from pathlib import Path
from typing import Any

from tests.support.server import Server

TAPES = Path(__file__).parents[2] / "fixtures" / "tapes" / "openmage"

_SESSION = re.compile(r"\b[0-9a-f]{64}\b")


class Tape:
    """A header and its exchanges; entries count from 1."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text("utf-8").splitlines()
        self.name = path.name
        self.header = json.loads(lines[0])
        self.entries = [json.loads(line) for line in lines[1:]]
        self.catalog = path.parent / self.header["catalog"]


def all_tapes() -> list[Path]:
    """The tapes of the fixtures, by name."""
    return sorted(TAPES.glob("*.jsonl"))


async def play(tape: Tape, server: Server) -> dict[int, str]:
    """Send every request in order; for each answer that differs, what was expected and got."""
    sessions: dict[str, str] = {}
    differences = {}
    for number, entry in enumerate(tape.entries, start=1):
        expected_status, expected = _recorded(entry["response"])
        status, got = await _send(tape, entry["request"], sessions, server)
        if expected_status >= 500:
            crashed = status >= 500 or not isinstance(_json(got), dict)
            if crashed or not {"result", "error"} & set(_json(got)):
                differences[number] = f"the reference crashed, got {status} {got!r}"
            continue
        _bind(_json(expected), _json(got), sessions)
        same_class = status // 100 == expected_status // 100
        if not same_class or not _equal(expected, got, sessions):
            differences[number] = f"{entry['_name']}: expected {expected!r:.700} got {got!r:.700}"
    return differences


def _recorded(response: dict[str, Any]) -> tuple[int, str | None]:
    """Status and text; None for a body that is not JSON and so is not compared."""
    content = response["content"]
    if "json" not in content["mimeType"] and content.get("text"):
        return response["status"], None
    return response["status"], content.get("text", "")


async def _send(
    tape: Tape, request: dict[str, Any], sessions: dict[str, str], server: Server
) -> tuple[int, str]:
    post = request.get("postData", {})
    text = _SESSION.sub(lambda found: sessions.get(found[0], found[0]), post.get("text", ""))
    body = base64.b64decode(text) if post.get("encoding") == "base64" else text.encode()
    headers = {header["name"]: header["value"] for header in request["headers"]}
    url = request["url"].replace(tape.header["base_url"], server.url)
    skip = () if "Content-Type" in headers else ("Content-Type",)
    async with server.http.request(
        request["method"], url, data=body or None, headers=headers, skip_auto_headers=skip
    ) as answer:
        content = await answer.read()
        return answer.status, content.decode("utf-8", "replace")


def _json(text: str | None) -> Any:
    # The reference wrote HTML behind long answers; only the first value of a text counts.
    try:
        return json.JSONDecoder().raw_decode(text or "")[0]
    except ValueError:
        return None


def _bind(expected: Any, got: Any, sessions: dict[str, str]) -> None:
    if isinstance(expected, dict) and isinstance(got, dict):
        recorded, ours = expected.get("result"), got.get("result")
        if isinstance(recorded, str) and _SESSION.fullmatch(recorded) and isinstance(ours, str):
            sessions[recorded] = ours


def _equal(expected: str | None, got: str, sessions: dict[str, str]) -> bool:
    if not expected:
        return expected is None or not got
    return bool(_plain(_json(expected), sessions) == _plain(_json(got), {}))


def _plain(value: Any, sessions: dict[str, str]) -> Any:
    if isinstance(value, str):
        return sessions.get(value, value)
    if isinstance(value, list):
        return [_plain(member, sessions) for member in value]
    if isinstance(value, dict):
        kept = {name: _plain(member, sessions) for name, member in value.items()}
        if isinstance(kept.get("error"), dict):
            kept["error"] = {n: m for n, m in kept["error"].items() if n != "data"}
        return kept
    return value

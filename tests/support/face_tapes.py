"""Playing recorded traffic of XML-RPC, SOAP and REST against a server.

JSON is compared by its meaning, XML by its canonical form, status and Location exactly.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from yarl import URL

from rpcmedia.tapes.xml_meaning import xml_meaning
from tests.support.server import Server
from tests.support.tapes import Tape

FACE_TAPES = Path(__file__).parents[2] / "fixtures" / "tapes" / "openmage-faces"

# Session ids, and the tokens that the OAuth endpoints give out.
_SECRET = re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-zA-Z])")
_CLIENT_HEADERS = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
_COMPARED_TYPES = ("json", "xml", "text/plain", "x-www-form-urlencoded")


def all_face_tapes() -> list[Path]:
    """The tapes of the fixtures, by name."""
    return sorted(FACE_TAPES.glob("*.jsonl"))


async def play_face_tape(tape: Tape, server: Server) -> dict[int, str]:
    """Send every request in order; for each answer that differs, what was expected and got."""
    secrets: dict[str, str] = {}
    found = {}
    for number, entry in enumerate(tape.entries, start=1):
        status, headers, content = await _send(tape, entry["request"], secrets, server)
        _bind(entry["response"], content, secrets)
        got = (status, headers, content)
        differences = list(_differences(entry["response"], got, secrets))
        if differences and not _is_answered_crash(entry["response"], status, content):
            found[number] = f"{entry['_name']}: {'; '.join(differences)}"
    return found


async def _send(
    tape: Tape, request: dict[str, Any], secrets: dict[str, str], server: Server
) -> tuple[int, dict[str, str], bytes]:
    sent = request.get("postData", {})
    body = _replace(sent.get("text", ""), secrets).encode()
    if sent.get("encoding") == "base64":
        body = base64.b64decode(body)
    headers = {h["name"]: _replace(h["value"], secrets) for h in request["headers"]}
    # Signatures are over the recorded host.
    headers["Host"] = str(URL(tape.header["base_url"]).authority)
    url = _replace(request["url"], secrets).replace(tape.header["base_url"], server.url)
    async with server.http.request(
        request["method"],
        URL(url, encoded=True),
        data=body or None,
        headers=headers,
        skip_auto_headers=_CLIENT_HEADERS,
        allow_redirects=False,
    ) as answer:
        return answer.status, dict(answer.headers), await answer.read()


def _replace(text: str, secrets: dict[str, str]) -> str:
    return _SECRET.sub(lambda found: secrets.get(found[0], found[0]), text)


def _bind(recorded: dict[str, Any], content: bytes, secrets: dict[str, str]) -> None:
    wanted = _SECRET.findall(recorded["content"].get("text", ""))
    given = _SECRET.findall(content.decode("utf-8", "replace"))
    if len(wanted) == len(given):
        for old, new in zip(wanted, given, strict=True):
            secrets.setdefault(old, new)


def _is_answered_crash(recorded: dict[str, Any], status: int, content: bytes) -> bool:
    """Whether the reference failed, and this server says something better."""
    return recorded["status"] >= 500 and 400 <= status < 500 and bool(content)


def _differences(
    recorded: dict[str, Any], got: tuple[int, dict[str, str], bytes], secrets: dict[str, str]
) -> Iterator[str]:
    status, headers, content = got
    expected = {h["name"].lower(): h["value"] for h in recorded["headers"]}
    if status != recorded["status"]:
        yield f"status {recorded['status']}, got {status} {content!r:.300}"
        return
    location = headers.get("Location")
    if expected.get("location") != location:
        yield f"Location {expected.get('location')}, got {location}"
    mime = recorded["content"]["mimeType"].partition(";")[0]
    if not any(name in mime for name in _COMPARED_TYPES):
        # Pages of the shop, and pictures, which the reference encodes anew.
        if not recorded["content"].get("text") and "image" not in mime and content:
            yield f"an empty body, got {content!r:.300}"
        return
    if mime != headers.get("Content-Type", "").partition(";")[0]:
        yield f"type {mime}, got {headers.get('Content-Type')}"
    text = _replace(recorded["content"].get("text", ""), secrets)
    if _plain(mime, text.encode()) != _plain(mime, content):
        yield f"body {text!r:.1500}, got {content.decode('utf-8', 'replace')!r:.1500}"


def _plain(mime: str, content: bytes) -> Any:
    try:
        if "json" in mime:
            return json.loads(content)
        if "xml" in mime:
            # What is no XML is compared as it is, and not taken for equal to all other such.
            return xml_meaning(content) or content
        if "form" in mime:
            return parse_qsl(content.decode(), keep_blank_values=True)
    except ValueError:
        pass
    return content

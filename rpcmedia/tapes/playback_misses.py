"""What to do about a request that is on no tape: placeholders may stand for what it has instead.

If they do not, the client is told the closest request, and what differs.
"""

import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

from rpcmedia.tapes.credentials import read_json
from rpcmedia.tapes.meaning import (
    Difference,
    request_key,
    request_meaning,
    value_differences,
)
from rpcmedia.tapes.playback_index import RecordedExchanges, comparable
from rpcmedia.tapes.show import asked
from rpcmedia.tapes.tape import Exchange

_CANDIDATES = 200
"""How many recorded requests a miss is compared with: it must not take longer on a long tape."""
_SHOWN_DIFFERENCES = 20
_SHOWN = 100
_METHOD_NOT_FOUND = -32601
"""An error that every JSON-RPC client knows, and no recorded server means a fault by."""

_PLACEHOLDER = re.compile(r"\{\{[a-z]+:[^{}]*\}\}")
_ABSENT = object()

_Path = tuple[str | int, ...]
_Leaves = dict[_Path, Any]


def matching_key(recorded: RecordedExchanges, request: Exchange) -> bytes | None:
    """The key of a recorded request that differs only where it has placeholders, if any does."""
    wanted = dict(_leaves(request_meaning(comparable(request))))
    for number in recorded.alike(request, _CANDIDATES):
        plain = comparable(recorded.read(number))
        found = dict(_leaves(request_meaning(plain)))
        if found.keys() == wanted.keys() and all(
            value == wanted[path] or _stands_for(value, wanted[path])
            for path, value in found.items()
        ):
            return request_key(plain)
    return None


def _stands_for(recorded: Any, asked: Any) -> bool:
    if not isinstance(recorded, str) or not isinstance(asked, str):
        return False
    fixed = [re.escape(part) for part in _PLACEHOLDER.split(recorded)]
    return re.fullmatch(".+".join(fixed), asked, re.DOTALL) is not None


def miss_body(recorded: RecordedExchanges, request: Exchange) -> bytes:
    """The JSON to answer; to JSON-RPC it is an error of JSON-RPC, for each member of a batch."""
    closest = _closest(recorded, request)
    message = f"No recorded answer to {_asks(request)}. {_in_words(closest)}"
    value = read_json(request.request_body) if request.method == "POST" else None
    error = {"code": _METHOD_NOT_FOUND, "message": message, "data": {"closest": closest}}
    if isinstance(value, dict) and isinstance(value.get("method"), str):
        return _json({"jsonrpc": "2.0", "id": value.get("id"), "error": error}).encode()
    if isinstance(value, list) and any(isinstance(v, dict) and "method" in v for v in value):
        ids = [member.get("id") for member in value if isinstance(member, dict)]
        return _json([{"jsonrpc": "2.0", "id": id_, "error": error} for id_ in ids]).encode()
    return _json({"error": message, "closest": closest}).encode()


def _closest(recorded: RecordedExchanges, request: Exchange) -> dict[str, Any] | None:
    wanted = request_meaning(comparable(request))
    leaves = dict(_leaves(wanted))

    def distance(number: int) -> tuple[int, float]:
        meaning = request_meaning(comparable(recorded.read(number)))
        return _distance(leaves, dict(_leaves(meaning)))

    best = min(recorded.alike(request, _CANDIDATES), key=distance, default=None)
    if best is None:
        return None
    exchange = recorded.read(best)
    differences = _differences(request_meaning(comparable(exchange)), wanted)
    return {
        "place": recorded.place(best),
        "name": exchange.name,
        "asks": _asks(exchange),
        "differences": [
            {
                "field": difference.field,
                "recorded": _shortened(difference.expected),
                "asked": _shortened(difference.got),
            }
            for difference in differences[:_SHOWN_DIFFERENCES]
        ],
    }


def _differences(recorded: Any, asked: Any) -> list[Difference]:
    try:
        return list(value_differences(recorded, asked))
    except RecursionError:
        return [Difference("$", "(nested too deep to compare)", "(nested too deep to compare)")]


def _distance(wanted: _Leaves, found: _Leaves) -> tuple[int, float]:
    """The number of differing fields; of as many, less the more alike their texts are."""
    paths = wanted.keys() | found.keys()
    pairs = [(wanted.get(path, _ABSENT), found.get(path, _ABSENT)) for path in paths]
    differing = [(a, b) for a, b in pairs if a != b]
    alike = [
        SequenceMatcher(None, a[:_SHOWN], b[:_SHOWN]).ratio()
        for a, b in differing
        if isinstance(a, str) and isinstance(b, str)
    ]
    return len(differing), -sum(alike)


def _leaves(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list | tuple):
        inner = list(enumerate(value))
    else:
        yield path, value
        return
    for name, member in inner:
        yield from _leaves(member, (*path, name))
    if not inner:
        yield path, type(value).__name__


def _in_words(closest: dict[str, Any] | None) -> str:
    if closest is None:
        return "The tapes are empty."
    fields = ", ".join(difference["field"] for difference in closest["differences"])
    name = f" {closest['name']!r}" if closest["name"] else ""
    return f"The closest is{name} in {closest['place']}, which differs in {fields}."


def _asks(exchange: Exchange) -> str:
    what = str(asked(exchange.request_body))
    return what or f"{exchange.method} {urlsplit(exchange.url).path}"


def _shortened(value: Any) -> Any:
    text = value if isinstance(value, str) else _json(value)
    if len(text) <= _SHOWN:
        return value
    return f"{text[:_SHOWN]}… ({len(text)} characters)"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

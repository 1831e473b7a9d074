"""What HAR 1.2 requires of a file."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

REQUIRED: dict[str, dict[str, Any]] = {
    "log": {"version": str, "creator": dict, "entries": list},
    "entry": {
        "startedDateTime": str,
        "time": (int, float),
        "request": dict,
        "response": dict,
        "cache": dict,
        "timings": dict,
    },
    "request": {
        "method": str,
        "url": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "queryString": list,
        "headersSize": int,
        "bodySize": int,
    },
    "response": {
        "status": int,
        "statusText": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "content": dict,
        "redirectURL": str,
        "headersSize": int,
        "bodySize": int,
    },
    "postData": {"mimeType": str},
    "content": {"size": int, "mimeType": str},
    "timings": {"send": (int, float), "wait": (int, float), "receive": (int, float)},
    "pair": {"name": str, "value": str},
}
"""The members that HAR 1.2 requires, and their types."""


def check(kind: str, value: dict[str, Any]) -> None:
    wrong = [n for n, types in REQUIRED[kind].items() if not isinstance(value.get(n), types)]
    assert not wrong, f"{kind}: {wrong} in {value}"


def check_entry(entry: dict[str, Any]) -> None:
    for kind, value in (
        ("entry", entry),
        ("request", entry["request"]),
        ("response", entry["response"]),
        ("timings", entry["timings"]),
        ("content", entry["response"]["content"]),
        ("postData", entry["request"].get("postData", {"mimeType": ""})),
    ):
        check(kind, value)
    request, response = entry["request"], entry["response"]
    for pair in chain(
        *(request["headers"], request["queryString"], request["cookies"]),
        *(response["headers"], response["cookies"]),
    ):
        check("pair", pair)


def log_of(path: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(path.read_bytes())["log"]
    return log

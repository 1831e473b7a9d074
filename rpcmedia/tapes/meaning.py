"""What a request or an answer means, so that spelling does not count when two are compared.

Of a request the order of keys, white space, `id`, session id and key, and the line breaks of base64
do not count; of an answer the order of keys and white space, and in XML the prefixes. The door to
deepdiff.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from rpcmedia.tapes.credentials import WITHOUT_SESSION, basic_of, read_json
from rpcmedia.tapes.tape import Exchange
from rpcmedia.tapes.xml_meaning import xml_meaning

ANY = "*"
"""Stands for a value that does not count."""
ABSENT = "(absent)"
"""Stands for a value that one of two does not have."""

_WRAPPED_BASE64 = re.compile(r"\A(?=.*[\r\n])[A-Za-z0-9+/\r\n]{40,}={0,2}[\r\n]*\Z", re.DOTALL)
_PLAIN_NAME = re.compile(r"\A[^\W\d]\w*\Z")
_BETWEEN_TAGS = re.compile(r">\s+<")
_BOUNDARY = re.compile(rb"boundary=\"?([^\";,]+)")
_SHOWN = 300
_DEEPEST = 100
"""What is nested deeper is compared as text."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which an answer differs; `field` is a JSONPath, `status` or `body`."""

    field: str
    expected: Any
    got: Any


def request_meaning(exchange: Exchange) -> dict[str, Any]:
    """What a request asks: method, path, query, user of HTTP Basic, and the plain body."""
    parts = urlsplit(exchange.url)
    basic = basic_of(exchange)
    return {
        "method": exchange.method,
        "path": parts.path,
        "query": sorted(parse_qsl(parts.query, keep_blank_values=True)),
        "user": basic.username if basic else None,
        "body": _plain_body(exchange),
    }


def request_key(exchange: Exchange) -> bytes:
    """16 bytes that are equal for requests of the same meaning."""
    return hashlib.blake2b(_canonical(request_meaning(exchange)), digest_size=16).digest()


def _plain_body(exchange: Exchange) -> Any:
    body = exchange.request_body
    if not body:
        return None
    value = read_json(body)
    if value is not None:
        with contextlib.suppress(RecursionError):
            requests = [_plain_request(v) for v in value] if isinstance(value, list) else value
            return _plain_request(requests)
    boundary = _BOUNDARY.search((exchange.header("Content-Type") or "").encode())
    if boundary:
        body = body.replace(boundary[1], b"boundary")
    try:
        return _BETWEEN_TAGS.sub("><", body.decode("utf-8")).strip()
    except UnicodeDecodeError:
        return hashlib.sha256(body).hexdigest()


def _plain_request(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("method"), str):
        return _each_leaf(_plain_leaf, value)
    plain = {name: member for name, member in value.items() if name != "id"}
    masked = ("apiKey", 1) if value["method"] == "login" else ("sessionId", 0)
    if value["method"] not in WITHOUT_SESSION or value["method"] == "login":
        plain["params"] = _mask(plain.get("params"), *masked)
    return _each_leaf(_plain_leaf, plain)


def _mask(params: Any, name: str, position: int) -> Any:
    if isinstance(params, dict):
        hidden = {name, str(position)}
        return {n: ANY if n in hidden and v is not None else v for n, v in params.items()}
    if isinstance(params, list) and len(params) > position and params[position] is not None:
        return [*params[:position], ANY, *params[position + 1 :]]
    return params


def _plain_leaf(value: Any) -> Any:
    if isinstance(value, str) and _WRAPPED_BASE64.match(value):
        return "".join(value.split())
    return _plain_number(value)


def _plain_number(value: Any) -> Any:
    # JSON has one kind of number: 1.0 means 1.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _each_leaf(change: Callable[[Any], Any], value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        # Not left to Python, whose limit is another one for each caller.
        raise RecursionError
    if isinstance(value, list):
        return [_each_leaf(change, member, depth + 1) for member in value]
    if isinstance(value, dict):
        return {name: _each_leaf(change, member, depth + 1) for name, member in value.items()}
    return change(value)


def answer_differences(recorded: Exchange, got: Exchange) -> Iterator[Difference]:
    """Where an answer differs from the recorded one: status, then the body by its meaning."""
    if recorded.status != got.status:
        yield Difference("status", recorded.status, got.status)
    expected, found = recorded.response_body or b"", got.response_body or b""
    if expected == found:
        return
    wanted, answered = read_json(expected), read_json(found)
    if wanted is not None and answered is not None:
        with contextlib.suppress(RecursionError):
            yield from list(value_differences(wanted, answered))
            return
    said, says = xml_meaning(expected), xml_meaning(found)
    if said is not None and says is not None:
        if said != says:
            yield Difference("body", *_shorten(said, says))
        return
    if recorded.response_mime.startswith("image/") or not (_is_text(expected) and _is_text(found)):
        yield Difference("body", _describe(expected), _describe(found))
    else:
        yield Difference("body", *_shorten(expected.decode("utf-8"), found.decode("utf-8")))


def value_differences(expected: Any, got: Any) -> Iterator[Difference]:
    """The differences of two JSON values as JSONPaths; an absent value is shown as `(absent)`.

    Raises RecursionError for what is nested too deep.
    """
    # The equal case is by far the usual one, and deepdiff is slow.
    if _canonical(expected) == _canonical(got):
        return
    from deepdiff import DeepDiff

    found = DeepDiff(
        _each_leaf(_plain_number, expected),
        _each_leaf(_plain_number, got),
        view="tree",
        verbose_level=2,
        # Otherwise it aligns lists as Python compares, which takes true for 1.
        zip_ordered_iterables=True,
    )
    levels: Iterable[Any] = (level for kind in found.values() for level in kind)
    seen = [
        Difference(json_path(level.path(output_format="list")), _side(level.t1), _side(level.t2))
        for level in levels
    ]
    yield from sorted(seen, key=lambda difference: difference.field)


def json_path(steps: Iterable[str | int]) -> str:
    """The JSONPath of one value, such as `$.result[0].label` or `$['a b']`."""
    path = "$"
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_NAME.match(step):
            path += f".{step}"
        else:
            quoted = step.replace("\\", "\\\\").replace("'", "\\'")
            path += f"['{quoted}']"
    return path


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _side(value: Any) -> Any:
    return ABSENT if repr(value) == "not present" else value


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def _describe(content: bytes) -> str:
    return f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}"


def _shorten(expected: str, got: str) -> tuple[str, str]:
    """Both texts from shortly before the first place where they differ."""
    pairs = enumerate(zip(expected, got, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(got)))
    start = 0 if same < _SHOWN // 2 else same - _SHOWN // 10
    return _cut(expected, start), _cut(got, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _SHOWN]
    before, after = "…" if start else "", "…" if len(text) > start + _SHOWN else ""
    length = f" ({len(text)} characters)" if before or after else ""
    return f"{before}{shown}{after}{length}"

"""Tapes as VCR cassettes: the YAML of vcrpy, version 1. The only door to PyYAML.

What a cassette cannot hold stands under `_tape`, beside the interactions and in each of them, where
vcrpy ignores it. Bodies are decompressed, as vcrpy keeps them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from rpcmedia.tapes.content_encoding import decoded
from rpcmedia.tapes.tape import Exchange, Header, Headers, TapeRefused
from rpcmedia.tapes.whole_files import whole_file

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_VERSION = 1
_GUESSED = "vcrpy kept the values of the request body, not its bytes; its spelling is a guess."
_BESIDE = ("name", "note", "error", "started", "milliseconds", "extra")
"""Members of an exchange that have no place in an interaction."""


class _Loader(_SafeLoader):  # type: ignore[misc]  # the C loader, or the other: known at run time
    """Safe, and takes what vcrpy writes for tuples, for open files and for iterators."""


def _tuple(loader: Any, node: Any) -> tuple[Any, ...]:
    return tuple(loader.construct_sequence(node, deep=True))


def _open_file(loader: Any, node: Any) -> Any:
    return loader.construct_mapping(node, deep=True)["state"][0]


def _iterator(loader: Any, node: Any) -> bytes:
    chunks = loader.construct_mapping(node, deep=True)["args"][0]
    return b"".join(_bytes(chunk) or b"" for chunk in chunks)


_PYTHON = "tag:yaml.org,2002:python/"
_Loader.add_constructor(_PYTHON + "tuple", _tuple)
_Loader.add_constructor(_PYTHON + "object/new:_io.BytesIO", _open_file)
_Loader.add_constructor(_PYTHON + "object/apply:builtins.iter", _iterator)


def write_cassette(
    path: Path, header: Header, exchanges: Iterable[Exchange]
) -> tuple[int, list[str]]:
    """Write a cassette; how many interactions, and what it could not hold."""
    number = 0
    remarks: list[str] = []
    with whole_file(path) as file:
        for exchange in exchanges:
            if not exchange.status:
                remarks.append(f"line {exchange.line}: left out, for there was no response.")
                continue
            if not number:
                file.write(b"interactions:\n")
            file.write(_dump([_interaction(decoded(exchange, remarks))]))
            number += 1
        file.write(_dump(({} if number else {"interactions": []}) | _log(header)))
    return number, remarks


def _dump(value: Any) -> bytes:
    # vcrpy opens files in the encoding of the machine, which may be none but ASCII.
    text: bytes = yaml.dump(value, Dumper=_SafeDumper, sort_keys=False, encoding="ascii")
    return text


def _log(header: Header) -> dict[str, Any]:
    ours = asdict(header)
    extra = ours.pop("extra")
    return {"version": _VERSION, **extra.pop("cassette", {}), "_tape": ours | extra}


def _interaction(exchange: Exchange) -> dict[str, Any]:
    request_headers = _grouped(exchange.request_headers)
    response_headers = _grouped(exchange.response_headers)
    ours = {name: value for name in _BESIDE if (value := getattr(exchange, name))}
    if exchange.response_body is None:
        ours["no_response_body"] = True
    for side, headers, grouped, mime in (
        ("request", exchange.request_headers, request_headers, exchange.request_mime),
        ("response", exchange.response_headers, response_headers, exchange.response_mime),
    ):
        if mime != _content_type(grouped):
            ours[f"{side}_mime"] = mime
        if _pairs(grouped) != list(headers):
            ours[f"{side}_headers"] = [list(pair) for pair in headers]
    return {
        "request": {
            "method": exchange.method,
            "uri": exchange.url,
            "body": _text(exchange.request_body),
            "headers": request_headers,
        },
        "response": {
            "status": {"code": exchange.status, "message": exchange.reason},
            "headers": response_headers,
            "body": {"string": _text(exchange.response_body or b"")},
        },
        **({"_tape": ours} if ours else {}),
    }


def _grouped(headers: Headers) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped


def _pairs(grouped: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in grouped.items() for value in values]


def _content_type(grouped: dict[str, list[str]]) -> str:
    return next((v[0] for n, v in grouped.items() if n.lower() == "content-type" and v), "")


def _text(body: bytes | None) -> str | bytes | None:
    try:
        return None if body is None else body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def read_cassette(path: Path) -> tuple[Header, Iterator[Exchange]]:
    """The header and the exchanges of a cassette. Raises TapeRefused, also later."""
    try:
        # The loader is a safe one.
        log = yaml.load(path.read_bytes(), Loader=_Loader)
        interactions = log["interactions"]
    except OSError as error:
        raise TapeRefused(f"{path}: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise TapeRefused(f"{path}: no YAML ({' '.join(str(error).split())}).") from error
    except (TypeError, LookupError) as error:
        raise TapeRefused(f"{path}: no cassette, it has no interactions.") from error
    others = {n: v for n, v in log.items() if n not in ("interactions", "version", "_tape")}
    ours = dict(log.get("_tape") or {"source": "vcrpy"})
    known = {n: str(ours.pop(n, "")) for n in ("source", "profile", "base_url", "catalog")}
    header = Header(**known, extra=ours | ({"cassette": others} if others else {}))
    return header, _exchanges(path, interactions)


def _exchanges(path: Path, interactions: list[dict[str, Any]]) -> Iterator[Exchange]:
    for number, interaction in enumerate(interactions, start=1):
        try:
            yield _exchange(interaction)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise TapeRefused(f"{path}: interaction {number} is none ({error!r}).") from error


def _exchange(interaction: dict[str, Any]) -> Exchange:
    request, response = interaction["request"], interaction["response"]
    ours = interaction.get("_tape") or {}
    asked, answered = _lists(request["headers"]), _lists(response["headers"])
    body = (response.get("body") or {}).get("string")
    exchange = Exchange(
        method=request["method"],
        url=request["uri"],
        request_headers=_as_sent(asked, ours.get("request_headers")),
        request_body=_bytes(request.get("body")),
        request_mime=ours.get("request_mime", _content_type(asked)),
        status=int(response["status"]["code"]),
        reason=response["status"].get("message") or "",
        response_headers=_as_sent(answered, ours.get("response_headers")),
        response_body=None if ours.get("no_response_body") and not body else _bytes(body),
        response_mime=ours.get("response_mime", _content_type(answered)),
        **{name: ours[name] for name in _BESIDE if name in ours},
    )
    if isinstance(request.get("body"), dict | list):
        return _with_guessed_body(exchange, request["body"])
    return exchange


def _lists(headers: dict[str, Any]) -> dict[str, list[str]]:
    return {
        str(name): [str(value) for value in (values if isinstance(values, list) else [values])]
        for name, values in (headers or {}).items()
    }


def _as_sent(grouped: dict[str, list[str]], kept: list[list[str]] | None) -> Headers:
    """The headers in the order that was kept, unless somebody edited them since."""
    pairs = [(name, value) for name, value in kept or []]
    return pairs if kept and _grouped(pairs) == grouped else _pairs(grouped)


def _bytes(body: Any) -> bytes | None:
    return body.encode("utf-8") if isinstance(body, str) else body


def _with_guessed_body(exchange: Exchange, values: Any) -> Exchange:
    # With aiohttp, vcrpy keeps the arguments `json` or `data`, and does not say which it was.
    pairs = isinstance(values, list) and all(isinstance(value, tuple) for value in values)
    if pairs or "urlencoded" in exchange.request_mime:
        mime, body = "application/x-www-form-urlencoded", urlencode(values).encode()
    else:
        mime = "application/json"
        body = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return replace(
        exchange,
        request_body=body,
        request_mime=exchange.request_mime or mime,
        note=exchange.note or _GUESSED,
    )

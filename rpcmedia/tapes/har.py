"""Tapes as HAR 1.2 files, which browsers and proxies write and read.

What HAR requires and a tape lacks is filled on export, and left out again on import. What HAR
cannot hold stands in members that begin with an underscore, as its specification provides.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from rpcmedia import __version__
from rpcmedia.tapes.content_encoding import decoded
from rpcmedia.tapes.tape import Exchange, Header, TapeRefused, from_entry, to_entry
from rpcmedia.tapes.whole_files import whole_file

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN_TIME = "1970-01-01T"
"""How the times begin that stand for unknown ones; they count up, for viewers sort by them."""
_HTTP_VERSION = "HTTP/1.1"
_BOM = b"\xef\xbb\xbf"
_BOUNDARY = re.compile(r"boundary=\"?([^\";,]+)")
_FROM_A_TAPE = {"method", "url", "headers", "postData", "status", "statusText", "content"}
_DERIVED = {"cookies", "queryString", "headersSize", "bodySize", "redirectURL"}


def write_har(path: Path, header: Header, exchanges: Iterable[Exchange]) -> tuple[int, list[str]]:
    """Write a HAR file, entry by entry; how many, and remarks on bodies that were decompressed."""
    number = 0
    remarks: list[str] = []
    with whole_file(path) as file:
        file.write(_log_start(header))
        for number, exchange in enumerate(exchanges, start=1):
            file.write(b",\n" if number > 1 else b"\n")
            file.write(msgspec.json.encode(har_entry(decoded(exchange, remarks), number)))
        file.write(b"\n]}}\n")
    return number, remarks


def _log_start(header: Header) -> bytes:
    ours = asdict(header)
    log = {
        "version": "1.2",
        "creator": {"name": "rpcmedia", "version": __version__},
        **ours["extra"].pop("har", {}),
        "_tape": ours.pop("extra") | ours,
    }
    return b'{"log":' + msgspec.json.encode(log)[:-1] + b',"entries":['


def har_entry(exchange: Exchange, number: int = 1) -> dict[str, Any]:
    """A complete HAR 1.2 entry; `number` places it in the order of those without a time."""
    entry = to_entry(exchange)
    others = entry.pop("_har", {})
    started = exchange.started or (_EPOCH + timedelta(milliseconds=number)).isoformat()
    filled = {
        "startedDateTime": started,
        "time": exchange.milliseconds,
        "cache": {},
        "timings": _timings(exchange),
    }
    request, response = _filled_request(exchange), _filled_response(exchange)
    response["content"] = {"size": len(exchange.response_body or b"")} | entry["response"][
        "content"
    ]
    return {
        **filled,
        **entry,
        "request": {**entry["request"], **request, **others.get("request", {})},
        "response": {**entry["response"], **response, **others.get("response", {})},
    }


def _timings(exchange: Exchange) -> dict[str, float]:
    return {"send": 0, "wait": exchange.milliseconds, "receive": 0}


def _filled_request(exchange: Exchange) -> dict[str, Any]:
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    pairs = [
        pair.strip()
        for name, value in exchange.request_headers
        if name.lower() == "cookie"
        for pair in value.split(";")
    ]
    return {
        "httpVersion": _HTTP_VERSION,
        "cookies": [_cookie(pair) for pair in pairs if pair],
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": len(exchange.request_body or b""),
    }


def _filled_response(exchange: Exchange) -> dict[str, Any]:
    values = {name.lower(): value for name, value in exchange.response_headers}
    cookies = [v for n, v in exchange.response_headers if n.lower() == "set-cookie"]
    return {
        "httpVersion": _HTTP_VERSION,
        "cookies": [_cookie(cookie) for cookie in cookies],
        "redirectURL": values.get("location", ""),
        "headersSize": -1,
        # With an encoding it is not known how many bytes were sent.
        "bodySize": -1 if "content-encoding" in values else len(exchange.response_body or b""),
    }


def _cookie(text: str) -> dict[str, Any]:
    pair, *attributes = text.split(";")
    name, _, value = pair.partition("=")
    cookie: dict[str, Any] = {"name": name.strip(), "value": value.strip()}
    for attribute in attributes:
        key, _, value = (part.strip() for part in attribute.partition("="))
        match key.lower():
            case "path" | "domain":
                cookie[key.lower()] = value
            case "httponly":
                cookie["httpOnly"] = True
            case "secure":
                cookie["secure"] = True
            case "expires":
                cookie |= _expiry(value)
    return cookie


def _expiry(text: str) -> dict[str, str]:
    try:
        return {"expires": parsedate_to_datetime(text).isoformat()}
    except ValueError:
        return {}


def read_har(path: Path) -> tuple[Header, Iterator[Exchange]]:
    """The header and the exchanges of a HAR file of any tool. Raises TapeRefused, also later."""
    try:
        text = path.read_bytes().removeprefix(_BOM)
        log = msgspec.json.decode(
            msgspec.json.decode(text, type=dict[str, msgspec.Raw])["log"],
            type=dict[str, msgspec.Raw],
        )
        entries = msgspec.json.decode(log.pop("entries"), type=list[msgspec.Raw])
        return _header(log), _exchanges(path, entries)
    except OSError as error:
        raise TapeRefused(f"{path}: {error.strerror}.") from error
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise TapeRefused(f"{path}: no HAR file ({error}).") from error


def _header(log: dict[str, msgspec.Raw]) -> Header:
    others = {name: msgspec.json.decode(value) for name, value in log.items() if name != "version"}
    ours = others.pop("_tape", {})
    if not ours:
        creator = others.get("creator", {})
        ours = {"source": f"{creator.get('name', '')} {creator.get('version', '')}".strip()}
    others.pop("creator", None)
    extra = {"har": others} if others else {}
    known = {n: str(ours.pop(n, "")) for n in ("source", "profile", "base_url", "catalog")}
    return Header(**known, extra=ours | extra)


def _exchanges(path: Path, entries: list[msgspec.Raw]) -> Iterator[Exchange]:
    for number, raw in enumerate(entries, start=1):
        try:
            yield _exchange(msgspec.json.decode(raw, type=dict[str, Any]))
        except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise TapeRefused(f"{path}: entry {number} is no HAR entry ({error!r}).") from error
        except TapeRefused as error:
            raise TapeRefused(f"{path}: entry {number}: {error}") from error


def _exchange(entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    if request.get("postData"):
        request["postData"] |= _sent(request)
    if not response["status"]:
        entry.setdefault("_error", response.pop("_error", None) or "")
    exchange = from_entry(entry)
    unknown = exchange.started.startswith(_UNKNOWN_TIME)
    headers = exchange.request_headers
    return replace(
        exchange,
        # Browsers note the pseudo headers of HTTP/2; method and URL say the same.
        request_headers=[(n, v) for n, v in headers if not n.startswith(":")],
        response_headers=[(n, v) for n, v in exchange.response_headers if not n.startswith(":")],
        started="" if unknown else exchange.started,
        extra=_others(exchange, request, response),
    )


def _sent(request: dict[str, Any]) -> dict[str, Any]:
    """The text of a request body where a tool wrote it in another way than tapes have it."""
    post = request["postData"]
    text = post.get("text")
    if text is None and post.get("params"):
        return {"text": _form(post, _BOUNDARY.search(post["mimeType"]))}
    if not text or "encoding" in post:
        return {}
    # HAR 1.2 has no base64 here: tools write each byte as a character, and only the size tells.
    lengths = {h["value"] for h in request["headers"] if h["name"].lower() == "content-length"}
    lengths.add(str(request.get("bodySize")))
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        return {}
    if len(text.encode()) == len(content) or str(len(content)) not in lengths:
        return {}
    return {"text": base64.b64encode(content).decode(), "encoding": "base64"}


def _form(post: dict[str, Any], boundary: re.Match[str] | None) -> str:
    if not boundary:
        return urlencode([(param["name"], param.get("value", "")) for param in post["params"]])
    parts = []
    for param in post["params"]:
        file = f'; filename="{param["fileName"]}"' if "fileName" in param else ""
        kind = f"\r\nContent-Type: {param['contentType']}" if "contentType" in param else ""
        disposition = f'Content-Disposition: form-data; name="{param["name"]}"{file}'
        parts.append(f"--{boundary[1]}\r\n{disposition}{kind}\r\n\r\n{param.get('value', '')}\r\n")
    return "".join([*parts, f"--{boundary[1]}--\r\n"])


def _others(
    exchange: Exchange, request: dict[str, Any], response: dict[str, Any]
) -> dict[str, Any]:
    """The members of an entry that only HAR knows, but for what an export fills in."""
    filled = {"cache": {}, "timings": _timings(exchange)}
    extra = {n: v for n, v in exchange.extra.items() if n not in filled or v != filled[n]}
    inner = {
        "request": _only_har(request),
        "response": _only_har(response),
    }
    kept = {name: members for name, members in inner.items() if members}
    return extra | ({"_har": kept} if kept else {})


def _only_har(message: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in message.items()
        if name not in _FROM_A_TAPE | _DERIVED
        and value is not None
        and (name, value) != ("httpVersion", _HTTP_VERSION)
    }

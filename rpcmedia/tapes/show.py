"""What a tape says in words for people: one line for an exchange, or all of it."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rpcmedia.tapes.credentials import members, read_json
from rpcmedia.tapes.tape import Exchange, Headers

_XML_METHOD = re.compile(r"<methodName>\s*([^<\s]+)|Body[^>]*>\s*<(?:\w+:)?(\w+)")
_XML_TEXTS = re.compile(r">\s*([^<>\s][^<>]*?)\s*<")
_XML_FAULT = re.compile(
    r"<name>\s*faultCode\s*</name>\s*<value>\s*<int>\s*(-?\d+)|<faultcode[^>]*>\s*([^<\s]+)"
)
_OPERATION = re.compile(r"\A\w+\.\w+\Z")
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/]{120,}={0,2}")
_SHOWN_BASE64 = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks, as far as its protocol tells; empty strings where it does not."""

    method: str = ""
    """The method of JSON-RPC, XML-RPC or SOAP."""
    operation: str = ""
    """Of a `call`, such as `product_media.info`."""
    subject: str = ""
    """The first argument of the operation: of most a SKU or an id."""

    def __str__(self) -> str:
        """Such as `call product_media.info product1`."""
        return " ".join(part for part in (self.method, self.operation, self.subject) if part)


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange in a list."""

    line: int
    started: str
    milliseconds: float
    method: str
    path: str
    asked: str
    status: int
    answer: str
    """`result`, `error -32602`, `fault 101`, a media type, `empty` or `no answer`."""
    request_bytes: int
    response_bytes: int
    name: str


def row(exchange: Exchange) -> Row:
    """An exchange as one line of a list."""
    parts = urlsplit(exchange.url)
    return Row(
        line=exchange.line,
        started=exchange.started,
        milliseconds=exchange.milliseconds,
        method=exchange.method,
        path=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        asked=str(asked(exchange.request_body)),
        status=exchange.status,
        answer=answer_kind(exchange),
        request_bytes=len(exchange.request_body or b""),
        response_bytes=len(exchange.response_body or b""),
        name=exchange.name,
    )


def asked(body: bytes | None) -> Asked:
    """What a request body asks. Reads JSON-RPC, XML-RPC and SOAP."""
    start = (body or b"").lstrip()[:1]
    if start == b"<":
        return _asked_in_xml((body or b"").decode("utf-8", "replace"))
    value = read_json(body) if start in (b"{", b"[") else None
    if isinstance(value, list):
        return Asked(f"batch of {len(value)}")
    return _asked_in_json(value) if isinstance(value, dict) else Asked()


def _asked_in_json(request: dict[str, Any]) -> Asked:
    method, params = request.get("method"), request.get("params")
    if not isinstance(method, str):
        return Asked()
    if isinstance(params, dict):
        path, arguments = params.get("apiPath"), params.get("args")
    else:
        path, arguments = (*(params if isinstance(params, list) else ()), None, None, None)[1:3]
    if method == "call":
        return Asked(method, path if isinstance(path, str) else "", _subject(arguments))
    return Asked(method, "", _subject(path) if _OPERATION.match(method) else "")


def _subject(arguments: Any) -> str:
    if isinstance(arguments, dict):
        arguments = next(iter(arguments.values()), None)
    if isinstance(arguments, list):
        arguments = arguments[0] if arguments else None
    return str(arguments) if isinstance(arguments, str | int | float) else ""


def _asked_in_xml(body: str) -> Asked:
    found = _XML_METHOD.search(body)
    if not found:
        return Asked()
    method = found[1] or found[2]
    texts = _XML_TEXTS.findall(body, found.end())
    places = [n for n, text in enumerate(texts) if _OPERATION.match(text)]
    if method != "call" or not places:
        return Asked(method)
    return Asked(method, texts[places[0]], "".join(texts[places[0] + 1 : places[0] + 2]))


def answer_kind(exchange: Exchange) -> str:
    """What came back, in a word or two; see Row.answer."""
    if not exchange.status:
        return f"no answer: {exchange.error}" if exchange.error else "no answer"
    body = exchange.response_body
    if not body:
        return "empty"
    if body.lstrip().startswith(b"<"):
        fault = _XML_FAULT.search(body.decode("utf-8", "replace"))
        if fault:
            return f"fault {fault[1] or fault[2]}"
    value = read_json(body)
    kinds = [kind for member in members(value) if (kind := _json_kind(member))]
    if kinds:
        return ", ".join(dict.fromkeys(kinds))
    return exchange.response_mime.partition(";")[0] or "bytes"


def _json_kind(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    if isinstance(error, dict):
        return f"error {error.get('code')}"
    return "result" if "result" in answer else ""


def in_full(exchange: Exchange) -> Iterator[str]:
    """All of an exchange, line by line: JSON indented, long base64 and binary bodies shortened."""
    for label, value in (("name", exchange.name), ("note", exchange.note)):
        if value:
            yield f"{label}: {value}"
    if exchange.started:
        yield f"started: {exchange.started}, {exchange.milliseconds:g} ms"
    yield f"{exchange.method} {exchange.url}"
    yield from _message(exchange.request_headers, exchange.request_body)
    yield ""
    if not exchange.status:
        yield answer_kind(exchange)
        return
    yield f"{exchange.status} {exchange.reason}".rstrip()
    yield from _message(exchange.response_headers, exchange.response_body)


def _message(headers: Headers, body: bytes | None) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in headers)
    if body:
        yield ""
        yield from _shown(body).splitlines()


def _shown(body: bytes) -> str:
    value = read_json(body)
    try:
        text = body.decode("utf-8")
        if value is not None:
            with contextlib.suppress(RecursionError):
                text = json.dumps(value, indent=2, ensure_ascii=False)
    except UnicodeDecodeError:
        return f"({len(body)} bytes)"
    return _LONG_BASE64.sub(_shortened, text)


def _shortened(found: re.Match[str]) -> str:
    size = len(found[0].rstrip("=")) * 3 // 4
    return f"{found[0][:_SHOWN_BASE64]}… ({size} bytes)"

"""The texts of an exchange, wherever they are, and what it takes to change them all."""

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import replace

from rpcmedia.tapes.credentials import read_json
from rpcmedia.tapes.tape import Exchange, Headers

Swap = Callable[[bytes], bytes]

_TEXT_MIME = re.compile(r"(?i)text/|json|xml|x-www-form-urlencoded|multipart/")


def all_text(exchange: Exchange) -> bytes:
    """Everything in an exchange that may hold a secret."""
    headers = [*exchange.request_headers, *exchange.response_headers]
    texts = [exchange.url, exchange.name, exchange.note, exchange.error, json.dumps(exchange.extra)]
    parts = [_encode(text) for text in [*texts, *(value for _, value in headers)]]
    return b"\n".join([*parts, exchange.request_body or b"", exchange.response_body or b""])


def rebuilt(
    exchange: Exchange,
    *,
    url: str,
    header: Callable[[str, str], str],
    request_body: bytes | None,
    response_body: bytes | None,
) -> Exchange:
    """The exchange with other texts; its Content-Length headers follow the bodies."""
    sent = [(name, header(name, value)) for name, value in exchange.request_headers]
    got = [(name, header(name, value)) for name, value in exchange.response_headers]
    return replace(
        exchange,
        url=url,
        request_headers=with_length(sent, _size(exchange.request_body), _size(request_body)),
        request_body=request_body,
        response_headers=with_length(got, _size(exchange.response_body), _size(response_body)),
        response_body=response_body,
    )


def with_length(headers: Headers, before: int, after: int) -> Headers:
    """Headers whose Content-Length, if it is that of the body before, is that of the one after."""
    return [
        (name, str(after) if (name.lower(), value) == ("content-length", str(before)) else value)
        for name, value in headers
    ]


def is_text(content: bytes, mime: str) -> bool:
    """Whether a body, or the beginning of one, is no binary."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return bool(_TEXT_MIME.search(mime))
    return b"\0" not in content


def change(text: str, swap: Swap) -> str:
    """A text with its bytes changed."""
    return swap(_encode(text)).decode("utf-8", "surrogateescape")


def change_body(body: bytes | None, mime: str, swap: Swap) -> bytes | None:
    """A body with its text changed; what is binary stays, and what is JSON stays JSON."""
    if not body or not is_text(body, mime):
        return body
    changed = swap(body)
    # A key may be the word `null`.
    spoiled = changed != body and read_json(body) is not None and read_json(changed) is None
    return body if spoiled else changed


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _size(body: bytes | None) -> int:
    return len(body or b"")

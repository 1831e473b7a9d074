"""Where the keys, session ids and cookies of an exchange are, in JSON-RPC, XML-RPC and SOAP.

Knows the shapes of the protocols only: who reads a tape decides what to do with what is found.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from rpcmedia.tapes.tape import Exchange

WITHOUT_SESSION = ("login", "startSession")
"""Methods that hand a session id out; of all others the first parameter is one."""

_XML_LOGIN = re.compile(rb"<(?:\w+:)?(?:methodName>\s*)?(login|startSession)\b")
_XML_STRINGS = re.compile(rb"<(?:string|username|apiKey)\b[^>]*>([^<]*)</")
_XML_ID = re.compile(rb">\s*([0-9a-fA-F]{32,64}|\{\{session:\d+\}\})\s*<")
_SESSION_SHAPE = re.compile(r"\A(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64}|\{\{session:\d+\}\})\Z")


@dataclass(frozen=True, slots=True)
class Key:
    """An API key and the user it belongs to, if the exchange tells."""

    username: str
    key: str


def read_json(body: bytes | None) -> Any:
    """The JSON value of a body, or None if it is none (or the value null)."""
    try:
        return msgspec.json.decode(body or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def members(value: Any) -> list[dict[str, Any]]:
    """The JSON-RPC requests or answers in a value: one, or those of a batch."""
    listed = value if isinstance(value, list) else [value]
    return [member for member in listed if isinstance(member, dict)]


def basic_of(exchange: Exchange) -> Key | None:
    """User name and key of HTTP Basic."""
    scheme, _, encoded = (exchange.header("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    username, colon, key = text.partition(":")
    return Key(username, key) if colon else None


def keys_sent(exchange: Exchange) -> list[Key]:
    """The keys in a request: of HTTP Basic and of logins."""
    found = [key for key in [basic_of(exchange)] if key]
    body = exchange.request_body or b""
    requests = members(read_json(body))
    for request in requests:
        if request.get("method") == "login":
            found += _login_parameters(request.get("params"))
    login = None if requests else _XML_LOGIN.search(body)
    if login and login[1] == b"login":
        strings = [s.decode("utf-8", "replace") for s in _XML_STRINGS.findall(body, login.start())]
        found += [Key(*strings[:2])] if len(strings) > 1 else []
    return [key for key in found if key.key]


def _login_parameters(params: Any) -> Iterator[Key]:
    if isinstance(params, dict):
        params = [params.get("username", params.get("0")), params.get("apiKey", params.get("1"))]
    if isinstance(params, list) and len(params) > 1:
        username, key = params[:2]
        if isinstance(username, str) and isinstance(key, str):
            yield Key(username, key)


def sessions_sent(exchange: Exchange) -> list[str]:
    """The session ids in a request: only what looks like one, for a wrong one may be anything."""
    body = exchange.request_body or b""
    requests = members(read_json(body))
    found = [session for request in requests for session in _session_parameters(request)]
    if not requests and body.lstrip().startswith(b"<"):
        found += [session.decode() for session in _XML_ID.findall(body)]
    return [session for session in found if _SESSION_SHAPE.match(session)]


def _session_parameters(request: dict[str, Any]) -> Iterator[str]:
    params = request.get("params")
    if request.get("method") in WITHOUT_SESSION:
        return
    if isinstance(params, dict):
        first = params.get("sessionId", params.get("0"))
    else:
        first = params[0] if isinstance(params, list) and params else None
    if isinstance(first, str):
        yield first


def sessions_given(exchange: Exchange) -> list[str]:
    """The session ids that a response hands out, in order."""
    requests, answers = read_json(exchange.request_body), read_json(exchange.response_body)
    asked = {
        str(request.get("id"))
        for request in members(requests)
        if request.get("method") in WITHOUT_SESSION
    }
    if members(requests):
        single = not isinstance(requests, list)
        results = [
            answer.get("result")
            for answer in members(answers)
            if asked and (single or str(answer.get("id")) in asked)
        ]
        return [result for result in results if isinstance(result, str) and result]
    if _XML_LOGIN.search(exchange.request_body or b""):
        return [found.decode() for found in _XML_ID.findall(exchange.response_body or b"")]
    return []


def cookies(exchange: Exchange) -> list[str]:
    """The values of all cookies, sent and set."""
    values = []
    for name, value in exchange.request_headers:
        if name.lower() == "cookie":
            values += [pair.partition("=")[2].strip() for pair in value.split(";")]
    for name, value in exchange.response_headers:
        if name.lower() == "set-cookie":
            values.append(value.split(";")[0].partition("=")[2].strip())
    return [value for value in values if value]

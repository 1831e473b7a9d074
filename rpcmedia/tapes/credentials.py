"""Where the keys, session ids and cookies of an exchange are, in JSON-RPC, XML-RPC and SOAP.

Knows the shapes of the protocols only: who reads a tape decides what to do with what is found.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from rpcmedia.tapes.tape import Exchange
from rpcmedia.tapes.xml_logins import XmlLogin, xml_logins

WITHOUT_SESSION = ("login", "startSession")
"""Methods that hand a session id out; of all others the first parameter is one."""
NO_KEY = ("", "0")
"""What the reference, as PHP does, takes for no key at all."""

_SESSION_GIVEN = re.compile(rb"login|startSession", re.IGNORECASE)
"""Of what asks for a session in XML, or answers with one; SOAP looks at no case."""
_XML_ID = re.compile(rb">\s*([0-9a-fA-F]{32,64}|\{\{session:\d+\}\})\s*<")
_SESSION_SHAPE = re.compile(r"\A(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64}|\{\{session:\d+\}\})\Z")
_TOKEN = re.compile(
    r"(?i)(?P<name>(?:^|[?&])(?:api_?key|key|token|access_token|password"
    r"|oauth_token|oauth_token_secret|oauth_verifier|oauth_signature)=)(?P<value>[^&#]*)"
)
_DENIED = re.compile(rb"access denied", re.IGNORECASE)


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
    return read_basic(exchange.header("Authorization") or "")


def read_basic(header: str) -> Key | None:
    """User name and key in the value of an Authorization header."""
    scheme, _, encoded = header.partition(" ")
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
    body = exchange.request_body or b""
    requests = members(read_json(body))
    logins = [login for request in requests if (login := _login_key(request))]
    logins_in_xml = [] if requests else xml_logins(body)
    found = [basic_of(exchange), *(key for key, _ in logins), *map(_xml_key, logins_in_xml)]
    return [key for key in found if key and key.key not in NO_KEY]


def keys_refused(exchange: Exchange) -> list[Key]:
    """Those of `keys_sent` that the answer turns down, for whatever reason."""
    keys = keys_sent(exchange)
    if not keys or exchange.error:
        return []
    if exchange.status in (401, 403):
        return keys
    answer = exchange.response_body or b""
    basic = basic_of(exchange)
    refused = [basic] if basic and _DENIED.search(answer) else []
    for request, reply in _calls(exchange):
        login = _login_key(request)
        if login and reply.get("error"):
            refused.append(login[0])
    xml = xml_logins(exchange.request_body or b"")
    if xml and answer and not sessions_given(exchange):
        refused += map(_xml_key, xml)
    return refused


def is_answered(exchange: Exchange) -> bool:
    """Whether it went well as far as HTTP tells, so that a key that is not refused is accepted."""
    return not exchange.error and 200 <= exchange.status < 300 and bool(exchange.response_body)


def tokens(exchange: Exchange) -> list[str]:
    """What is named a key, a token or a password in a URL or a form, sent or answered."""
    texts = [exchange.url, _form(exchange.request_mime, exchange.request_body)]
    texts.append(_form(exchange.response_mime, exchange.response_body))
    texts += [v for name, v in exchange.response_headers if name.lower() == "location"]
    return [unquote_plus(found["value"]) for text in texts for found in _TOKEN.finditer(text)]


def replace_url_tokens(text: str, replacement: Callable[[str], str]) -> str:
    """A URL, or a form, with other tokens; those that stay keep their spelling."""

    def replaced(found: re.Match[str]) -> str:
        token = unquote_plus(found["value"])
        new = replacement(token)
        return found["name"] + (found["value"] if new == token else new)

    return _TOKEN.sub(replaced, text)


def replace_form_tokens(exchange: Exchange, replacement: Callable[[str], str]) -> bytes | None:
    """The body of the request; if it is a form, with other tokens."""
    form = _form(exchange.request_mime, exchange.request_body)
    return replace_url_tokens(form, replacement).encode() if form else exchange.request_body


def _form(mime: str, body: bytes | None) -> str:
    if "x-www-form-urlencoded" not in mime.lower():
        return ""
    try:
        return (body or b"").decode()
    except UnicodeDecodeError:
        return ""


def replace_keys(body: bytes, replacement: Callable[[Key], str]) -> bytes:
    """A body with other keys in its logins; the same bytes if it has none, or none changes."""
    if members(read_json(body)):
        return _replace_json_keys(body, replacement)
    for login in reversed(xml_logins(body)):
        key, (start, end) = _xml_key(login), login.place
        new = replacement(key)
        if key.key not in NO_KEY and new != key.key:
            body = body[:start] + html.escape(new).encode(_encoding(body)) + body[end:]
    return body


def _xml_key(login: XmlLogin) -> Key:
    return Key(login.username, login.key)


def _encoding(body: bytes) -> str:
    wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    return wide.get(body[:2], "utf-8")


def _replace_json_keys(body: bytes, replacement: Callable[[Key], str]) -> bytes:
    # Not msgspec's value: that has no integers beyond 64 bits.
    value, changed = json.loads(body), False
    for request in members(value):
        login = _login_key(request)
        if login and login[0].key not in NO_KEY:
            key, place = login
            new = replacement(key)
            changed = changed or new != key.key
            request["params"][place] = new
    return json.dumps(value).encode() if changed else body


def _login_key(request: dict[str, Any]) -> tuple[Key, str | int] | None:
    """The key of a login, and its place among the parameters."""
    params = request.get("params")
    if request.get("method") != "login":
        return None
    place: str | int
    if isinstance(params, dict):
        place = "apiKey" if "apiKey" in params else "1"
        pair = [params.get("username", params.get("0")), params.get(place)]
    else:
        place, pair = 1, params[:2] if isinstance(params, list) else []
    # The reference takes a number for a string.
    if len(pair) < 2 or any(isinstance(v, bool) or not isinstance(v, str | int) for v in pair):
        return None
    return Key(str(pair[0]), str(pair[1])), place


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
    answer = exchange.response_body or b""
    calls = _calls(exchange)
    if calls or members(read_json(exchange.request_body)):
        results = [
            reply.get("result")
            for request, reply in calls
            if request.get("method") in WITHOUT_SESSION
        ]
        return [result for result in results if isinstance(result, str) and result]
    if any(map(_SESSION_GIVEN.search, (exchange.request_body or b"", answer))):
        return [found.decode() for found in _XML_ID.findall(answer)]
    return []


def _calls(exchange: Exchange) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The JSON-RPC requests of an exchange with their answers, in the order of the answers."""
    requests = read_json(exchange.request_body)
    answers = members(read_json(exchange.response_body))
    if isinstance(requests, dict):
        return [(requests, answer) for answer in answers[:1]]
    asked = {str(request.get("id")): request for request in members(requests)}
    return [(asked[i], answer) for answer in answers if (i := str(answer.get("id"))) in asked]


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

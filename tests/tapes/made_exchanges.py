"""Exchanges with secrets, made for a test, and what becomes of them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.tape import Exchange

KEY = "s3cret/+key"
SESSION = "be1c13ed4e03f0ed7f1e4053dfff9658"
OTHER_SESSION = "6454d14fde3eaada623a6246d21ff64cb399ec417d38cac7e889f1fadf4776fc"

AWKWARD = 'ä"b/c\\d&<é'
"""A key that is spelled differently in JSON, XML and URLs."""


def exchange(
    request: object = None,
    response: object = None,
    *,
    url: str = "http://shop.example/api",
    status: int = 200,
    sent: Sequence[tuple[str, str]] = (),
    got: Sequence[tuple[str, str]] = (),
    mime: str = "",
    **members: Any,
) -> Exchange:
    body, answer = encoded(request), encoded(response)
    made = Exchange("POST", url, list(sent), body, status, list(got), answer, mime, mime)
    return replace(made, **members)


def encoded(body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def rpc(method: str, params: object, number: object = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def login(username: object, key: object, *, session: str | None = SESSION) -> Exchange:
    """A login; without a session it is one that failed."""
    error = {"code": 2, "message": "Access denied."}
    answer = {"result": session} if session else {"error": error}
    return exchange(rpc("login", [username, key]), {"id": 1, **answer})


def basic(username: str, key: str) -> str:
    return base64.b64encode(f"{username}:{key}".encode()).decode()


def with_basic(username: str, key: str, *, status: int = 200) -> Exchange:
    return exchange(sent=[("Authorization", f"Basic {basic(username, key)}")], status=status)


def redacted(*exchanges: Exchange) -> list[Exchange]:
    redactor = Redactor()
    return [redactor.redact(each) for each in exchanges]


def sent(found: Exchange) -> Any:
    return json.loads(found.request_body or b"")


def got(found: Exchange) -> Any:
    return json.loads(found.response_body or b"")

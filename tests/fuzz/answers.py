"""Answers: reading them from a connection, and what must never be in one.

The same rules hold for the log, as far as they can.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from tests.fuzz.inputs import Input

_UNEXPECTED = ("request failed", "method failed", "operation failed", "storage failed", "not ready")
"""Events of the log that tell of an error in the server."""
_INTERNAL = "Internal Error. Please see log for details."
_FAULT = b":Fault>"
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Secrets:
    """What may not be read: `hidden` nowhere, `paths` in no answer."""

    paths: tuple[str, ...]
    """Where the server and its data are."""
    hidden: tuple[str, ...]
    """The key and the session of somebody else."""
    known: set[str] = field(default_factory=set)
    """Keys and sessions of the client itself: they may come back as an id, and nowhere else."""


async def read_answer(reader: asyncio.StreamReader, bodiless: bool) -> Answer | None:
    """The next answer, or None at the end. Raises ValueError for what is none."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise ValueError(f"half an answer: {end.partial[:100]!r}") from None
        return None
    first, *lines = raw.decode("latin-1").rstrip().split("\r\n")
    found = re.match(r"HTTP/\d\.\d (\d{3}) ", first + " ")
    if not found:
        raise ValueError(f"no status line: {first[:100]!r}")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    status = int(found[1])
    empty = bodiless or status in (100, 204, 304)
    body = b"" if empty else await _read_body(reader, headers)
    return Answer(status, headers, body)


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


def _is_fault(sent: Input, answer: Answer) -> bool:
    if sent.bodiless:
        return answer.headers.get("content-type", "").startswith("text/xml")
    return _FAULT in answer.body


def judge(sent: Input, answer: Answer, secrets: Secrets) -> list[str]:
    """What is wrong with an answer."""
    wrong = []
    if answer.status >= 500 and not (sent.asks_soap and _is_fault(sent, answer)):
        wrong.append(f"status {answer.status}")
    text = answer.body.decode("utf-8", "replace") + str(dict(answer.headers))
    if "Traceback (most" in text or 'File "' in text:
        wrong.append("a traceback")
    wrong += [
        f"a leak of {secret!r}" for secret in (*secrets.paths, *secrets.hidden) if secret in text
    ]
    if sent.asks_jsonrpc:
        wrong += _judge_jsonrpc(answer, secrets)
    if sent.asks_xmlrpc or (sent.asks_soap and b"Envelope" in answer.body):
        wrong += _judge_xml(answer)
    if sent.asks_xmlrpc and answer.status != 200:
        wrong.append(f"status {answer.status} from XML-RPC")
    if sent.asks_media and answer.status in (200, 206):
        kind = answer.headers.get("content-type", "")
        if kind in _PICTURES and "content-security-policy" not in answer.headers:
            wrong.append("a picture without its policy")
        if "html" in kind or "script" in kind or "svg" in kind:
            wrong.append(f"a file as {kind}")
    return wrong


def _judge_jsonrpc(answer: Answer, secrets: Secrets) -> Iterator[str]:
    if answer.status != 200:
        yield f"status {answer.status} from JSON-RPC"
    if not answer.headers.get("content-type", "").startswith("application/json"):
        yield "an answer that is not declared as JSON"
    if not answer.body:
        return
    try:
        value = json.loads(answer.body, parse_constant=_refuse_constant)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    for member in value if isinstance(value, list) else [value]:
        yield from _judge_member(member, secrets)


def _judge_xml(answer: Answer) -> Iterator[str]:
    if not answer.headers.get("content-type", "").startswith("text/xml"):
        yield "an answer that is not declared as XML"
    try:
        root = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError as error:
        yield f"no XML: {error}"
        return
    # The list of all faults has its text too.
    is_fault = root.find("fault") is not None or root.find(".//{*}Fault") is not None
    if is_fault and _INTERNAL in root.itertext():
        yield "an internal error"


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _judge_member(member: Any, secrets: Secrets) -> Iterator[str]:
    if not isinstance(member, dict):
        yield "an answer that is no object"
        return
    error = member.get("error")
    if ("result" in member) == (error is not None):
        yield "not exactly one of result and error"
    if "id" not in member:
        yield "no id"
    if error is None:
        return
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        yield "an error without a code"
        return
    message = error.get("message")
    if not isinstance(message, str) or not message:
        yield "an error without words"
    elif message == _INTERNAL:
        yield "an internal error"
    elif any(secret in message for secret in secrets.known):
        yield "a key or session in the words of an error"


def judge_log(text: str, secrets: Secrets) -> list[str]:
    """What is wrong with the log of a server."""
    wrong = []
    for line in text.splitlines():
        event = _event(line)
        if event is None:
            wrong.append(f"a line that is no event: {line[:300]}")
        elif event.get("event") in _UNEXPECTED or "exception" in event or "Traceback" in line:
            wrong.append(f"an error in the log: {line[-3000:]}")
    secret = (secret for secret in {*secrets.hidden, *secrets.known} if secret in text)
    wrong += [f"{found!r} in the log" for found in secret]
    return wrong


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def sessions_in(answer: Answer) -> set[str]:
    """Session ids that an answer gives."""
    return set(
        re.findall(
            r'(?:"result":"|<string>)([0-9a-f]{32,64})["<]', answer.body.decode("utf-8", "replace")
        )
    )

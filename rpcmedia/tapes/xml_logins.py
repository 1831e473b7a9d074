"""Where the keys of logins stand in XML-RPC and SOAP, in whatever way a client writes XML.

What a parser cannot read to its end is searched for what looks like a login: its key is one too.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

Span = tuple[int, int]

_SOAP_LOGINS = ("login", "loginparam", "loginrequestparam")
"""The elements of a login in lower case, for servers look at no case there."""
_MOST_NODES = 200_000
"""As many as a server reads."""

_LOGIN_LIKE = re.compile(
    rb"<(?:[\w.-]+:)?(?:methodName>\s*)?(login|startSession)(?:Param)?\b"
    # A member of system.multicall.
    rb"|>\s*methodName\s*</name>\s*<value>\s*(?:<string>\s*)?(login|startSession)\b"
)
_VALUE_LIKE = re.compile(
    rb"<(?:[\w.-]+:)?(?P<tag>string|value|username|apiKey|param\d+)\b[^>]*>"
    rb"(?P<content><!\[CDATA\[(?P<cdata>.*?)\]\]>|[^<]*)</",
    re.DOTALL,
)


class XmlLogin(NamedTuple):
    """One login, and the place of its key in the body, in bytes.

    A CDATA section is part of the place: what is put there is escaped.
    """

    username: str
    key: str
    place: Span


class _Node:
    """An element: what is needed of it to find logins."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name.rpartition("}")[2].rpartition(":")[2]
        self.attributes = attributes
        self.children: list[_Node] = []
        self.pieces: list[str] = []
        self.begin = self.end = -1

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def child(self, name: str) -> "_Node | None":
        return next((child for child in self.children if child.name == name), None)

    def walk(self) -> Iterator["_Node"]:
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def xml_logins(body: bytes) -> list[XmlLogin]:
    """The logins in a body, in order of their keys; none in what is no XML."""
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not is_wide and text[:1] != b"<":
        return []
    if not is_wide and b"login" not in text.lower() and b"&#" not in text:
        return []
    if sum(map(body.count, (b"<", b"="))) > _MOST_NODES:
        return _similar_to_logins(body)
    root = _parse(body if is_wide else text)
    if root is None:
        return _similar_to_logins(body)
    skipped = 0 if is_wide else len(body) - len(text)
    return sorted(
        (
            XmlLogin(name, key, (begin + skipped, end + skipped))
            for name, key, (begin, end) in (*_xmlrpc_logins(root), *_soap_logins(root))
        ),
        key=lambda login: login.place,
    )


def _parse(text: bytes) -> _Node | None:
    outer = _Node("", {})
    path, opened = [outer], False
    parser = DefusedXMLParser(target=object())
    expat = parser.parser

    def content(*_: object) -> None:
        # Of an element the content begins at the first event behind its start tag.
        nonlocal opened
        if opened:
            path[-1].begin, opened = expat.CurrentByteIndex, False

    def start(name: str, attributes: Any) -> None:
        nonlocal opened
        content()
        node = _Node(name, dict(attributes))
        path[-1].children.append(node)
        path.append(node)
        opened = True

    def end(_: str) -> None:
        content()
        path.pop().end = expat.CurrentByteIndex

    def characters(data: str) -> None:
        content()
        path[-1].pieces.append(data)

    # As a dictionary, and with an event for each piece of text.
    expat.ordered_attributes = False
    expat.buffer_text = False
    expat.StartElementHandler, expat.EndElementHandler = start, end
    expat.CharacterDataHandler = characters
    expat.CommentHandler = expat.ProcessingInstructionHandler = content
    expat.StartCdataSectionHandler = expat.DefaultHandlerExpand = content
    try:
        parser.feed(text)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return outer


def _xmlrpc_logins(root: _Node) -> Iterator[XmlLogin]:
    for node in root.walk():
        if node.name == "methodCall" and _text_of(node.child("methodName")) == "login":
            params = node.child("params")
            values = [p.child("value") for p in params.children] if params else []
            yield from _xmlrpc_login([value for value in values if value])
        elif node.name == "struct":
            yield from _member_login(node)


def _member_login(struct: _Node) -> Iterator[XmlLogin]:
    """The login in a member of system.multicall."""
    members = {_text_of(member.child("name")): member.child("value") for member in struct.children}
    name, params = members.get("methodName"), members.get("params")
    if name is None or params is None or _value(name)[0].strip() != "login":
        return
    data = next((node for node in params.walk() if node.name == "data"), None)
    yield from _xmlrpc_login([n for n in data.children if n.name == "value"] if data else [])


def _xmlrpc_login(values: list[_Node]) -> Iterator[XmlLogin]:
    if len(values) > 1:
        yield XmlLogin(_value(values[0])[0], *_value(values[1]))


def _value(value: _Node) -> tuple[str, Span]:
    """The text of a value and its place; that of base64 is all, for other text is no base64."""
    typed = value.children[0] if value.children else value
    if typed.name == "base64":
        try:
            return base64.b64decode(typed.text + "==").decode(), (value.begin, value.end)
        except (binascii.Error, UnicodeDecodeError):
            pass
    return typed.text, (typed.begin, typed.end)


def _soap_logins(root: _Node) -> Iterator[XmlLogin]:
    by_id = {node.attributes["id"]: node for node in root.walk() if "id" in node.attributes}
    for node in root.walk():
        if node.name.lower() not in _SOAP_LOGINS:
            continue
        named = {part.name: part for part in node.children}
        parts = [named[n] for n in ("username", "apiKey") if n in named]
        if len(parts) < 2:
            parts = node.children[:2]
        username, *keys = [by_id.get(_reference(part), part) for part in parts] or [node]
        for key in keys:
            yield XmlLogin(username.text, key.text, (key.begin, key.end))


def _reference(part: _Node) -> str:
    """The id of the element that a part refers to."""
    named = {name.rpartition("}")[2]: value for name, value in part.attributes.items()}
    return named.get("href", named.get("ref", "")).removeprefix("#")


def _text_of(node: _Node | None) -> str:
    return node.text.strip() if node else ""


def _similar_to_logins(body: bytes) -> list[XmlLogin]:
    calls = list(_LOGIN_LIKE.finditer(body))
    ends = [*(call.start() for call in calls[1:]), len(body)]
    found = (
        _similar_to_login(body, call.end(), end)
        for call, end in zip(calls, ends, strict=False)
        if b"login" in (call[1], call[2])
    )
    return [login for login in found if login]


def _similar_to_login(body: bytes, start: int, end: int) -> XmlLogin | None:
    found = list(_VALUE_LIKE.finditer(body, start, end))
    named = {value["tag"]: value for value in found}
    if b"username" in named and b"apiKey" in named:
        found = [named[b"username"], named[b"apiKey"]]
    if len(found) < 2:
        return None
    username, key = found[:2]
    return XmlLogin(_unescaped(username), _unescaped(key), key.span("content"))


def _unescaped(value: re.Match[bytes]) -> str:
    if value["cdata"] is not None:
        return value["cdata"].decode("utf-8", "replace")
    return html.unescape(value["content"].decode("utf-8", "replace"))

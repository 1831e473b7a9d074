"""Answers in JSON, XML and as a query string, as the reference spells them."""

import json
import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote_plus

from rpcmedia.faces.rest.negotiation import Format
from rpcmedia.faces.xml_text import writable

_NOT_ASCII = re.compile("[^\t\n -~]")


def write(value: Any, form: Format) -> bytes:
    """A map or a list of strings, numbers, maps and lists in a representation."""
    return _WRITERS[form](value)


def _write_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def _write_xml(value: Any) -> bytes:
    return ('<?xml version="1.0"?>\n' + "".join(_element("magento_api", value, ""))).encode()


def _element(name: str, value: Any, indent: str) -> Iterator[str]:
    match value:
        case dict():
            members = list(value.items())
        case list() | tuple():
            members = [("data_item", member) for member in value]
        case _:
            text = _xml_text(str(value))
            yield f"{indent}<{name}>{text}</{name}>\n" if text else f"{indent}<{name}/>\n"
            return
    if not members:
        yield f"{indent}<{name}/>\n"
        return
    yield f"{indent}<{name}>\n"
    for key, member in members:
        yield from _element(key, member, indent + "  ")
    yield f"{indent}</{name}>\n"


def _xml_text(text: str) -> str:
    text = escape(writable(text), quote=False)
    return _NOT_ASCII.sub(lambda found: f"&#x{ord(found[0]):X};", text)


def _write_query(value: Any) -> bytes:
    return "&".join(_pairs(value, "")).encode()


def _pairs(value: Any, name: str) -> Iterator[str]:
    match value:
        case dict():
            members = list(value.items())
        case list() | tuple():
            members = list(enumerate(value))
        case _:
            yield f"{_quote(name)}={_quote(str(value))}"
            return
    for key, member in members:
        yield from _pairs(member, f"{name}[{key}]" if name else str(key))


def _quote(text: str) -> str:
    return quote_plus(text).replace("~", "%7E")


_WRITERS: dict[Format, Callable[[Any], bytes]] = {
    Format.JSON: _write_json,
    Format.XML: _write_xml,
    Format.QUERY: _write_query,
}

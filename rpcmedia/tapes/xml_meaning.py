"""What an XML text says: without white space between elements, and with prefixes made equal."""

import json
import re
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

_PREFIXED = re.compile(r"\A([A-Za-z_][\w.-]*):(.+)\Z", re.DOTALL)
_NAMES_IN_TEXT = {"faultcode", "Value"}
"""Elements of SOAP whose text is a name with a prefix."""


def xml_meaning(body: bytes) -> str | None:
    """A text that is equal for bodies of the same meaning; None for what cannot be read as XML.

    What declares entities is not read, nor what is nested too deep.
    """
    if not body.lstrip().startswith(b"<"):
        return None
    prefixes: dict[str, str] = {}
    root = None
    try:
        for event, value in iterparse(BytesIO(body), ("start-ns", "start")):
            if event == "start-ns":
                prefixes[value[0]] = value[1]
            elif root is None:
                root = value
        return None if root is None else json.dumps(_plain(root, prefixes), ensure_ascii=False)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None


def _plain(element: Element, prefixes: dict[str, str]) -> list[Any]:
    text = element.text or ""
    if element.tag.rpartition("}")[2] in _NAMES_IN_TEXT:
        text = _resolve(text, prefixes)
    attributes = {n: _resolve(value, prefixes) for n, value in sorted(element.attrib.items())}
    content: list[Any] = [text] if text.strip() else []
    for child in element:
        content.append(_plain(child, prefixes))
        if child.tail and child.tail.strip():
            content.append(child.tail)
    return [element.tag, *([attributes] if attributes else []), *content]


def _resolve(value: str, prefixes: dict[str, str]) -> str:
    found = _PREFIXED.match(value)
    if found and found[1] in prefixes:
        return f"{{{prefixes[found[1]]}}}{found[2]}"
    return value

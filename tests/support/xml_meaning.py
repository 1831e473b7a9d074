"""What an XML text says: without white space between elements, and with prefixes made equal."""

import re
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

_PREFIXED = re.compile(r"\A([A-Za-z_][\w.-]*):(.+)\Z", re.DOTALL)
_NAMES_IN_TEXT = {"faultcode", "Value"}
"""Elements whose text is a name with a prefix."""


def meaning(content: bytes) -> Any:
    """Nested (name, attributes, text, children). Raises ParseError."""
    prefixes: dict[str, str] = {}
    root = None
    for event, value in ElementTree.iterparse(BytesIO(content), ("start-ns", "start")):
        if event == "start-ns":
            prefixes[value[0]] = value[1]
        elif root is None:
            root = value
    assert root is not None
    return _plain(root, prefixes)


def _plain(element: ElementTree.Element, prefixes: dict[str, str]) -> Any:
    text = element.text or ""
    if element.tag.rpartition("}")[2] in _NAMES_IN_TEXT:
        text = _resolve(text, prefixes)
    attributes = {name: _resolve(value, prefixes) for name, value in element.attrib.items()}
    children = [_plain(child, prefixes) for child in element]
    # The reference writes a line break into empty elements too.
    text = "" if children or not text.strip() else text
    return (element.tag, attributes, text, children)


def _resolve(value: str, prefixes: dict[str, str]) -> str:
    found = _PREFIXED.match(value)
    if found and found[1] in prefixes:
        return f"{{{prefixes[found[1]]}}}{found[2]}"
    return value

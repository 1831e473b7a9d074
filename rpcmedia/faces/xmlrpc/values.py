"""XML-RPC values: from elements to plain values, and from plain values to text.

Source: the XML-RPC specification, the types that Apache added to it, and the measured reference.
"""

import binascii
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from rpcmedia.faces.xml_text import writable
from rpcmedia.operations import php

_EXTENSIONS = "{http://ws.apache.org/xmlrpc/namespaces/extensions}"

_LEAST, _MOST = -(2**63), 2**63 - 1
_LONGEST_NUMBER = 400
"""The digits of any number that a double can hold, and some."""

_ESCAPES = str.maketrans(
    # A parser would make a line feed of a carriage return.
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
)


class BadValue(Exception):
    """An element that is no XML-RPC value."""


def read_value(value: Element) -> Any:
    """What a `value` element holds: text, numbers, booleans, None, lists, dicts, bytes.

    A value without a type is text. Base64 of text is text too, for that is what clients mean that
    send every string in base64. Raises BadValue.
    """
    typed = next((child for child in value if _is_type(child.tag)), None)
    if typed is None:
        return value.text or ""
    read = _READERS.get(typed.tag.removeprefix(_EXTENSIONS))
    if read is None:
        raise BadValue
    return read(typed)


def _is_type(tag: str) -> bool:
    # The reference does not see elements of other namespaces.
    return not tag.startswith("{") or tag.startswith(_EXTENSIONS)


def _read_text(element: Element) -> str:
    if len(element):
        # As where somebody forgot to escape the tags of HTML.
        raise BadValue
    return element.text or ""


def _read_integer(element: Element) -> int:
    return max(_LEAST, min(php.to_int(_number(element)), _MOST))


def _read_double(element: Element) -> float:
    return float(_number(element))


def _number(element: Element) -> str:
    text = _read_text(element)
    if len(text) > _LONGEST_NUMBER or not php.is_numeric(text):
        raise BadValue
    return text.strip()


def _read_boolean(element: Element) -> bool:
    # What is no boolean at all does not fail in the reference.
    return _read_text(element).strip().lower() not in ("", "0", "false")


def _read_base64(element: Element) -> str | bytes:
    try:
        # PHP, which clients were written for, asks for no padding.
        content = binascii.a2b_base64(_read_text(element) + "==")
    except ValueError:
        raise BadValue from None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return content if "\0" in text else text


def _read_nil(element: Element) -> None:
    return None


def _read_array(element: Element) -> list[Any]:
    data = element.find("data")
    if data is None:
        raise BadValue
    return [read_value(value) for value in data.findall("value")]


def _read_struct(element: Element) -> dict[str, Any]:
    members = {}
    for member in element.findall("member"):
        name, value = member.find("name"), member.find("value")
        if name is None or value is None:
            raise BadValue
        members[_read_text(name)] = read_value(value)
    return members


_READERS: dict[str, Callable[[Element], Any]] = {
    **dict.fromkeys(("int", "i1", "i2", "i4", "i8", "biginteger"), _read_integer),
    **dict.fromkeys(("double", "float", "bigdecimal"), _read_double),
    **dict.fromkeys(("string", "dateTime.iso8601", "dateTime"), _read_text),
    "boolean": _read_boolean,
    "base64": _read_base64,
    "nil": _read_nil,
    "array": _read_array,
    "struct": _read_struct,
}


def write_value(value: object) -> str:
    """The `value` element of a plain value; numbers are integers here.

    Characters that XML cannot hold, as labels may, are written as U+FFFD.
    """
    return f"<value>{_typed(value)}</value>"


def _typed(value: object) -> str:
    match value:
        case None:
            return "<nil/>"
        case bool():
            return f"<boolean>{value:d}</boolean>"
        case int():
            return f"<int>{value}</int>"
        case dict():
            return f"<struct>{''.join(_member(*member) for member in value.items())}</struct>"
        case list() | tuple():
            values = "".join(map(write_value, value))
            return f"<array><data>{values}</data></array>" if values else "<array><data/></array>"
        case _:
            return f"<string>{_escape(str(value))}</string>"


def _member(name: str, value: object) -> str:
    return f"<member><name>{_escape(name)}</name>{write_value(value)}</member>"


def _escape(text: str) -> str:
    return writable(text).translate(_ESCAPES)

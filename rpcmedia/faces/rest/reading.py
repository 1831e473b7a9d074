"""Bodies in JSON, XML and as a query string, read as the reference reads them.

A door to msgspec. What comes out is a map or a list as PHP would have them.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

import msgspec

from rpcmedia.faces.bodies import Body
from rpcmedia.faces.rest.negotiation import Format
from rpcmedia.faces.rest.refusals import INVALID, NOT_IMPLEMENTED, UNDECODED, Refusal, undecoded
from rpcmedia.faces.xml_reader import XmlBroken, XmlRefused, read_xml

_FIELDS = ("label", "position", "exclude", "types")
_FILE_FIELDS = {"file_mime_type": "mime", "file_content": "content", "file_name": "name"}
_FILE_ITSELF = ("mime", "content")

_LISTS = ("types",)
"""What is a list in every answer; in XML an empty one is an element without content."""

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
"""How XML writes null, as the serializer of .NET does for every member without a value."""

_MOST_BRACKETS = 512
"""In JSON; PHP reads no more levels."""
_MOST_VALUES = 10_000
"""A value takes up to a hundred bytes in memory, however short it is in JSON; seven are known."""
_MOST_ESCAPES = 1_000_000
"""Each takes fifty bytes while a query string is read; a picture of 20 MB has half of that."""

_MOST_PAIRS = 1000

_INDEX = re.compile(r"0|-?[1-9][0-9]*")
_OUTSIDE_OF_QUERY = re.compile(rb"[^A-Za-z0-9\-_.!~*'();/?:@&=+$,\[\]%]|%(?![0-9A-Fa-f]{2})")
_QUERY_NAME = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<key>[^\[\]]*)\])?")


def read_new(body: Body, form: Format) -> dict[str, Any]:
    """The data of a new image. Raises Refusal."""
    value = _decode(body, form)
    if isinstance(value, list) or _INDEX.fullmatch(next(iter(value))):
        # Many at once, which the reference does not do either.
        raise Refusal(405, NOT_IMPLEMENTED)
    return _data(value)


def read_changes(body: Body, form: Format) -> dict[str, Any]:
    """The data to change an image with. Raises Refusal."""
    value = _decode(body, form)
    return _data({} if isinstance(value, list) else value)


def _data(value: dict[str, Any]) -> dict[str, Any]:
    """Known fields in the order and under the names of operations. Raises Refusal if none is."""
    if not any(name in value for name in (*_FIELDS, *_FILE_FIELDS)):
        raise Refusal(400, INVALID)
    data = {name: value[name] for name in _FIELDS if name in value}
    file = {new: value[old] for old, new in _FILE_FIELDS.items() if value.get(old) is not None}
    if any(name in file for name in _FILE_ITSELF):
        data["file"] = file
    return data


def _decode(body: Body, form: Format) -> dict[str, Any] | list[Any]:
    """What a body says, which is not empty. Raises Refusal."""
    value = _READERS[form](body)
    if not value or not isinstance(value, dict | list):
        raise Refusal(400, INVALID)
    return value


def _read_json(body: Body) -> Any:
    if body.count(b"[") + body.count(b"{") > _MOST_BRACKETS:
        raise Refusal(400, UNDECODED)
    if body.count(b",") > _MOST_VALUES:
        raise Refusal(400, f"{INVALID} It has more than {_MOST_VALUES} values.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, UNDECODED) from None


def _read_xml(body: Body) -> Any:
    try:
        return _members(read_xml(body))
    except XmlBroken:
        raise Refusal(400, UNDECODED) from None
    except XmlRefused as reason:
        raise undecoded(reason) from None


def _members(element: Element) -> dict[str, Any] | list[Any]:
    """Attributes and children by name; many of one name are a list, and so are items alone."""
    found: dict[str, list[Any]] = {}
    for name, text in _attributes(element).items():
        found.setdefault(name, []).append(text)
    for child in element:
        name = child.tag.rpartition("}")[2]
        found.setdefault(name, []).append(_member(name, child))
    if list(found) == ["data_item"]:
        return found["data_item"]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _attributes(element: Element) -> dict[str, str]:
    """Those without a namespace; others, such as `xsi:type`, are for XML tools and no data."""
    return {name: text for name, text in element.attrib.items() if name[0] != "{"}


def _member(name: str, element: Element) -> Any:
    if element.get(_NIL) in ("true", "1"):
        return None
    return _list(element) if name in _LISTS else _value(element)


def _list(element: Element) -> Any:
    if len(element) or not (element.text or "").strip():
        return [_value(child) for child in element]
    return element.text


def _value(element: Element) -> Any:
    text = element.text or ""
    attributes = _attributes(element)
    if len(element) or (attributes and not text):
        value = attributes.get("value")
        return _members(element) if value is None or len(element) else value
    return text


def _read_query(body: Body) -> Any:
    if _OUTSIDE_OF_QUERY.search(body):
        raise Refusal(400, "Invalid data type. Check Content-Type.")
    if body.count(b"%") > _MOST_ESCAPES:
        raise Refusal(400, f"{INVALID} It has more than {_MOST_ESCAPES} escapes; send JSON.")
    value: dict[str, Any] = {}
    try:
        pairs = parse_qsl(body.decode("ascii"), True, max_num_fields=_MOST_PAIRS)
    except ValueError:
        raise Refusal(400, f"{INVALID} It has more than {_MOST_PAIRS} fields.") from None
    for name, text in pairs:
        _put(value, name, text)
    return value


def _put(value: dict[str, Any], name: str, text: str) -> None:
    """Add a field; `name[]` and `name[key]` are members of one, as in PHP."""
    read = _QUERY_NAME.fullmatch(name)
    if read is None:
        return
    if read["key"] is None:
        value[name] = text
        return
    members = value.get(read["name"])
    if not isinstance(members, dict):
        members = value[read["name"]] = {}
    members[read["key"] or str(len(members))] = text


_READERS: dict[Format, Callable[[Body], Any]] = {
    Format.JSON: _read_json,
    Format.XML: _read_xml,
    Format.QUERY: _read_query,
}

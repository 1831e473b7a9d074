"""Values of HAR entries, each of the type that it must have: a tape may be edited by hand."""

from typing import Any
from urllib.parse import urlsplit


def text(holder: dict[str, Any], name: str) -> str:
    """A text that must be there. Raises KeyError and ValueError."""
    value = holder[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, which is no text")
    return value


def text_or_empty(holder: dict[str, Any], name: str) -> str:
    """A text; absent and null count as an empty one. Raises ValueError."""
    return "" if holder.get(name) is None else text(holder, name)


def url(holder: dict[str, Any]) -> str:
    """The URL of a request. Raises KeyError and ValueError."""
    value = text(holder, "url")
    # What it has is looked at again and again, wherever an exchange goes.
    urlsplit(value)
    return value


def status(holder: dict[str, Any]) -> int:
    """A status of HTTP, or 0 for none. Raises KeyError, TypeError and ValueError."""
    value = int(holder["status"])
    if value and not 100 <= value <= 599:
        raise ValueError(f"status is {value}, which HTTP does not have")
    return value


def headers(holder: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers of a message, in order. Raises KeyError, TypeError and ValueError."""
    return [(text(header, "name"), text(header, "value")) for header in holder.get("headers", [])]

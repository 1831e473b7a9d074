"""Which representation a client wants, and which one it sent. Source: the measured reference."""

import re
from enum import StrEnum

from rpcmedia.faces.rest.refusals import Refusal


class Format(StrEnum):
    """A representation; its value is what answers call it."""

    JSON = "application/json"
    XML = "application/xml"
    QUERY = "text/plain"


_READ = {
    "application/json": Format.JSON,
    "text/xml": Format.XML,
    "application/xml": Format.XML,
    "application/xhtml+xml": Format.XML,
    "text/plain": Format.QUERY,
}
_WRITTEN = {
    **_READ,
    "*/*": Format.JSON,
    "*": Format.JSON,
    "application/*": Format.JSON,
    "text/*": Format.QUERY,
}

_CONTENT_TYPE = re.compile(r"(?P<type>[A-Za-z0-9/+.\-]+)(?:; *charset=(?P<charset>.+))?", re.I)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")


def wanted(accept: str) -> Format | None:
    """The first known type of an Accept header by quality, XML for an empty one, else None.

    As on the reference the quality is the value of a type's first parameter, whatever its name.
    """
    if not accept.strip():
        return Format.XML
    ranked = [_read_range(member) for member in accept.split(",")]
    ranked.sort(key=lambda found: found[0], reverse=True)
    return next((_WRITTEN[mime] for _, mime in ranked if mime in _WRITTEN), None)


def _read_range(member: str) -> tuple[tuple[bool, float], str]:
    mime, *parameters = member.split(";")
    _, given, value = parameters[0].partition("=") if parameters else ("", "", "")
    quality = value.strip() if given else "1"
    number = _NUMBER.fullmatch(quality)
    # A word, such as a charset, comes before every number.
    return (not number, float(quality) if number else 0.0), mime.strip().lower()


def sent(content_type: str) -> Format:
    """The representation that a Content-Type header names. Raises Refusal."""
    if not content_type:
        raise Refusal(400, "Content-Type header is empty")
    read = _CONTENT_TYPE.fullmatch(content_type)
    if read is None:
        raise Refusal(400, "Invalid Content-Type header")
    if read["charset"] is not None and read["charset"].lower() != "utf-8":
        raise Refusal(400, "UTF-8 is the only supported charset")
    if read["type"] not in _READ:
        text = f'Server can not understand Content-Type HTTP header media type "{read["type"]}"'
        raise Refusal(400, text)
    return _READ[read["type"]]

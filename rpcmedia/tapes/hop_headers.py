"""Headers of what passes: which are for the other end, and which a tape keeps."""

from aiohttp.typedefs import RawHeaders

from rpcmedia.tapes.tape import Headers

OF_THE_CONNECTION = {
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Headers that end at the next hop."""


def header(headers: Headers, name: str) -> str:
    """The first header of this lower-case name, or an empty text."""
    return next((value for n, value in headers if n.lower() == name), "")


def end_to_end(raw: RawHeaders) -> list[tuple[str, str]]:
    """Headers that are for the other end, in their case, order and number."""
    pairs = [(_text(name), _text(value)) for name, value in raw]
    named = header(pairs, "connection").lower().split(",")
    dropped = OF_THE_CONNECTION | {name.strip() for name in named}
    if header(pairs, "transfer-encoding"):
        # It was wrong beside the other, and would be wrong alone.
        dropped.add("content-length")
    return [(name, value) for name, value in pairs if name.lower() not in dropped]


def recorded_headers(raw: RawHeaders) -> list[tuple[str, str]]:
    """Those that a tape keeps of a request: all but Host, which says what the URL says."""
    return [pair for pair in end_to_end(raw) if pair[0].lower() != "host"]


def is_empty(method: str, status: int) -> bool:
    """Whether such a response has no body, whatever its headers say."""
    return method == "HEAD" or status in (204, 304) or 100 <= status < 200


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")

"""Request bodies that are compressed.

aiohttp would decompress them by itself, but answers a coding that it lacks with a status that
JSON-RPC clients take for a server that is gone, and fails aloud when a body goes on behind its end.
"""

import asyncio
import zlib

_ZLIB, _GZIP = zlib.MAX_WBITS, zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class TooLarge(Exception):
    """The body is over the limit, as it came or without its coding; the text names the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request has more than {limit} bytes; send less.")


class CannotDecompress(Exception):
    """A body that is not in its coding, or in none that is known; the text says what to send."""


async def decompress(body: bytes | bytearray, coding: str, max_body: int) -> bytes | bytearray:
    """The body without the coding that its Content-Encoding names; what follows its end is ignored.

    Raises CannotDecompress, and TooLarge as soon as it grows beyond `max_body`.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity") or not body:
        return body
    if coding not in _WINDOWS:
        raise CannotDecompress("the Content-Encoding is unknown; send gzip, deflate or none")
    return await asyncio.to_thread(_inflate, body, _WINDOWS[coding], max_body)


def _inflate(body: bytes | bytearray, window: int, max_body: int) -> bytes:
    if window == _ZLIB and not _has_envelope(body):
        # Some clients send deflate without the envelope that the name stands for.
        window = -_ZLIB
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(body, max_body + 1)
    except zlib.error:
        raise CannotDecompress("the body does not decompress") from None
    if len(plain) > max_body:
        raise TooLarge(max_body)
    if not inflater.eof:
        raise CannotDecompress("the compressed body ends too early")
    return plain


def _has_envelope(body: bytes | bytearray) -> bool:
    return body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0

"""Bodies that are compressed: a recorder keeps them so, browsers and vcrpy keep them decoded.

All of them keep the header that names the encoding, so it alone does not tell.
"""

import gzip
import zlib
from dataclasses import replace

from rpcmedia.tapes.tape import Exchange, Headers

_GZIPS = ("gzip", "x-gzip")
_GZIP = b"\x1f\x8b"


def encoding_of(exchange: Exchange) -> str:
    """How the response body is compressed, as its header says; empty if it is not, or not now."""
    encoding, body = _named(exchange.response_headers), exchange.response_body or b""
    return encoding if _has(encoding, body) else ""


def is_decoded(headers: Headers, body: bytes | None) -> bool:
    """Whether headers name an encoding that a body does not have, or no longer."""
    encoding = _named(headers)
    return bool(body and encoding) and not _has(encoding, body or b"")


def _named(headers: Headers) -> str:
    """All codings in the order in which they were applied; empty if there are none."""
    values = [value for name, value in headers if name.lower() == "content-encoding"]
    codings = [coding.strip().lower() for coding in ",".join(values).split(",")]
    return ", ".join(coding for coding in codings if coding not in ("", "identity"))


def _has(encoding: str, body: bytes) -> bool:
    if not encoding or not body:
        return False
    last = encoding.rpartition(", ")[2]
    if last in _GZIPS:
        return body.startswith(_GZIP)
    # Compressed bytes are nearly never UTF-8; short ones of deflate may be.
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return last == "deflate" and _decompressed(encoding, body) is not None


def decoded(exchange: Exchange, remarks: list[str]) -> Exchange:
    """The exchange with its response body decompressed; adds a remark on what was done."""
    encoding = encoding_of(exchange)
    if not encoding:
        return exchange
    body = _decompressed(encoding, exchange.response_body or b"")
    if body is None:
        remarks.append(f"line {exchange.line}: the body stays compressed ({encoding}).")
        return exchange
    remarks.append(f"line {exchange.line}: the body was decompressed ({encoding}).")
    return replace(exchange, response_body=body)


def _decompressed(encoding: str, body: bytes) -> bytes | None:
    try:
        for coding in reversed(encoding.split(", ")):
            if coding in _GZIPS:
                body = gzip.decompress(body)
            elif coding == "deflate":
                body = _inflated(body)
            else:
                return None
    except (OSError, EOFError, zlib.error):
        return None
    return body


def _inflated(body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error:
        # Some servers send it without the envelope of zlib that the name stands for.
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflater.decompress(body)
        if not inflater.eof or inflater.unused_data:
            raise
        return content

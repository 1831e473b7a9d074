"""Bodies that are compressed: a recorder keeps them so, browsers and vcrpy keep them decoded.

All of them keep the header that names the encoding, so it alone does not tell.
"""

import gzip
import zlib
from dataclasses import replace

from rpcmedia.tapes.tape import Exchange

_GZIP = b"\x1f\x8b"


def encoding_of(exchange: Exchange) -> str:
    """How the response body is compressed, as its header says; empty if it is not, or not now."""
    names = [v for n, v in exchange.response_headers if n.lower() == "content-encoding"]
    encoding = ", ".join(names).strip().lower()
    body = exchange.response_body or b""
    if not encoding or encoding == "identity" or not body:
        return ""
    if encoding in ("gzip", "x-gzip"):
        return encoding if body.startswith(_GZIP) else ""
    # Compressed bytes are as good as never UTF-8.
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return encoding
    return ""


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
        if encoding in ("gzip", "x-gzip"):
            return gzip.decompress(body)
        return zlib.decompress(body) if encoding == "deflate" else None
    except (OSError, EOFError, zlib.error):
        return None

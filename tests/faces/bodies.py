"""What tests of faces send: image data, and bytes on a raw socket."""

import asyncio
import base64
from typing import Any
from urllib.parse import urlsplit

from tests.support import pictures


def text_of(content: bytes) -> str:
    """Bytes in Base64, as a request carries them."""
    return base64.b64encode(content).decode()


def file_of(content: bytes, mime: str = "image/png", **more: Any) -> dict[str, Any]:
    """The `file` member of image data."""
    return {"content": text_of(content), "mime": mime, **more}


def png(name: str | None = None, **values: Any) -> dict[str, Any]:
    """Image data for `create`: a small PNG with the wished name and values."""
    named = {} if name is None else {"name": name}
    return {"file": file_of(pictures.png(), **named), **values}


async def exchange(url: str, *parts: bytes, half_close: bool = False) -> bytes:
    """All bytes that a server answers to these bytes, until it closes the connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if half_close:
            writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


async def get_raw(url: str, target: str) -> tuple[int, bytes]:
    """Status and answer of a GET whose target goes on the wire exactly as it is written here."""
    head = f"GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    answer = await exchange(url, head.encode("latin-1"))
    return int(answer.split(b" ", 2)[1]), answer

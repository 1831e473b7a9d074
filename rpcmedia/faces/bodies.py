"""The body of a request, for every face that wants it whole."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web

from rpcmedia.faces.content_coding import CannotDecompress, TooLarge, decompress
from rpcmedia.faces.limits import Limits

SMALL_BODY = 64 * 1024
"""Bodies up to this, which may come behind their head, do not wait for memory or for a thread."""

_PATIENCE_SECONDS = 5.0
_SLOWEST_BYTES_A_SECOND = 64 * 1024
"""On average since the server began to read, once its patience has ended: then the client has had
time to fill its socket, and may be keeping others from the memory."""

_READERS = ThreadPoolExecutor(2, "reader")
"""Few, for what was read may take many times the size of its body; and their own, so that who
sends much to read keeps nobody else from a thread."""

_KEPT_BODY = web.RequestKey[bytes | bytearray]("kept_body")

Body = bytes | bytearray
Read = TypeVar("Read")
Answer = Callable[[web.Request, Body], Awaitable[web.Response]]


class TooBusy(Exception):
    """The server has enough to do. Nothing was done; the same request may be sent again."""

    def __init__(self) -> None:
        super().__init__("Server is busy, try again")


class CannotReceive(Exception):
    """The body did not come whole, in time and in a known coding; the text says what to change."""


async def with_body(request: web.Request, limits: Limits, answer: Answer) -> web.Response:
    """Answer a request when its body is here, and hold room in memory for it until then.

    Raises TooBusy, TooLarge and CannotReceive before anything was done, and what `answer` raises.
    """
    here = take_body(request, limits)
    if here is not None:
        return await answer(request, here)
    coding = request.headers.get("Content-Encoding")
    if (request.content_length or 0) > limits.max_body:
        raise TooLarge(limits.max_body)
    if limits.in_flight.too_many_bodies:
        raise TooBusy
    # A compressed body, or one in chunks, may become as large as any.
    size = limits.max_body if coding else request.content_length or limits.max_body
    async with contextlib.AsyncExitStack() as room:
        with limits.in_flight.arriving():
            if size > SMALL_BODY:
                await room.enter_async_context(limits.body_memory.room_for(size))
            body = await _receive(request, limits)
        if coding:
            body = await _decompress(body, coding, limits)
        return await answer(request, body)


def take_body(request: web.Request, limits: Limits) -> bytes | None:
    """The body, if it has come with the head as that of most requests does; else None.

    Raises TooBusy and TooLarge. For those to whom the steps of `with_body` are too many.
    """
    if limits.in_flight.too_many:
        raise TooBusy
    if "Content-Encoding" in request.headers or not request.content.is_eof():
        return None
    body = request.content.read_nowait()
    if len(body) > limits.max_body:
        raise TooLarge(limits.max_body)
    if limits.keep_bodies:
        request[_KEPT_BODY] = body
    return body


async def _receive(request: web.Request, limits: Limits) -> Body:
    # aiohttp's own `read` has the bytes three times in memory at its end.
    body = bytearray()
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS) as limit:
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > limits.max_body:
                    raise TooLarge(limits.max_body)
                allowed = _PATIENCE_SECONDS + len(body) / _SLOWEST_BYTES_A_SECOND
                limit.reschedule(began + allowed)
    except TimeoutError:
        raise CannotReceive(
            f"the body came too slowly; send at least {_SLOWEST_BYTES_A_SECOND} bytes a second"
        ) from None
    except web.RequestPayloadError as error:
        raise CannotReceive("the body ends before its announced length") from error
    # Only for who asked: a connection that waits for its next request keeps the last one.
    if limits.keep_bodies:
        request[_KEPT_BODY] = body
    return body


async def read_by(read: Callable[[Body], Read], body: Body) -> Read:
    """What a function reads in a body; others are answered meanwhile if that may take long."""
    if len(body) > SMALL_BODY:
        return await asyncio.get_running_loop().run_in_executor(_READERS, read, body)
    return read(body)


async def _decompress(body: Body, coding: str, limits: Limits) -> Body:
    try:
        return await decompress(body, coding, limits.max_body)
    except CannotDecompress as reason:
        raise CannotReceive(str(reason)) from reason


async def read_again(request: web.Request) -> bytes:
    """The body of a request whose face kept it; of another what it reads now."""
    return bytes(request.pop(_KEPT_BODY, b"")) or await request.read()

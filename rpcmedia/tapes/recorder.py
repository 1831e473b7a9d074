"""Puts exchanges on a tape while they happen, for a proxy or for a server itself."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from rpcmedia.tapes.body_files import INLINE_BYTES, Body, keep
from rpcmedia.tapes.exchange_texts import with_length
from rpcmedia.tapes.hop_headers import OF_THE_CONNECTION, header, is_empty, recorded_headers
from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.tape import Exchange, Headers, TapeWriter

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ReadBody = Callable[[web.Request], Awaitable[bytes]]

HUNG_UP = "the client hung up before it had the whole answer"
NOT_ANSWERED = "the connection was closed before the answer"
_READ_WHOLE = 32 * 2**20
"""The largest JSON or XML body whose keys and session ids are looked for by their place."""

log = structlog.get_logger(__name__)


class Recorder:
    """Writes exchanges to a tape in the order in which they end, one at a time."""

    def __init__(self, writer: TapeWriter, redactor: Redactor | None) -> None:
        """Without a redactor secrets stay as they are."""
        self._writer = writer
        self._redactor = redactor
        self._one_at_a_time = asyncio.Lock()
        self.recorded = 0
        self.lost = 0
        """How many exchanges are not on the tape; `reason` says why the last one is not."""
        self.reason = ""
        self.encoded = 0
        """How many bodies are in a coding that secrets cannot be taken out of."""

    def new_body(self) -> Body:
        """A place for a body while it passes."""
        return Body(self._writer.path.parent)

    async def add(
        self, exchange: Exchange, request: Body | None = None, response: Body | None = None
    ) -> None:
        """Write an exchange; bodies that are given take the place of its own, and are closed.

        It is in the hands of the operating system when this returns. Never raises: the traffic
        that is recorded goes on, and what cannot be written is counted and logged.
        """
        sizes = [len(exchange.request_body or b""), len(exchange.response_body or b"")]
        sizes += [body.size for body in (request, response) if body]
        async with self._one_at_a_time:
            try:
                if max(sizes) > INLINE_BYTES:
                    await asyncio.to_thread(self._write, exchange, request, response)
                else:
                    self._write(exchange, request, response)
                self.recorded += 1
            except Exception as error:
                self.lost += 1
                self.reason = str(error)
                # Without its traceback, for that may show what redaction was to hide.
                log.error("exchange not recorded", reason=repr(error))
            finally:
                for body in (request, response):
                    if body:
                        body.close()

    def _write(self, exchange: Exchange, request: Body | None, response: Body | None) -> None:
        if request:
            self._decode(request, exchange.request_headers)
            exchange = replace(exchange, request_body=self._whole(request))
        if response:
            self._decode(response, exchange.response_headers)
            exchange = replace(exchange, response_body=self._whole(response))
        if self._redactor:
            if request and exchange.request_body is None:
                self._redactor.learn_chunks(request.chunks())
            exchange = self._redactor.redact(exchange)
        sent = got = ""
        if request and exchange.request_body is None:
            sent, headers = self._keep(request, exchange.request_mime, exchange.request_headers)
            exchange = replace(exchange, request_headers=headers)
        if response and exchange.response_body is None:
            got, headers = self._keep(response, exchange.response_mime, exchange.response_headers)
            exchange = replace(exchange, response_headers=headers)
        self._writer.append(exchange, request_file=sent, response_file=got)

    def _decode(self, body: Body, headers: Headers) -> None:
        if not body.decode(header(headers, "content-encoding")):
            self.encoded += 1

    def _whole(self, body: Body) -> bytes | None:
        """A body that is small, or that may hold a login; None for one that passes in pieces."""
        if body.is_large:
            start = next(body.chunks(), b"").lstrip()[:1]
            if not self._redactor or body.size > _READ_WHOLE or start not in (b"{", b"[", b"<"):
                return None
        return body.read()

    def _keep(self, body: Body, mime: str, headers: Headers) -> tuple[str, Headers]:
        chunks: Iterable[bytes] = body.chunks()
        if self._redactor:
            chunks = self._redactor.replaced_chunks(chunks, mime)
        name = keep(chunks, self._writer.bodies)
        size = (self._writer.bodies / name).stat().st_size
        return name, with_length(headers, body.size, size)


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a request came."""

    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    seconds: float = field(default_factory=time.perf_counter)

    def of(self, exchange: Exchange) -> Exchange:
        """The exchange with the times of one that ends now."""
        milliseconds = round((time.perf_counter() - self.seconds) * 1000, 3)
        return replace(exchange, started=self.at, milliseconds=milliseconds)


def recording_middleware(
    recorder: Recorder, base_url: str, read_again: ReadBody = web.Request.read
) -> Middleware:
    """A middleware that records what the server itself is asked and answers.

    `read_again` gives the body that the handler has read.
    It must be the outermost, and it ends the response itself, for only then its headers and body
    are known. Bodies are taken where they are written, before they are compressed.
    """

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        beginning, body = Beginning(), recorder.new_body()
        try:
            with _copied_writes(request, body):
                response, error = await _answered(request, handler, body)
            exchange = await _exchange(request, response, base_url, read_again)
            has_body = not is_empty(request.method, response.status)
            if error == NOT_ANSWERED:
                exchange, has_body = _unanswered(exchange), False
            await recorder.add(
                beginning.of(replace(exchange, error=error)),
                request=_compressed_request(recorder, exchange),
                response=body if has_body else None,
            )
        finally:
            body.close()
        if isinstance(response, web.HTTPException):
            raise response
        return _Sent(response) if isinstance(response, web.FileResponse) else response

    return record


class _Sent(web.StreamResponse):
    """Stands for a file that is sent already: aiohttp would send it again."""

    def __init__(self, response: web.FileResponse) -> None:
        super().__init__(status=response.status, reason=response.reason)
        self._response = response

    @property
    def keep_alive(self) -> bool | None:
        """See web.StreamResponse."""
        return self._response.keep_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        """See web.StreamResponse."""

    async def write_eof(self, data: bytes = b"") -> None:
        """See web.StreamResponse."""


async def _answered(
    request: web.Request, handler: Handler, body: Body
) -> tuple[web.StreamResponse, str]:
    """The response when it is sent, and what went wrong with that."""
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        response = refusal
    if request.transport is None or request.transport.is_closing():
        return response, _cut_off(request, response, body.size)
    if isinstance(response, web.FileResponse):
        # A file that is to be encoded does not go past us through sendfile.
        response.enable_compression(web.ContentCoding.identity)
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:
        return response, HUNG_UP
    return response, ""


def _cut_off(request: web.Request, response: web.StreamResponse, size: int) -> str:
    """What to say of a connection that is closed when its handler has ended."""
    if not response.prepared:
        return NOT_ANSWERED
    length = response.content_length
    if length is None or is_empty(request.method, response.status):
        return HUNG_UP
    return f"the answer was cut off after {size} of {length} bytes" if size < length else ""


def _unanswered(exchange: Exchange) -> Exchange:
    return replace(exchange, status=0, reason="", response_headers=[], response_mime="")


@contextlib.contextmanager
def _copied_writes(request: web.Request, body: Body) -> Iterator[None]:
    """Copy what is written; not what aiohttp tries to write after that, for the body is closed."""
    writer = request.writer
    write, write_eof = writer.write, writer.write_eof

    async def copy(chunk: Any, **options: Any) -> None:
        body.write(chunk)
        await write(chunk, **options)

    async def copy_eof(chunk: bytes = b"") -> None:
        body.write(chunk)
        await write_eof(chunk)

    writer.write = copy  # type: ignore[method-assign]  # aiohttp has no hook for what is sent
    writer.write_eof = copy_eof  # type: ignore[method-assign]
    try:
        yield
    finally:
        writer.write = write  # type: ignore[method-assign]
        writer.write_eof = write_eof  # type: ignore[method-assign]


async def _exchange(
    request: web.Request, response: web.StreamResponse, base_url: str, read_again: ReadBody
) -> Exchange:
    content, note = await _request_body(request, read_again)
    headers = [
        (str(name), value)
        for name, value in response.headers.items()
        if name.lower() not in OF_THE_CONNECTION
    ]
    return Exchange(
        method=request.method,
        url=base_url.rstrip("/") + request.raw_path,
        request_headers=recorded_headers(request.raw_headers),
        request_body=content,
        request_mime=request.headers.get("Content-Type", ""),
        status=response.status,
        reason=response.reason or "",
        response_headers=headers,
        response_body=None,
        response_mime=response.headers.get("Content-Type", ""),
        note=note,
    )


def _compressed_request(recorder: Recorder, exchange: Exchange) -> Body | None:
    """The request body as what is decompressed before it is written, if it is compressed."""
    if not exchange.request_body or not header(exchange.request_headers, "content-encoding"):
        return None
    body = recorder.new_body()
    body.write(exchange.request_body)
    return body


async def _request_body(request: web.Request, read_again: ReadBody) -> tuple[bytes | None, str]:
    if not request.body_exists:
        return None, ""
    # What the handler has read is kept, unless it was too large.
    with contextlib.suppress(web.HTTPException, web.RequestPayloadError, ConnectionError):
        content = await read_again(request)
        if len(content) == request.content.total_bytes:
            return content, ""
    return None, "The request body is not on the tape: the server did not take it whole."

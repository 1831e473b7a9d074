"""A server that answers from tapes alone and never opens a connection.

Requests match by what they mean. Equal requests are answered in the order of their recording, and
after the last by the last again; what was never recorded is answered 404, with the closest request.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from aiohttp import web

from rpcmedia.tapes.content_encoding import encoding_of
from rpcmedia.tapes.meaning import request_key
from rpcmedia.tapes.playback_ids import with_id_of
from rpcmedia.tapes.playback_index import RecordedExchanges, comparable
from rpcmedia.tapes.playback_misses import matching_key, miss_body
from rpcmedia.tapes.tape import Exchange

_SHUTDOWN_SECONDS = 5
_OF_THE_CONNECTION = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


class Playback:
    """Answers requests from tapes; counts what was answered and what was not."""

    def __init__(self, tapes: Sequence[Path], *, recorded_latency: bool = False) -> None:
        """Read the tapes. Raises TapeRefused."""
        self.recorded = RecordedExchanges(tapes)
        self.address = ""
        """Where it answers, such as `http://127.0.0.1:8088`; empty before it does."""
        self.answered = 0
        self.missed = 0
        self._recorded_latency = recorded_latency

    @property
    def summary(self) -> str:
        """What was asked so far, in one line."""
        return (
            f"{self.answered} requests answered, {self.missed} missed,"
            f" {self.recorded.never_asked} recorded exchanges never asked for"
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The recorded answer to a request, or 404."""
        asked = Exchange(
            method=request.method,
            url=_url(request),
            request_headers=[(n, _as_recorded(v)) for n, v in request.headers.items()],
            request_body=await request.read(),
            status=0,
            response_headers=(),
            response_body=None,
        )
        found = self.recorded.take(request_key(comparable(asked)))
        if found is None and self.recorded.has_placeholders:
            key = await asyncio.to_thread(matching_key, self.recorded, asked)
            found = self.recorded.take(key) if key else None
        if found is None:
            self.missed += 1
            body = await asyncio.to_thread(miss_body, self.recorded, asked)
            return web.Response(status=404, body=body, content_type="application/json")
        self.answered += 1
        if self._recorded_latency:
            await asyncio.sleep(found.milliseconds / 1000)
        return _response(request, asked, found)


def _url(request: web.Request) -> str:
    # A path may begin with two slashes, and would be taken for a host.
    path = request.raw_path
    return f"http://playback{path}" if path.startswith("/") else path


def _as_recorded(text: str) -> str:
    # aiohttp keeps bytes that are no UTF-8 as surrogates; a recorder takes them for Latin-1.
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class _Recorded(web.Response):
    """A response with the headers that were recorded, and none of aiohttp's own but Date."""

    def __init__(self, status: int, reason: str, headers: list[tuple[str, str]], body: bytes):
        super().__init__(status=status, reason=reason or None, headers=headers, body=body)
        self._recorded = {name.lower() for name, _ in headers}

    @staticmethod
    async def take_defaults_back(request: web.Request, response: web.StreamResponse) -> None:
        """Called by aiohttp between its filling of headers and the sending."""
        if isinstance(response, _Recorded):
            for name in ("content-type", "server"):
                if name not in response._recorded:
                    response.headers.popall(name, None)


def _response(request: web.Request, asked: Exchange, found: Exchange) -> web.StreamResponse:
    if not found.status:
        # aiohttp sends nothing on a connection that is closed.
        if request.transport:
            request.transport.abort()
        return web.Response()
    body = found.response_body or b""
    dropped = set(_OF_THE_CONNECTION)
    if request.method == "HEAD":
        # Here it is the length of the body that GET would get.
        dropped.remove("content-length")
    elif not encoding_of(found):
        dropped.add("content-encoding")
    headers = [(n, v) for n, v in found.response_headers if n.lower() not in dropped]
    body = with_id_of(asked.request_body, found.request_body, body)
    return _Recorded(found.status, found.reason, headers, body)


@contextlib.asynccontextmanager
async def playing(
    tapes: Sequence[Path],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    recorded_latency: bool = False,
) -> AsyncIterator[Playback]:
    """A playback on its port for as long as the block lasts. Raises TapeRefused and OSError."""
    playback = Playback(tapes, recorded_latency=recorded_latency)
    with contextlib.closing(playback.recorded):
        runner = web.AppRunner(
            _app(playback),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            shown = f"[{host}]" if ":" in host else host
            playback.address = f"http://{shown}:{runner.addresses[0][1]}"
            yield playback
        finally:
            await runner.cleanup()


def _app(playback: Playback) -> web.Application:
    @web.middleware
    async def answer(request: web.Request, handler: object) -> web.StreamResponse:
        return await playback.answer(request)

    # Routes match only some paths, and a tape may hold any.
    app = web.Application(client_max_size=0, middlewares=[answer])
    app.on_response_prepare.append(_Recorded.take_defaults_back)
    return app


async def play_back(
    tapes: Sequence[Path],
    announce: Callable[[str], None],
    warn: Callable[[str], None],
    *,
    host: str = "127.0.0.1",
    port: int = 8088,
    recorded_latency: bool = False,
) -> None:
    """Answer until SIGTERM or SIGINT, then say what was asked. Raises TapeRefused and OSError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with playing(tapes, host=host, port=port, recorded_latency=recorded_latency) as playback:
        for warning in playback.recorded.warnings:
            warn(warning)
        announce(f"Ready at {playback.address} with {len(playback.recorded)} exchanges")
        await stop.wait()
    announce(playback.summary)

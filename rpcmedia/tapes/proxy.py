"""A reverse proxy that records what passes, whatever protocol it is, and changes none of it.

Bodies stream through both ways, and connections are kept alive on both sides. Method, path and
query pass byte for byte, headers in their case, order and number; but Host is the upstream's, for
it may be one of several on a machine, headers of the connection end here, Expect is answered here,
and header values in Latin-1 come out in UTF-8, for aiohttp can write no other.

On the tape: request and response as they passed, without Host, and bodies without the content
codings gzip and deflate, for a tape is to be read and compared; Content-Encoding stays. Bodies in
other codings are kept as they are, and so are secrets in them. A request that was answered before
it was whole is recorded as far as it came.

What goes wrong is recorded with an `error`: 502 if the upstream cannot be reached or gives no HTTP,
504 if it is silent for too long, as the client was answered; status 0 with what came so far if the
answer was cut off, by the upstream (then the client is cut off too), by a client that hung up, or
by the end of the recording, which waits 5 s for what is in flight.
What the request did may have been done all the same.

An exchange is on the tape before its client has the last byte of the answer.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from rpcmedia.tapes.passage import Passage, Way, restore_headers
from rpcmedia.tapes.recorder import Recorder
from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.tape import Header, TapeWriter

DEFAULT_SECONDS = 60.0
"""How long an upstream may be silent."""
LAST_SECONDS = 5.0
"""How long the end waits for what is in flight."""
_LONGEST_HEADER = 64 * 1024


class UpstreamRefused(Exception):
    """An upstream that cannot be recorded; the text says what to write instead."""


def read_upstream(text: str) -> URL:
    """The URL of an upstream. Raises UpstreamRefused, without showing a password."""
    try:
        url = URL(text)
        usable = url.scheme in ("http", "https") and url.host and url.port
    except ValueError:
        usable = False
    if not usable or url.user or url.password or url.query_string or url.fragment:
        raise UpstreamRefused(
            "An upstream is written http://HOST:PORT, or https, maybe with a path."
        )
    return url


@dataclass(frozen=True, slots=True)
class Recording:
    """A proxy that records, at `address`, such as `http://127.0.0.1:8088`."""

    address: str
    recorder: Recorder


@contextlib.asynccontextmanager
async def recording(
    upstream: str,
    tape: Path,
    header: Header,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    keep_secrets: bool = False,
    seconds: float = DEFAULT_SECONDS,
    ending: "Ending | None" = None,
) -> AsyncIterator[Recording]:
    """A recording proxy for as long as the block lasts; the tape must be a new one.

    The base URL of the header is the upstream. In the end what is in flight has some seconds to
    finish, see `ending`. Raises UpstreamRefused, TapeRefused and OSError.
    """
    url = read_upstream(upstream)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    async with contextlib.AsyncExitStack() as stack:
        listener = socket.create_server((host, port), family=family, backlog=1024)
        stack.callback(listener.close)
        # The addresses on the tape begin like this, whatever way it was written.
        header = replace(header, base_url=str(url).rstrip("/"))
        writer = stack.enter_context(contextlib.closing(TapeWriter(tape, header)))
        recorder = Recorder(writer, None if keep_secrets else Redactor())
        session = await stack.enter_async_context(_session())
        ending = ending or Ending()
        runner = _runner(Way(url, session, recorder, seconds), ending)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.SockSite(runner, listener)
        await site.start()
        stack.push_async_callback(ending.wait)
        stack.push_async_callback(site.stop)
        shown = f"[{host}]" if ":" in host else host
        yield Recording(f"http://{shown}:{listener.getsockname()[1]}", recorder)


class Ending:
    """What is in flight, and how long it has when the recording ends."""

    def __init__(self, warn: Callable[[str], None] = lambda line: None) -> None:
        """`warn` is told if something is waited for."""
        self.hurry = asyncio.Event()
        """Set to wait no longer."""
        self._warn = warn
        self._under_way: set[asyncio.Task[web.StreamResponse]] = set()

    async def follow(self, passing: Coroutine[Any, Any, web.StreamResponse]) -> web.StreamResponse:
        """Pass one request on, for as long as the end allows."""
        task = asyncio.create_task(passing)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await task

    async def wait(self) -> None:
        """Wait for what is in flight, then cut it off."""
        tasks = set(self._under_way)
        if not tasks:
            return
        self._warn(
            f"{len(tasks)} requests are in flight: they have {LAST_SECONDS:g} s to end; "
            "another signal ends them at once."
        )
        hurry = asyncio.create_task(self.hurry.wait())
        all_done = asyncio.create_task(asyncio.wait(tasks))
        await asyncio.wait(
            (hurry, all_done), timeout=LAST_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        # Others may have come meanwhile, on connections that were kept.
        for task in self._under_way:
            task.cancel()
        hurry.cancel()
        await asyncio.wait({hurry, all_done, *self._under_way})


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
    )


def _runner(way: Way, ending: Ending) -> web.AppRunner:
    @web.middleware
    async def pass_on(request: web.Request, handler: object) -> web.StreamResponse:
        return await ending.follow(_pass_on(way, request))

    # Not a route: routes match only some paths.
    app = web.Application(middlewares=[pass_on])
    app.on_response_prepare.append(restore_headers)
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
        shutdown_timeout=1,
    )


async def _pass_on(way: Way, request: web.Request) -> web.StreamResponse:
    target = _target(request.raw_path)
    if not target:
        return web.Response(status=400, text="Only paths can be passed on.\n")
    passage = Passage(way, request, target)
    try:
        return await passage.run()
    finally:
        passage.close()


def _target(raw_path: str) -> str:
    """Path and query of a request; empty if it has none."""
    if raw_path.startswith("/"):
        return raw_path
    _, is_url, rest = raw_path.partition("://")
    return "/" + rest.partition("/")[2] if is_url else ""


def _to_standard_error(line: str) -> None:
    sys.stderr.write(f"rpcmedia: {line}\n")
    sys.stderr.flush()


async def record(
    upstream: str,
    tape: Path,
    header: Header,
    announce: Callable[[str], None],
    *,
    host: str = "127.0.0.1",
    port: int = 8088,
    keep_secrets: bool = False,
    seconds: float = DEFAULT_SECONDS,
    warn: Callable[[str], None] = _to_standard_error,
) -> Recorder:
    """Record until SIGTERM or SIGINT; the recorder tells how that went. Raises as `recording`."""
    stop, ending = asyncio.Event(), Ending(warn)

    def end() -> None:
        if stop.is_set():
            ending.hurry.set()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    async with recording(
        upstream,
        tape,
        header,
        host=host,
        port=port,
        keep_secrets=keep_secrets,
        seconds=seconds,
        ending=ending,
    ) as running:
        announce(f"Recording at {running.address} from {upstream} to {tape}")
        await stop.wait()
    if running.recorder.encoded and not keep_secrets:
        warn(f"{running.recorder.encoded} bodies are encoded so that secrets may be left in them.")
    return running.recorder

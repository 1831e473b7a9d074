"""The HTTP application: limits, request ids, health, metrics, and the faces mounted on it."""

import asyncio
import binascii
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from rpcmedia.faces.limits import InFlight, Limits
from rpcmedia.faces.telemetry import Telemetry
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.sessions import Caller

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


READING = ("GET", "HEAD")

WATCHING = ("/healthz", "/readyz", "/metrics")
"""The paths for those who watch a server."""

_READY_SECONDS = 1.0
_IDLE_SECONDS = 75.0
"""How long a connection may take for the head of its next request."""

ANYTHING = "{_:(?s:.*)}"
"""The rest of a path, which may hold line breaks once it is decoded."""

IN_FLIGHT = web.AppKey("in_flight", InFlight)

_BY_TYPE = web.AppKey("by_type", dict[str, Handler])
_BY_CONTENT = web.AppKey("by_content", dict[str, Handler])

RETRY = {"Retry-After": "1"}
"""The header of an answer with status 503."""


def _new_request_ids() -> Iterator[str]:
    # Unique among all workers and starts, without asking for random bytes each time.
    beginning = secrets.token_hex(4)
    return (f"{beginning}{number:08x}" for number in itertools.count(1))


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """What every face may need to know."""

    telemetry: Telemetry
    limits: Limits
    inner: Sequence[Middleware] = ()
    """What sees each answer as its face made it."""
    request_ids: Iterator[str] = field(default_factory=_new_request_ids)


Mount = Callable[[web.Application], None]


def build_app(
    mounts: Iterable[Mount],
    options: FaceOptions,
    check_ready: Callable[[], Awaitable[None]],
    outer: Sequence[Middleware] = (),
) -> web.Application:
    """The application with health, metrics and every face. `check_ready` raises if it is not.

    The outer middlewares see every answer as it leaves.
    """
    app = web.Application(client_max_size=options.limits.max_body, middlewares=outer)
    app[IN_FLIGHT] = options.limits.in_flight
    for path, handler in zip(
        WATCHING, (_healthz, _readyz(check_ready), _metrics(options.telemetry)), strict=True
    ):
        add_route(app, path, handler, options, methods=READING)
    app[_BY_TYPE], app[_BY_CONTENT] = {}, {}
    for mount in mounts:
        mount(app)
    for path in ("/api.php", "/api{_:/?}"):
        add_route(app, path, _half_an_address, options)
    add_route(app, f"/{ANYTHING}", _nothing_here, options)
    return app


def add_route(
    app: web.Application,
    path: str,
    handler: Handler,
    options: FaceOptions,
    *,
    methods: Sequence[str] = (),
) -> None:
    """Answer requests for a path, whatever their method, or with certain ones only.

    What every request needs is around the handler, and not in middlewares of the application:
    aiohttp's chain of them takes a sixth of the time of a call.
    """
    if methods:
        handler = partial(_refuse_other_methods, handler=handler, methods=methods)
    for middleware in reversed(options.inner):
        handler = partial(middleware, handler=handler)
    in_flight, request_ids = options.limits.in_flight, options.request_ids

    async def handle(request: web.Request) -> web.StreamResponse:
        request_id = next(request_ids)
        # The next request of the connection binds its own; taking the old one back costs more.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        in_flight.begin()
        try:
            response = await handler(request)
        except Exception as error:
            response = _tell(error, request, request_id)
        finally:
            in_flight.end()
        if not response.prepared:
            response.headers.setdefault("X-Request-Id", request_id)
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            in_flight.finish(response)
        return response

    app.router.add_route("*", path, handle)


def add_type(app: web.Application, name: str, handler: Handler) -> None:
    """Answer `/api.php?type=NAME`, the oldest spelling of every face."""
    app[_BY_TYPE][name] = handler


def add_half_address(app: web.Application, handler: Handler, content_type: str = "") -> None:
    """Answer `/api`, `/api/` and `/api.php` without a type for bodies of a certain content type.

    The empty one stands for all that no other face answers.
    """
    app[_BY_CONTENT][content_type] = handler


async def _half_an_address(request: web.Request) -> web.StreamResponse:
    by_type, by_content = request.app[_BY_TYPE], request.app[_BY_CONTENT]
    name = request.query.get("type")
    if name is None:
        handler = by_content.get(request.content_type) or by_content.get("")
    else:
        handler = by_type.get(name)
    if handler is None:
        known = ", ".join(f"/api.php?type={name}" for name in sorted(by_type))
        others = f" There are {known}." if known else ""
        return _plain(404, f"There is no protocol at this address.{others}")
    return await handler(request)


async def _nothing_here(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def _refuse_other_methods(
    request: web.Request, handler: Handler, methods: Sequence[str]
) -> web.StreamResponse:
    if request.method not in methods:
        raise web.HTTPMethodNotAllowed(request.method, methods)
    return await handler(request)


def build_runner(app: web.Application, shutdown_seconds: float) -> web.AppRunner:
    """What serves the application; faces decompress bodies themselves."""
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=_IDLE_SECONDS,
        shutdown_timeout=shutdown_seconds,
    )


class Sender:
    """Who sends a request, as far as HTTP tells; looked at when somebody asks."""

    __slots__ = ("_request",)

    def __init__(self, request: web.Request) -> None:
        self._request = request

    def caller(self, session: object) -> Caller:
        """The sender with the session argument of a call."""
        if session is not None:
            return Caller(session)
        return Caller(None, self._basic(), self.address)

    @property
    def address(self) -> str | None:
        """The IP address, if there is one."""
        return self._request.remote

    def _basic(self) -> tuple[str, str] | None:
        return basic_credentials(self._request.headers.get("Authorization", ""))


def basic_credentials(header: str) -> tuple[str, str] | None:
    """User name and key of HTTP Basic, or None if there are none, or only one, or no sense."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        # PHP, which clients were written for, asks for no padding.
        text = binascii.a2b_base64(encoded + "==").decode()
    except (binascii.Error, ValueError):
        return None
    username, _, key = text.partition(":")
    return (username, key) if username and key else None


def _tell(error: Exception, request: web.Request, request_id: str) -> web.Response:
    """The answer to a request that ended with an exception."""
    match error:
        case web.HTTPException():
            response = _plain(error.status, error.reason)
            for name in ("Allow", "Retry-After"):
                if name in error.headers:
                    response.headers[name] = error.headers[name]
        case ConnectionError() | web.RequestPayloadError():
            log.info("client hung up")
            response = _plain(400, "The body ended before its announced length.")
        case StorageFailed():
            log.error("storage failed", reason=str(error))
            response = _plain(503, "The storage does not answer; try again.")
            response.headers.update(RETRY)
        case _:
            log.exception("request failed", method=request.method)
            response = _plain(500, f"Internal error; the log has it under {request_id}.")
    return response


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")


async def _healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


def _readyz(check_ready: Callable[[], Awaitable[None]]) -> Handler:
    async def look() -> bool:
        try:
            await check_ready()
        except Exception as failure:
            log.warning("not ready", reason=str(failure))
            return False
        return True

    looking: asyncio.Task[bool] | None = None
    began = 0.0

    async def readyz(request: web.Request) -> web.Response:
        nonlocal looking, began
        # Anyone may ask, and each look writes: those who ask at one moment share it, and what it
        # found holds for a second, if it was good.
        fresh = time.monotonic() - began < _READY_SECONDS
        if looking is None or (looking.done() and not (fresh and looking.result())):
            began = time.monotonic()
            looking = asyncio.create_task(look())
        if await asyncio.shield(looking):
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "not ready"}, status=503)

    return readyz


def _metrics(telemetry: Telemetry) -> Handler:
    async def metrics(request: web.Request) -> web.Response:
        headers = {"Content-Type": telemetry.content_type}
        return web.Response(body=telemetry.exposition(), headers=headers)

    return metrics

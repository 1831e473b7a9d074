"""The HTTP application: limits, request ids, health, metrics, and the faces mounted on it."""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog
from aiohttp import web

from rpcmedia.faces.telemetry import Telemetry

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """What every face may need to know."""

    telemetry: Telemetry
    max_body: int
    """The largest request body in bytes."""


Mount = Callable[[web.Application], None]


def build_app(
    mounts: Iterable[Mount],
    telemetry: Telemetry,
    check_ready: Callable[[], Awaitable[None]],
    max_body: int,
) -> web.Application:
    """The application with health, metrics and every face. `check_ready` raises if it is not."""
    app = web.Application(client_max_size=max_body, middlewares=[_request_context])
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(check_ready))
    app.router.add_get("/metrics", _metrics(telemetry))
    for mount in mounts:
        mount(app)
    return app


def basic_credentials(request: web.Request) -> tuple[str, str] | None:
    """User name and key of HTTP Basic, or None if there are none, or only one, or no sense."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    username, _, key = text.partition(":")
    return (username, key) if username and key else None


@web.middleware
async def _request_context(request: web.Request, handler: Handler) -> web.StreamResponse:
    request_id = secrets.token_hex(8)
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            response = _plain(refusal.status, refusal.reason)
            if "Allow" in refusal.headers:
                response.headers["Allow"] = refusal.headers["Allow"]
        except (ConnectionError, web.RequestPayloadError):
            log.info("client hung up")
            response = _plain(400, "The body ended before its announced length.")
        except Exception:
            log.exception("request failed", method=request.method)
            response = _plain(500, f"Internal error; the log has it under {request_id}.")
    if not response.prepared:
        response.headers.setdefault("X-Request-Id", request_id)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")


async def _healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


def _readyz(check_ready: Callable[[], Awaitable[None]]) -> Handler:
    async def readyz(request: web.Request) -> web.Response:
        try:
            await check_ready()
        except Exception as failure:
            log.warning("not ready", reason=str(failure))
            return web.json_response({"status": "not ready"}, status=503)
        return web.json_response({"status": "ready"})

    return readyz


def _metrics(telemetry: Telemetry) -> Handler:
    async def metrics(request: web.Request) -> web.Response:
        headers = {"Content-Type": telemetry.content_type}
        return web.Response(body=telemetry.exposition(), headers=headers)

    return metrics

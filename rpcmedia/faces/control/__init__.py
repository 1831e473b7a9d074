"""The control face: what a test harness does to a running server. An application of its own.

It is meant for one machine, behind a token: whoever holds that can undo everything.
"""

import hmac
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from rpcmedia.faces.control import bodies, openapi
from rpcmedia.faces.control.answers import damage_answers
from rpcmedia.faces.control.bodies import BodyRefused
from rpcmedia.faces.control.handlers import NothingThere, Request
from rpcmedia.faces.control.routes import ROUTES, Route
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.control import Control
from rpcmedia.operations.ports import SnapshotRefused

__all__ = ["build_app", "damage_answers"]

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LARGEST_BODY = 64 * 1024


def build_app(control: Control, token: str) -> web.Application:
    """The application; every request must carry the token."""
    app = web.Application(
        client_max_size=_LARGEST_BODY, middlewares=[_json_refusals, _token_check(token)]
    )
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route, control))
    described = bodies.encode(openapi.document(ROUTES))

    async def describe(request: web.Request) -> web.Response:
        return _respond(200, described)

    app.router.add_route("GET", openapi.PATH, describe)
    return app


def _handler(route: Route, control: Control) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = bodies.decode(await request.read(), route.takes) if route.takes else None
        repeated = len(request.query) != len(set(request.query))
        if repeated or (request.query and not route.filters):
            raise BodyRefused("The query has a member twice, or one that is not known here.")
        answer = await route.handler(Request(control, request.match_info, request.query, body))
        return _respond(route.status, b"" if answer is None else bodies.encode(answer))

    return handle


def _token_check(token: str) -> Callable[..., Awaitable[web.StreamResponse]]:
    expected = token.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), expected)
        if scheme.lower() != "bearer" or not right:
            refusal = _refuse(401, "Send the header Authorization: Bearer TOKEN with the token.")
            refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        return await handler(request)

    return check


@web.middleware
async def _json_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (BodyRefused, SnapshotRefused) as refusal:
        return _refuse(400, str(refusal))
    except NothingThere as refusal:
        return _refuse(404, str(refusal))
    except StorageFailed as failure:
        return _refuse(500, str(failure))
    except web.HTTPException as refusal:
        answer = _refuse(
            refusal.status, f"{refusal.reason}; GET {openapi.PATH} tells what is here."
        )
        if "Allow" in refusal.headers:
            answer.headers["Allow"] = refusal.headers["Allow"]
        return answer
    except Exception:
        log.exception("control failed")
        return _refuse(500, "Internal error; the log of the server has it.")


def _refuse(status: int, text: str) -> web.Response:
    return _respond(status, bodies.encode(bodies.Refusal(text)))


def _respond(status: int, body: bytes) -> web.Response:
    if status == 204:
        return web.Response(status=status)
    return web.Response(status=status, body=body, content_type="application/json")

"""The JSON-RPC endpoint: from a body to answers, the members of a batch in order.

Every answer has HTTP status 200, for a well-known client takes any other for fatal.
"""

import asyncio
import time
from typing import Any

from aiohttp import web

from rpcmedia.faces.api_methods import PARAMETERS, Context
from rpcmedia.faces.bodies import Body, CannotReceive, TooBusy, take_body, with_body
from rpcmedia.faces.content_coding import TooLarge
from rpcmedia.faces.http import FaceOptions, Sender, add_half_address, add_route, add_type
from rpcmedia.faces.jsonrpc import wire
from rpcmedia.faces.jsonrpc.methods import label_of, run_method
from rpcmedia.faces.jsonrpc.profiles import Profile
from rpcmedia.faces.jsonrpc.wire import (
    BUSY,
    INVALID_REQUEST,
    METHOD_NAME,
    NO_ID,
    PARSE_ERROR,
    Message,
    WireError,
)
from rpcmedia.gallery.faults import Fault
from rpcmedia.operations.dispatch import TURN, Operations
from rpcmedia.operations.faults import SessionExpired

FACE = "jsonrpc"

_LONGEST_BATCH = 1000

# All spellings of the endpoint that the reference answers, the usual one first: it is the fastest.
_PATHS = (
    "/api/jsonrpc",
    r"/{_:/*(?:index\.php/)?api/[Jj]sonrpc(?:/index){0,2}/?}",
)


def mount(
    app: web.Application, operations: Operations, options: FaceOptions, profile: Profile
) -> None:
    """Answer JSON-RPC on every spelling of the endpoint, whatever the HTTP method."""
    endpoint = Endpoint(operations, options, profile)
    for path in _PATHS:
        add_route(app, path, endpoint.handle, options)
    add_type(app, "jsonrpc", endpoint.handle)
    add_half_address(app, endpoint.handle_elsewhere, "application/json")


class Endpoint:
    """Answers requests in the spelling of one profile."""

    def __init__(self, operations: Operations, options: FaceOptions, profile: Profile) -> None:
        self._operations = operations
        self._options = options
        self._profile = profile

    async def handle_elsewhere(self, request: web.Request) -> web.Response:
        """Tell a client that knows only half of the address where the endpoint is."""
        hint = f"There is no JSON-RPC at {request.path}; it is at {_PATHS[0]}."
        return self._refuse(INVALID_REQUEST, hint, status=404)

    def _refuse(self, code: int, text: str, status: int = 200) -> web.Response:
        self._options.telemetry.call(FACE, "other", code, 0.0)
        answer = wire.failure(self._profile, wire.NO_MESSAGE, code, text)
        return _respond(wire.encode(answer), status)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request."""
        try:
            body = take_body(request, self._options.limits)
            if body is not None:
                return await self._answer_request(request, body)
            return await with_body(request, self._options.limits, self._answer_request)
        except TooBusy as reason:
            return self._refuse(BUSY, str(reason))
        except TooLarge as reason:
            return self._refuse(INVALID_REQUEST, str(reason))
        except CannotReceive as reason:
            return self._refuse(PARSE_ERROR, f"Parse error: {reason}.")

    async def _answer_request(self, request: web.Request, body: Body) -> web.Response:
        if self._profile.loses_multipart and request.content_type == "multipart/form-data":
            body = b""
        answer: Any
        try:
            value = self._read_body(body)
        except WireError as error:
            answer = self._fail(wire.NO_MESSAGE, error, "other", time.perf_counter())
        else:
            respond = self._answer_members if isinstance(value, list) else self._answer_member
            answer = await respond(value, Sender(request))
        # Notifications have no answer.
        text = wire.encode(answer) if answer else b""
        self._options.telemetry.traffic(FACE, len(body), len(text))
        return _respond(text)

    async def _answer_members(self, batch: list[Any], sender: Sender) -> list[dict[str, Any]]:
        answered = []
        for number, member in enumerate(batch):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            answer = await self._answer_member(member, sender)
            if answer is not None:
                answered.append(answer)
        return answered

    def _read_body(self, body: Body) -> Any:
        """A request, or a list of them. Raises WireError."""
        empty = not body or (self._profile.expires_without_method and body == b"0")
        value = {} if empty else wire.parse(body)
        if isinstance(value, list) and not self._profile.batches:
            return {}
        if value == []:
            raise WireError(INVALID_REQUEST, "Invalid Request: the batch is empty.")
        if isinstance(value, list) and len(value) > _LONGEST_BATCH:
            raise WireError(
                INVALID_REQUEST,
                f"Invalid Request: the batch has {len(value)} members; send {_LONGEST_BATCH}.",
            )
        return value

    async def _answer_member(self, member: object, sender: Sender) -> dict[str, Any] | None:
        started = time.perf_counter()
        if not isinstance(member, dict):
            error = WireError(INVALID_REQUEST, "Invalid Request: a request must be an object.")
            return self._fail(wire.NO_MESSAGE, error, "other", started)
        message = Message.read(member)
        label = label_of(member)
        try:
            name = self._method_name(message)
            context = Context(self._operations, sender, self._profile.create)
            value = await run_method(context, message, name)
        except (Fault, WireError) as error:
            answer = self._fail(message, error, label, started)
            invalid = isinstance(error, WireError) and error.code == INVALID_REQUEST
            if message.id is NO_ID and not (invalid or self._profile.answers_failed_notifications):
                return None
            return answer
        self._options.telemetry.call(FACE, label, None, time.perf_counter() - started)
        if message.id is NO_ID:
            return None
        return wire.success(self._profile, message, value)

    def _method_name(self, message: Message) -> str:
        if "method" not in message.members:
            if self._profile.expires_without_method:
                raise SessionExpired
            raise WireError(INVALID_REQUEST, "Invalid Request: the member method is missing.")
        name = message.members["method"]
        if not isinstance(name, str) or not (name in PARAMETERS or METHOD_NAME.match(name)):
            raise WireError(INVALID_REQUEST, "Invalid Request")
        return name

    def _fail(
        self, message: Message, error: Fault | WireError, label: str, started: float
    ) -> dict[str, Any]:
        if isinstance(error, Fault):
            number, code = error.number, self._profile.fault_code(error.number)
        else:
            number = code = error.code
        self._options.telemetry.call(FACE, label, number, time.perf_counter() - started)
        return wire.failure(self._profile, message, code, error.message)


def _respond(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")

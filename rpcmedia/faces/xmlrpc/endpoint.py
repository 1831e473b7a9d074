"""The XML-RPC endpoint: from a body to an answer, always with HTTP status 200."""

from aiohttp import web

from rpcmedia.faces.api_methods import Context
from rpcmedia.faces.bodies import Body, CannotReceive, TooBusy, read_aside, with_body
from rpcmedia.faces.content_coding import TooLarge
from rpcmedia.faces.http import FaceOptions, Sender, add_route, add_type
from rpcmedia.faces.xmlrpc.messages import (
    UNREADABLE,
    MethodCall,
    ProtocolFault,
    read_call,
    write_answer,
    write_fault,
)
from rpcmedia.faces.xmlrpc.methods import FACE, Methods
from rpcmedia.operations.dispatch import BUSY, Operations
from rpcmedia.operations.product_media import CreateDefaults

_PATH = r"/{_:/*(?:index\.php/)?api/[Xx]mlrpc(?:/index){0,2}/?}"
"""All spellings of the endpoint that the reference answers."""


def mount(app: web.Application, operations: Operations, options: FaceOptions) -> None:
    """Answer XML-RPC on every spelling of the endpoint, whatever the HTTP method."""
    endpoint = Endpoint(operations, options)
    add_route(app, _PATH, endpoint.handle, options)
    add_type(app, "xmlrpc", endpoint.handle)


class Endpoint:
    """Answers requests."""

    def __init__(self, operations: Operations, options: FaceOptions) -> None:
        self._operations = operations
        self._options = options
        self._methods = Methods(options.telemetry)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request."""
        try:
            return await with_body(request, self._options.limits, self._answer)
        except TooBusy as reason:
            return self._refuse(ProtocolFault(BUSY, str(reason)))
        except (TooLarge, CannotReceive) as reason:
            return self._refuse(ProtocolFault.of(UNREADABLE, reason))

    def _refuse(self, fault: ProtocolFault) -> web.Response:
        self._methods.count_refusal(fault)
        return _respond(write_fault(fault))

    async def _answer(self, request: web.Request, body: Body) -> web.Response:
        if request.content_type == "multipart/form-data":
            # PHP takes such a body for a form, and the reference finds nothing left.
            body = b""
        try:
            call = await read_aside(read_call, body)
        except ProtocolFault as fault:
            response = self._refuse(fault)
        else:
            response = await self._answer_call(request, call)
        self._options.telemetry.traffic(FACE, len(body), response.content_length or 0)
        return response

    async def _answer_call(self, request: web.Request, call: MethodCall) -> web.Response:
        context = Context(self._operations, Sender(request), CreateDefaults())
        try:
            return _respond(write_answer(await self._methods.answer(context, call)))
        except ProtocolFault as fault:
            return _respond(write_fault(fault))


def _respond(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/xml", charset="UTF-8")

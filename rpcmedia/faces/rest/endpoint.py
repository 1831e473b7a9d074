"""The REST endpoint: what is asked for, by whom, and in which representation.

Order of checks: representation, sender, address, method, permission, version, body.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html import escape
from typing import Any, NamedTuple

from aiohttp import web

from rpcmedia.faces.bodies import Body, TooBusy, read_by, with_body
from rpcmedia.faces.http import ANYTHING, FaceOptions, add_route
from rpcmedia.faces.rest import answers, refusals, routes
from rpcmedia.faces.rest.negotiation import Format, sent, wanted
from rpcmedia.faces.rest.reading import read_changes, read_new
from rpcmedia.faces.rest.refusals import Refusal
from rpcmedia.faces.rest.routes import Address
from rpcmedia.faces.rest.signed_requests import clean
from rpcmedia.gallery.faults import Fault
from rpcmedia.operations.product_images import Created, ProductImages, label_of, visible_fields
from rpcmedia.operations.visitors import Role, Visitor

FACE = "rest"

Identify = Callable[[web.Request], Awaitable[Visitor]]
"""Tells who sent a request. Raises OAuthProblem."""
Perform = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""An operation that lacks nothing but its data."""

# With two slashes or more a path does not fit, but it is this face that says so.
_PATHS = (routes.ROOT, f"{routes.ROOT}/{ANYTHING}", "/{_:/+api/rest(?s:/.*)?}")

_OF_ALL = {"GET": "list", "POST": "create"}
_OF_ONE = {"GET": "info", "PUT": "update", "DELETE": "remove"}
_READERS = {"create": read_new, "update": read_changes}

_VERSION = re.compile("[1-9][0-9]*")


class Asked(NamedTuple):
    """What a request asks for, as far as it can be understood."""

    form: Format | None
    address: Address | None
    operation: str | None

    @classmethod
    def read(cls, request: web.Request) -> "Asked":
        """What a request asks for. A method that is for others than the address is known too."""
        form = wanted(",".join(request.headers.getall("Accept", ())))
        address = routes.find(request.rel_url.raw_path)
        if address is None:
            return cls(form, None, None)
        own, other = _OF_ALL, _OF_ONE
        if address.target.image is not None:
            own, other = other, own
        return cls(form, address, own.get(request.method) or other.get(request.method))

    @property
    def label(self) -> str:
        """A name for metrics and logs."""
        return label_of(self.operation) if self.operation else "other"


def mount(
    app: web.Application, images: ProductImages, identify: Identify, options: FaceOptions
) -> None:
    """Answer REST below its path, whatever the HTTP method."""
    endpoint = Endpoint(images, identify, options)
    for path in _PATHS:
        add_route(app, path, endpoint.handle, options)


class Endpoint:
    """Answers requests for images of products."""

    def __init__(self, images: ProductImages, identify: Identify, options: FaceOptions) -> None:
        self._images = images
        self._identify = identify
        self._options = options

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request."""
        started = time.perf_counter()
        asked = Asked.read(request)
        number = None
        try:
            response = await self._answer(request, asked)
        except ConnectionError:
            raise
        except Exception as error:
            refusal = refusals.of_error(error)
            number = refusal.number
            response = answers.refuse(refusal, asked.form or Format.XML)
        telemetry = self._options.telemetry
        telemetry.call(FACE, asked.label, number, time.perf_counter() - started)
        telemetry.traffic(FACE, request.content.total_bytes, response.content_length or 0)
        return response

    async def _answer(self, request: web.Request, asked: Asked) -> web.Response:
        if self._options.limits.in_flight.too_many:
            raise TooBusy
        form, address, operation = asked
        if form is None:
            raise Refusal(406, refusals.NOT_ACCEPTABLE)
        visitor = await self._identify(request)
        if address is None:
            raise Refusal(404, refusals.NO_ROUTE)
        if operation is None:
            raise Refusal(400, "Invalid request method")
        perform = partial(self._images.answer, visitor, operation, address.target)
        try:
            if not self._images.may(visitor, operation):
                # It is the operation that refuses, and its body is not read.
                await perform({})
            _check(request, address, operation)
            if operation in ("list", "info"):
                return await self._show(request, visitor, form, perform)
            return await self._change(request, address, operation, perform)
        except Fault as fault:
            to_admin = visitor.role is Role.ADMIN
            raise refusals.of_fault(fault, operation, to_admin=to_admin) from fault

    async def _show(
        self, request: web.Request, visitor: Visitor, form: Format, perform: Perform
    ) -> web.Response:
        visible = visible_fields(visitor)
        fields = visible
        if request.query_string and "attrs" in request.query:
            names = request.query.getall("attrs")[-1].split(",")
            fields = tuple(name for name in visible if name in names)
            if not fields:
                raise Refusal(400, f"attrs names no field; there are {', '.join(visible)}.")
        return answers.show(await perform({}), fields, form, whole=fields == visible)

    async def _change(
        self, request: web.Request, address: Address, operation: str, perform: Perform
    ) -> web.Response:
        async def answer(data: Mapping[str, Any]) -> web.Response:
            value = await perform(data)
            if isinstance(value, Created):
                return answers.created(f"{address.images}/{value.id}")
            return answers.done()

        read = _READERS.get(operation)
        if read is None:
            return await answer({})
        form = sent(request.headers.get("Content-Type", ""))

        async def answer_body(_: web.Request, body: Body) -> web.Response:
            return await answer(await read_by(partial(read, form=form), body))

        return await with_body(request, self._options.limits, answer_body)


def _check(request: web.Request, address: Address, operation: str) -> None:
    """Raises Refusal for a version that there is not, and a method that is for other addresses."""
    version = request.headers.get("Version")
    if version is not None and not _VERSION.fullmatch(version):
        # The reference writes HTML, whatever the representation.
        shown = escape(clean(version)).replace("&#x27;", "&#039;")
        raise Refusal(400, f'Invalid version "{shown}" requested.')
    own = _OF_ALL if address.target.image is None else _OF_ONE
    if operation not in own.values():
        raise Refusal(405, refusals.NOT_IMPLEMENTED)

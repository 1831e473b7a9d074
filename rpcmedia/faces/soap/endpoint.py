"""The SOAP endpoints: from the body of a request to the envelope of its answer.

The number of an API fault is its code, with HTTP status 200; what could not be called has the
status 500 and a code of SOAP. Both as measured on the reference server.
"""

import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from aiohttp import web

from rpcmedia.faces.api_methods import Context, label_of, run
from rpcmedia.faces.bodies import Body, CannotReceive, TooBusy, read_by, with_body
from rpcmedia.faces.content_coding import TooLarge
from rpcmedia.faces.http import (
    READING,
    RETRY,
    FaceOptions,
    Sender,
    add_half_address,
    add_route,
    add_type,
)
from rpcmedia.faces.reference_values import plain
from rpcmedia.faces.soap.envelopes import Envelope, local_name, read_envelope
from rpcmedia.faces.soap.operations import Operation
from rpcmedia.faces.soap.protocol import (
    CLIENT,
    SERVER,
    SOAP_1_1,
    SOAP_1_2,
    VERSION_MISMATCH,
    Refused,
    Soap,
)
from rpcmedia.faces.soap.reading import Values, read_parameters
from rpcmedia.faces.soap.writing import write_answer, write_fault
from rpcmedia.faces.soap.wsdl import (
    ENCODING_QUERY,
    FORM_V1,
    FORM_V2,
    FORM_WSI,
    Form,
    encoding_schema,
    wsdl_document,
)
from rpcmedia.faces.soap.wsi import BY_ELEMENT, write_document
from rpcmedia.gallery.faults import Fault
from rpcmedia.operations.dispatch import BUSY, INVALID_ARGUMENTS, Operations
from rpcmedia.operations.faults import Busy, InvalidArguments, SessionExpired
from rpcmedia.operations.product_media import CreateDefaults

_CONTENT_TYPE = "text/xml; charset=UTF-8"
"""For both versions of SOAP, as measured."""

_LONGEST_NAME = 100
"""How much of an unknown name is told back."""


Write = Callable[[Soap, str, Operation, Any], bytes]


class Version(NamedTuple):
    """One of the two versions of the API, which have nothing to do with those of SOAP."""

    face: str
    """Its name in metrics, logs and `/api.php?type=`."""
    form: Form
    operations: dict[str, Operation]
    """By the lower-case name of the element that calls it: the reference looks at no case."""
    write: Write = write_answer

    @property
    def path(self) -> str:
        """The usual spelling of its endpoint."""
        return f"/api/{self.face}"


def _by_name(form: Form) -> dict[str, Operation]:
    return {operation.name.lower(): operation for operation in form.operations}


_VERSION_1 = Version("soap", FORM_V1, _by_name(FORM_V1))
_VERSION_2 = Version("v2_soap", FORM_V2, _by_name(FORM_V2))
_VERSION_2_WSI = Version("v2_soap", FORM_WSI, BY_ELEMENT, write_document)

# All spellings that the reference's router takes, the usual one first: it is the fastest. A
# parameter of the query may stand in the path as well.
_AFTER = r"(?:(?:/index){0,2}|/index/wsdl/[^/]*)/?"
_PATHS_1 = (
    _VERSION_1.path,
    rf"/{{_:/*(?:index\.php/)?api/[Ss]oap{_AFTER}}}",
    rf"/{{_:/*(?:index\.php/)?api/[Ii]ndex{_AFTER}}}",
    r"/{_:/*index\.php/api/?}",
)
_PATHS_2 = (_VERSION_2.path, rf"/{{_:/*(?:index\.php/)?api/[Vv]2_[Ss]oap{_AFTER}}}")
_WSDL_IN_PATH = re.compile(r"/index/wsdl/[^/]*/?\Z")


def mount(
    app: web.Application,
    operations: Operations,
    options: FaceOptions,
    namespace: str,
    base_url: str | None,
    *,
    wsi: bool,
) -> None:
    """Answer SOAP on every spelling of both endpoints, whatever the HTTP method.

    Answers are in the namespace; WSDLs name the address as it was asked for, or below `base_url`.
    With `wsi` the second endpoint speaks the WS-I form of its version, and no other.
    """
    version_2 = _VERSION_2_WSI if wsi else _VERSION_2
    for version, paths in ((_VERSION_1, _PATHS_1), (version_2, _PATHS_2)):
        endpoint = Endpoint(version, operations, options, namespace, base_url)
        for path in paths:
            add_route(app, path, endpoint.handle, options)
        add_type(app, version.face, endpoint.handle)
        if version is _VERSION_1:
            add_half_address(app, endpoint.handle)


class Endpoint:
    """Answers requests of one version."""

    def __init__(
        self,
        version: Version,
        operations: Operations,
        options: FaceOptions,
        namespace: str,
        base_url: str | None,
    ) -> None:
        self._version = version
        self._operations = operations
        self._options = options
        self._namespace = namespace
        self._base_url = base_url

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request."""
        if request.method in READING:
            if _asks_for_wsdl(request):
                address = self._address(request)
                return _respond(wsdl_document(self._version.form, address, self._namespace))
            if ENCODING_QUERY in request.query:
                return _respond(encoding_schema())
        try:
            return await with_body(request, self._options.limits, self._answer_body)
        except TooBusy as reason:
            refusal = Refused(SERVER, f"{reason}.", 503)
        except TooLarge as reason:
            refusal = Refused(CLIENT, str(reason), 413)
        except CannotReceive as reason:
            refusal = Refused(CLIENT, f"{reason}.", 400)
        return self._refuse(refusal, SOAP_1_1)

    def _address(self, request: web.Request) -> str:
        base = self._base_url or f"{request.scheme}://{request.host}"
        path = _WSDL_IN_PATH.sub("", request.path)
        if "type" in request.query:
            # Without its query that address is the one of another protocol.
            path = self._version.path
        return base.rstrip("/") + path

    async def _answer_body(self, request: web.Request, body: Body) -> web.Response:
        started = time.perf_counter()
        try:
            envelope = await read_by(read_envelope, body)
        except Refused as refusal:
            soap = SOAP_1_2 if refusal.code == VERSION_MISMATCH else SOAP_1_1
            response = self._refuse(refusal, soap, started=started)
        else:
            response = await self._answer_envelope(envelope, body, Sender(request), started)
        sent = response.content_length or 0
        self._options.telemetry.traffic(self._version.face, len(body), sent)
        return response

    async def _answer_envelope(
        self, envelope: Envelope, body: Body, sender: Sender, started: float
    ) -> web.Response:
        label = "other"
        try:
            call = envelope.call()
            operation = self._operation(local_name(call))
            document = self._version.form.style == "document"
            read = partial(read_parameters, operation, call, document=document)
            parameters = await read_by(lambda _: read(Values(envelope.root)), body)
            label = _label(operation, parameters)
            context = Context(self._operations, sender, CreateDefaults())
            value = await _run(context, operation, parameters)
        except Refused as reason:
            refusal = reason
        except Fault as fault:
            refusal = Refused(str(fault.number), fault.message, 200, number=fault.number)
        except InvalidArguments as reason:
            refusal = Refused(CLIENT, str(reason), 200, number=INVALID_ARGUMENTS)
        except Busy as reason:
            refusal = Refused(SERVER, f"{reason}.", 503, number=BUSY)
        else:
            self._count(label, None, started)
            write = self._version.write
            return _respond(write(envelope.soap, self._namespace, operation, plain(value)))
        return self._refuse(refusal, envelope.soap, label, started)

    def _operation(self, name: str) -> Operation:
        operation = self._version.operations.get(name.lower())
        if operation is None and not name:
            raise Refused(CLIENT, "The Body of the SOAP envelope is empty; put the call into it.")
        if operation is None:
            raise Refused(SERVER, f"Procedure '{name[:_LONGEST_NAME]}' not present")
        return operation

    def _refuse(
        self, refusal: Refused, soap: Soap, label: str = "other", started: float | None = None
    ) -> web.Response:
        self._count(label, refusal.number, time.perf_counter() if started is None else started)
        response = _respond(write_fault(soap, refusal.code, refusal.text), refusal.status)
        if refusal.status == 503:
            response.headers.update(RETRY)
        return response

    def _count(self, label: str, number: int | None, started: float) -> None:
        face, seconds = self._version.face, time.perf_counter() - started
        self._options.telemetry.call(face, label, number, seconds)


def _asks_for_wsdl(request: web.Request) -> bool:
    # Programs write it in capitals too.
    return (
        any(name.lower() == "wsdl" for name in request.query)
        or _WSDL_IN_PATH.search(request.path) is not None
    )


def _label(operation: Operation, parameters: Sequence[Any]) -> str:
    if operation.path:
        return label_of("call", operation.path)
    return label_of(operation.name, parameters[1] if len(parameters) > 1 else None)


async def _run(context: Context, operation: Operation, parameters: list[Any]) -> Any:
    if operation.path:
        session, *arguments = parameters
        arguments += [None] * (len(operation.inputs) - len(parameters))
        return await run(context, "call", [session, operation.path, arguments])
    if operation.name == "resourceFaults":
        return await _resource_faults(context, *parameters)
    return await run(context, operation.name, parameters)


async def _resource_faults(context: Context, resource: Any, session: Any = None) -> Any:
    try:
        return await run(context, "resourceFaults", [session, resource])
    except SessionExpired:
        # The reference takes them in this order, whatever its WSDL says.
        return await run(context, "resourceFaults", [resource, session])


def _respond(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers={"Content-Type": _CONTENT_TYPE})

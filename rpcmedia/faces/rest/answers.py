"""HTTP answers of the resource: images, where a new one is, nothing, and refusals."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from rpcmedia.faces.http import RETRY
from rpcmedia.faces.reference_values import text
from rpcmedia.faces.rest.negotiation import Format
from rpcmedia.faces.rest.refusals import Refusal
from rpcmedia.faces.rest.writing import write
from rpcmedia.operations.product_images import SeenImage, SeenImages

_NO_STORE = {"Cache-Control": "no-store"}
"""What is seen depends on who asks."""


def show(
    seen: SeenImages | SeenImage, fields: Sequence[str], form: Format, *, whole: bool
) -> web.Response:
    """What a visitor asked to see; `whole` says that these are all fields that the visitor sees."""
    if isinstance(seen, SeenImage):
        return _represent(_map(seen, fields), form)
    # All that share these images see the same fields.
    body: bytes | None = seen.spelled.get(form) if whole else None
    if body is None:
        body = write([_map(image, fields) for image in seen], form)
        if whole:
            seen.spelled[form] = body
    return _respond(200, body, form)


def _map(image: SeenImage, fields: Sequence[str]) -> dict[str, Any]:
    return {name: _spell(getattr(image, name)) for name in fields}


def _spell(value: str | int | tuple[str, ...] | None) -> str | list[str]:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str) else text(value)


def created(location: str) -> web.Response:
    """Where a new image is."""
    return _nothing(Location=location)


def done() -> web.Response:
    """That something was done."""
    return _nothing()


def _nothing(**headers: str) -> web.Response:
    return web.Response(content_type="text/html", charset="UTF-8", headers={**_NO_STORE, **headers})


def refuse(refusal: Refusal, form: Format) -> web.Response:
    """Why nothing was done."""
    errors = [{"code": refusal.status, "message": message} for message in refusal.messages]
    body = write({"messages": {"error": errors}}, form)
    response = _respond(refusal.status, body, form)
    if refusal.status == 503:
        response.headers.update(RETRY)
    return response


def _represent(value: Any, form: Format) -> web.Response:
    return _respond(200, write(value, form), form)


def _respond(status: int, body: bytes, form: Format) -> web.Response:
    return web.Response(
        status=status, body=body, content_type=form.value, charset="utf-8", headers=_NO_STORE
    )

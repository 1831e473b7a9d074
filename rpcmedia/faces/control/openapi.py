"""The OpenAPI 3.1 document of the control face, made from its routes and its bodies."""

from collections.abc import Iterable
from inspect import getdoc
from typing import Any

from rpcmedia import __version__
from rpcmedia.faces.control import bodies
from rpcmedia.faces.control.routes import Route

PATH = "/openapi.json"

_REASONS = {
    200: "Done",
    201: "Made",
    204: "Done; no body",
    400: "Something in the request cannot be used",
    401: "The token is missing or wrong",
    404: "There is none of this name",
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document as JSON values; its own route is in it too."""
    routes = list(routes)
    kinds = [kind for route in routes for kind in (route.takes, route.answers) if kind]
    found, named = bodies.schemas([*kinds, bodies.Refusal])
    schemas = dict(zip(map(str, kinds), found, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    paths[PATH] = {"get": _own_operation()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control face of rpcmedia",
            "version": __version__,
            "description": "Snapshots, resets, the clock, injected faults and the journal.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": named,
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": getdoc(route.handler),
        "responses": {str(route.status): _answer(route, schemas)},
    }
    for status in (*route.refusals, 401):
        operation["responses"][str(status)] = _described(status, _reference(bodies.Refusal))
    if route.parts or route.filters:
        operation["parameters"] = [*_parts(route), *_filters(route)]
    if route.takes:
        examples = {name: {"value": value} for name, value in route.examples.items()}
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {"schema": schemas[str(route.takes)], "examples": examples}
            },
        }
    return operation


def _own_operation() -> dict[str, Any]:
    return {
        "operationId": "describe",
        "summary": "This document.",
        "responses": {
            "200": _described(200, {"type": "object"}),
            "401": _described(401, _reference(bodies.Refusal)),
        },
    }


def _answer(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    return _described(route.status, schemas[str(route.answers)] if route.answers else None)


def _described(status: int, schema: dict[str, Any] | None) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    return {"description": _REASONS[status], **content}


def _reference(kind: type) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _parts(route: Route) -> Iterable[dict[str, Any]]:
    for name, example in route.parts.items():
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "example": example,
        }


def _filters(route: Route) -> Iterable[dict[str, Any]]:
    for name, (meaning, example) in route.filters.items():
        yield {
            "name": name,
            "in": "query",
            "description": meaning,
            "schema": {"type": "integer" if isinstance(example, int) else "string"},
            "example": example,
        }

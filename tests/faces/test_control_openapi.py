"""The OpenAPI document is true: every route is in it, and its examples work as it says."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from aiohttp import web

from rpcmedia.faces.control import build_app
from rpcmedia.operations.control import Control
from tests.support.controlled import Controlled

ORDER = ["PUT", "POST", "GET", "DELETE"]
"""What makes something comes before what needs it."""


@pytest.fixture
async def document(controlled: Controlled) -> dict[str, Any]:
    found = await controlled.control("GET", "/openapi.json")
    assert isinstance(found, dict)
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) in an order in which the examples work."""
    found = [
        (method.upper(), path, operation)
        for path, members in document["paths"].items()
        for method, operation in members.items()
    ]
    # A reset takes rules away, and so it comes before they are made; one is deleted before all.
    return sorted(found, key=lambda o: (ORDER.index(o[0]), o[1] != "/reset", -o[1].count("{")))


def bodies(operation: dict[str, Any]) -> list[Any]:
    if "requestBody" not in operation:
        return [None]
    [content] = operation["requestBody"]["content"].values()
    return [example["value"] for example in content["examples"].values()]


def filled(path: str, operation: dict[str, Any]) -> str:
    query = []
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        else:
            query.append(f"{parameter['name']}={parameter['example']}")
    return f"{path}?{'&'.join(query)}" if query else path


def check_schema(document: dict[str, Any], described: dict[str, Any], answer: Any) -> None:
    if "content" not in described:
        assert answer is None
        return
    schema = described["content"]["application/json"]["schema"]
    validate(document, schema, answer)


def validate(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    jsonschema.validate(value, {**schema, "components": document["components"]})


def routes_of(app: web.Application) -> set[tuple[str, str]]:
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource and route.method != "HEAD"
    }


async def test_it_lists_exactly_the_routes(controlled: Controlled) -> None:
    folder = controlled.folder
    control = Control(
        folder.rows,
        folder.files,
        folder.accounts,
        folder.oauth,
        folder.snapshots,
        seed=None,
        journal_size=1,
    )
    document = await controlled.control("GET", "/openapi.json")

    assert {(method, path) for method, path, _ in operations(document)} == routes_of(
        build_app(control, "token")
    )


async def test_every_example_works_and_its_answer_is_as_described(
    controlled: Controlled, document: dict[str, Any]
) -> None:
    await controlled.create()
    await controlled.ask("product_media.info", "product1", "/a/b/absent.png")

    done = set()
    for method, path, operation in operations(document):
        for body in bodies(operation):
            status, answer = await controlled.ask_control(method, filled(path, operation), body)
            good = [code for code in operation["responses"] if code < "300"]
            assert [str(status)] == good, (method, path, body, answer)
            check_schema(document, operation["responses"][str(status)], answer)
            done.add((method, path))

    assert len(done) == len(operations(document)) > 12


async def test_what_it_describes_as_a_body_takes_the_examples(document: dict[str, Any]) -> None:
    checked = 0
    for _, _, operation in operations(document):
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            for body in bodies(operation):
                validate(document, schema, body)
                checked += 1
            with pytest.raises(jsonschema.ValidationError):
                validate(document, schema, {"no": "such member"})
    assert checked > 8


async def test_refusals_are_as_described(controlled: Controlled, document: dict[str, Any]) -> None:
    checked = set()
    for method, path, operation in operations(document):
        if "400" in operation["responses"] and "requestBody" in operation:
            status, answer = await controlled.ask_control(method, path, {"no": "such member"})
        elif "404" in operation["responses"]:
            absent = path.replace("{name}", "absent").replace("{id}", "99")
            status, answer = await controlled.ask_control(method, absent)
        elif "400" in operation["responses"] and "{" not in path:
            status, answer = await controlled.ask_control(method, f"{path}?no=such")
        else:
            continue
        check_schema(document, operation["responses"][str(status)], answer)
        checked.add((method, path))
    assert len(checked) >= 8


async def test_every_operation_needs_the_token(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for _, _, operation in operations(document):
        assert "401" in operation["responses"]
        assert "security" not in operation


async def test_names_of_operations_differ_and_references_lead_somewhere(
    document: dict[str, Any],
) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    referred = set(json.dumps(document).split('"#/components/schemas/')[1:])
    for reference in referred:
        assert reference.partition('"')[0] in document["components"]["schemas"]

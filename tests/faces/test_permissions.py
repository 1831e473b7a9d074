"""What a user may do, and what `resources` tells about it."""

import base64
from typing import Any

import pytest

from tests.faces.bodies import png
from tests.support.server import KEY, Server

DENIED = {"code": 2, "message": "Access denied."}


async def ask_as(server: Server, username: str, method: str, *params: Any) -> Any:
    credentials = base64.b64encode(f"{username}:{KEY}".encode()).decode()
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [None, *params]}
    return await server.send(request, Authorization=f"Basic {credentials}")


@pytest.fixture
async def filled(server: Server) -> Server:
    await server.call("product_media.create", "product1", png("seen"))
    return server


READING: list[tuple[str, list[Any]]] = [
    ("currentStore", []),
    ("list", ["product1"]),
    ("info", ["product1", "/s/e/seen.png"]),
    ("types", [4]),
]
WRITING: list[tuple[str, list[Any]]] = [
    ("create", ["product1", png("new")]),
    ("update", ["product1", "/s/e/seen.png", {"label": "changed"}]),
    ("remove", ["product1", "/s/e/seen.png"]),
]


@pytest.mark.parametrize(("name", "arguments"), READING)
async def test_a_reader_may_read(filled: Server, name: str, arguments: list[Any]) -> None:
    answer = await ask_as(filled, "readonly", "call", f"product_media.{name}", arguments)
    assert answer["result"] == await filled.call(f"product_media.{name}", *arguments)


@pytest.mark.parametrize(("name", "arguments"), WRITING)
async def test_a_reader_may_not_write(filled: Server, name: str, arguments: list[Any]) -> None:
    before = await filled.call("product_media.list", "product1")
    for path in (f"product_media.{name}", f"catalog_product_attribute_media.{name}"):
        answer = await ask_as(filled, "readonly", "call", path, arguments)
        assert answer == {"jsonrpc": "2.0", "id": 1, "error": DENIED}
    direct = await ask_as(filled, "readonly", f"product_media.{name}", *arguments)
    assert direct["error"] == DENIED
    assert await filled.call("product_media.list", "product1") == before


@pytest.mark.parametrize(("name", "arguments"), READING + WRITING)
async def test_a_user_without_the_catalog_may_do_nothing(
    filled: Server, name: str, arguments: list[Any]
) -> None:
    answer = await ask_as(filled, "nocatalog", "call", f"product_media.{name}", arguments)
    assert answer["error"] == DENIED


async def test_permission_is_checked_after_the_path_and_before_the_arguments(
    server: Server,
) -> None:
    unknown = await ask_as(server, "nocatalog", "call", "product_media.nope", [])
    assert unknown["error"] == {"code": 3, "message": "Invalid api path."}
    too_few = await ask_as(server, "nocatalog", "call", "product_media.list", [])
    assert too_few["error"] == DENIED
    no_store = await ask_as(server, "nocatalog", "call", "product_media.list", ["x", "nope"])
    assert no_store["error"] == DENIED


@pytest.mark.parametrize("username", ["norole", "inactive"])
async def test_a_user_without_a_role_or_out_of_service_stays_out(
    server: Server, username: str
) -> None:
    for method, params in (
        ("call", ["product_media.list", ["product1"]]),
        ("multiCall", [[]]),
        ("resources", []),
        ("resourceFaults", ["product_media"]),
    ):
        assert (await ask_as(server, username, method, *params))["error"] == DENIED


async def test_denied_calls_within_multi_call_do_not_stop_the_others(filled: Server) -> None:
    calls = [
        ["product_media.remove", ["product1", "/s/e/seen.png"]],
        ["product_media.currentStore"],
    ]
    answer = await ask_as(filled, "readonly", "multiCall", calls)
    fault = {"isFault": True, "faultCode": "2", "faultMessage": "Access denied."}
    assert answer["result"] == [fault, 0]
    assert len(await filled.call("product_media.list", "product1")) == 1


ALIASES = ["product_attribute_media", "product_media"]
TITLES = {
    "currentStore": "Set/Get current store view",
    "list": "Retrieve product image list",
    "info": "Retrieve product image",
    "types": "Retrieve product image types",
    # The blank at its end is the reference's.
    "create": "Upload new product image ",
    "update": "Update product image",
    "remove": "Remove product image",
}


def resource(*names: str) -> list[dict[str, Any]]:
    methods = [
        {
            "title": TITLES[name],
            "description": None,
            "path": f"catalog_product_attribute_media.{name}",
            "name": name,
            "aliases": [f"{alias}.{name}" for alias in ALIASES],
        }
        for name in names
    ]
    return [
        {
            "title": "Product Images API",
            "description": None,
            "name": "catalog_product_attribute_media",
            "aliases": ALIASES,
            "methods": methods,
        }
    ]


async def test_resources_lists_everything_for_a_user_with_all_permissions(server: Server) -> None:
    answer = await ask_as(server, "apiuser", "resources")
    assert answer["result"] == resource(*TITLES)


async def test_resources_leaves_out_what_the_user_may_not_do(server: Server) -> None:
    reader = await ask_as(server, "readonly", "resources")
    assert reader["result"] == resource("currentStore", "list", "info", "types")
    assert (await ask_as(server, "nocatalog", "resources"))["result"] == []


async def test_resource_faults_are_for_those_who_may_see_the_resource(server: Server) -> None:
    for name in ("product_media", *ALIASES, "catalog_product_attribute_media"):
        answer = await ask_as(server, "readonly", "resourceFaults", name)
        assert [fault["code"] for fault in answer["result"]] == [
            "100", "101", "102", "103", "104", "105", "106", "107",
        ]  # fmt: skip
        assert (await ask_as(server, "nocatalog", "resourceFaults", name))["error"] == DENIED


@pytest.mark.parametrize("name", ["nope", "", None, "product_media.list", ["product_media"], 7])
async def test_faults_of_an_unknown_resource_are_fault_3(server: Server, name: Any) -> None:
    answer = await ask_as(server, "apiuser", "resourceFaults", name)
    assert answer["error"] == {"code": 3, "message": "Invalid api path."}

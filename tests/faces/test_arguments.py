"""Arguments of operations: positions, names, what is too few, and what a product or store means."""

import unicodedata
from typing import Any

import pytest

from tests.faces.bodies import png
from tests.support.server import Server

MISSING = -32602


async def ask_with(server: Server, *params: Any) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": [None, *params]}
    return await server.send(request, Authorization=server.basic or "")


@pytest.fixture
async def filled(server: Server) -> Server:
    """Products that can be told apart by the name of their only image."""
    for sku in ("product1", "product2", "12345", "2", "0007", "SKU-Case", "ürün 1"):
        await server.call("product_media.create", sku, png(f"of {sku}"), None, "sku")
    return server


async def product_found(server: Server, *arguments: Any) -> str:
    [image] = await server.call("product_media.list", *arguments)
    return str(image["file"].rsplit("/", 1)[-1].removesuffix(".png").removeprefix("of_"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["product1"],
        "product1",
        {"productId": "product1"},
        {"store": "default", "productId": "product1"},
        {"0": "product1"},
        {"0": "product1", "store": None, "identifierType": "sku"},
        ["product1", None, None, "extra", 5],
    ],
)
async def test_arguments_go_by_position_by_name_or_alone(server: Server, arguments: Any) -> None:
    answer = await ask_with(server, "product_media.list", arguments)
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": []}


@pytest.mark.parametrize(
    ("path", "arguments", "name"),
    [
        ("list", [], "productId"),
        ("list", {}, "productId"),
        ("list", {"store": "german"}, "productId"),
        ("info", ["product1"], "file"),
        ("types", [], "setId"),
        ("create", ["product1"], "data"),
        ("create", {"data": {}}, "productId"),
        ("update", ["product1", "/i/m/image.png"], "data"),
        ("remove", ["product1"], "file"),
        ("list", {"productId": "product1", "nope": 1}, "nope"),
        ("list", {"0": "product1", "productId": "product1"}, "productId"),
    ],
)
async def test_wrong_arguments_are_refused_with_their_name(
    server: Server, path: str, arguments: Any, name: str
) -> None:
    error = (await ask_with(server, f"product_media.{path}", arguments))["error"]
    assert error["code"] == MISSING
    assert f"product_media.{path}" in error["message"]
    assert name in error["message"]


async def test_absent_arguments_are_no_arguments(server: Server) -> None:
    assert (await ask_with(server, "product_media.currentStore"))["result"] == 0
    assert (await ask_with(server, "product_media.list"))["error"]["code"] == MISSING


async def test_null_arguments_are_one_null(server: Server) -> None:
    assert (await ask_with(server, "product_media.types", None))["result"] == []
    assert (await ask_with(server, "product_media.list", None))["error"]["code"] == 101


@pytest.mark.parametrize(
    ("product", "found"),
    [
        ("product1", "product1"),
        ("PRODUCT1", "product1"),
        ("product1  ", "product1"),
        (1, "product1"),
        ("1", "product1"),
        ("+1", "product1"),
        (1.0, "product1"),
        ("01", "product1"),
        ("1.0", "product1"),
        ("1e0", "product1"),
        ("1.5", "product1"),
        # A plain number is an id, also where a product has it as its SKU.
        ("2", "product2"),
        ("0007", "0007"),
        ("sku-case", "SKU-Case"),
        # Its image is named "of ürün 1", and " ü" makes one underscore.
        ("ürün 1", "r_n_1"),
    ],
)
async def test_a_product_is_found_by_id_or_sku(filled: Server, product: Any, found: str) -> None:
    assert await product_found(filled, product) == found


@pytest.mark.parametrize(
    "product",
    [
        "12345",
        12345,
        "nosuch",
        " product1",
        "",
        None,
        True,
        False,
        0,
        "0",
        -1,
        "-1",
        ["product1"],
        {"sku": "product1"},
        unicodedata.normalize("NFD", "ürün 1"),
        # Digits, but not to PHP: Arabic and full-width ones.
        "٣",
        "３",
    ],
)
async def test_what_is_no_product_is_fault_101(filled: Server, product: Any) -> None:
    fault = await filled.fault("product_media.list", product)
    assert fault == (101, "Product not exists.")


@pytest.mark.parametrize(
    ("product", "identifier_type", "found"),
    [
        ("12345", "sku", "12345"),
        (12345, "sku", "12345"),
        ("2", "sku", "2"),
        ("2", True, "2"),
        (5, "id", "12345"),
        ("5", "id", "12345"),
        (9, "nope", "2"),
        (9, "SKU", "2"),
        (9, "", "2"),
        (9, 1, "2"),
    ],
)
async def test_the_identifier_type_decides_between_sku_and_id(
    filled: Server, product: Any, identifier_type: Any, found: str
) -> None:
    assert await product_found(filled, product, None, identifier_type) == found


@pytest.mark.parametrize(
    ("product", "identifier_type"),
    [("1", "sku"), ("product1", "id"), ("product1", "SKU"), ("product1", ""), ("nosuch", "sku")],
)
async def test_the_other_kind_is_not_tried(
    filled: Server, product: str, identifier_type: str
) -> None:
    fault = await filled.fault("product_media.list", product, None, identifier_type)
    assert fault == (101, "Product not exists.")


async def test_the_third_argument_of_remove_is_the_identifier_type(filled: Server) -> None:
    assert (await filled.fault("product_media.remove", "2", "/o/f/of_2.png"))[0] == 103
    assert await filled.call("product_media.remove", "2", "/o/f/of_2.png", "sku") == 1
    assert await filled.call("product_media.list", "2", None, "sku") == []


@pytest.mark.parametrize(
    ("store", "store_id"),
    [
        (None, 0),
        ("", 0),
        (True, 0),
        (False, 0),
        (0, 0),
        ("0", 0),
        ("admin", 0),
        (1, 1),
        ("1", 1),
        ("default", 1),
        (2, 2),
        (2.0, 2),
        ("german", 2),
    ],
)
async def test_a_store_view_is_found_by_id_or_code(
    server: Server, store: Any, store_id: int
) -> None:
    assert await server.call("product_media.currentStore", store) == store_id


@pytest.mark.parametrize("store", [99, "99", "nope", -1, "-1", " german", "german ", "GERMAN"])
async def test_an_unknown_store_view_is_fault_100(server: Server, store: Any) -> None:
    for path, arguments in (
        ("currentStore", [store]),
        ("list", ["product1", store]),
        ("info", ["product1", "/x", store]),
        ("create", ["product1", png(), store]),
        ("update", ["product1", "/x", {}, store]),
    ):
        fault = await server.fault(f"product_media.{path}", *arguments)
        assert fault == (100, "Requested store view not found.")


@pytest.mark.parametrize("store", [[], [2], {}, {"id": 2}])
async def test_a_list_for_a_store_view_is_refused_by_name(server: Server, store: Any) -> None:
    code, message = await server.fault("product_media.list", "product1", store)
    assert code == MISSING
    assert "store" in message


async def test_the_current_store_is_forgotten_after_the_request(server: Server) -> None:
    assert await server.call("product_media.currentStore", "german") == 2
    assert await server.call("product_media.currentStore") == 0


@pytest.mark.parametrize("set_id", [4, "4", 4.0, [4]])
async def test_types_are_found_by_the_id_of_the_attribute_set(server: Server, set_id: Any) -> None:
    arguments = {"setId": set_id} if isinstance(set_id, list) else [set_id]
    answer = await ask_with(server, "product_media.types", arguments)
    assert answer["result"] == [
        {"code": "image", "scope": "store"},
        {"code": "small_image", "scope": "store"},
        {"code": "thumbnail", "scope": "store"},
    ]


@pytest.mark.parametrize("set_id", [5, 10, 0, -4, "x", "", " 4", "4.0", 4.7, None, True, {}])
async def test_what_is_no_attribute_set_has_no_types(server: Server, set_id: Any) -> None:
    assert await server.call("product_media.types", set_id) == []


PATHS = ["product_media", "", ".", ".list", "product_media.", "product_media.nope", "nope.list"]
PATHS += ["catalog_product_media.list", "product_image.list", "product_media.List", "list"]


@pytest.mark.parametrize("path", [*PATHS, None, 7, ["product_media.list"], {"a": 1}, True])
async def test_a_path_that_leads_nowhere_is_fault_3(server: Server, path: Any) -> None:
    answer = await ask_with(server, path, ["product1"])
    assert answer["error"] == {"code": 3, "message": "Invalid api path."}


@pytest.mark.parametrize(
    "path",
    [
        "product_media.list",
        "product_attribute_media.list",
        "catalog_product_attribute_media.list",
        "product_media.list.x.y",
    ],
)
async def test_the_resource_has_three_names(server: Server, path: str) -> None:
    assert (await ask_with(server, path, ["product1"]))["result"] == []

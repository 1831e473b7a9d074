"""Which product and which store view an argument means, asked of a real gallery."""

from typing import Any

import pytest

from rpcmedia.gallery.faults import ProductNotFound, StoreViewNotFound
from rpcmedia.operations.faults import InvalidArguments
from rpcmedia.operations.identifiers import find_product, find_store_view
from tests.support.catalogs import Shop

# The catalog has product1 (id 1), product2 (2), 12345 (5), "ürün 1" (6), nomedia1 (7), 2 (9),
# 0007 (20) and SKU-Case (21).


async def found(shop: Shop, product: Any, identifier_type: Any) -> int | None:
    """The id of the product that is found, or None."""
    try:
        return (await find_product(shop.gallery, product, identifier_type)).id
    except ProductNotFound:
        return None


@pytest.mark.parametrize(
    ("product", "product_id"),
    [
        # A plain number is an id and nothing else.
        (1, 1),
        ("1", 1),
        ("+1", 1),
        ("20", 20),
        ("12345", None),
        (12345, None),
        ("2", 2),
        ("-1", None),
        (-1, None),
        ("0", None),
        (0, None),
        (1.5, 1),
        # Any other string is a SKU first.
        ("product1", 1),
        ("0007", 20),
        ("sku-CASE", 21),
        ("SKU-Case   ", 21),
        (" SKU-Case", None),
        ("ürün 1", 6),
        ("ÜRÜN 1", 6),
        ("u\u0308ru\u0308n 1", None),
        ("product", None),
        ("product1x", None),
        # And then an id, if PHP finds it numeric.
        ("01", 1),
        ("1.0", 1),
        ("1e0", 1),
        ("1.5", 1),
        ("2abc", None),
        # Everything else names no product.
        ("", None),
        (None, None),
        (True, None),
        (False, None),
        ([], None),
        (["product1"], None),
        ({"sku": "product1"}, None),
        # Numbers that no database can hold.
        (2**63, None),
        ("9" * 100, None),
        ("-" + "9" * 100, None),
        ("1e400", None),
        (1e308, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
async def test_without_a_type_a_plain_number_is_an_id_and_a_string_a_sku_first(
    shop: Shop, product: object, product_id: int | None
) -> None:
    assert await found(shop, product, None) == product_id


@pytest.mark.parametrize("identifier_type", ["sku", True])
@pytest.mark.parametrize(
    ("product", "product_id"),
    [
        ("product1", 1),
        ("2", 9),
        (2, 9),
        ("12345", 5),
        (12345, 5),
        ("0007", 20),
        ("sku-case ", 21),
        ("1", None),
        (1, None),
        ("01", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        (["product1"], None),
    ],
)
async def test_the_type_sku_means_the_sku_only(
    shop: Shop, identifier_type: object, product: object, product_id: int | None
) -> None:
    assert await found(shop, product, identifier_type) == product_id


@pytest.mark.parametrize("identifier_type", ["id", "SKU", "", "nope", 1, 0, False, [], ["sku"], {}])
@pytest.mark.parametrize(
    ("product", "product_id"),
    [
        (1, 1),
        ("1", 1),
        ("2", 2),
        ("0020", 20),
        ("product1", None),
        ("0007", 7),
        ("12345", None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
async def test_every_other_type_means_the_id_only(
    shop: Shop, identifier_type: object, product: object, product_id: int | None
) -> None:
    assert await found(shop, product, identifier_type) == product_id


async def test_a_digit_of_another_script_is_no_id(shop: Shop) -> None:
    assert await found(shop, "١", None) is None
    assert await found(shop, "١", "id") is None


@pytest.mark.parametrize(
    ("store", "store_view"),
    [
        (0, 0),
        (1, 1),
        (2, 2),
        ("0", 0),
        ("2", 2),
        ("admin", 0),
        ("default", 1),
        ("german", 2),
        ("", 0),
        (True, 0),
        (False, 0),
    ],
)
async def test_a_store_view_is_found_by_id_and_by_code(
    shop: Shop, store: object, store_view: int
) -> None:
    assert await find_store_view(shop.gallery, store, 1) == store_view


@pytest.mark.parametrize("current", [0, 1, 2])
async def test_null_means_the_current_store_view(shop: Shop, current: int) -> None:
    assert await find_store_view(shop.gallery, None, current) == current


@pytest.mark.parametrize(
    "store", [99, "99", "nope", -1, "-1", " german", "german ", "GERMAN", 2**63, "9" * 100, 1e308]
)
async def test_an_unknown_store_view_is_refused(shop: Shop, store: object) -> None:
    with pytest.raises(StoreViewNotFound) as refusal:
        await find_store_view(shop.gallery, store, 0)
    assert (refusal.value.number, refusal.value.message) == (100, "Requested store view not found.")


@pytest.mark.parametrize("store", [[], [1], {}, {"id": 1}])
async def test_a_list_is_no_store_view_and_the_argument_is_named(shop: Shop, store: object) -> None:
    with pytest.raises(InvalidArguments, match="store must be"):
        await find_store_view(shop.gallery, store, 0)


async def test_an_unknown_product_is_refused_in_the_measured_words(shop: Shop) -> None:
    with pytest.raises(ProductNotFound) as refusal:
        await find_product(shop.gallery, "nope", None)
    assert (refusal.value.number, refusal.value.message) == (101, "Product not exists.")

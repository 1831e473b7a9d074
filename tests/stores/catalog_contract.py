"""What every GalleryRows must do: store views, attribute sets and products.

A part of the suite in gallery_rows_contract.
"""

import pytest

from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    CatalogProduct,
    ImageType,
    Product,
    StoreView,
)
from rpcmedia.gallery.ports import CatalogRefused, GalleryRows
from tests.support.catalogs import CATALOG


async def product(rows: GalleryRows, product_id: int = 1) -> Product:
    """A product that exists."""
    found = await rows.product(product_id)
    assert found
    return found


class CatalogContract:
    """Store views, attribute sets and products."""

    @pytest.fixture
    async def loaded(self, rows: GalleryRows) -> GalleryRows:
        """The store with CATALOG in it."""
        await rows.load_catalog(CATALOG)
        return rows

    async def test_an_empty_store_has_the_default_scope_and_nothing_else(
        self, rows: GalleryRows
    ) -> None:
        assert await rows.store_view(0) == StoreView(0, "admin")
        assert await rows.catalog() == Catalog(
            base_url=None, store_views=[StoreView(0, "admin")], attribute_sets=[], products=[]
        )
        assert await rows.product(1) is None
        assert await rows.attribute_set(4) is None

    async def test_store_views_are_found_by_id_and_by_exact_code(self, loaded: GalleryRows) -> None:
        assert await loaded.store_view(2) == StoreView(2, "german")
        assert await loaded.store_view("german") == StoreView(2, "german")
        for unknown in (3, -1, 2**70, "German", " german", "", "2"):
            assert await loaded.store_view(unknown) is None

    async def test_attribute_sets_are_found_with_their_types_in_order(
        self, loaded: GalleryRows
    ) -> None:
        types = (ImageType("image"), ImageType("small_image"), ImageType("thumbnail"))
        assert await loaded.attribute_set(4) == AttributeSet(4, "Default", True, types)
        no_media = await loaded.attribute_set(9)
        assert no_media
        assert not no_media.gallery
        assert await loaded.attribute_set(5) is None

    async def test_products_are_found_by_id(self, loaded: GalleryRows) -> None:
        found = await loaded.product(21)
        assert found
        assert (found.id, found.sku, found.attribute_set.id) == (21, "SKU-Case", 4)
        assert await loaded.product(3) is None
        assert await loaded.product(-21) is None

    async def test_products_are_found_by_sku_without_case_and_trailing_spaces(
        self, loaded: GalleryRows
    ) -> None:
        for sku in ("SKU-Case", "sku-case", "SKU-CASE   "):
            found = await loaded.product_by_sku(sku)
            assert found
            assert (found.id, found.sku) == (21, "SKU-Case")
        for sku in (" SKU-Case", "SKU-Case\t", "SKU", "", "%", "SKU_Case"):
            assert await loaded.product_by_sku(sku) is None

    async def test_the_catalog_is_given_back_as_it_was_loaded(self, loaded: GalleryRows) -> None:
        assert await loaded.catalog() == CATALOG

    async def test_the_base_url_is_that_of_the_catalog_loaded_last(self, rows: GalleryRows) -> None:
        assert await rows.base_url() is None
        for base_url in ("http://one.test/", "http://two.test/"):
            await rows.load_catalog(Catalog(base_url=base_url))
            await rows.load_catalog(Catalog())
            assert await rows.base_url() == base_url

    async def test_loading_a_catalog_again_changes_nothing(self, loaded: GalleryRows) -> None:
        assert await loaded.load_catalog(CATALOG) == 0
        assert await loaded.load_catalog(Catalog()) == 0
        assert await loaded.catalog() == CATALOG

    async def test_a_catalog_changes_what_it_names_and_removes_nothing(
        self, loaded: GalleryRows
    ) -> None:
        types = (ImageType("thumbnail"), ImageType("swatch", "global"))
        changed = await loaded.load_catalog(
            Catalog(
                attribute_sets=[AttributeSet(4, "Default", True, types)],
                store_views=[StoreView(3, "french")],
            )
        )
        assert changed > 0
        assert (await product(loaded)).attribute_set.image_types == types
        assert await loaded.store_view(3) == StoreView(3, "french")
        assert await loaded.store_view("german") == StoreView(2, "german")
        assert await loaded.load_catalog(Catalog(products=[CatalogProduct(1, "product1", 9)])) == 1
        assert not (await product(loaded)).attribute_set.gallery
        assert await loaded.load_catalog(Catalog(products=[CatalogProduct(1, "renamed", 9)])) == 1
        assert await loaded.product_by_sku("product1") is None

    @pytest.mark.parametrize(
        "contradiction",
        [
            Catalog(products=[CatalogProduct(30, "new", 4), CatalogProduct(31, "product1", 4)]),
            Catalog(products=[CatalogProduct(30, "new", 4), CatalogProduct(31, "PRODUCT1  ", 4)]),
            Catalog(products=[CatalogProduct(30, "new", 4), CatalogProduct(31, "newer", 77)]),
            Catalog(store_views=[StoreView(7, "seventh"), StoreView(8, "german")]),
        ],
        ids=["sku taken", "sku taken but for case", "no such attribute set", "code taken"],
    )
    async def test_a_catalog_that_contradicts_what_is_kept_is_refused_whole(
        self, loaded: GalleryRows, contradiction: Catalog
    ) -> None:
        with pytest.raises(CatalogRefused):
            await loaded.load_catalog(contradiction)
        assert await loaded.catalog() == CATALOG
        assert await loaded.product(30) is None
        assert await loaded.store_view("seventh") is None

"""A small shop over a real SQLite file and a real folder, and stores that fail when told to."""

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    CatalogProduct,
    Image,
    ImageType,
    ImageValues,
    Product,
    StoreView,
    Upload,
)
from rpcmedia.gallery.ports import GalleryRows, ImageFiles, StorageFailed
from rpcmedia.gallery.service import Gallery
from rpcmedia.stores.local_files import LocalFiles
from rpcmedia.stores.sqlite_accounts import SqliteAccounts
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_rows import SqliteRows
from tests.support import pictures

ADMIN, DEFAULT, GERMAN = 0, 1, 2
"""Ids of the store views of CATALOG."""

CATALOG = Catalog(
    base_url="http://shop.example",
    store_views=[StoreView(0, "admin"), StoreView(1, "default"), StoreView(2, "german")],
    attribute_sets=[
        AttributeSet(
            4,
            "Default",
            True,
            (ImageType("image"), ImageType("small_image"), ImageType("thumbnail")),
        ),
        AttributeSet(9, "NoMedia", False, (ImageType("image"),)),
    ],
    products=[
        CatalogProduct(1, "product1", 4),
        CatalogProduct(2, "product2", 4),
        CatalogProduct(5, "12345", 4),
        CatalogProduct(6, "ürün 1", 4),
        CatalogProduct(7, "nomedia1", 9),
        CatalogProduct(9, "2", 4),
        CatalogProduct(20, "0007", 4),
        CatalogProduct(21, "SKU-Case", 4),
    ],
)

MAX_PIXELS = 1_000_000


@dataclass
class Shop:
    """An open shop with CATALOG; `image` and `change` are short forms for its one gallery."""

    database: Database
    rows: SqliteRows
    files: LocalFiles
    accounts: SqliteAccounts
    gallery: Gallery
    media: Path

    async def product(self, product_id: int = 1) -> Product:
        """The product with this id; it must exist."""
        product = await self.rows.product(product_id)
        assert product
        return product

    async def create(
        self,
        name: str = "image",
        store_view: int = ADMIN,
        product_id: int = 1,
        content: bytes | None = None,
        **values: Any,
    ) -> str:
        """Create an image with these values, excluded as by default; its file name."""
        image = await self.gallery.create_image(
            await self.product(product_id),
            Upload("image/jpeg", content or pictures.jpeg(), name),
            "jpg",
            ImageValues(**{"label": "", "excluded": 1, "types": (), **values}),
            store_view,
        )
        return image.file

    async def change(
        self, file: str, store_view: int = ADMIN, content: bytes | None = None, **values: Any
    ) -> None:
        """Change an image of product 1."""
        product = await self.product()
        image = await self.gallery.find_image(product, file, store_view)
        upload = Upload("image/jpeg", content) if content else None
        await self.gallery.change_image(product, image, ImageValues(**values), store_view, upload)

    async def remove(self, file: str) -> None:
        """Remove an image of product 1."""
        product = await self.product()
        image = await self.gallery.find_image(product, file, ADMIN)
        await self.gallery.remove_image(product, image)

    async def images(self, store_view: int = ADMIN, product_id: int = 1) -> tuple[Image, ...]:
        """All images of a product as a store view sees them."""
        return await self.gallery.list_images(await self.product(product_id), store_view)

    async def image(self, file: str, store_view: int = ADMIN) -> Image:
        """One image of product 1 as a store view sees it."""
        return await self.gallery.find_image(await self.product(), file, store_view)

    async def served(self, file: str) -> bytes:
        """The bytes that are served for a file name."""
        found = await self.gallery.find_media(file)
        assert found
        return found.path.read_bytes()

    def kept(self) -> set[str]:
        """The paths of all files in the media folder, as clients write them."""
        found = (path for path in self.media.rglob("*") if path.is_file())
        return {f"/{path.relative_to(self.media).as_posix()}" for path in found}


@contextlib.asynccontextmanager
async def open_shop(folder: Path, catalog: Catalog = CATALOG) -> AsyncIterator[Shop]:
    """Open the shop that a folder holds, or make it."""
    media = folder / "media"
    files = LocalFiles(media, durable=False)
    database = await Database.open(folder / "rows.sqlite3", durable=False)
    try:
        rows = SqliteRows(database)
        await rows.load_catalog(catalog)
        gallery = Gallery(rows, files, MAX_PIXELS)
        yield Shop(database, rows, files, SqliteAccounts(database), gallery, media)
    finally:
        await database.close()


class Before:
    """A real store, but for each method named, a function of the test runs first and may raise."""

    def __init__(self, store: GalleryRows | ImageFiles, **first: Callable[[], None]) -> None:
        self._store = store
        self._first = first

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        first = self._first.get(name)
        if first is None:
            return method

        def call(*arguments: Any, **named: Any) -> Any:
            first()
            return method(*arguments, **named)

        async def call_async(*arguments: Any, **named: Any) -> Any:
            return await call(*arguments, **named)

        return call_async if inspect.iscoroutinefunction(method) else call


def disk_full() -> None:
    """What a store does when its disk is full."""
    raise StorageFailed("The disk is full.")


def gallery_over(rows: object, files: object) -> Gallery:
    """A gallery over stores that may be wrapped in Before."""
    return Gallery(cast(GalleryRows, rows), cast(ImageFiles, files), MAX_PIXELS)

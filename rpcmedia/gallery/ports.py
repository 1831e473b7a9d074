"""What a gallery needs of its stores. Every implementation passes the contract suites unchanged."""

from collections.abc import AsyncIterator, Hashable, Iterator
from pathlib import Path
from typing import Any, Protocol

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    Image,
    ImageValues,
    Product,
    StoredBytes,
    StoreView,
)

MOST_REMEMBERED = 100
"""Images of a gallery that is kept in memory; a larger one is read anew each time."""


class StorageFailed(Exception):
    """A store could not do what was asked; the text is a plain reason without paths or SQL."""


class OutcomeUnknown(StorageFailed):
    """A commit failed, and may be found kept after a crash all the same."""


class NameTaken(Exception):
    """Another image already has, or once had, this file name."""


class CatalogRefused(Exception):
    """A catalog contradicts itself or what is kept; the text says where."""


class GalleryRows(Protocol):
    """Rows of the catalog and of every gallery. Methods raise StorageFailed if the store fails."""

    def remembered(self) -> dict[Hashable, Any]:
        """Where callers may keep what they made of rows, under keys of their own.

        Another one, and empty, as soon as anything kept has changed: ask for it before you read.
        """

    async def store_view(self, key: int | str) -> StoreView | None:
        """The store view with this id (int) or exact code (str)."""

    async def attribute_set(self, set_id: int) -> AttributeSet | None:
        """The attribute set with this id."""

    async def product(self, product_id: int) -> Product | None:
        """The product with this id."""

    async def product_by_sku(self, sku: str) -> Product | None:
        """The product with this SKU; case and trailing spaces do not count."""

    async def gallery(self, product: Product, store_view: int) -> tuple[Image, ...]:
        """All images of a product as a store view sees them, by position and then by id."""

    async def kept_bytes(self, file: str) -> tuple[str, str | None] | None:
        """(stored name, media type) of the bytes of an image, of a removed one without the type.

        None if no image ever had this file name.
        """

    async def free_number(self, name: FileName, at_least: int) -> int:
        """The first number from `at_least` on that makes `name` a file name never given before."""

    async def add_image(
        self,
        product: Product,
        name: FileName,
        number: int,
        stored: StoredBytes,
        values: ImageValues,
        store_view: int,
    ) -> int:
        """Add an image called `name.path(number)` to a gallery, and keep its name for ever; its id.

        The values are those of the given store view; an image made in one that is not the default
        scope has none anywhere else. A position of None is the highest of the gallery as that
        store view sees it plus one. Raises NameTaken.
        """

    async def change_image(
        self,
        product: Product,
        image_id: int,
        values: ImageValues,
        store_view: int,
        stored: StoredBytes | None = None,
    ) -> bool:
        """Write the given values, and new bytes, in one step; False if the image is gone."""

    async def settle_bytes(self, file: str, stored_as: str, files: "ImageFiles") -> bool:
        """Move bytes kept beside an image to its own name, while no other change can come between.

        A removed image moves too. False, and nothing done, if a later change took its place.
        """

    async def remove_image(self, product: Product, image_id: int) -> bool:
        """Remove an image from all store views; False if it was gone already."""

    async def clear_galleries(self) -> None:
        """Forget every image and every name ever given; image ids start again. The catalog stays.

        For tests: names and ids come back.
        """

    async def load_catalog(self, catalog: Catalog) -> int:
        """Add or change what the catalog names (users apart); how many rows that changed."""

    async def catalog(self) -> Catalog:
        """The catalog as it is kept, without users."""

    async def base_url(self) -> str | None:
        """The base URL of the catalog, found without reading all of it."""

    def all_stored(self) -> AsyncIterator[tuple[str, StoredBytes]]:
        """Every image's file name and bytes, by file name."""

    async def all_removed(self) -> set[str]:
        """The stored names that removed images left behind."""

    async def unsettled(self) -> list[tuple[str, str]]:
        """(file, stored_as) of images whose bytes are not yet under their own name."""

    async def check_sound(self) -> None:
        """Return if all that is kept can be read and agrees with itself. May take long."""

    async def check_writable(self) -> None:
        """Return if rows can be written now."""


class ImageFiles(Protocol):
    """Bytes of images under names that only this store makes and reads."""

    def put_new(self, file: str, content: bytes) -> str:
        """Keep new bytes durably for a new image; the name they are stored as. Raises NameTaken.

        Blocks; to be called from a worker thread.
        """

    def put_beside(self, file: str, content: bytes) -> str:
        """Keep new bytes durably beside those of `file`; the name they are stored as.

        Blocks; to be called from a worker thread.
        """

    def settle(self, file: str, stored_as: str) -> None:
        """Make the bytes of `stored_as` durably those of `file`; `stored_as` stays readable.

        Blocks; to be called from a worker thread.
        """

    async def take_back(self, stored_as: str) -> None:
        """Forget bytes that no image stands for; nothing happens if they are gone."""

    async def clear(self) -> None:
        """Forget all bytes."""

    def location(self, stored_as: str) -> Path:
        """The local path of these bytes, whether they exist or not."""

    def names(self) -> Iterator[tuple[str, int]]:
        """(stored name, size in bytes) of everything kept. Blocks."""

    async def check_writable(self) -> None:
        """Return if files can be written now."""

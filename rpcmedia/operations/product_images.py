"""The images of a product as a resource: what guests, customers and admins may see and do.

Source: the API page of the resource for what it promises, and the measured behaviour of the
reference server. Faults come in the order permission, 100, 101, 107, 103, 102, 104; a new image's
upload is looked at before everything but the permission.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rpcmedia.gallery.faults import (
    Fault,
    ImageNotCreated,
    ImageNotFound,
    ImageNotRemoved,
    ImageNotUpdated,
    ProductNotFound,
)
from rpcmedia.gallery.file_names import EXTENSIONS
from rpcmedia.gallery.model import DEFAULT_SCOPE, Image, ImageValues, Product
from rpcmedia.gallery.ports import MOST_REMEMBERED, StorageFailed
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations import arguments, php
from rpcmedia.operations.dispatch import ALL_RIGHTS
from rpcmedia.operations.faults import AccessDenied
from rpcmedia.operations.identifiers import find_product, find_store_view
from rpcmedia.operations.presentation import present
from rpcmedia.operations.product_media import RIGHT
from rpcmedia.operations.visitors import Role, Visitor

RESOURCE = "product_images"

FIELDS = ("id", "label", "position", "exclude", "url", "types")
_FIELDS_OF_THE_SHOP_ALONE = ("exclude",)

_EXCLUDE = 0
"""Of a new image that does not say."""

_STOREFRONT_VIEWS = ("default", 1)
"""Code and id of the store view that every shop of the reference begins with."""


class Target(NamedTuple):
    """What a request is about, as its sender wrote it: an image, or all of a product."""

    product: str
    image: str | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class SeenImage:
    """One image as a visitor sees it; see Image for what None means."""

    id: int
    label: str
    position: int | None
    exclude: int | None
    url: str
    types: tuple[str, ...]


class SeenImages(tuple[SeenImage, ...]):
    """All images that a visitor sees. A face may keep in `spelled` how it wrote them."""

    spelled: dict[Hashable, Any]


class Created(NamedTuple):
    """The id of an image that was created."""

    id: int


Run = Callable[["ProductImages", Visitor, Target, Mapping[str, Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be done with the resource; `right` is what an admin needs besides reading."""

    run: Run
    right: str | None = None
    failed: type[Fault] | None = None
    """What is raised when a store fails while it runs; None lets StorageFailed through."""


def visible_fields(visitor: Visitor) -> tuple[str, ...]:
    """The names of what a visitor sees of an image, in their order."""
    if visitor.role is Role.ADMIN:
        return FIELDS
    return tuple(name for name in FIELDS if name not in _FIELDS_OF_THE_SHOP_ALONE)


class ProductImages:
    """The resource over one gallery; URLs begin with `base_url`."""

    def __init__(self, gallery: Gallery, base_url: str) -> None:
        self._gallery = gallery
        self._base_url = base_url

    def may(self, visitor: Visitor, name: str) -> bool:
        """Whether a visitor may run an operation on some image."""
        right = OPERATIONS[name].right
        if visitor.role is not Role.ADMIN:
            return right is None
        return ALL_RIGHTS in visitor.permissions or visitor.permissions >= {RIGHT, right or RIGHT}

    async def answer(
        self, visitor: Visitor, name: str, target: Target, data: Mapping[str, Any]
    ) -> Any:
        """Run an operation: SeenImages, SeenImage, Created or None. Raises Fault.

        `data` is that of product_media. StorageFailed comes from what only reads.
        """
        if not self.may(visitor, name):
            raise AccessDenied
        operation = OPERATIONS[name]
        try:
            return await operation.run(self, visitor, target, data)
        except StorageFailed as failure:
            if operation.failed is None:
                raise
            raise operation.failed.because(failure) from failure

    async def list_images(
        self, visitor: Visitor, target: Target, data: Mapping[str, Any]
    ) -> SeenImages:
        """All images that the visitor sees, by position; none if the product can have none."""
        store_view, product = await self._place(visitor, target)
        known = self._gallery.remembered()
        key = (RESOURCE, product.id, store_view, visitor.role is Role.ADMIN)
        seen: SeenImages | None = known.get(key)
        if seen is None:
            seen = await self._see(visitor, product, store_view)
            if len(seen) <= MOST_REMEMBERED:
                known[key] = seen
        return seen

    async def info(self, visitor: Visitor, target: Target, data: Mapping[str, Any]) -> SeenImage:
        """One image that the visitor sees."""
        image_id = php.to_int(target.image)
        for image in await self.list_images(visitor, target, data):
            if image.id == image_id:
                return image
        raise ImageNotFound

    async def create(self, visitor: Visitor, target: Target, data: Mapping[str, Any]) -> Created:
        """Add an image to a product."""
        upload = await arguments.resource_upload(data)
        store_view, product = await self._place(visitor, target)
        self._gallery.check_supported(product)
        values = arguments.create_values(data, _EXCLUDE)
        extension = EXTENSIONS[upload.mime]
        image = await self._gallery.create_image(product, upload, extension, values, store_view)
        return Created(image.id)

    async def update(self, visitor: Visitor, target: Target, data: Mapping[str, Any]) -> None:
        """Change values in the store view, and the bytes for all; the file keeps its name."""
        store_view, product = await self._place(visitor, target)
        image = await self._image(product, target, store_view)
        upload = await arguments.resource_change(data)
        values = arguments.update_values(data)
        await self._gallery.change_image(product, image, values, store_view, upload)

    async def remove(self, visitor: Visitor, target: Target, data: Mapping[str, Any]) -> None:
        """Remove an image; of one store view alone, it is excluded there and stands for no type."""
        store_view, product = await self._place(visitor, target)
        image = await self._image(product, target, store_view)
        if store_view == DEFAULT_SCOPE:
            await self._gallery.remove_image(product, image)
        else:
            nothing = ImageValues(excluded=1, types=())
            await self._gallery.change_image(product, image, nothing, store_view)

    async def _place(self, visitor: Visitor, target: Target) -> tuple[int, Product]:
        current = DEFAULT_SCOPE
        if target.store is None and visitor.role is not Role.ADMIN:
            current = await self._storefront_view()
        store_view = await find_store_view(self._gallery, target.store, current)
        product = await find_product(self._gallery, target.product, None)
        if visitor.role is not Role.ADMIN and not product.storefront:
            raise ProductNotFound
        return store_view, product

    async def _storefront_view(self) -> int:
        for key in _STOREFRONT_VIEWS:
            view = await self._gallery.find_store_view(key)
            if view:
                return view.id
        return DEFAULT_SCOPE

    async def _image(self, product: Product, target: Target, store_view: int) -> Image:
        if product.attribute_set.gallery:
            image_id = php.to_int(target.image)
            for image in await self._gallery.list_images(product, store_view):
                if image.id == image_id:
                    return image
        raise ImageNotFound

    async def _see(self, visitor: Visitor, product: Product, store_view: int) -> SeenImages:
        images: tuple[Image, ...] = ()
        if product.attribute_set.gallery:
            images = await self._gallery.list_images(product, store_view)
        seen = SeenImages(
            self._show(image)
            for image in images
            if visitor.role is Role.ADMIN or not image.excluded
        )
        seen.spelled = {}
        return seen

    def _show(self, image: Image) -> SeenImage:
        shown = present(image, self._base_url)
        return SeenImage(
            image.id, shown.label, shown.position, shown.exclude, shown.url, shown.types
        )


OPERATIONS = {
    "list": Operation(ProductImages.list_images),
    "info": Operation(ProductImages.info),
    "create": Operation(ProductImages.create, f"{RIGHT}/create", ImageNotCreated),
    "update": Operation(ProductImages.update, f"{RIGHT}/update", ImageNotUpdated),
    "remove": Operation(ProductImages.remove, f"{RIGHT}/remove", ImageNotRemoved),
}


def label_of(name: str) -> str:
    """A name of an operation for metrics, logs and the journal."""
    return f"{RESOURCE}.{name}"

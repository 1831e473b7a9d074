"""The operations of the resource product_media.

Names, titles and arguments are those of the reference server. Order of faults: 100, 101, 107, 103,
102, 104; session, path and permission were checked before.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rpcmedia.gallery.faults import Fault, ImageNotCreated, ImageNotRemoved, ImageNotUpdated
from rpcmedia.gallery.file_names import EXTENSIONS
from rpcmedia.gallery.model import DEFAULT_SCOPE, Product
from rpcmedia.gallery.pictures import picture_type
from rpcmedia.gallery.ports import MOST_REMEMBERED
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations import arguments
from rpcmedia.operations.arguments import Arguments
from rpcmedia.operations.faults import InternalError
from rpcmedia.operations.identifiers import find_product, find_store_view
from rpcmedia.operations.presentation import (
    CreatedFile,
    Done,
    ImageMap,
    ImageMaps,
    present,
    present_all,
)

RESOURCE = "catalog_product_attribute_media"
ALIASES = ("product_attribute_media", "product_media")
TITLE = "Product Images API"
RIGHT = "catalog/product/media"
"""The permission that every operation needs; some need a second one below it."""

_LONGEST_REMEMBERED = 300
"""Characters of an argument: a file name, or less."""

_SET_ID = re.compile(r"\A(?:[1-9][0-9]*|0)\Z")


@dataclass(frozen=True, slots=True)
class CreateDefaults:
    """What a face leaves to `create`."""

    exclude: int = 1
    extension_as_found: bool = False
    """Whether a new file is named after the type found in its bytes, not the declared one."""


@dataclass(slots=True)
class Scope:
    """What lasts from one operation to the next within one request."""

    defaults: CreateDefaults
    store_view: int = DEFAULT_SCOPE


Run = Callable[["ProductMedia", Scope, dict[str, Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of the resource: how it is called, what it needs, and what it does."""

    name: str
    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    run: Run
    right: str | None = None
    reads: bool = False
    """Whether its answer depends on its arguments and on what is kept, and on nothing else."""
    failed: type[Fault] = InternalError
    """What is answered when a store fails while it runs."""

    @property
    def most_arguments(self) -> int:
        """How many arguments it looks at; more are ignored."""
        return len(self.required) + len(self.optional)


class ProductMedia:
    """The operations over one gallery; URLs begin with `base_url`."""

    def __init__(self, gallery: Gallery, base_url: str) -> None:
        self._gallery = gallery
        self._base_url = base_url

    async def answer(self, operation: Operation, scope: Scope, given: Arguments) -> Any:
        """Run an operation. One that only reads answers the same again until something changes."""
        if not (operation.reads and _is_plain(operation, given)):
            return await self._run(operation, scope, given)
        known = self._gallery.remembered()
        key = (operation.name, scope.store_view, given.positional)
        answer = known.get(key)
        if answer is None:
            answer = await self._run(operation, scope, given)
            if not isinstance(answer, ImageMaps) or len(answer) <= MOST_REMEMBERED:
                known[key] = answer
        return answer

    async def _run(self, operation: Operation, scope: Scope, given: Arguments) -> Any:
        bound = given.bind(
            f"product_media.{operation.name}", operation.required, operation.optional
        )
        return await operation.run(self, scope, bound)

    async def current_store(self, scope: Scope, given: dict[str, Any]) -> int:
        """Set the store view for the rest of the request, or tell it: its id."""
        scope.store_view = await self._store_view(scope, given)
        return scope.store_view

    async def list_images(self, scope: Scope, given: dict[str, Any]) -> ImageMaps:
        """All images of a product by position."""
        store_view = await self._store_view(scope, given)
        product = await self._product(given)
        images = await self._gallery.list_images(product, store_view)
        return present_all(images, self._base_url)

    async def info(self, scope: Scope, given: dict[str, Any]) -> ImageMap:
        """One image of a product."""
        store_view = await self._store_view(scope, given)
        product = await self._product(given)
        image = await self._gallery.find_image(product, given["file"], store_view)
        return present(image, self._base_url)

    async def types(self, scope: Scope, given: dict[str, Any]) -> list[dict[str, str]]:
        """The image types of an attribute set; none for anything that is no set."""
        wanted = given["setId"] if isinstance(given["setId"], list) else [given["setId"]]
        found: dict[str, str] = {}
        for set_id in (_set_id(value) for value in wanted):
            if set_id is not None:
                for image_type in await self._gallery.image_types(set_id):
                    found.setdefault(image_type.code, image_type.scope)
        return [{"code": code, "scope": image_scope} for code, image_scope in found.items()]

    async def create(self, scope: Scope, given: dict[str, Any]) -> CreatedFile:
        """Add an image to a product."""
        store_view = await self._store_view(scope, given)
        product = await self._product(given)
        self._gallery.check_supported(product)
        upload = await arguments.create_upload(given["data"])
        values = arguments.create_values(given["data"], scope.defaults.exclude)
        mime = upload.mime
        if scope.defaults.extension_as_found:
            mime = picture_type(upload.content[:16]) or mime
        image = await self._gallery.create_image(
            product, upload, EXTENSIONS[mime], values, store_view
        )
        return CreatedFile(image.file)

    async def update(self, scope: Scope, given: dict[str, Any]) -> Done:
        """Change values or bytes of an image."""
        store_view = await self._store_view(scope, given)
        product = await self._product(given)
        image = await self._gallery.find_image(product, given["file"], store_view)
        upload = await arguments.update_upload(given["data"])
        values = arguments.update_values(given["data"])
        await self._gallery.change_image(product, image, values, store_view, upload)
        return Done()

    async def remove(self, scope: Scope, given: dict[str, Any]) -> Done:
        """Remove an image from a product."""
        product = await self._product(given)
        image = await self._gallery.find_image(product, given["file"], DEFAULT_SCOPE)
        await self._gallery.remove_image(product, image)
        return Done()

    async def _store_view(self, scope: Scope, given: dict[str, Any]) -> int:
        return await find_store_view(self._gallery, given["store"], scope.store_view)

    async def _product(self, given: dict[str, Any]) -> Product:
        return await find_product(self._gallery, given["productId"], given["identifierType"])


def _is_plain(operation: Operation, given: Arguments) -> bool:
    """Whether arguments can be a key, and are no more than the operation looks at."""
    if given.named or len(given.positional) > operation.most_arguments:
        return False
    for argument in given.positional:
        # By its type itself, for Python takes True and 1.0 for the same key as 1.
        if type(argument) is str:
            if len(argument) > _LONGEST_REMEMBERED:
                return False
        elif argument is not None and type(argument) is not int:
            return False
    return True


def _set_id(value: object) -> int | None:
    if isinstance(value, str) and _SET_ID.match(value):
        value = int(value[:20])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        return None
    return value


_PRODUCT = ("store", "identifierType")

OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation(
            "currentStore", "Set/Get current store view", (), ("store",), ProductMedia.current_store
        ),
        Operation(
            "list",
            "Retrieve product image list",
            ("productId",),
            _PRODUCT,
            ProductMedia.list_images,
            reads=True,
        ),
        Operation(
            "info",
            "Retrieve product image",
            ("productId", "file"),
            _PRODUCT,
            ProductMedia.info,
            reads=True,
        ),
        Operation(
            "types", "Retrieve product image types", ("setId",), (), ProductMedia.types, reads=True
        ),
        Operation(
            "create",
            "Upload new product image ",
            ("productId", "data"),
            _PRODUCT,
            ProductMedia.create,
            right=f"{RIGHT}/create",
            failed=ImageNotCreated,
        ),
        Operation(
            "update",
            "Update product image",
            ("productId", "file", "data"),
            _PRODUCT,
            ProductMedia.update,
            right=f"{RIGHT}/update",
            failed=ImageNotUpdated,
        ),
        Operation(
            "remove",
            "Remove product image",
            ("productId", "file"),
            ("identifierType",),
            ProductMedia.remove,
            right=f"{RIGHT}/remove",
            failed=ImageNotRemoved,
        ),
    )
}

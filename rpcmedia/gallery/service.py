"""The rules of a gallery: what creating, changing and removing an image mean and in which order.

Order of effects: a committed row always has its bytes. New bytes are durable before the row that
names them; bytes of a failed row are taken back; a removed image keeps its bytes and its name.
"""

import asyncio
import contextlib
import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from rpcmedia.gallery.faults import (
    Fault,
    GalleryNotSupported,
    ImageNotCreated,
    ImageNotFound,
    ImageNotRemoved,
    ImageNotUpdated,
)
from rpcmedia.gallery.file_names import FileName, name_image, refuse_long_name
from rpcmedia.gallery.model import (
    Image,
    ImageType,
    ImageValues,
    NewImage,
    Picture,
    Product,
    StoredBytes,
    StoreView,
    Upload,
)
from rpcmedia.gallery.pictures import read_picture
from rpcmedia.gallery.ports import GalleryRows, ImageFiles, NameTaken, OutcomeUnknown, StorageFailed

Put = Callable[[bytes], str]
"""Keeps bytes and tells the name they are stored as."""
Examination = Callable[[Put], StoredBytes]

_STORING_THREADS = 6
"""One reads a picture while others wait for the disk."""
_LOW_PRIORITY = 10


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that may be served; `mime` is None for the file of a removed image.

    `moving_to` is where the file is about to be, while an update is under way.
    """

    path: Path
    mime: str | None
    moving_to: Path | None = None


class Gallery:
    """The galleries of one shop over one store of rows and one of files."""

    def __init__(
        self,
        rows: GalleryRows,
        files: ImageFiles,
        max_pixels: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._rows = rows
        self._files = files
        self._max_pixels = max_pixels
        self._now = now
        # Other work has a core for itself, and the first turn on all.
        self._reading = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) - 1))
        self._threads = ThreadPoolExecutor(
            _STORING_THREADS, thread_name_prefix="uploads", initializer=_step_back
        )

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)

    def remembered(self) -> dict[Hashable, Any]:
        """Where callers may keep what they read; see GalleryRows."""
        return self._rows.remembered()

    async def find_store_view(self, key: int | str) -> StoreView | None:
        """The store view with this id or code."""
        return await self._rows.store_view(key)

    async def find_product(self, product_id: int) -> Product | None:
        """The product with this id."""
        return await self._rows.product(product_id)

    async def find_product_by_sku(self, sku: str) -> Product | None:
        """The product with this SKU."""
        return await self._rows.product_by_sku(sku)

    async def image_types(self, set_id: int) -> Sequence[ImageType]:
        """The image types of an attribute set; none for a set that does not exist."""
        attribute_set = await self._rows.attribute_set(set_id)
        return attribute_set.image_types if attribute_set else ()

    def check_supported(self, product: Product) -> None:
        """Return if the product can have images. Raises GalleryNotSupported."""
        if not product.attribute_set.gallery:
            raise GalleryNotSupported

    async def list_images(self, product: Product, store_view: int) -> tuple[Image, ...]:
        """All images of a product. Raises GalleryNotSupported."""
        self.check_supported(product)
        return await self._rows.gallery(product, store_view)

    async def find_image(self, product: Product, file: object, store_view: int) -> Image:
        """The image with exactly this file name. Raises GalleryNotSupported, ImageNotFound."""
        for image in await self.list_images(product, store_view):
            if image.file == file:
                return image
        raise ImageNotFound

    async def create_image(
        self,
        product: Product,
        upload: Upload,
        extension: str,
        values: ImageValues,
        store_view: int,
    ) -> NewImage:
        """Add an image to a product. Raises ImageNotCreated."""
        name = name_image(upload.name, extension)
        shown = f"{upload.name or 'image'}.{extension}"
        try:
            return await self._keep_new(product, name, upload, shown, values, store_view)
        except StorageFailed as failure:
            raise ImageNotCreated.because(failure) from failure

    async def _keep_new(
        self,
        product: Product,
        name: FileName,
        upload: Upload,
        shown: str,
        values: ImageValues,
        store_view: int,
    ) -> NewImage:
        examine = self._examination(upload.content, shown)
        number = 0
        while True:
            number = await self._rows.free_number(name, number)
            file = name.path(number)
            refuse_long_name(file)
            try:
                stored = await self._store(examine, partial(self._files.put_new, file))
            except NameTaken:
                number += 1
                continue
            try:
                image_id = await self._rows.add_image(
                    product, name, number, stored, values, store_view
                )
            except NameTaken:
                number += 1
                await self._files.take_back(stored.stored_as)
                continue
            except OutcomeUnknown:
                raise
            except Exception:
                # Not for a cancelled call: its row may still be committed, and needs its bytes.
                await self._files.take_back(stored.stored_as)
                raise
            return NewImage(image_id, file)

    async def change_image(
        self,
        product: Product,
        image: Image,
        values: ImageValues,
        store_view: int,
        upload: Upload | None = None,
    ) -> None:
        """Write the given values, and new bytes for all store views.

        Raises ImageNotCreated for bytes that are no picture, ImageNotFound if the image was removed
        meanwhile, ImageNotUpdated if the change cannot be kept.
        """
        try:
            if upload:
                await self._keep_changed(product, image, values, store_view, upload)
            elif not await self._rows.change_image(product, image.id, values, store_view):
                raise ImageNotFound
        except StorageFailed as failure:
            raise ImageNotUpdated.because(failure) from failure

    async def _keep_changed(
        self,
        product: Product,
        image: Image,
        values: ImageValues,
        store_view: int,
        upload: Upload,
    ) -> None:
        examine = self._examination(upload.content, image.file.rsplit("/", 1)[-1])
        stored = await self._store(examine, partial(self._files.put_beside, image.file))
        try:
            if not await self._rows.change_image(product, image.id, values, store_view, stored):
                raise ImageNotFound
        except OutcomeUnknown:
            raise
        except (StorageFailed, Fault):
            await self._files.take_back(stored.stored_as)
            raise
        await self._settle(image.file, stored.stored_as)

    async def _settle(self, file: str, stored_as: str) -> None:
        # The change is kept already. If the bytes cannot move to their own name now, reads follow
        # `stored_as`, and the next start moves them.
        with contextlib.suppress(StorageFailed):
            await self._rows.settle_bytes(file, stored_as, self._files)
            await self._files.take_back(stored_as)

    def _examination(self, content: bytes, shown: str) -> Examination:
        """What checks a picture once, and then describes it wherever it is stored. It blocks."""
        made = int(self._now() * 1000)

        @cache
        def examine() -> tuple[Picture, str]:
            with self._reading:
                picture = read_picture(content, shown, self._max_pixels)
            return picture, hashlib.sha256(content).hexdigest()

        def store(put: Put) -> StoredBytes:
            picture, digest = examine()
            return StoredBytes(put(content), picture, len(content), digest, made)

        return store

    async def _store(self, examine: Examination, put: Put) -> StoredBytes:
        """Check and keep bytes, in one piece of work of a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, examine, put)

    async def settle_all(self) -> int:
        """Finish updates that a stop interrupted; how many. Called once, at the start."""
        unsettled = await self._rows.unsettled()
        for file, stored_as in unsettled:
            await self._settle(file, stored_as)
        return len(unsettled)

    async def remove_image(self, product: Product, image: Image) -> None:
        """Remove an image from all store views; its bytes and its name stay.

        Raises ImageNotFound if it was removed meanwhile, ImageNotRemoved if that cannot be kept.
        """
        try:
            if not await self._rows.remove_image(product, image.id):
                raise ImageNotFound
        except StorageFailed as failure:
            raise ImageNotRemoved.because(failure) from failure

    async def find_media(self, file: str) -> MediaFile | None:
        """The file to serve for a file name that an image has, or once had."""
        kept = await self._rows.kept_bytes(file)
        if kept is None:
            return None
        stored_as, mime = kept
        own = self._files.location(file)
        if stored_as == file:
            return MediaFile(own, mime)
        return MediaFile(self._files.location(stored_as), mime, moving_to=own)

    async def check_writable(self) -> None:
        """Return if rows and files can be written now; raises StorageFailed."""
        await self._rows.check_writable()
        await self._files.check_writable()


def _step_back() -> None:
    # Elsewhere a thread has no priority of its own.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)

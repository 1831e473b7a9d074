"""What operations answer, before a face spells it."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from rpcmedia.gallery.model import Image

MEDIA_PATH = "/media/catalog/product"
"""Where media files are below the base URL."""

_MOST_KEPT = 50_000
"""Images whose maps are kept; spelled and all, one takes about a kilobyte."""


@dataclass(frozen=True, slots=True)
class ImageMap:
    """One image as clients see it; see Image for what None means."""

    file: str
    label: str
    position: int | None
    exclude: int | None
    url: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreatedFile:
    """The file name of an image that was created."""

    file: str


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of an operation that has nothing to tell but success."""


class ImageMaps(tuple[ImageMap, ...]):
    """All images of a gallery.

    One object for as long as the gallery does not change: a face may keep in `spelled` how it
    wrote them, under a key of its own.
    """

    spelled: dict[Hashable, Any]


class Presenter:
    """Makes image maps, whose URLs begin with `base_url`; those of a whole gallery only once."""

    def __init__(self, base_url: str) -> None:
        self._media = base_url + MEDIA_PATH
        self._known: dict[int, tuple[tuple[Image, ...], ImageMaps]] = {}
        self._images = 0

    def present(self, image: Image) -> ImageMap:
        """An image with its URL."""
        return ImageMap(
            file=image.file,
            label=image.label,
            position=image.position,
            exclude=image.excluded,
            url=f"{self._media}{image.file}",
            types=image.types,
        )

    def present_all(self, images: tuple[Image, ...]) -> ImageMaps:
        """All images of a gallery; rows hand out the same tuple until the gallery changes."""
        known = self._known.get(id(images))
        # The tuple is kept beside its id, so no other one can have it.
        if known and known[0] is images:
            return known[1]
        if self._images > _MOST_KEPT:
            self._known.clear()
            self._images = 0
        maps = ImageMaps(self.present(image) for image in images)
        maps.spelled = {}
        self._known[id(images)] = images, maps
        self._images += len(images) + 1
        return maps

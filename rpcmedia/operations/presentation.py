"""What operations answer, before a face spells it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from rpcmedia.gallery.model import Image

MEDIA_PATH = "/media/catalog/product"
"""Where media files are below the base URL."""


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
    """All images of a gallery. A face may keep in `spelled` how it wrote them."""

    spelled: dict[Hashable, Any]


def present(image: Image, base_url: str) -> ImageMap:
    """An image with its URL."""
    return ImageMap(
        file=image.file,
        label=image.label,
        position=image.position,
        exclude=image.excluded,
        url=f"{base_url}{MEDIA_PATH}{image.file}",
        types=image.types,
    )


def present_all(images: Sequence[Image], base_url: str) -> ImageMaps:
    """All images of a gallery with their URLs."""
    maps = ImageMaps(present(image, base_url) for image in images)
    maps.spelled = {}
    return maps

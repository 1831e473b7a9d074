"""The numbered faults 100-107 of the product_media resource.

Numbers and declared texts are those of the API page; the texts that a client sees on the wire are
the ones the reference server was measured to send.
"""

from typing import ClassVar, Self


class Fault(Exception):
    """A numbered error of the API: `number` and a `message` that is safe to show to a client."""

    number: ClassVar[int]
    declared: ClassVar[str]
    """The text that resourceFaults and globalFaults list for the number."""
    beginning: ClassVar[str]
    """What a message begins with that ends with a reason, where a store can be the reason."""

    def __init__(self, message: str | None = None) -> None:
        self.message = self.declared if message is None else message
        super().__init__(self.message)

    @classmethod
    def because(cls, reason: object) -> Self:
        """The fault with a reason that is safe to show."""
        return cls(f"{cls.beginning} {reason}")


class StoreViewNotFound(Fault):
    """The store argument names no store view."""

    number = 100
    declared = "Requested store view not found."


class ProductNotFound(Fault):
    """The product argument names no product."""

    number = 101
    declared = "Product not exists."


class InvalidData(Fault):
    """The image data lacks a file, declares a type that is not allowed, or is not base64."""

    number = 102
    declared = "Invalid data given. Details in error message."


class ImageNotFound(Fault):
    """The product has no image of that file name."""

    number = 103
    declared = "Requested image not exists in product images' gallery."


class ImageNotCreated(Fault):
    """The bytes are no picture, the name is refused, or the bytes could not be kept."""

    number = 104
    declared = "Image creation failed. Details in error message."
    beginning = "Cannot create image."


class ImageNotUpdated(Fault):
    """The change could not be kept."""

    number = 105
    declared = "Image not updated. Details in error message."
    beginning = "Image not updated."


class ImageNotRemoved(Fault):
    """The removal could not be kept."""

    number = 106
    declared = "Image not removed. Details in error message."
    beginning = "Image not removed."


class GalleryNotSupported(Fault):
    """The attribute set of the product has no gallery."""

    number = 107
    declared = "Requested product doesn't support images"


GALLERY_FAULTS: tuple[type[Fault], ...] = (
    StoreViewNotFound,
    ProductNotFound,
    InvalidData,
    ImageNotFound,
    ImageNotCreated,
    ImageNotUpdated,
    ImageNotRemoved,
    GalleryNotSupported,
)

"""Addresses of the resource: `/api/rest/products/:id/images[/:image][/store/:store]`."""

from typing import NamedTuple
from urllib.parse import unquote

from rpcmedia.operations.product_images import Target

ROOT = "/api/rest"


class Address(NamedTuple):
    """A path that names something, and the path of all images of that product."""

    target: Target
    images: str
    """As the client wrote it, without the store view."""


def find(raw_path: str) -> Address | None:
    """What a path as it was sent names; None if it does not fit. A slash at its end is fine."""
    if not raw_path.startswith(ROOT + "/"):
        return None
    parts = raw_path.removeprefix(ROOT + "/").removesuffix("/").split("/")
    if not all(parts):
        return None
    match parts:
        case ["products", product, "images"]:
            return _address(product)
        case ["products", product, "images", image]:
            return _address(product, image)
        case ["products", product, "images", "store", store]:
            return _address(product, store=store)
        case ["products", product, "images", image, "store", store]:
            return _address(product, image, store)
        case _:
            return None


def _address(product: str, image: str | None = None, store: str | None = None) -> Address:
    named = (None if part is None else unquote(part) for part in (image, store))
    return Address(Target(unquote(product), *named), f"{ROOT}/products/{product}/images")

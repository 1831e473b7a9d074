"""The nouns of the shop: store views, attribute sets, products, images and the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

DEFAULT_SCOPE = 0
"""Id of the store view `admin`, whose values all other store views fall back to."""

HIGHEST_POSITION = 4_294_967_295
"""Where positions are clamped: the reference keeps them in an unsigned 32-bit column."""


@dataclass(frozen=True, slots=True)
class StoreView:
    """A scope for labels, positions, exclusion and image types."""

    id: int
    code: str


@dataclass(frozen=True, slots=True)
class ImageType:
    """An attribute that points at one image of a product, such as `thumbnail`."""

    code: str
    scope: str = "store"


@dataclass(frozen=True, slots=True)
class AttributeSet:
    """Decides whether its products have a gallery, and which image types they have."""

    id: int
    name: str
    gallery: bool
    image_types: tuple[ImageType, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the gallery needs it: who it is and what its attribute set allows."""

    id: int
    sku: str
    attribute_set: AttributeSet
    storefront: bool = True
    """Whether guests and customers can see it."""


def sku_key(sku: str) -> str:
    """A SKU as it is compared: the reference's database ignores case and trailing spaces."""
    return sku.rstrip(" ").casefold()


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a gallery as one store view sees it.

    Position and exclusion are None where the image was made in another store view, and neither this
    one nor the default scope was given a value since.
    """

    id: int
    file: str
    label: str
    position: int | None
    excluded: int | None
    types: tuple[str, ...]


class NewImage(NamedTuple):
    """What an image is called that was just created."""

    id: int
    file: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What a decoder found in the bytes of an image; `mime` is the type found, not declared."""

    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Where the bytes of an image are and what they must be; `created_at` in Unix milliseconds."""

    stored_as: str
    picture: Picture
    size: int
    sha256: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Upload:
    """New bytes for an image: the type the sender declared, if any, the bytes, the wished name."""

    mime: str
    content: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class ImageValues:
    """Values to write for one image in one store view; None leaves a value as it is.

    `types` replaces the image types of the image. An empty label means "as in the default scope".
    """

    label: str | None = None
    position: int | None = None
    excluded: int | None = None
    types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class CatalogUser:
    """A user as a catalog file names it; None keeps what an existing user has."""

    username: str
    key: str | None
    permissions: tuple[str, ...]
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class CatalogConsumer:
    """A program that signs requests; None keeps what an existing consumer has."""

    key: str
    secret: str | None
    name: str | None = None
    revoked: bool | None = None


@dataclass(frozen=True, slots=True)
class CatalogToken:
    """An OAuth token as a catalog file names it; None keeps what an existing token has.

    `role` is `admin` or `customer`. An admin has the permissions of a user, or else its own.
    """

    token: str
    secret: str | None
    consumer: str
    access: bool
    """Whether requests are signed with it; otherwise it is there to be changed for such a token."""
    role: str
    permissions: tuple[str, ...] = ()
    user: str | None = None
    verifier: str | None = None
    """What changes a request token that somebody allowed."""
    revoked: bool | None = None


@dataclass(frozen=True, slots=True)
class CatalogProduct:
    """A product as a catalog file names it."""

    id: int
    sku: str
    attribute_set_id: int
    storefront: bool = True


@dataclass(frozen=True, slots=True)
class Catalog:
    """What must exist before the first call."""

    base_url: str | None = None
    store_views: Sequence[StoreView] = ()
    attribute_sets: Sequence[AttributeSet] = ()
    products: Sequence[CatalogProduct] = ()
    users: Sequence[CatalogUser] = ()
    consumers: Sequence[CatalogConsumer] = ()
    tokens: Sequence[CatalogToken] = ()

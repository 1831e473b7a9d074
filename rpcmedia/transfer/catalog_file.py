"""The catalog as a JSON file: store views, attribute sets, products and users.

The file is checked whole before anything is kept: a refusal names the place in it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    CatalogProduct,
    CatalogUser,
    ImageType,
    StoreView,
    sku_key,
)
from rpcmedia.gallery.ports import CatalogRefused

T = TypeVar("T")

_Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _StoreView(msgspec.Struct):
    id: _Id
    code: str


class _ImageType(msgspec.Struct):
    code: str
    scope: str = "store"


class _AttributeSet(msgspec.Struct):
    id: _Id
    name: str
    gallery: bool = True
    image_types: list[_ImageType] = []


class _Product(msgspec.Struct, omit_defaults=True):
    id: _Id
    sku: str
    attribute_set_id: _Id
    storefront: bool = True


class _User(msgspec.Struct):
    username: str
    permissions: list[str]
    key: str | None = None
    active: bool | None = None


class _File(msgspec.Struct):
    base_url: str | None = None
    store_views: list[_StoreView] = []
    attribute_sets: list[_AttributeSet] = []
    products: list[_Product] = []
    users: list[_User] = []


def read_catalog(path: Path) -> Catalog:
    """The catalog in a file. Raises CatalogRefused with the place of what is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CatalogRefused(f"{path}: {error.strerror}.") from error
    try:
        return _check(msgspec.json.decode(content, type=_File))
    except (msgspec.DecodeError, UnicodeDecodeError, CatalogRefused) as error:
        raise CatalogRefused(f"{path}: {error}") from error


def write_catalog(catalog: Catalog) -> str:
    """The catalog as the text of a file; keys of users are not in it, for nobody knows them."""
    file = _File(
        base_url=catalog.base_url,
        store_views=[_StoreView(view.id, view.code) for view in catalog.store_views],
        attribute_sets=[
            _AttributeSet(
                s.id, s.name, s.gallery, [_ImageType(t.code, t.scope) for t in s.image_types]
            )
            for s in catalog.attribute_sets
        ],
        products=[
            _Product(p.id, p.sku, p.attribute_set_id, p.storefront) for p in catalog.products
        ],
        users=[_User(u.username, sorted(u.permissions), u.key, u.active) for u in catalog.users],
    )
    plain: dict[str, Any] = msgspec.to_builtins(file)
    for user in plain["users"]:
        del user["key"]
    if plain["base_url"] is None:
        del plain["base_url"]
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode()


def _check(file: _File) -> Catalog:
    _refuse_repeats("store_views", "id", (view.id for view in file.store_views))
    _refuse_repeats("store_views", "code", (view.code for view in file.store_views))
    _refuse_repeats("attribute_sets", "id", (entry.id for entry in file.attribute_sets))
    _refuse_repeats("products", "id", (product.id for product in file.products))
    _refuse_repeats("products", "sku", (product.sku for product in file.products), sku_key)
    _refuse_repeats("users", "username", (user.username for user in file.users), str.casefold)
    for position, entry in enumerate(file.attribute_sets):
        place = f"attribute_sets[{position}].image_types"
        _refuse_repeats(place, "code", (image_type.code for image_type in entry.image_types))
    for position, product in enumerate(file.products):
        if product.id < 1:
            raise CatalogRefused(f"products[{position}].id must be 1 or more.")
        if not product.sku.strip():
            raise CatalogRefused(f"products[{position}].sku is empty.")
    for position, user in enumerate(file.users):
        if not user.username or user.key == "":
            raise CatalogRefused(f"users[{position}] has an empty username or key.")
    return Catalog(
        base_url=file.base_url,
        store_views=[StoreView(view.id, view.code) for view in file.store_views],
        attribute_sets=[
            AttributeSet(
                entry.id,
                entry.name,
                entry.gallery,
                tuple(ImageType(t.code, t.scope) for t in entry.image_types),
            )
            for entry in file.attribute_sets
        ],
        products=[
            CatalogProduct(p.id, p.sku, p.attribute_set_id, p.storefront) for p in file.products
        ],
        users=[CatalogUser(u.username, u.key, tuple(u.permissions), u.active) for u in file.users],
    )


def _refuse_repeats(
    place: str,
    member: str,
    values: Iterable[T],
    as_compared: Callable[[T], object] = lambda value: value,
) -> None:
    seen = set()
    for position, value in enumerate(values):
        if as_compared(value) in seen:
            raise CatalogRefused(f"{place}[{position}].{member} {value!r} is there twice.")
        seen.add(as_compared(value))

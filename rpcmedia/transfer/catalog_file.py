"""The catalog as a JSON file: store views, attribute sets, products, users, OAuth credentials.

The file is checked whole before anything is kept: a refusal names the place in it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    CatalogConsumer,
    CatalogProduct,
    CatalogToken,
    CatalogUser,
    ImageType,
    StoreView,
    sku_key,
)
from rpcmedia.gallery.ports import CatalogRefused

T = TypeVar("T")

_Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Credential = Annotated[str, msgspec.Meta(max_length=255)]
"""Longer ones are not looked up when a request names them."""


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


class _Consumer(msgspec.Struct, omit_defaults=True):
    key: _Credential
    secret: str | None = None
    name: str | None = None
    revoked: bool | None = None


class _Token(msgspec.Struct, omit_defaults=True):
    token: _Credential
    consumer: _Credential
    kind: Literal["access", "request"]
    role: Literal["admin", "customer"] | None = None
    secret: str | None = None
    permissions: list[str] | None = None
    user: str | None = None
    authorized: bool = False
    verifier: str | None = None
    revoked: bool | None = None


class _OAuth(msgspec.Struct):
    consumers: list[_Consumer] = []
    tokens: list[_Token] = []


class _File(msgspec.Struct):
    base_url: str | None = None
    store_views: list[_StoreView] = []
    attribute_sets: list[_AttributeSet] = []
    products: list[_Product] = []
    users: list[_User] = []
    oauth: _OAuth | None = None


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
    """The catalog as the text of a file, without keys of users, whom nobody knows, and secrets."""
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
        oauth=_shown_oauth(catalog) if catalog.consumers or catalog.tokens else None,
    )
    plain: dict[str, Any] = msgspec.to_builtins(file)
    for user in plain["users"]:
        del user["key"]
    for member in ("base_url", "oauth"):
        if plain[member] is None:
            del plain[member]
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode()


def _shown_oauth(catalog: Catalog) -> _OAuth:
    return _OAuth(
        [_Consumer(c.key, name=c.name, revoked=c.revoked) for c in catalog.consumers],
        [
            _Token(
                t.token,
                t.consumer,
                "access",
                "customer" if t.role == "customer" else "admin",
                permissions=None if t.user or t.role == "customer" else sorted(t.permissions),
                user=t.user,
                revoked=t.revoked,
            )
            for t in catalog.tokens
        ],
    )


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
    oauth = file.oauth or _OAuth()
    _check_oauth(oauth)
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
        consumers=[CatalogConsumer(c.key, c.secret, c.name, c.revoked) for c in oauth.consumers],
        tokens=[_read_token(token) for token in oauth.tokens],
    )


def _check_oauth(oauth: _OAuth) -> None:
    _refuse_repeats("oauth.consumers", "key", (consumer.key for consumer in oauth.consumers))
    _refuse_repeats("oauth.tokens", "token", (token.token for token in oauth.tokens))
    for position, consumer in enumerate(oauth.consumers):
        if "" in (consumer.key, consumer.secret):
            raise CatalogRefused(f"oauth.consumers[{position}] has an empty key or secret.")
    for position, token in enumerate(oauth.tokens):
        if "" in (token.token, token.secret, token.verifier):
            raise CatalogRefused(
                f"oauth.tokens[{position}] has an empty token, secret or verifier."
            )
        if reason := _contradiction(token):
            raise CatalogRefused(f"oauth.tokens[{position}] {reason}")


def _contradiction(token: _Token) -> str | None:
    if token.kind == "access" and token.role is None:
        return "is an access token and needs a role: admin or customer."
    if token.role == "admin" and (token.user is None) == (token.permissions is None):
        return "is an admin's and needs permissions, or the user whose permissions it has."
    if token.role != "admin" and (token.user or token.permissions):
        return "has a user or permissions, but is not an admin's."
    if token.authorized and token.verifier is None:
        return "is authorized and needs a verifier."
    if token.verifier is not None and not (token.authorized and token.kind == "request"):
        return "has a verifier, but is not a request token that is authorized."
    return None


def _read_token(token: _Token) -> CatalogToken:
    return CatalogToken(
        token.token,
        token.secret,
        token.consumer,
        access=token.kind == "access",
        role=token.role or "customer",
        permissions=tuple(token.permissions or ()),
        user=token.user,
        verifier=token.verifier,
        revoked=token.revoked,
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

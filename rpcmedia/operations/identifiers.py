"""Which product and which store view an argument means.

Source: measured behaviour of the reference server, "Product and store arguments".
"""

import math
import re

from rpcmedia.gallery.faults import ProductNotFound, StoreViewNotFound
from rpcmedia.gallery.model import DEFAULT_SCOPE, Product
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations import php
from rpcmedia.operations.faults import InvalidArguments

_PLAIN_NUMBER = re.compile(r"\A(?:[+-]?[1-9][0-9]*|0)\Z")
_LARGEST_ID = 2**63 - 1
_NO_ID = -1


async def find_store_view(gallery: Gallery, store: object, current: int) -> int:
    """The id of the store view that an argument means; null means the `current` one.

    Raises StoreViewNotFound, and InvalidArguments for a list or an object.
    """
    if store is None:
        return current
    if isinstance(store, bool) or store == "":
        return DEFAULT_SCOPE
    if isinstance(store, list | dict):
        raise InvalidArguments("store must be the id or the code of a store view.")
    key: object = store
    if isinstance(store, float):
        key = int(store) if math.isfinite(store) else _NO_ID
    elif isinstance(store, str) and _PLAIN_NUMBER.match(store):
        key = php.to_int(store)
    view = await gallery.find_store_view(key) if isinstance(key, int | str) else None
    if view is None:
        raise StoreViewNotFound
    return view.id


async def find_product(gallery: Gallery, product: object, identifier_type: object) -> Product:
    """The product that an argument means. Raises ProductNotFound.

    Without an identifier type a plain number is an id only; any other string is a SKU first and
    then, if PHP finds it numeric, an id. The type "sku" (or true) means SKU only, any other type
    means id only.
    """
    sku_only = identifier_type == "sku" or identifier_type is True
    guess_sku = (
        identifier_type is None and isinstance(product, str) and not _PLAIN_NUMBER.match(product)
    )
    found = None
    if (sku_only or guess_sku) and _is_scalar(product):
        found = await gallery.find_product_by_sku(php.to_string(product))
    if found is None and not sku_only and php.is_numeric(product):
        product_id = php.to_int(product)
        if 0 < product_id <= _LARGEST_ID:
            found = await gallery.find_product(product_id)
    if found is None:
        raise ProductNotFound
    return found


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)

"""The client magento1-client (python-magento) over XML-RPC, as its documentation uses it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from xmlrpc.client import Binary, Fault

import pytest
from magento import API
from magento.catalog import ProductImages

from tests.clients.example import CHANGES, FILE, NEW_IMAGE, NO_SKU, SKU
from tests.support.pictures import jpeg
from tests.support.server import KEY, USER, serving

CREATED = {
    "file": FILE,
    "label": NEW_IMAGE["label"],
    "position": "7",
    "exclude": "0",
    "url": f"http://address/media/catalog/product{FILE}",
    "types": ["thumbnail"],
}
CHANGED = {**CREATED, "label": "Front", "position": "2", "types": ["image", "small_image"]}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a server, as one gives it to this client."""
    async with serving(tmp_path) as server:
        yield server.url


@contextlib.contextmanager
def using(kind: type[API], shop: str, key: str = KEY) -> Iterator[Any]:
    """A part of the client with a session; it never closes its connection by itself."""
    api = kind(shop, USER, key)
    try:
        with api:
            yield api
    finally:
        api.client("close")()


def manage_images(shop: str) -> None:
    with using(ProductImages, shop) as images:
        assert images.create(SKU, NEW_IMAGE) == FILE
        assert images.list(SKU) == [CREATED]
        assert images.list("1") == [CREATED]
        assert images.update(SKU, FILE, CHANGES) is True
        assert images.info(SKU, FILE) == CHANGED
        assert images.update(SKU, FILE, {"label": "Vorne"}, "german") is True
        assert images.info(SKU, FILE, "german")["label"] == "Vorne"
        assert images.info(SKU, FILE)["label"] == "Front"
        assert images.remove(SKU, FILE) is True
        assert images.list(SKU, None, "sku") == []


def ask_for_store_views_and_types(shop: str) -> None:
    with using(ProductImages, shop) as images:
        assert images.currentStore() == 0
        assert images.currentStore("german") == 2
        assert [kind["code"] for kind in images.types(4)] == ["image", "small_image", "thumbnail"]


def send_the_bytes_of_a_picture(shop: str) -> None:
    file = {"mime": "image/jpeg", "content": Binary(jpeg()), "name": "front"}
    with using(ProductImages, shop) as images:
        assert images.create(SKU, {"file": file}) == FILE


def call_several_at_once(shop: str) -> None:
    with using(API, shop) as api:
        types, fault = api.multiCall(
            [["product_media.types", [10]], ["product_media.list", [NO_SKU]]]
        )
    assert types == []
    assert fault == {"isFault": True, "faultCode": "101", "faultMessage": "Product not exists."}


def find_images_from_another_part(shop: str) -> None:
    with using(API, shop) as api:
        assert api.product_images.list(SKU) == []
        api.product_images.client("close")()


def meet_faults(shop: str) -> None:
    with using(ProductImages, shop) as images, pytest.raises(Fault) as found:
        images.list(NO_SKU)
    assert (found.value.faultCode, found.value.faultString) == (101, "Product not exists.")

    with pytest.raises(Fault) as refused, using(API, shop, "wrong"):
        pass
    assert (refused.value.faultCode, refused.value.faultString) == (2, "Access denied.")


@pytest.mark.parametrize(
    "use",
    [
        manage_images,
        ask_for_store_views_and_types,
        send_the_bytes_of_a_picture,
        call_several_at_once,
        find_images_from_another_part,
        meet_faults,
    ],
)
async def test_magento1_client_can(use: Any, shop: str) -> None:
    await asyncio.to_thread(use, shop)

"""Python's own xmlrpc.client."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xmlrpc.client import DateTime, Fault, ServerProxy

import pytest

from tests.clients.example import FILE, NEW_IMAGE, NO_SKU, SKU
from tests.support.pictures import jpeg
from tests.support.server import KEY, USER, serving


@pytest.fixture
async def endpoint(tmp_path: Path) -> AsyncIterator[str]:
    """The endpoint of a server."""
    async with serving(tmp_path) as server:
        yield f"{server.url}/api/xmlrpc"


def manage_images(endpoint: str) -> None:
    with ServerProxy(endpoint, allow_none=True) as shop:
        session = shop.login(USER, KEY)
        assert shop.call(session, "product_media.create", [SKU, NEW_IMAGE, None]) == FILE
        listed: Any = shop.call(session, "product_media.list", SKU)
        assert [image["label"] for image in listed] == [NEW_IMAGE["label"]]
        assert shop.call(session, "product_media.remove", [SKU, FILE]) is True
        assert shop.endSession(session) is True


def send_every_type(endpoint: str) -> None:
    with ServerProxy(endpoint, allow_none=True, use_builtin_types=True) as shop:
        session = shop.login(USER, KEY)
        file = {"mime": "image/jpeg", "content": jpeg(), "name": "front"}
        data = {"file": file, "position": 2.7, "exclude": False, "types": ("image",), "label": None}
        assert shop.call(session, "product_media.create", [SKU, data]) == FILE
        changes: list[tuple[Any, str]] = [
            (DateTime(datetime(2026, 11, 21)), "20261121T00:00:00"),
            (-5, "-5"),
            (b"bytes", "bytes"),
            (True, "1"),
        ]
        for value, label in changes:
            shop.call(session, "product_media.update", [SKU, FILE, {"label": value}])
            image: Any = shop.call(session, "product_media.info", [SKU, FILE])
            assert image["label"] == label
        assert (image["position"], image["exclude"], image["types"]) == ("2", "0", ["image"])


def send_a_large_picture(endpoint: str) -> None:
    content = jpeg() + bytes(8 * 1024**2)
    with ServerProxy(endpoint, use_builtin_types=True) as shop:
        session = shop.login(USER, KEY)
        file = {"mime": "image/jpeg", "content": content, "name": "front"}
        assert shop.call(session, "product_media.create", [SKU, {"file": file}]) == FILE


def look_around(endpoint: str) -> None:
    with ServerProxy(endpoint) as shop:
        names: Any = shop.system.listMethods()
        assert {"login", "call", "multiCall", "system.multicall"} <= set(names)
        assert shop.system.methodHelp("login")


def meet_a_fault(endpoint: str) -> None:
    with ServerProxy(endpoint) as shop:
        session = shop.login(USER, KEY)
        with pytest.raises(Fault) as found:
            shop.call(session, "product_media.list", [NO_SKU])
    assert (found.value.faultCode, found.value.faultString) == (101, "Product not exists.")


@pytest.mark.parametrize(
    "use", [manage_images, send_every_type, send_a_large_picture, look_around, meet_a_fault]
)
async def test_xmlrpc_client_can(use: Any, endpoint: str) -> None:
    await asyncio.to_thread(use, endpoint)

"""The client jsonrpc-requests."""

import asyncio
from typing import Any

import pytest
import requests
from jsonrpc_requests import ProtocolError, Server  # type: ignore[import-untyped]

from tests.clients.example import CHANGED, CHANGES, CREATED, FILE, NEW_IMAGE, NO_SKU, SKU
from tests.support.server import KEY, USER


def manage_images(server: Any) -> None:
    session = server.login(USER, KEY)
    assert server.call(session, "product_media.create", [SKU, NEW_IMAGE]) == [FILE]
    assert server.call(session, "product_media.list", [SKU]) == [CREATED]
    assert server.call(session, "product_media.update", [SKU, FILE, CHANGES]) == 1
    assert server.call(session, "product_media.info", [SKU, FILE]) == CHANGED
    assert server.call(session, "product_media.remove", [SKU, FILE]) == 1
    assert server.call(session, "product_media.list", [SKU]) == []


def manage_images_by_path(server: Any) -> None:
    session = server.login(username=USER, apiKey=KEY)
    media = server.product_media
    assert media.create(session, SKU, NEW_IMAGE) == [FILE]
    assert media.list(session, SKU) == [CREATED]
    assert media.update(session, SKU, FILE, CHANGES) == 1
    assert media.list(session, SKU) == [CHANGED]
    assert media.remove(session, SKU, FILE) == 1
    assert media.list(session, SKU) == []


def meet_faults(server: Any) -> None:
    session = server.login(USER, KEY)
    for path, arguments, fault in (
        ("product_media.list", [NO_SKU], (101, "Product not exists.")),
        (
            "product_media.remove",
            [SKU, FILE],
            (103, "Requested image not exists in product images' gallery."),
        ),
    ):
        with pytest.raises(ProtocolError) as caught:
            server.call(session, path, arguments)
        error = caught.value.server_data["error"]
        assert (error["code"], error["message"]) == fault


def end_a_session(server: Any) -> None:
    session = server.login(USER, KEY)
    assert server.endSession(sessionId=session) is True
    with pytest.raises(ProtocolError, match=r"Error: 5 Session expired\. Try to relogin\."):
        server.call(session, "product_media.list", [SKU])


@pytest.mark.parametrize("use", [manage_images, manage_images_by_path, meet_faults, end_a_session])
async def test_jsonrpc_requests_can(use: Any, url: str) -> None:
    with requests.Session() as http:
        await asyncio.to_thread(use, Server(url, session=http, timeout=10))

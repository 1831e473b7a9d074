"""The client aiohttp-rpc over HTTP. It refuses answers that are not strictly JSON-RPC 2.0."""

from collections.abc import AsyncIterator

import pytest
from aiohttp_rpc.client import JSONRPCClient
from aiohttp_rpc.errors import JSONRPCError

from tests.clients.example import CHANGED, CHANGES, CREATED, FILE, NEW_IMAGE, NO_SKU, SKU
from tests.support.server import KEY, USER


@pytest.fixture
async def client(url: str) -> AsyncIterator[JSONRPCClient]:
    client = JSONRPCClient(url)
    await client.connect()
    yield client
    await client.disconnect()


async def test_aiohttp_rpc_can_manage_images(client: JSONRPCClient) -> None:
    session = await client.call("login", USER, KEY)
    assert await client.call("call", session, "product_media.create", [SKU, NEW_IMAGE]) == [FILE]
    assert await client.call("call", session, "product_media.list", [SKU]) == [CREATED]
    assert await client.call("call", session, "product_media.update", [SKU, FILE, CHANGES]) == 1
    assert await client.call("call", session, "product_media.info", [SKU, FILE]) == CHANGED
    assert await client.call("call", session, "product_media.remove", [SKU, FILE]) == 1
    assert await client.call("call", session, "product_media.list", [SKU]) == []


async def test_aiohttp_rpc_can_meet_a_fault(client: JSONRPCClient) -> None:
    session = await client.methods.login(username=USER, apiKey=KEY)
    with pytest.raises(JSONRPCError) as caught:
        await client.call("call", session, "product_media.list", [NO_SKU])
    assert (caught.value.code, caught.value.message) == (101, "Product not exists.")


async def test_aiohttp_rpc_can_send_a_batch(client: JSONRPCClient) -> None:
    session = await client.call("login", USER, KEY)
    call = client.methods.call.request
    created, listed, fault = await client.batch(
        call(session, "product_media.create", [SKU, NEW_IMAGE]),
        call(session, "product_media.list", [SKU]),
        call(session, "product_media.list", [NO_SKU]),
    )
    assert (created, listed) == ([FILE], [CREATED])
    assert fault == JSONRPCError("Product not exists.", code=101)


async def test_aiohttp_rpc_can_notify(client: JSONRPCClient) -> None:
    session = await client.call("login", USER, KEY)
    await client.notify("call", session, "product_media.create", [SKU, NEW_IMAGE])
    assert await client.call("call", session, "product_media.list", [SKU]) == [CREATED]

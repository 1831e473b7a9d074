"""What nobody may do to the server without a key: fill its memory, or hold it for itself."""

import asyncio
import json

from tests.support.server import Server

REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "globalFaults"}


async def test_a_batch_has_at_most_a_thousand_members(server: Server) -> None:
    assert len(await server.send([REQUEST] * 1000)) == 1000

    answer = await server.send([REQUEST] * 1001)

    assert answer["error"]["code"] == -32600
    assert "1001 members; send 1000" in answer["error"]["message"]


async def test_others_are_answered_while_a_long_multicall_runs(server: Server) -> None:
    calls = [["product_media.types", [4]]] * 20_000
    headers = {"Authorization": server.basic or ""}
    request = {"jsonrpc": "2.0", "id": 1, "method": "multiCall", "params": [None, calls]}
    long = asyncio.create_task(server.send(request, **headers))

    answered = 0
    while not long.done():
        async with server.http.get(f"{server.url}/healthz") as answer:
            answered += answer.status == 200

    assert len((await long)["result"]) == 20_000
    # Two could have been answered before and after it.
    assert answered > 5


async def test_names_that_nobody_can_have_are_not_remembered(server: Server) -> None:
    for length in (256, 513, 100_000):
        body = {**REQUEST, "method": "login", "params": ["x" * length, "key"]}
        assert (await server.send(body))["error"]["code"] == 2
        assert (await server.fault("product_media.list", "x" * length))[0] == 101

    kept = json.dumps([str(key) for key in server.folder.rows._database._cache])
    assert "x" * 256 in kept
    assert "x" * 513 not in kept

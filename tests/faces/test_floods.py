"""What nobody may do to the server without a key: fill its memory, or hold it for itself."""

import asyncio
import gzip
import json
import sqlite3

import pytest

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


@pytest.mark.parametrize(
    ("member", "count"), [("[]", 101_000), ('{"a":1}', 101_000), ("1", 201_000)]
)
async def test_countless_values_are_refused_before_they_are_made(
    server: Server, member: str, count: int
) -> None:
    body = f"[{','.join([member] * count)}]".encode()
    for sent, headers in ((body, {}), (gzip.compress(body), {"Content-Encoding": "gzip"})):
        status, text = await server.post(sent, **headers)
        assert status == 200
        error = json.loads(text)["error"]
        assert error["code"] == -32600
        assert "more than 200000 values; send it in parts" in error["message"]


async def test_a_multicall_has_at_most_twenty_thousand_calls(server: Server) -> None:
    headers = {"Authorization": server.basic or ""}
    request = {"jsonrpc": "2.0", "id": 1, "method": "multiCall", "params": [None, [1] * 20_001]}
    answer = await server.send(request, **headers)
    assert answer["error"]["code"] == -32602
    assert "20001 calls; send 20000" in answer["error"]["message"]


async def test_arguments_that_do_not_count_fill_no_memory(server: Server) -> None:
    for number in range(20):
        assert await server.call("product_media.list", "product1", None, None, number, "x") == []
    kept = [str(key) for key in server.folder.rows.remembered()]
    assert not [key for key in kept if "'list'" in key]
    assert await server.call("product_media.list", "product1") == []
    assert [key for key in server.folder.rows.remembered() if "list" in str(key)]


async def test_all_who_ask_at_one_moment_whether_it_is_ready_share_one_look(
    server: Server,
) -> None:
    async def ready() -> int:
        async with server.http.get(f"{server.url}/readyz") as answer:
            return answer.status

    before = probes(server)
    assert await asyncio.gather(*(ready() for _ in range(30))) == [200] * 30
    assert await ready() == 200
    assert len(probes(server) - before) == 1


def probes(server: Server) -> set[str]:
    """What a look writes, which is another each time."""
    rows = sqlite3.connect(server.data / "rpcmedia.sqlite3")
    found = {row[0] for row in rows.execute("SELECT value FROM setting WHERE name = 'probe'")}
    rows.close()
    return found

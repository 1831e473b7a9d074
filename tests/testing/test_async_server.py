"""`rpcmedia.testing.AsyncServer`: the same in the loop that runs the test."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rpcmedia.testing import AsyncServer, CannotStart, ControlRefused
from tests.faces.bodies import png

MOMENT = datetime(2030, 5, 1, 12, 30, tzinfo=UTC)


async def send(server: AsyncServer, method: str, *params: Any) -> Any:
    """The answer to a JSON-RPC request with the Basic header of the server's user."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Authorization": server.basic}
    async with (
        aiohttp.ClientSession() as http,
        http.post(server.url, json=request, headers=headers) as answer,
    ):
        return await answer.json()


async def files(server: AsyncServer) -> list[str]:
    answer = await send(server, "call", None, "product_media.list", ["product1"])
    return [image["file"] for image in answer["result"]]


async def create(server: AsyncServer) -> Any:
    return await send(server, "call", None, "product_media.create", ["product1", png()])


async def test_it_answers_in_the_loop_of_the_test() -> None:
    async with AsyncServer(profile="shipstream", seed=3) as server:
        session = (await send(server, "login", server.username, server.key))["result"]
        answer = await send(server, "product_media.list", session, "absent")

    assert answer["error"]["code"] == -32101


async def test_many_run_side_by_side() -> None:
    async def fill(number: int) -> int:
        async with AsyncServer() as server:
            for _ in range(number):
                await create(server)
            return len(await files(server))

    assert await asyncio.gather(*(fill(number) for number in range(4))) == [0, 1, 2, 3]


async def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"absent\.json"):
        async with AsyncServer(tmp_path / "absent.json"):
            pass


async def test_resets_and_snapshots() -> None:
    async with AsyncServer() as server:
        await server.control.snapshot("empty")
        await create(server)
        await server.control.snapshot("full")
        await server.control.restore("empty")
        assert await files(server) == []
        await server.control.restore("full")
        assert await files(server) == ["/i/m/image.png"]
        await server.control.delete_snapshot("empty")
        assert await server.control.snapshots() == ["full"]
        await server.control.reset()
        assert await files(server) == []
        await server.control.reset("journal")
        assert await server.control.count() == 0


async def test_faults_and_the_journal() -> None:
    async with AsyncServer() as server:
        rule = await server.control.inject("fault", number=104, when="after", method="*.create")
        assert (await create(server))["error"]["code"] == 104
        assert [state["id"] for state in await server.control.faults()] == [rule]
        await server.control.clear_faults()
        assert "result" in await create(server)

        assert await server.control.count(fault=104) == 1
        assert (await server.control.journal(limit=1)).entries[0]["fault"] is None
        with pytest.raises(ControlRefused, match="no snapshot"):
            await server.control.restore("absent")


async def test_the_clock() -> None:
    async with AsyncServer() as server:
        assert await server.control.freeze(MOMENT) == MOMENT
        session = (await send(server, "login", server.username, server.key))["result"]
        assert await server.control.move(24 * 3600) == MOMENT + timedelta(days=1)
        answer = await send(server, "product_media.list", session, "product1")
        assert answer["error"]["code"] == 5
        assert await server.control.set_clock(MOMENT) == await server.control.now()
        assert abs(await server.control.release() - datetime.now(UTC)) < timedelta(minutes=5)

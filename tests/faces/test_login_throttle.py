"""Failed logins are slowed, on a real server that tells how long it lets whom wait."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rpcmedia import wiring
from rpcmedia.operations.throttle import Throttle
from rpcmedia.settings import Settings
from tests.cli.process import Outcome, serve
from tests.support.clients import answer
from tests.support.controlled import eventually
from tests.support.server import CATALOG, KEY, USER, serving

DENIED = {"code": 2, "message": "Access denied."}
ATTACKER, OTHER = "127.0.0.2", "127.0.0.3"
CALL = ("call", None, "product_media.types", [10])


@dataclass
class Slowed:
    """A server; `waits` are the delays that it began, and they last while `open` is not set."""

    url: str = ""
    folder: Any = None
    waits: list[float] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.open.wait()

    async def login(self, name: str, key: str, address: str = ATTACKER) -> Any:
        return await answer(self.url, "login", name, key, address=address)

    async def fail(self, times: int, name: str = USER, address: str = ATTACKER) -> None:
        for _ in range(times):
            assert (await self.login(name, "wrong", address))["error"] == DENIED


@pytest.fixture
async def slowed(tmp_path: Path) -> AsyncIterator[Slowed]:
    slowed = Slowed()
    async with serving(tmp_path / "data", throttle=Throttle(sleep=slowed.sleep)) as server:
        slowed.url, slowed.folder = server.url, server.folder
        yield slowed


@contextlib.asynccontextmanager
async def running(data: Path, **settings: Any) -> AsyncIterator[Slowed]:
    """The same with settings of `serve`."""
    slowed = Slowed()
    chosen = Settings(data=data, port=0, catalog=CATALOG, **settings)
    async with wiring.running(chosen, throttle=Throttle(sleep=slowed.sleep)) as server:
        slowed.url = server.address
        yield slowed


async def test_logins_and_basic_that_fail_are_slowed_more_and_more(slowed: Slowed) -> None:
    slowed.open.set()
    await slowed.fail(4)
    for _ in range(2):
        failed = await answer(slowed.url, *CALL, address=ATTACKER, basic=(USER, "wrong"))
        assert failed["error"] == DENIED
    await slowed.fail(5, "nobody")
    assert slowed.waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


async def test_others_are_answered_while_an_attacker_waits(slowed: Slowed) -> None:
    await slowed.fail(3)
    attack = asyncio.create_task(slowed.fail(1))
    await eventually(lambda: asyncio.sleep(0, bool(slowed.waits)))
    assert "result" in await slowed.login("readonly", KEY, OTHER)
    assert (await answer(slowed.url, *CALL, address=OTHER, basic=("readonly", KEY)))["result"] == []
    assert not attack.done()
    slowed.open.set()
    await attack
    assert slowed.waits == [0.1]


async def test_the_right_key_is_let_in_after_the_delay(slowed: Slowed) -> None:
    await slowed.fail(3)
    owner = asyncio.create_task(slowed.login(USER, KEY, OTHER))
    await eventually(lambda: asyncio.sleep(0, bool(slowed.waits)))
    slowed.open.set()
    session = (await owner)["result"]
    assert (await answer(slowed.url, "call", session, "product_media.types", [10]))["result"] == []
    # From there on nobody waits for what went before.
    await slowed.fail(1, address=OTHER)
    assert slowed.waits == [0.1]


async def test_a_key_that_was_right_lately_does_not_wait_at_all(slowed: Slowed) -> None:
    session = (await slowed.login(USER, KEY, OTHER))["result"]
    await slowed.fail(3)
    attack = asyncio.create_task(slowed.fail(1))
    await eventually(lambda: asyncio.sleep(0, bool(slowed.waits)))
    for address in (OTHER, ATTACKER):
        assert "result" in await slowed.login(USER, KEY, address)
        assert "result" in await answer(slowed.url, *CALL, address=address, basic=(USER, KEY))
        [method, _, *rest] = CALL
        assert "result" in await answer(slowed.url, method, session, *rest, address=address)
    slowed.open.set()
    await attack
    assert slowed.waits == [0.1]


async def test_who_is_shut_out_while_waiting_stays_out(slowed: Slowed) -> None:
    await slowed.fail(3)
    owner = asyncio.create_task(slowed.login(USER, KEY, OTHER))
    await eventually(lambda: asyncio.sleep(0, bool(slowed.waits)))
    await slowed.folder.accounts.set_active(USER, False)
    slowed.open.set()
    assert (await owner)["error"] == DENIED


async def test_a_crowd_from_one_address_is_told_to_come_again_and_shuts_nobody_else_out(
    slowed: Slowed,
) -> None:
    await slowed.fail(3, "nobody")
    crowd = [asyncio.create_task(slowed.login("nobody", "wrong")) for _ in range(70)]
    await eventually(lambda: asyncio.sleep(0, sum(task.done() for task in crowd) == 6))
    assert "result" in await slowed.login(USER, KEY, OTHER)
    slowed.open.set()
    codes = [attempt["error"]["code"] for attempt in await asyncio.gather(*crowd)]
    assert sorted(set(codes)) == [-32050, 2]
    assert codes.count(-32050) == 6
    assert "result" in await slowed.login(USER, KEY, ATTACKER)


async def test_who_is_told_to_come_again_has_done_nothing_and_is_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rpcmedia.operations.throttle._LONGEST_QUEUE", 0)
    settings = Settings(data=tmp_path / "d", port=0, catalog=CATALOG, control=True)
    async with wiring.running(settings) as server, aiohttp.ClientSession() as http:
        for request in (("login", USER, KEY), CALL, ("multiCall", None, [["product_media.list"]])):
            refused = await answer(server.address, *request, basic=(USER, KEY))
            assert refused["error"]["code"] == -32050
            assert "try again" in refused["error"]["message"]
        headers = {"Authorization": f"Bearer {server.control_token}"}
        async with http.get(f"{server.control_address}/journal", headers=headers) as journal:
            calls = (await journal.json())["entries"]
    assert [call["fault"] for call in calls] == [-32050] * 3


async def test_a_server_that_is_given_no_throttle_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed = Slowed()
    slowed.open.set()
    monkeypatch.setattr("rpcmedia.wiring.servers.Throttle", lambda: Throttle(sleep=slowed.sleep))
    async with wiring.running(Settings(data=tmp_path / "d", port=0, catalog=CATALOG)) as server:
        slowed.url = server.address
        await slowed.fail(4)
    assert slowed.waits == [0.1]


async def test_a_server_for_tests_has_no_delay(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ephemeral=True) as server:
        server.open.set()
        await server.fail(10)
        assert server.waits == []


async def test_a_server_under_control_has_it_too(tmp_path: Path) -> None:
    async with running(tmp_path / "data", control=True) as server:
        server.open.set()
        await server.fail(4)
        assert server.waits == [0.1]


async def test_each_failed_login_is_one_event_without_names_that_nobody_has(
    tmp_path: Path,
) -> None:
    options = ("--ephemeral", "--data", tmp_path / "d", "--catalog", CATALOG)
    async with serve(*options) as process:
        for name in ("APIUSER", "a-key-in-the-wrong-place"):
            failed = await answer(process.url, "login", name, "wrong-key", address=ATTACKER)
            assert failed["error"] == DENIED
        await answer(process.url, *CALL, address=OTHER, basic=("inactive", KEY))
        assert "result" in await answer(process.url, "login", USER, KEY)
        outcome = await process.stop()
    assert [(e["level"], e["address"], e["user"]) for e in failures(outcome)] == [
        ("info", ATTACKER, USER),
        ("info", ATTACKER, None),
        ("info", OTHER, "inactive"),
    ]
    for secret in ("a-key-in-the-wrong-place", "wrong-key", KEY):
        assert secret not in outcome.err


def failures(outcome: Outcome) -> list[dict[str, Any]]:
    """The failed logins in the log of a server."""
    lines = [json.loads(line) for line in outcome.err.splitlines()]
    return [line for line in lines if line["event"] == "login failed"]

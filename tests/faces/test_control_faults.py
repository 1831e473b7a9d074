"""Injected faults: what each kind does to a call, before its effect or after it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faces.bodies import exchange, png
from tests.support.controlled import BASIC, Controlled, controlling, eventually

FAULTS = [0, 1, 2, 3, 4, 5, 6, 100, 101, 102, 103, 104, 105, 106, 107]
CREATE = {"method": "product_media.create"}
NOW_AND_THEN = [("before", 0), ("after", 1)]
"""When a rule is applied to a `create`, and how many images there are after it."""


def call(path: str, *arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "call", "params": [None, path, arguments]}


async def create(server: Controlled) -> tuple[int, str]:
    """Status and text of the answer to a `create`."""
    body = json.dumps(call("product_media.create", "product1", png()))
    return await server.post(body, Authorization=BASIC)


async def bytes_of(server: Controlled, request: dict[str, Any]) -> bytes:
    """All bytes of an answer, until the server closes the connection."""
    body = json.dumps(request).encode()
    head = f"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\n"
    return await exchange(server.url, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.mark.parametrize("number", FAULTS)
async def test_every_number_can_be_injected(controlled: Controlled, number: int) -> None:
    await controlled.inject(action="fault", number=number, message="So it goes.")

    assert await controlled.fault("product_media.list", "product1") == (number, "So it goes.")


@pytest.mark.parametrize(("when", "images"), NOW_AND_THEN)
async def test_a_numbered_fault(controlled: Controlled, when: str, images: int) -> None:
    await controlled.inject(action="fault", number=104, when=when, **CREATE)

    status, text = await create(controlled)

    assert status == 200
    assert json.loads(text)["error"] == {
        "code": 104,
        "message": "Image creation failed. Details in error message.",
    }
    assert len(await controlled.files()) == images


@pytest.mark.parametrize(("when", "images"), NOW_AND_THEN)
async def test_an_http_status(controlled: Controlled, when: str, images: int) -> None:
    await controlled.inject(
        action="status", status=503, message="Come back later.", when=when, **CREATE
    )

    assert await create(controlled) == (503, "Come back later.\n")
    assert len(await controlled.files()) == images


@pytest.mark.parametrize(("when", "images"), NOW_AND_THEN)
async def test_a_dropped_connection(controlled: Controlled, when: str, images: int) -> None:
    await controlled.inject(action="drop", when=when, times=1, **CREATE)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await create(controlled)

    assert len(await controlled.files()) == images


@pytest.mark.parametrize(("when", "images"), NOW_AND_THEN)
async def test_a_truncated_answer(controlled: Controlled, when: str, images: int) -> None:
    await controlled.inject(action="truncate", after_bytes=9, when=when, times=1, **CREATE)

    with pytest.raises(aiohttp.ClientPayloadError):
        await create(controlled)

    assert len(await controlled.files()) == images


@pytest.mark.parametrize("after_bytes", [0, 1, 20, 10_000])
async def test_a_truncated_answer_announces_the_whole(
    controlled: Controlled, after_bytes: int
) -> None:
    request = call("product_media.types", 4)
    whole = json.dumps(await controlled.send(request, Authorization=BASIC), separators=(",", ":"))
    await controlled.inject(action="truncate", after_bytes=after_bytes, when="after")

    head, _, body = (await bytes_of(controlled, request)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"\r\nContent-Length: {len(whole)}\r\n" in head.decode()
    assert b"\r\nContent-Type: application/json" in head
    assert body == whole.encode()[:after_bytes]


@pytest.mark.parametrize(("when", "images"), NOW_AND_THEN)
async def test_a_delay(controlled: Controlled, when: str, images: int) -> None:
    rule_id = await controlled.inject(action="delay", milliseconds=600_000, when=when, **CREATE)
    creating = asyncio.create_task(create(controlled))
    await controlled.wait_until_applied(rule_id)

    async def effect_came() -> bool:
        return len(await controlled.files()) >= images

    await eventually(effect_came)
    assert not creating.done()
    assert len(await controlled.files()) == images
    await controlled.control("DELETE", f"/faults/{rule_id}")

    assert (await creating)[0] == 200
    assert len(await controlled.files()) == 1


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
async def test_a_short_delay_with_spread_ends_by_itself(
    controlled: Controlled, distribution: str
) -> None:
    await controlled.inject(
        action="delay", milliseconds=5, spread=5, distribution=distribution, seed=1
    )

    for _ in range(5):
        assert await controlled.files() == []
    assert (await controlled.control("GET", "/faults/1"))["applied"] == 5


async def test_an_injected_delay_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with controlling(tmp_path) as server:
        rule_id = await server.inject(action="delay", milliseconds=600_000)
        held = asyncio.create_task(bytes_of(server, call("product_media.list", "product1")))
        await server.wait_until_applied(rule_id)

    assert b'"code":1' in await held


async def test_logins_and_ends_of_sessions_can_fail(controlled: Controlled) -> None:
    session = await controlled.login()
    end = {"jsonrpc": "2.0", "id": 1, "method": "endSession", "params": [session]}
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": ["apiuser", "apikey123"]}

    before = await controlled.inject(action="fault", number=1, method="endSession")
    assert (await controlled.send(end))["error"]["code"] == 1
    assert await controlled.fault_of(session) is None

    await controlled.control("DELETE", f"/faults/{before}")
    await controlled.inject(action="fault", number=1, method="endSession", when="after")
    assert (await controlled.send(end))["error"]["code"] == 1
    assert await controlled.fault_of(session) == 5

    await controlled.inject(action="fault", number=2, method="login")
    assert (await controlled.send(login))["error"]["code"] == 2


async def test_a_member_of_a_multicall_fails_alone(controlled: Controlled) -> None:
    session = await controlled.login()
    await controlled.inject(action="fault", number=104, message="Full.", nth=2, **CREATE)
    calls = [["product_media.create", ["product1", png(f"image{number}")]] for number in range(3)]

    request = {"jsonrpc": "2.0", "id": 1, "method": "multiCall", "params": [session, calls]}
    answers = (await controlled.send(request))["result"]

    assert answers == [
        ["/i/m/image0.png"],
        {"isFault": True, "faultCode": "104", "faultMessage": "Full."},
        ["/i/m/image2.png"],
    ]


async def test_a_member_that_drops_the_connection_drops_the_whole_answer(
    controlled: Controlled,
) -> None:
    await controlled.inject(action="drop", nth=2, **CREATE)
    members = [call("product_media.create", "product1", png(f"image{n}")) for n in range(3)]

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await controlled.post(json.dumps(members), Authorization=BASIC)

    assert await controlled.files() == ["/i/m/image0.png", "/i/m/image2.png"]


async def test_a_fault_takes_the_place_of_that_of_the_call(controlled: Controlled) -> None:
    await controlled.inject(action="fault", number=105, when="after")

    assert (await controlled.fault("product_media.list", "absent"))[0] == 105


async def test_a_fault_is_spelled_by_the_profile(tmp_path: Path) -> None:
    async with controlling(tmp_path, profile="shipstream") as server:
        await server.inject(action="fault", number=103)

        assert (await server.fault("product_media.list", "product1"))[0] == -32103


async def test_the_connection_lives_on_after_other_faults(controlled: Controlled) -> None:
    await controlled.inject(action="status", status=500, times=1)

    assert (await create(controlled))[0] == 500
    assert (await create(controlled))[0] == 200


async def test_the_journal_tells_what_was_injected(controlled: Controlled) -> None:
    await controlled.inject(action="delay", milliseconds=0)
    await controlled.inject(action="fault", number=104, times=1)
    await controlled.inject(action="status", status=503, nth=2)
    await controlled.inject(action="status", status=503, nth=3, when="after")
    for _ in range(4):
        await create(controlled)

    entries = (await controlled.control("GET", "/journal"))["entries"]

    assert [(entry["fault"], entry["injected"]) for entry in entries] == [
        (104, ["1", "2"]),
        (1, ["1", "3"]),
        (None, ["1", "4"]),
        (None, ["1"]),
    ]

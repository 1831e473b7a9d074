"""The clock: frozen, set, moved and real again; sessions and images are dated by it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.controlled import Controlled, controlling

MOMENT = datetime(2030, 5, 1, 12, 30, tzinfo=UTC)
DAY = 24 * 3600


async def now(server: Controlled) -> datetime:
    return datetime.fromisoformat((await server.control("GET", "/clock"))["now"])


async def move(server: Controlled, seconds: float) -> None:
    await server.control("POST", "/clock", {"move_by": seconds})


def is_about_real(at: datetime, ahead: timedelta = timedelta()) -> bool:
    return abs(datetime.now(UTC) + ahead - at) < timedelta(minutes=5)


async def test_it_is_real_until_it_is_changed(controlled: Controlled) -> None:
    state = await controlled.control("GET", "/clock")

    assert not state["frozen"]
    assert is_about_real(datetime.fromisoformat(state["now"]))


@pytest.mark.parametrize(
    "at",
    [MOMENT.timestamp(), "2030-05-01T12:30:00Z", "2030-05-01T14:30:00+02:00"],
    ids=["seconds", "utc", "zone"],
)
async def test_it_stands_still(controlled: Controlled, at: Any) -> None:
    state = await controlled.control("POST", "/clock", {"frozen_at": at})

    assert state == {"now": "2030-05-01T12:30:00Z", "frozen": True}
    assert await controlled.control("GET", "/clock") == state


async def test_it_stands_still_now(controlled: Controlled) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": None})

    stands = [await now(controlled) for _ in range(2)]

    assert stands[0] == stands[1]
    assert is_about_real(stands[0])


async def test_it_goes_on_from_a_time(controlled: Controlled) -> None:
    state = await controlled.control("POST", "/clock", {"set_to": MOMENT.isoformat()})

    assert not state["frozen"]
    assert MOMENT <= await now(controlled) < MOMENT + timedelta(minutes=5)
    assert await now(controlled) < await now(controlled)


async def test_a_frozen_clock_is_moved_and_set_and_stays_frozen(controlled: Controlled) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": MOMENT.timestamp()})
    await move(controlled, 90)
    await move(controlled, -30.5)
    assert await now(controlled) == MOMENT + timedelta(seconds=59.5)

    await controlled.control("POST", "/clock", {"set_to": MOMENT.timestamp()})

    assert await controlled.control("GET", "/clock") == {
        "now": "2030-05-01T12:30:00Z",
        "frozen": True,
    }


async def test_a_moved_clock_goes_on(controlled: Controlled) -> None:
    await move(controlled, DAY)
    await move(controlled, DAY)

    assert is_about_real(await now(controlled), timedelta(days=2))


async def test_it_is_real_again(controlled: Controlled) -> None:
    for change in ({"frozen_at": 0}, {"set_to": 0}, {"move_by": -DAY}):
        await controlled.control("POST", "/clock", change)

        state = await controlled.control("POST", "/clock", {"release": True})

        assert not state["frozen"]
        assert is_about_real(await now(controlled))


async def test_a_session_expires_on_the_moved_clock(controlled: Controlled) -> None:
    session = await controlled.login()
    await move(controlled, DAY - 60)
    assert await controlled.fault_of(session) is None

    await move(controlled, 120)

    assert await controlled.fault_of(session) == 5


async def test_a_session_expires_at_its_second(controlled: Controlled) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": MOMENT.timestamp()})
    session = await controlled.login()
    await move(controlled, DAY - 0.001)
    assert await controlled.fault_of(session) is None
    await move(controlled, 0.001)
    assert await controlled.fault_of(session) == 5


async def test_each_call_renews_a_session_of_openmage(tmp_path: Path) -> None:
    async with controlling(tmp_path, profile="openmage") as server:
        session = await server.login()
        for _ in range(3):
            await move(server, 3000)
            assert await server.fault_of(session) is None

        await move(server, 3601)

        assert await server.fault_of(session) == -32000


async def test_new_images_are_dated_by_it(controlled: Controlled) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": MOMENT.timestamp()})
    await controlled.create()

    [(_, stored)] = [entry async for entry in controlled.folder.rows.all_stored()]

    assert stored.created_at == MOMENT.timestamp() * 1000


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"frozen_at": 0, "move_by": 1},
        {"frozen_at": "2030-05-01T12:30:00"},
        {"frozen_at": "tomorrow"},
        {"frozen_at": -1},
        {"set_to": None},
        {"set_to": 1e300},
        {"move_by": "1"},
        {"move_by": 1e300},
        {"move_by": -1e300},
        {"release": False},
        {"freeze": 1},
    ],
    ids=str,
)
async def test_what_is_no_change_is_refused(
    controlled: Controlled, change: dict[str, object]
) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": MOMENT.timestamp()})

    status, text = await controlled.refusal("POST", "/clock", change)

    assert (status, bool(text)) == (400, True)
    assert await now(controlled) == MOMENT

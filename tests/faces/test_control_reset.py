"""What each scope of a reset forgets, and what it leaves."""

import asyncio

import pytest

from rpcmedia.gallery.check import check_gallery
from tests.support import pictures
from tests.support.controlled import Controlled


@pytest.mark.parametrize("scope", ["galleries", "all"])
async def test_images_bytes_and_names_are_forgotten(controlled: Controlled, scope: str) -> None:
    first = await controlled.create(1)
    removed = await controlled.create(2)
    await controlled.call("product_media.remove", "product1", removed)

    assert await controlled.control("POST", "/reset", {"scope": scope}) == {"scope": scope}

    assert await controlled.files() == []
    assert [await controlled.media(file) for file in (first, removed)] == [None, None]
    assert [path for path in (controlled.data / "media").rglob("*") if path.is_file()] == []
    assert [await controlled.create(3), await controlled.create(4)] == [first, removed]
    assert await controlled.media(first) == pictures.png(3)


async def test_the_catalog_and_the_users_stay(controlled: Controlled) -> None:
    before = await controlled.folder.rows.catalog()
    await controlled.create()

    await controlled.control("POST", "/reset", {"scope": "all"})

    assert await controlled.folder.rows.catalog() == before
    assert await controlled.fault_of(await controlled.login()) is None


async def test_image_ids_start_again(controlled: Controlled) -> None:
    async def ids() -> list[int]:
        product = await controlled.folder.rows.product(1)
        assert product
        return [image.id for image in await controlled.folder.rows.gallery(product, 0)]

    await controlled.create()
    await controlled.create()
    before = await ids()
    await controlled.control("POST", "/reset", {"scope": "galleries"})
    await controlled.create()
    await controlled.create()

    assert await ids() == before


async def test_sessions_end(controlled: Controlled) -> None:
    session, file = await controlled.login(), await controlled.create()

    await controlled.control("POST", "/reset", {"scope": "sessions"})

    assert await controlled.fault_of(session) == 5
    assert await controlled.files() == [file]


async def test_the_journal_starts_again_and_nothing_else(controlled: Controlled) -> None:
    session, file = await controlled.login(), await controlled.create()

    await controlled.control("POST", "/reset", {"scope": "journal"})

    assert await controlled.fault_of(session) is None
    assert await controlled.files() == [file]
    journal = await controlled.control("GET", "/journal")
    assert [entry["number"] for entry in journal["entries"]] == [1, 2]


@pytest.mark.parametrize("scope", ["galleries", "sessions"])
async def test_other_scopes_leave_the_journal_the_faults_and_the_clock(
    controlled: Controlled, scope: str
) -> None:
    await controlled.control("POST", "/clock", {"frozen_at": 1_800_000_000})
    await controlled.inject(action="fault", number=101, method="absent")
    await controlled.create()

    await controlled.control("POST", "/reset", {"scope": scope})

    assert (await controlled.control("GET", "/journal/count"))["matched"] == 1
    assert len((await controlled.control("GET", "/faults"))["faults"]) == 1
    assert (await controlled.control("GET", "/clock"))["frozen"]


async def test_all_is_as_after_the_start(controlled: Controlled) -> None:
    await controlled.control("PUT", "/snapshots/kept")
    session = await controlled.login()
    await controlled.control("POST", "/clock", {"frozen_at": 1_800_000_000})
    await controlled.inject(action="fault", number=101, method="absent")

    await controlled.control("POST", "/reset", {})

    assert await controlled.control("GET", "/journal/count") == {"matched": 0, "dropped": 0}
    assert await controlled.control("GET", "/faults") == {"faults": []}
    assert not (await controlled.control("GET", "/clock"))["frozen"]
    assert await controlled.fault_of(session) == 5
    assert await controlled.inject(action="drop", method="absent") == "1"
    assert len((await controlled.control("GET", "/snapshots"))["snapshots"]) == 1


async def test_a_call_that_a_delay_holds_up_does_not_land_after_the_reset(
    controlled: Controlled,
) -> None:
    await controlled.inject(action="delay", milliseconds=600_000, method="*.create")
    late = asyncio.create_task(
        controlled.ask("product_media.create", "product1", {"file": {"content": "", "mime": ""}})
    )
    await controlled.wait_until_applied("1")

    await controlled.control("POST", "/reset", {"scope": "all"})

    assert (await late)["error"]["code"] == 1


async def test_a_reset_waits_for_uploads_under_way(controlled: Controlled) -> None:
    skus = ["product1", "product2"] * 10
    creating = [
        asyncio.create_task(controlled.create(seed, f"image{seed}", sku))
        for seed, sku in enumerate(skus)
    ]
    for _ in range(5):
        await controlled.control("POST", "/reset", {"scope": "galleries"})
    await asyncio.gather(*creating)

    report = await check_gallery(controlled.folder.rows, controlled.folder.files)
    assert report.clean


@pytest.mark.parametrize("body", [{"scope": "everything"}, {"scope": 1}, {"all": True}, [], "all"])
async def test_a_scope_that_is_none_is_refused(controlled: Controlled, body: object) -> None:
    file = await controlled.create()

    status, text = await controlled.refusal("POST", "/reset", body)

    assert (status, text[:25]) == (400, "The body cannot be used: ")
    assert await controlled.files() == [file]

"""Snapshots of the real state: saved, restored, listed and deleted in a running server."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from rpcmedia import wiring
from rpcmedia.gallery.check import check_gallery
from tests.faces.bodies import file_of
from tests.support import pictures
from tests.support.controlled import Controlled, controlling

SAVE = ("PUT", "/snapshots/before")
RESTORE = ("POST", "/snapshots/before/restore")


async def is_clean(server: Controlled) -> bool:
    return (await check_gallery(server.folder.rows, server.folder.files)).clean


@pytest.mark.parametrize("ephemeral", [True, False])
async def test_rows_and_bytes_come_back(tmp_path: Path, ephemeral: bool) -> None:
    async with controlling(tmp_path / "data", ephemeral=ephemeral) as server:
        kept, changed, removed = [await server.create(seed, f"image{seed}") for seed in (1, 2, 3)]
        await server.call("product_media.update", "product1", kept, {"label": "Before"})
        gallery = await server.call("product_media.list", "product1")

        await server.control(*SAVE)
        content = file_of(pictures.png(4))
        changes = {"file": content, "label": "After", "types": ["image"], "position": 9}
        await server.call("product_media.update", "product1", changed, changes)
        await server.call("product_media.remove", "product1", removed)
        made = await server.create(5, "later")
        await server.control(*RESTORE)

        assert await server.call("product_media.list", "product1") == gallery
        assert [await server.media(f) for f in (kept, changed, removed)] == [
            pictures.png(seed) for seed in (1, 2, 3)
        ]
        assert await server.media(made) is None
        assert await is_clean(server)


async def test_a_snapshot_is_not_changed_by_what_comes_after_it(controlled: Controlled) -> None:
    file = await controlled.create(1)
    await controlled.control(*SAVE)
    for seed in (2, 3):
        content = {"file": file_of(pictures.png(seed))}
        await controlled.call("product_media.update", "product1", file, content)
        assert await controlled.media(file) == pictures.png(seed)

        await controlled.control(*RESTORE)

        assert await controlled.media(file) == pictures.png(1)


async def test_names_are_given_again_as_after_the_snapshot(controlled: Controlled) -> None:
    await controlled.create()
    await controlled.control(*SAVE)
    first = [await controlled.create(), await controlled.create()]
    await controlled.control(*RESTORE)

    assert [await controlled.create(), await controlled.create()] == first


async def test_sessions_come_back_and_later_ones_end(controlled: Controlled) -> None:
    ended, kept = await controlled.login(), await controlled.login()
    await controlled.control(*SAVE)
    later = await controlled.login()
    await controlled.send(
        {"jsonrpc": "2.0", "id": 1, "method": "endSession", "params": [ended]},
    )
    assert [await controlled.fault_of(s) for s in (ended, kept, later)] == [5, None, None]

    await controlled.control(*RESTORE)

    assert [await controlled.fault_of(s) for s in (ended, kept, later)] == [None, None, 5]


async def test_users_come_back(controlled: Controlled) -> None:
    await controlled.control(*SAVE)
    await wiring.add_user(controlled.folder, "later", "key-of-later", ["all"])
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": ["later", "key-of-later"]}
    assert "result" in await controlled.send(login)

    await controlled.control(*RESTORE)

    assert (await controlled.send(login))["error"]["code"] == 2


async def test_a_restore_can_go_back_and_forth(controlled: Controlled) -> None:
    await controlled.control("PUT", "/snapshots/empty")
    file = await controlled.create(1)
    await controlled.control("PUT", "/snapshots/one-image")

    for _ in range(2):
        await controlled.control("POST", "/snapshots/empty/restore")
        assert (await controlled.files(), await controlled.media(file)) == ([], None)
        await controlled.control("POST", "/snapshots/one-image/restore")
        assert (await controlled.files(), await controlled.media(file)) == ([file], pictures.png(1))


async def test_saving_again_replaces_the_snapshot(controlled: Controlled) -> None:
    await controlled.control(*SAVE)
    file = await controlled.create()
    await controlled.control(*SAVE)
    await controlled.control("POST", "/reset", {})
    await controlled.control(*RESTORE)

    assert await controlled.files() == [file]
    assert [s["name"] for s in (await controlled.control("GET", "/snapshots"))["snapshots"]] == [
        "before"
    ]


async def test_snapshots_are_listed_shown_and_deleted(controlled: Controlled) -> None:
    assert await controlled.control("GET", "/snapshots") == {"snapshots": []}
    saved = [await controlled.control("PUT", f"/snapshots/{name}") for name in ("b", "a_1-Z")]

    assert await controlled.control("GET", "/snapshots") == {"snapshots": saved[::-1]}
    assert await controlled.control("GET", "/snapshots/b") == saved[0]
    await controlled.control("DELETE", "/snapshots/b")
    assert await controlled.control("GET", "/snapshots") == {"snapshots": saved[1:]}
    assert not (controlled.data / "snapshots" / "b").exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/snapshots/absent"),
        ("DELETE", "/snapshots/absent"),
        ("POST", "/snapshots/absent/restore"),
    ],
)
async def test_what_is_not_there_is_said(controlled: Controlled, method: str, path: str) -> None:
    file = await controlled.create()

    status, text = await controlled.refusal(method, path)

    assert status == 404
    assert text == "There is no snapshot 'absent'; GET /snapshots lists them."
    assert await controlled.files() == [file]


@pytest.mark.parametrize("name", ["%2E%2E", "a%2Fb", "..%2F..", "a.b", "a" * 65, "%C3%A4", "a%0A"])
async def test_names_that_could_be_paths_are_refused(controlled: Controlled, name: str) -> None:
    before = sorted(controlled.data.rglob("*"))
    for method, path in (
        ("PUT", f"/snapshots/{name}"),
        ("DELETE", f"/snapshots/{name}"),
        ("POST", f"/snapshots/{name}/restore"),
    ):
        status, text = await controlled.refusal(method, path)
        assert (status, "1 to 64" in text) == (400, True)
    assert sorted(controlled.data.rglob("*")) == before


async def test_snapshots_outlive_the_server(tmp_path: Path) -> None:
    async with controlling(tmp_path) as server:
        file = await server.create(1)
        await server.control(*SAVE)
    async with controlling(tmp_path) as server:
        await server.control("POST", "/reset", {})
        await server.control(*RESTORE)

        assert await server.media(file) == pictures.png(1)


async def test_a_restore_that_was_cut_short_is_finished_at_the_next_start(tmp_path: Path) -> None:
    async with controlling(tmp_path) as server:
        file = await server.create(1)
        await server.control(*SAVE)
        await server.create(2)
    # What a process leaves that is killed before it touched anything else.
    (tmp_path / "snapshots" / "restore.unfinished").symlink_to("before")

    async with controlling(tmp_path, control=False) as server:
        assert await server.files() == [file]
        assert await is_clean(server)
    assert not (tmp_path / "snapshots" / "restore.unfinished").is_symlink()


async def test_a_snapshot_of_a_newer_release_is_refused(controlled: Controlled) -> None:
    await controlled.control(*SAVE)
    file = await controlled.create()
    database = controlled.data / "snapshots" / "before" / "rpcmedia.sqlite3"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()

    status, text = await controlled.refusal(*RESTORE)

    assert (status, "9999" in text) == (400, True)
    assert await controlled.files() == [file]


async def test_a_snapshot_that_cannot_be_kept_is_said(controlled: Controlled) -> None:
    (controlled.data / "snapshots").write_text("in the way")

    status, text = await controlled.refusal(*SAVE)

    assert status == 500
    assert str(controlled.data) not in text


async def test_calls_and_snapshots_do_not_come_between_each_other(controlled: Controlled) -> None:
    async def create_some(sku: str) -> None:
        for seed in range(5):
            file = await controlled.create(seed, f"image{seed}", sku)
            # A restore may have taken the image away meanwhile.
            content = {"file": file_of(pictures.png(seed + 1))}
            await controlled.ask("product_media.update", sku, file, content)

    for seed in range(60):
        await controlled.create(seed % 7, f"early{seed}")
    await controlled.control("PUT", "/snapshots/early")
    for number in range(8):
        creating = [asyncio.create_task(create_some(sku)) for sku in ("product1", "product2") * 2]
        await controlled.control("PUT", f"/snapshots/moment{number}")
        await controlled.control("POST", "/reset", {"scope": "galleries"})
        await controlled.control("POST", "/snapshots/early/restore")
        await asyncio.gather(*creating)
        assert await is_clean(controlled)

        await controlled.control("POST", f"/snapshots/moment{number}/restore")
        assert await is_clean(controlled)


async def test_a_delayed_call_holds_no_snapshot_up(controlled: Controlled) -> None:
    await controlled.inject(action="delay", milliseconds=600_000, method="product_media.list")
    waiting = asyncio.create_task(controlled.files())
    await controlled.wait_until_applied("1")

    await controlled.control(*SAVE)

    await controlled.control("DELETE", "/faults")
    assert await waiting == []

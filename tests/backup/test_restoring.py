"""`restore`: what comes back, and what is refused before anything changes."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcmedia import wiring
from rpcmedia.operations.ports import Token
from rpcmedia.wiring import CannotStart
from tests.backup.conftest import Shop
from tests.support.backups import (
    MEDIA,
    checksums,
    damage_database,
    files,
    holding,
    objects,
    restored,
    rows,
    set_schema,
)
from tests.support.server import KEY, USER, serving


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells whether anything in a folder was changed."""
    found = {str(path): path.stat() for path in folder.rglob("*")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}


def refusal(backup: Path, data: Path) -> str:
    with pytest.raises(CannotStart) as refused:
        wiring.restore(backup, data)
    text = str(refused.value)
    assert text.startswith(f"Cannot restore {backup} to {data}: ")
    assert len(text.splitlines()) == 1
    return text


@pytest.fixture
def saved(shop: Shop, backup: Path) -> Path:
    """A backup of the shop."""
    wiring.back_up(shop.data, backup)
    return backup


def test_a_new_folder_has_rows_and_bytes(shop: Shop, saved: Path, tmp_path: Path) -> None:
    expected = rows(shop.data)
    shutil.rmtree(shop.data)

    assert restored(saved, tmp_path / "deep" / "new") == expected
    assert (tmp_path / "deep" / "new").stat().st_mode & 0o077 == 0


async def test_what_came_after_the_backup_is_gone(shop: Shop, saved: Path) -> None:
    expected = rows(shop.data)
    await shop.create("e")
    await shop.change("update", "a")
    await shop.change("remove", "b")

    assert restored(saved, shop.data) == expected


async def test_credentials_of_oauth_come_back_and_requests_for_them_do_not(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    async with wiring.open_folder(shop.data) as folder:
        key, _ = await wiring.add_consumer(folder, "ERP")
        token, _ = await wiring.add_token(folder, key, USER)
        before = await folder.oauth.consumers(), await folder.oauth.tokens()
        request = Token("t", "s", key, access=False, role="customer", expires=1e12)
        await folder.oauth.add_request(request, 0.0, 5)
    wiring.back_up(shop.data, backup)

    wiring.restore(backup, tmp_path / "new")

    async with wiring.open_folder(tmp_path / "new") as folder:
        assert (await folder.oauth.consumers(), await folder.oauth.tokens()) == before
        assert await folder.oauth.token(token)


def test_it_can_be_done_again_and_from_a_disk_that_cannot_be_written(
    shop: Shop, saved: Path
) -> None:
    for path in (saved, *saved.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = tree(saved)

    assert restored(saved, shop.data) == restored(saved, shop.data)

    assert tree(saved) == before
    for path in (saved, *saved.rglob("*")):
        path.chmod(0o700)


async def test_clients_go_on_with_their_keys_and_log_in_again(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    async with serving(shop.data) as server:
        login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [USER, KEY]}
        session = (await server.send(login))["result"]
        wiring.back_up(shop.data, backup)
    wiring.restore(backup, tmp_path / "restored")

    async with serving(tmp_path / "restored") as server:
        assert len(await server.call("product_media.list", "product1")) == 3
        old = {"id": 1, "method": "call", "params": [session, "product_media.list", ["product1"]]}
        assert (await server.send(old))["error"]["code"] == 5


async def test_names_of_removed_images_come_back_without_their_bytes(
    shop: Shop, saved: Path, tmp_path: Path
) -> None:
    assert "/d/_/d.png" in files(shop.data)
    wiring.restore(saved, tmp_path / "restored")

    async with serving(tmp_path / "restored") as server:
        url = f"{server.url}/media/catalog/product/d/_/d.png"
        async with server.http.get(url) as answer:
            assert answer.status == 404
        new = await server.call("product_media.create", "product1", shop.new_file("d"))
        assert new == ["/d/_/d_1.png"]
        assert await server.folder.rows.all_removed() == set()
    assert (await wiring.check_folder(tmp_path / "restored", prune=False)).clean


async def test_snapshots_stay(shop: Shop, saved: Path) -> None:
    await shop.create("e")
    expected = rows(shop.data)
    async with wiring.open_folder(shop.data, ephemeral=True) as folder:
        await folder.snapshots.save("before")
    link(shop.data / "snapshots" / "restore.unfinished", "before")

    wiring.restore(saved, shop.data)

    async with serving(shop.data) as server:
        # One that was about to be restored is not any more.
        await server.folder.snapshots.finish_restore()
        assert len(await server.call("product_media.list", "product1")) == 3
        assert await server.folder.snapshots.restore("before")
    assert rows(shop.data)["image"] == expected["image"]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def link(path: Path, target: str) -> None:
    path.symlink_to(target)


def damage(backup: Path) -> None:
    """Change one bit of an object; name and size stay."""
    path = min(backup.glob("objects/*/*"))
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)


def lose(backup: Path) -> None:
    max(backup.glob("objects/*/*")).unlink()


def cut_database(backup: Path) -> None:
    os.truncate(backup / "rpcmedia.sqlite3", 5000)


def newer(backup: Path) -> None:
    set_schema(backup, 9999)


def other(backup: Path) -> None:
    set_schema(backup, 0)


def point_outside(backup: Path) -> None:
    with contextlib.closing(sqlite3.connect(backup / "rpcmedia.sqlite3")) as connection:
        connection.execute("UPDATE image SET file = '/../../../x.png' WHERE id = 1")
        connection.commit()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (damage, "1 of its objects are missing or damaged (objects/"),
        (lose, "1 of its objects are missing or damaged (objects/"),
        (damage_database, "damaged"),
        (cut_database, "damaged"),
        (newer, "start the newer release"),
        (other, "not one of rpcmedia"),
        (point_outside, "outside of the media folder"),
    ],
)
async def test_a_spoilt_backup_is_refused_and_nothing_changes(
    shop: Shop, saved: Path, tmp_path: Path, spoil: object, reason: str
) -> None:
    assert callable(spoil)
    await shop.create("e")
    spoil(saved)
    lock = shop.data / "serve.lock"
    lock.touch()
    before = tree(shop.data)

    assert reason in refusal(saved, shop.data)
    assert tree(shop.data) == before
    # A folder that was made for it goes again.
    assert reason in refusal(saved, tmp_path / "new")
    assert "new" not in names(tmp_path)


def test_a_damaged_object_that_is_deleted_is_copied_anew(shop: Shop, saved: Path) -> None:
    damage(saved)
    named = refusal(saved, shop.data).partition("(")[2].partition(")")[0]
    (saved / named).unlink()

    assert wiring.back_up(shop.data, saved).copied == 1
    assert objects(saved) == set(checksums(shop.data).values())
    restored(saved, shop.data)


def test_what_is_no_finished_backup_is_refused(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for directory in (tmp_path / "nosuch", tmp_path / "empty"):
        assert "no backup" in refusal(directory, shop.data)
    another = shutil.copytree(shop.data, tmp_path / "another")
    assert "no backup" in refusal(another, shop.data)
    assert "lie in each other" in refusal(shop.data / "backup", shop.data)


def test_folders_that_cannot_be_replaced_are_refused(
    shop: Shop, saved: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert "is a file" in refusal(saved, file)
    photos = tmp_path / "home" / "media"
    photos.mkdir(parents=True)
    assert "restore into a new folder" in refusal(saved, tmp_path / "home")
    elsewhere = (shop.data / "media").rename(tmp_path / "elsewhere")
    (shop.data / "media").symlink_to(elsewhere)
    before = tree(elsewhere)
    assert "is a link or on another disk" in refusal(saved, shop.data)
    assert tree(elsewhere) == before


def test_a_folder_without_media_or_with_a_damaged_database_is_replaced(
    shop: Shop, saved: Path
) -> None:
    expected = rows(shop.data)
    shutil.rmtree(shop.data / "media")
    log = change_left_in_log(shop.data)
    (shop.data / "rpcmedia.sqlite3").write_bytes(b"no database" * 1000)
    (shop.data / "rpcmedia.sqlite3-wal").write_bytes(log)

    assert restored(saved, shop.data) == expected


def change_left_in_log(data: Path) -> bytes:
    """SQLite's log of a change, which fits any database that has the same pages."""
    with contextlib.closing(sqlite3.connect(data / "rpcmedia.sqlite3")) as connection:
        connection.execute("UPDATE store_view SET code = 'changed' WHERE id = 1")
        connection.commit()
        return (data / "rpcmedia.sqlite3-wal").read_bytes()


@contextlib.contextmanager
def opened(data: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(data / "rpcmedia.sqlite3")) as connection:
        connection.execute("SELECT * FROM image").fetchall()
        yield


async def test_it_is_refused_while_others_use_the_folder_or_the_backup(
    shop: Shop, saved: Path
) -> None:
    await shop.create("e")
    expected = rows(shop.data)
    (shop.data / "serve.lock").touch()
    with holding(shop.data / "serve.lock"):
        assert "Another rpcmedia server holds" in refusal(saved, shop.data)
    with holding(saved / "backup.lock"):
        assert "Another rpcmedia backup or restore holds" in refusal(saved, shop.data)
    with opened(shop.data):
        assert "Another program uses" in refusal(saved, shop.data)
    assert rows(shop.data) == expected
    assert names(shop.data) == {
        "media",
        "rpcmedia.sqlite3",
        "serve.lock",
        "write.lock",
        "write.next",
    }


def test_media_lie_where_a_server_puts_them(shop: Shop, saved: Path, tmp_path: Path) -> None:
    wiring.restore(saved, tmp_path / "restored")

    [modes] = {
        path.stat().st_mode
        for data in (shop.data, tmp_path / "restored")
        for path in (data / MEDIA).rglob("*.png")
    }
    assert modes & 0o777 == 0o644

"""`back_up`: what is in a backup, what a second one copies, and what is refused."""

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from rpcmedia import wiring
from rpcmedia.gallery.model import ImageValues, Picture, StoredBytes
from rpcmedia.wiring import CannotStart
from tests.backup.conftest import Shop
from tests.support import pictures
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


def live(shop: Shop, name: str) -> Path:
    return shop.data / MEDIA / name / "_" / f"{name}.png"


def stats(backup: Path) -> dict[str, tuple[int, int]]:
    found = {path.name: path.stat() for path in backup.glob("objects/*/*")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}


def refusal(data: Path, backup: Path) -> str:
    with pytest.raises(CannotStart) as refused:
        wiring.back_up(data, backup)
    text = str(refused.value)
    assert text.startswith(f"Cannot back up {data} to {backup}: ")
    assert len(text.splitlines()) == 1
    return text


def test_every_image_has_its_bytes_in_it_and_nothing_else_has(shop: Shop, backup: Path) -> None:
    report = wiring.back_up(shop.data, backup)

    assert (report.images, report.copied, report.deleted, report.lacking) == (3, 3, 0, ())
    assert rows(backup) == rows(shop.data)
    assert objects(backup) == set(checksums(shop.data).values())
    size = sum(live(shop, name).stat().st_size for name in "abc")
    assert report.copied_bytes == size


async def test_equal_bytes_are_kept_once(shop: Shop, backup: Path, tmp_path: Path) -> None:
    await shop.create("e")
    shutil.copy(live(shop, "a"), live(shop, "e"))
    with sqlite3.connect(shop.data / "rpcmedia.sqlite3") as connection:
        connection.execute(
            "UPDATE image SET (sha256, bytes) ="
            " (SELECT sha256, bytes FROM image WHERE file = '/a/_/a.png') WHERE file = '/e/_/e.png'"
        )
    connection.close()

    report = wiring.back_up(shop.data, backup)

    assert (report.images, report.copied) == (4, 3)
    assert restored(backup, tmp_path / "restored") == rows(shop.data)


async def test_a_second_backup_copies_only_what_is_new(shop: Shop, backup: Path) -> None:
    wiring.back_up(shop.data, backup)
    before = stats(backup)
    first = checksums(shop.data)
    await shop.create("e")
    await shop.change("update", "a")
    await shop.change("remove", "c")

    report = wiring.back_up(shop.data, backup)

    assert (report.images, report.copied, report.deleted) == (3, 2, 2)
    assert rows(backup) == rows(shop.data)
    assert objects(backup) == set(checksums(shop.data).values())
    kept = first["/b/_/b.png"]
    assert stats(backup)[kept] == before[kept]
    report = wiring.back_up(shop.data, backup)
    assert (report.copied, report.copied_bytes, report.deleted) == (0, 0, 0)


def test_bytes_are_copied_and_not_linked(shop: Shop, backup: Path) -> None:
    wiring.back_up(shop.data, backup)

    live_files = {path.stat().st_ino for path in shop.data.rglob("*")}
    assert live_files.isdisjoint(path.stat().st_ino for path in backup.rglob("*"))


def test_what_the_backup_has_is_not_read_again(shop: Shop, backup: Path, tmp_path: Path) -> None:
    expected = rows(shop.data)
    wiring.back_up(shop.data, backup)
    live(shop, "a").unlink()

    report = wiring.back_up(shop.data, backup)

    assert (report.copied, report.lacking) == (0, ())
    assert restored(backup, tmp_path / "restored") == expected


def test_an_object_that_was_cut_off_is_copied_anew(shop: Shop, backup: Path) -> None:
    wiring.back_up(shop.data, backup)
    cut = next(backup.glob("objects/*/*"))
    cut.write_bytes(cut.read_bytes()[:-1])

    assert wiring.back_up(shop.data, backup).copied == 1
    assert objects(backup) == set(checksums(shop.data).values())


def test_what_is_damaged_is_told_and_the_rest_is_backed_up(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    live(shop, "a").unlink()
    live(shop, "b").write_bytes(pictures.png(0))

    report = wiring.back_up(shop.data, backup)

    assert report.lacking == ("/a/_/a.png", "/b/_/b.png")
    assert (report.images, report.copied) == (3, 1)
    back = wiring.restore(backup, tmp_path / "restored")
    assert (back.images, back.lacking) == (3, report.lacking)
    assert files(tmp_path / "restored").keys() == {"/c/_/c.png"}
    assert rows(tmp_path / "restored") == rows(shop.data)
    # It is as the folder was, so the next backup of the restored folder tells it again.
    assert wiring.back_up(tmp_path / "restored", backup).lacking == report.lacking


async def test_an_update_that_was_interrupted_is_backed_up(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    new = pictures.png(99)
    async with wiring.open_folder(shop.data, ephemeral=True) as folder:
        product = await folder.rows.product_by_sku("product1")
        assert product
        [image] = [i for i in await folder.rows.gallery(product, 0) if i.file == "/a/_/a.png"]
        waiting = folder.files.put_beside(image.file, new)
        picture = Picture("image/png", pictures.WIDTH, pictures.HEIGHT)
        stored = StoredBytes(waiting, picture, len(new), hashlib.sha256(new).hexdigest(), 1)
        assert await folder.rows.change_image(product, image.id, ImageValues(), 0, stored)
    old = live(shop, "a").read_bytes()

    assert wiring.back_up(shop.data, backup).lacking == ()

    restored(backup, tmp_path / "restored")
    assert (await wiring.check_folder(tmp_path / "restored", prune=False)).clean
    assert live(Shop(tmp_path / "restored"), "a").read_bytes() == new
    assert live(shop, "a").read_bytes() == old


def test_nobody_else_may_read_it(shop: Shop, backup: Path) -> None:
    wiring.back_up(shop.data, backup)

    assert backup.stat().st_mode & 0o077 == 0
    assert (backup / "rpcmedia.sqlite3").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in backup.glob("objects/*/*"))


def test_the_data_folder_is_left_as_it_was(shop: Shop, backup: Path) -> None:
    before = {path: path.stat() for path in shop.data.rglob("*") if path.is_file()}
    wiring.back_up(shop.data, backup)
    kept = {path: path.stat() for path in shop.data.rglob("*") if path.is_file()}
    assert kept.keys() == before.keys()
    assert all(kept[path].st_mtime == before[path].st_mtime for path in before)


def test_a_damaged_database_does_not_replace_the_last_backup(shop: Shop, backup: Path) -> None:
    wiring.back_up(shop.data, backup)
    before = rows(backup)

    damage_database(shop.data)
    assert "damaged" in refusal(shop.data, backup)
    (shop.data / "rpcmedia.sqlite3").write_bytes(b"no database" * 1000)
    assert "damaged" in refusal(shop.data, backup)

    assert rows(backup) == before


async def test_the_backup_of_another_folder_is_refused(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    wiring.back_up(shop.data, backup)
    before = rows(backup), objects(backup)
    other = Shop(tmp_path / "other")
    await other.create("x")

    assert "another data folder" in refusal(other.data, backup)
    assert (rows(backup), objects(backup)) == before


def test_a_restored_folder_goes_on_with_its_backup(
    shop: Shop, backup: Path, tmp_path: Path
) -> None:
    wiring.back_up(shop.data, backup)
    wiring.restore(backup, tmp_path / "restored")

    assert wiring.back_up(tmp_path / "restored", backup).copied == 0


def test_folders_that_cannot_hold_a_backup_are_refused(shop: Shop, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter").write_text("x")
    assert "other things" in refusal(shop.data, other)
    assert [path.name for path in other.iterdir()] == ["letter"]
    assert "Not a directory" in refusal(shop.data, other / "letter")
    for inside in (shop.data / "backup", shop.data, tmp_path, shop.data / ".." / "data" / "x"):
        assert "lie in each other" in refusal(shop.data, inside)
    link = tmp_path / "link"
    link.symlink_to(shop.data)
    assert "lie in each other" in refusal(shop.data, link / "backup")
    assert not (shop.data / "backup").exists()


def test_what_is_no_data_folder_is_refused(shop: Shop, backup: Path, tmp_path: Path) -> None:
    assert "no data folder" in refusal(tmp_path / "nosuch", backup)
    set_schema(shop.data, 0)
    assert "not one of rpcmedia" in refusal(shop.data, backup)
    set_schema(shop.data, 9999)
    assert "start the newer release" in refusal(shop.data, backup)
    assert not list(backup.glob("rpcmedia.sqlite3"))


def test_two_backups_at_once_are_refused(shop: Shop, backup: Path) -> None:
    wiring.back_up(shop.data, backup)
    with holding(backup / "backup.lock"):
        assert "Another rpcmedia backup or restore holds" in refusal(shop.data, backup)
    wiring.back_up(shop.data, backup)

"""The check of a gallery: what it finds, what it leaves alone, and what a prune deletes."""

import pytest

from rpcmedia.gallery.check import check_gallery
from tests.support import pictures
from tests.support.catalogs import Before, Shop


async def put_stray(shop: Shop, name: str = "/s/t/stray.jpg") -> str:
    """Bytes that no image stands for, as a stop in the middle of an upload leaves them."""
    return shop.files.put_new(name, b"stray")


async def test_a_gallery_without_anything_wrong_is_clean(shop: Shop) -> None:
    for name in ("a", "b", "b"):
        await shop.create(name)
    await shop.change("/b/_/b.jpg", content=pictures.png())
    report = await check_gallery(shop.rows, shop.files)
    assert report.clean
    assert (report.images, report.removed, report.removed_bytes, report.pruned) == (3, [], 0, 0)


async def test_an_empty_gallery_is_clean(shop: Shop) -> None:
    report = await check_gallery(shop.rows, shop.files)
    assert report.clean
    assert report.images == 0


async def test_everything_that_is_wrong_is_named(shop: Shop) -> None:
    gone, short, changed, whole = [await shop.create(name) for name in ("a", "b", "c", "d")]
    shop.files.location(gone).unlink()
    shop.files.location(short).write_bytes(pictures.jpeg()[:-1])
    damaged = bytearray(pictures.jpeg())
    damaged[-10] ^= 1
    shop.files.location(changed).write_bytes(damaged)
    stray = await put_stray(shop)
    report = await check_gallery(shop.rows, shop.files)
    assert not report.clean
    assert report.images == 4
    assert report.missing == [gone]
    assert report.damaged == [short, changed]
    assert report.orphans == [stray]
    # A check without prune deletes nothing.
    assert shop.kept() == {short, changed, whole, stray}


@pytest.mark.parametrize("kind", ["missing", "damaged", "orphans"])
async def test_one_finding_of_any_kind_is_not_clean(shop: Shop, kind: str) -> None:
    file = await shop.create()
    if kind == "missing":
        shop.files.location(file).unlink()
    elif kind == "damaged":
        shop.files.location(file).write_bytes(b"")
    else:
        await put_stray(shop)
    report = await check_gallery(shop.rows, shop.files)
    assert not report.clean
    assert [name for name in ("missing", "damaged", "orphans") if getattr(report, name)] == [kind]


async def test_files_of_removed_images_are_counted_and_no_finding(shop: Shop) -> None:
    first = await shop.create("a", content=pictures.jpeg())
    second = await shop.create("b", content=pictures.png())
    await shop.create("c")
    await shop.remove(first)
    await shop.remove(second)
    report = await check_gallery(shop.rows, shop.files)
    assert report.clean
    assert (report.images, report.removed) == (1, [first, second])
    assert report.removed_bytes == len(pictures.jpeg()) + len(pictures.png())
    assert shop.kept() == {first, second, "/c/_/c.jpg"}


async def test_what_was_under_way_at_the_first_look_is_no_finding(shop: Shop) -> None:
    # An upload whose bytes are there and whose row comes a moment later.
    stray = await put_stray(shop)
    looks = iter([None, shop.files.location(stray).unlink])

    def look() -> None:
        if end := next(looks):
            end()

    report = await check_gallery(shop.rows, Before(shop.files, names=look))
    assert report.clean
    assert next(looks, "looked twice") == "looked twice"


async def test_a_prune_deletes_strays_and_removed_files_and_no_names(shop: Shop) -> None:
    kept, removed = await shop.create("a"), await shop.create("b")
    await shop.remove(removed)
    stray = await put_stray(shop)
    report = await check_gallery(shop.rows, shop.files, prune=True)
    assert report.pruned == 2
    assert (report.orphans, report.removed, report.removed_bytes) == ([], [], 0)
    assert report.clean
    assert shop.kept() == {kept}
    assert await shop.served(kept) == pictures.jpeg()
    # The name stays given: what a client once saw under it never becomes another picture.
    assert await shop.create("b") == "/b/_/b_1.jpg"
    # The name of the stray was never given to an image.
    assert await shop.create("stray") == stray


async def test_a_second_prune_finds_nothing(shop: Shop) -> None:
    await shop.remove(await shop.create("a"))
    await check_gallery(shop.rows, shop.files, prune=True)
    report = await check_gallery(shop.rows, shop.files, prune=True)
    assert (report.pruned, report.removed, report.clean) == (0, [], True)


async def test_a_prune_does_not_hide_what_it_cannot_mend(shop: Shop) -> None:
    gone, damaged = await shop.create("a"), await shop.create("b")
    shop.files.location(gone).unlink()
    shop.files.location(damaged).write_bytes(b"damaged")
    report = await check_gallery(shop.rows, shop.files, prune=True)
    assert (report.missing, report.damaged, report.pruned) == ([gone], [damaged], 0)
    assert not report.clean
    assert shop.files.location(damaged).read_bytes() == b"damaged"


async def test_what_an_update_leaves_when_its_bytes_cannot_be_taken_back_is_found(
    shop: Shop,
) -> None:
    file = await shop.create()
    waiting = shop.files.put_beside(file, pictures.png())
    report = await check_gallery(shop.rows, shop.files)
    assert (report.orphans, report.damaged, report.missing) == ([waiting], [], [])
    pruned = await check_gallery(shop.rows, shop.files, prune=True)
    assert pruned.pruned == 1
    assert shop.kept() == {file}
    assert await shop.served(file) == pictures.jpeg()

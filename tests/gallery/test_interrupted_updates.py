"""Updates that a stop interrupted: nothing is lost, and a start finishes them."""

import hashlib
from pathlib import Path

from rpcmedia.gallery.check import check_gallery
from rpcmedia.gallery.model import ImageValues, Picture, StoredBytes, Upload
from tests.support import pictures
from tests.support.catalogs import ADMIN, Before, Shop, disk_full, gallery_over, open_shop

OLD, NEW = pictures.jpeg(1), pictures.jpeg(2)


async def interrupt_update(shop: Shop, file: str, content: bytes) -> str:
    """All of an update up to its commit, as if the server had stopped then; the waiting name."""
    picture = Picture("image/jpeg", pictures.WIDTH, pictures.HEIGHT)
    image = await shop.image(file)
    stored_as = shop.files.put_beside(file, content)
    digest = hashlib.sha256(content).hexdigest()
    stored = StoredBytes(stored_as, picture, len(content), digest, 1)
    product = await shop.product()
    assert await shop.rows.change_image(product, image.id, ImageValues(), ADMIN, stored)
    return stored_as


async def test_reads_follow_an_update_that_was_interrupted(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    waiting = await interrupt_update(shop, file, NEW)
    assert await shop.served(file) == NEW
    assert shop.kept() == {file, waiting}


async def test_bytes_that_wait_for_an_update_are_served_under_no_name_of_their_own(
    shop: Shop,
) -> None:
    file = await shop.create(content=OLD)
    waiting = await interrupt_update(shop, file, NEW)
    assert await shop.gallery.find_media(waiting) is None


async def test_a_stop_before_the_commit_leaves_the_old_bytes(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        file = await shop.create(content=OLD)
        waiting = shop.files.put_beside(file, NEW)
    async with open_shop(tmp_path) as shop:
        assert await shop.gallery.settle_all() == 0
        assert await shop.served(file) == OLD
        assert (await check_gallery(shop.rows, shop.files)).orphans == [waiting]


async def test_a_start_finishes_updates_that_were_interrupted(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        first, second = await shop.create("a", content=OLD), await shop.create("b", content=OLD)
        await interrupt_update(shop, first, NEW)
        await interrupt_update(shop, second, NEW)
    async with open_shop(tmp_path) as shop:
        assert await shop.gallery.settle_all() == 2
        assert await shop.gallery.settle_all() == 0
        for file in (first, second):
            assert await shop.served(file) == NEW
            assert shop.files.location(file).read_bytes() == NEW
        assert shop.kept() == {first, second}


async def test_a_stop_between_the_move_and_its_commit_is_finished_too(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        file = await shop.create(content=OLD)
        waiting = await interrupt_update(shop, file, NEW)
        shop.files.settle(file, waiting)
        assert await shop.served(file) == NEW
    async with open_shop(tmp_path) as shop:
        assert await shop.served(file) == NEW
        assert await shop.gallery.settle_all() == 1
        assert await shop.served(file) == NEW
        assert shop.kept() == {file}


async def test_an_interrupted_update_may_be_changed_again(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    waiting = await interrupt_update(shop, file, NEW)
    await shop.change(file, content=pictures.jpeg(3), label="Third")
    assert await shop.gallery.settle_all() == 0
    assert await shop.served(file) == pictures.jpeg(3)
    # What waited before belongs to nobody any more, and a check says so.
    report = await check_gallery(shop.rows, shop.files)
    assert (report.damaged, report.missing, report.orphans) == ([], [], [waiting])


async def test_an_image_may_be_removed_after_an_interrupted_update(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    await interrupt_update(shop, file, NEW)
    await shop.remove(file)
    assert await shop.served(file) == NEW
    assert await shop.gallery.settle_all() == 1
    assert await shop.gallery.settle_all() == 0
    assert await shop.served(file) == NEW
    assert shop.kept() == {file}


async def test_an_update_whose_bytes_cannot_move_yet_is_kept_all_the_same(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    stuck = gallery_over(Before(shop.rows, settle_bytes=disk_full), shop.files)
    product, image = await shop.product(), await shop.image(file)
    upload = Upload("image/jpeg", NEW)
    await stuck.change_image(product, image, ImageValues(label="New"), ADMIN, upload)
    assert (await shop.image(file)).label == "New"
    assert await shop.served(file) == NEW
    assert await shop.gallery.settle_all() == 1
    assert shop.files.location(file).read_bytes() == NEW
    assert shop.kept() == {file}


async def test_bytes_that_cannot_be_moved_stay_under_their_waiting_name(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    waiting = await interrupt_update(shop, file, NEW)
    stuck = gallery_over(shop.rows, Before(shop.files, settle=disk_full))
    await stuck.settle_all()
    assert await shop.served(file) == NEW
    assert shop.kept() == {file, waiting}
    assert await shop.gallery.settle_all() == 1
    assert await shop.served(file) == NEW
    assert shop.kept() == {file}


async def test_an_update_that_waits_is_neither_missing_nor_damaged(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    await interrupt_update(shop, file, NEW)
    report = await check_gallery(shop.rows, shop.files)
    assert (report.images, report.missing, report.damaged) == (1, [], [])


async def test_a_prune_before_the_next_start_loses_no_new_bytes(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        file = await shop.create(content=OLD)
        await interrupt_update(shop, file, NEW)
        await check_gallery(shop.rows, shop.files, prune=True)
        assert await shop.served(file) == NEW
    async with open_shop(tmp_path) as shop:
        assert await shop.gallery.settle_all() == 1
        assert await shop.served(file) == NEW
        assert (await check_gallery(shop.rows, shop.files)).clean

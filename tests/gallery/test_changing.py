"""Changing images: values one by one, and new bytes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.gallery.check import check_gallery
from rpcmedia.gallery.faults import ImageNotCreated, ImageNotFound
from rpcmedia.gallery.model import Image, ImageValues, Upload
from tests.support import pictures
from tests.support.catalogs import ADMIN, Shop

OLD, NEW = pictures.jpeg(1), pictures.jpeg(2)


@pytest.mark.parametrize(
    ("values", "label", "position", "excluded", "types"),
    [
        ({"label": "New"}, "New", 1, 1, ("image",)),
        ({"label": ""}, "", 1, 1, ("image",)),
        ({"position": 9}, "Old", 9, 1, ("image",)),
        ({"position": 0}, "Old", 0, 1, ("image",)),
        ({"excluded": 0}, "Old", 1, 0, ("image",)),
        ({"types": ("thumbnail",)}, "Old", 1, 1, ("thumbnail",)),
        ({"types": ()}, "Old", 1, 1, ()),
        ({"types": ("unknown",)}, "Old", 1, 1, ()),
        ({}, "Old", 1, 1, ("image",)),
        ({"label": "New", "position": 2, "excluded": 0, "types": ()}, "New", 2, 0, ()),
    ],
)
async def test_only_the_values_that_are_named_change(
    shop: Shop,
    values: dict[str, Any],
    label: str,
    position: int,
    excluded: int,
    types: tuple[str, ...],
) -> None:
    file = await shop.create(label="Old", types=("image",))
    before = await shop.image(file)
    await shop.change(file, **values)
    expected = Image(before.id, file, label, position, excluded, types)
    assert await shop.image(file) == expected
    assert await shop.served(file) == OLD


async def test_a_changed_position_moves_the_image(shop: Shop) -> None:
    first, second = await shop.create("a"), await shop.create("b")
    await shop.change(first, position=3)
    assert [image.file for image in await shop.images()] == [second, first]


async def test_a_type_that_is_given_is_taken_from_the_other_image(shop: Shop) -> None:
    first = await shop.create("a", types=("image", "small_image"))
    second = await shop.create("b", types=("thumbnail",))
    await shop.change(second, types=("image",))
    assert (await shop.image(first)).types == ("small_image",)
    # A type that is not listed any more has no image, and does not go back to another one.
    assert (await shop.image(second)).types == ("image",)


async def test_clearing_types_leaves_those_of_other_images(shop: Shop) -> None:
    first = await shop.create("a", types=("image",))
    second = await shop.create("b", types=("thumbnail",))
    await shop.change(second, types=())
    assert (await shop.image(first)).types == ("image",)
    assert (await shop.image(second)).types == ()


async def test_new_bytes_replace_the_old_under_the_same_name(shop: Shop) -> None:
    file = await shop.create(content=OLD, label="Old", types=("image",))
    before = await shop.image(file)
    await shop.change(file, content=NEW)
    assert await shop.served(file) == NEW
    assert await shop.image(file) == before
    # Nothing waits beside it any more.
    assert shop.kept() == {file}
    assert await shop.gallery.settle_all() == 0


async def test_new_bytes_may_be_of_another_type_than_the_name_says(shop: Shop) -> None:
    file = await shop.create()
    await shop.change(file, content=pictures.png())
    found = await shop.gallery.find_media(file)
    assert found
    assert (found.path.read_bytes(), found.mime) == (pictures.png(), "image/png")


async def test_values_and_bytes_change_in_one_step(shop: Shop) -> None:
    file = await shop.create(label="Old")
    await shop.change(file, content=NEW, label="New", position=4)
    image = await shop.image(file)
    assert (image.label, image.position, await shop.served(file)) == ("New", 4, NEW)


async def test_bytes_that_are_no_picture_change_nothing(shop: Shop) -> None:
    file = await shop.create(content=OLD, label="Old")
    for content in (b"hello", NEW[:-50], pictures.bmp(), b"/etc/passwd"):
        with pytest.raises(ImageNotCreated) as refused:
            await shop.change(file, content=content, label="New")
        assert refused.value.number == 104
        assert "image.jpg" in refused.value.message or refused.value.message == "Invalid image."
        assert "/" not in refused.value.message
    assert (await shop.image(file)).label == "Old"
    assert await shop.served(file) == OLD
    assert shop.kept() == {file}


async def test_new_bytes_help_an_image_whose_file_is_gone(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    shop.files.location(file).unlink()
    await shop.change(file, label="Label alone")
    await shop.change(file, content=NEW)
    assert await shop.served(file) == NEW


async def test_old_bytes_are_never_written_over(shop: Shop, tmp_path: Path) -> None:
    # Backups and snapshots are hard links to them.
    file = await shop.create(content=OLD)
    snapshot = tmp_path / "snapshot.jpg"
    snapshot.hardlink_to(shop.files.location(file))
    await shop.change(file, content=NEW)
    assert snapshot.read_bytes() == OLD


async def test_an_image_that_was_removed_meanwhile_is_not_found(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    product, image = await shop.product(), await shop.image(file)
    await shop.remove(file)
    with pytest.raises(ImageNotFound):
        await shop.gallery.change_image(product, image, ImageValues(label="x"), ADMIN)


async def test_new_bytes_for_an_image_that_was_removed_meanwhile_are_taken_back(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    product, image = await shop.product(), await shop.image(file)
    await shop.remove(file)
    upload = Upload("image/jpeg", NEW)
    with pytest.raises(ImageNotFound):
        await shop.gallery.change_image(product, image, ImageValues(), ADMIN, upload)
    assert shop.kept() == {file}
    assert await shop.served(file) == OLD


async def test_after_many_updates_at_once_bytes_and_row_belong_together(shop: Shop) -> None:
    file = await shop.create(content=OLD)
    contents = [pictures.jpeg(seed) for seed in range(2, 14)]
    await asyncio.gather(*(shop.change(file, content=content) for content in contents))
    assert await shop.served(file) in contents
    report = await check_gallery(shop.rows, shop.files)
    assert (report.images, report.damaged, report.missing, report.orphans) == (1, [], [], [])

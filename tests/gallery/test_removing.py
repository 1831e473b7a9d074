"""Removing images: gone from all store views, while bytes and name stay."""

import asyncio

import pytest

from rpcmedia.gallery.faults import GalleryNotSupported, ImageNotFound
from tests.support import pictures
from tests.support.catalogs import ADMIN, DEFAULT, GERMAN, Shop


async def test_a_removed_image_is_gone_from_every_store_view(shop: Shop) -> None:
    first, second = await shop.create("a"), await shop.create("b")
    await shop.change(first, GERMAN, label="Bild", position=9, types=("image",))
    await shop.remove(first)
    for store_view in (ADMIN, DEFAULT, GERMAN):
        assert [image.file for image in await shop.images(store_view)] == [second]
        with pytest.raises(ImageNotFound):
            await shop.image(first, store_view)


async def test_the_bytes_of_a_removed_image_stay_without_a_type(shop: Shop) -> None:
    file = await shop.create(content=pictures.jpeg(5))
    await shop.remove(file)
    assert shop.kept() == {file}
    found = await shop.gallery.find_media(file)
    assert found
    assert (found.path.read_bytes(), found.mime) == (pictures.jpeg(5), None)


async def test_removing_twice_is_not_found(shop: Shop) -> None:
    file = await shop.create()
    image = await shop.image(file)
    await shop.remove(file)
    with pytest.raises(ImageNotFound) as refused:
        await shop.gallery.remove_image(await shop.product(), image)
    assert refused.value.number == 103
    assert refused.value.message == "Requested image not exists in product images' gallery."


async def test_of_many_removals_at_once_one_succeeds(shop: Shop) -> None:
    image = await shop.image(await shop.create())
    product = await shop.product()
    removals = [shop.gallery.remove_image(product, image) for _ in range(8)]
    outcomes = await asyncio.gather(*removals, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ImageNotFound) for outcome in outcomes) == 7


async def test_types_of_a_removed_image_go_to_no_other(shop: Shop) -> None:
    first = await shop.create("a", types=("image", "thumbnail"))
    second = await shop.create("b", types=("small_image",))
    await shop.remove(first)
    for store_view in (ADMIN, DEFAULT, GERMAN):
        assert (await shop.image(second, store_view)).types == ("small_image",)


async def test_types_of_a_removed_image_do_not_touch_what_a_store_view_owns(shop: Shop) -> None:
    first = await shop.create("a", types=("image",))
    second = await shop.create("b")
    await shop.change(second, GERMAN, types=("image",))
    await shop.remove(first)
    assert (await shop.image(second, GERMAN)).types == ("image",)
    assert (await shop.image(second, ADMIN)).types == ()


async def test_an_image_used_by_one_store_view_only_is_removed_as_well(shop: Shop) -> None:
    first = await shop.create("a", types=("image",))
    second = await shop.create("b", GERMAN, types=("image",))
    await shop.remove(second)
    assert [image.file for image in await shop.images(GERMAN)] == [first]
    # What the store view owned is "no image", not the default's again.
    assert (await shop.image(first, GERMAN)).types == ()
    assert (await shop.image(first, ADMIN)).types == ("image",)


async def test_an_image_without_its_file_can_be_removed(shop: Shop) -> None:
    file = await shop.create()
    shop.files.location(file).unlink()
    await shop.remove(file)
    assert await shop.images() == ()


async def test_the_id_of_a_removed_image_does_not_come_back(shop: Shop) -> None:
    first = await shop.image(await shop.create("a"))
    await shop.remove(first.file)
    second = await shop.image(await shop.create("b"))
    assert second.id > first.id


@pytest.mark.parametrize(
    "wrong",
    ["a.jpg", "/a/_/A.jpg", "//a/_/a.jpg", "/a/_/a.jpg ", "a/_/a.jpg", "", True, None, [], 0],
)
async def test_an_image_is_found_by_exactly_its_file_name(shop: Shop, wrong: object) -> None:
    await shop.create("a")
    product = await shop.product()
    with pytest.raises(ImageNotFound):
        await shop.gallery.find_image(product, wrong, ADMIN)
    assert (await shop.gallery.find_image(product, "/a/_/a.jpg", ADMIN)).file == "/a/_/a.jpg"


async def test_an_image_of_another_product_is_not_found(shop: Shop) -> None:
    file = await shop.create(product_id=2)
    with pytest.raises(ImageNotFound):
        await shop.gallery.find_image(await shop.product(1), file, ADMIN)


async def test_a_product_whose_attribute_set_has_no_gallery_has_no_images(shop: Shop) -> None:
    product = await shop.product(7)
    for ask in (
        shop.gallery.list_images(product, ADMIN),
        shop.gallery.find_image(product, "/a/_/a.jpg", ADMIN),
    ):
        with pytest.raises(GalleryNotSupported) as refused:
            await ask
        assert refused.value.number == 107
    with pytest.raises(GalleryNotSupported):
        shop.gallery.check_supported(product)


async def test_a_name_that_no_image_ever_had_is_not_served(shop: Shop) -> None:
    await shop.create("a")
    stray = shop.media / "s" / "t" / "stray.jpg"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(pictures.jpeg())
    for name in ("/s/t/stray.jpg", "/x/_/x.jpg", "/../rows.sqlite3", "", "/", "a/_/a.jpg"):
        assert await shop.gallery.find_media(name) is None
    assert await shop.served("/a/_/a.jpg") == pictures.jpeg()


async def test_image_types_are_those_of_the_attribute_set(shop: Shop) -> None:
    types = await shop.gallery.image_types(4)
    assert [(image_type.code, image_type.scope) for image_type in types] == [
        ("image", "store"),
        ("small_image", "store"),
        ("thumbnail", "store"),
    ]
    assert await shop.gallery.image_types(5) == ()

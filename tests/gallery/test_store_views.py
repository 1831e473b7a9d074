"""Values of one store view: each falls back to the default scope for itself."""

import pytest

from tests.support import pictures
from tests.support.catalogs import ADMIN, DEFAULT, GERMAN, Shop

ALL_TYPES = ("image", "small_image", "thumbnail")


@pytest.fixture
async def file(shop: Shop) -> str:
    """An image with a value of every kind in the default scope."""
    return await shop.create(label="Front", position=5, excluded=1, types=ALL_TYPES)


async def values(shop: Shop, file: str, store_view: int) -> tuple[object, ...]:
    """Label, position, exclusion and types as a store view sees them."""
    image = await shop.image(file, store_view)
    return image.label, image.position, image.excluded, image.types


async def test_without_own_values_a_store_view_sees_the_default(shop: Shop, file: str) -> None:
    for store_view in (ADMIN, DEFAULT, GERMAN):
        assert await values(shop, file, store_view) == ("Front", 5, 1, ALL_TYPES)


async def test_an_own_label_changes_nothing_else_and_nobody_else(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, label="Vorne")
    assert await values(shop, file, GERMAN) == ("Vorne", 5, 1, ALL_TYPES)
    assert await values(shop, file, ADMIN) == ("Front", 5, 1, ALL_TYPES)
    assert await values(shop, file, DEFAULT) == ("Front", 5, 1, ALL_TYPES)
    # All other values go on following the default scope.
    await shop.change(file, ADMIN, label="Side", position=6, excluded=0, types=("image",))
    assert await values(shop, file, GERMAN) == ("Vorne", 6, 0, ("image",))
    assert await values(shop, file, DEFAULT) == ("Side", 6, 0, ("image",))


async def test_an_own_position_is_kept_when_the_default_changes(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, position=1)
    await shop.change(file, ADMIN, label="Side", position=8, excluded=0)
    assert await values(shop, file, GERMAN) == ("Side", 1, 0, ALL_TYPES)


async def test_an_own_position_of_zero_is_a_position(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, position=0, excluded=0)
    assert await values(shop, file, GERMAN) == ("Front", 0, 0, ALL_TYPES)
    assert await values(shop, file, ADMIN) == ("Front", 5, 1, ALL_TYPES)


async def test_an_own_exclusion_is_kept_when_the_default_changes(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, excluded=1)
    await shop.change(file, ADMIN, excluded=0, position=2)
    assert await values(shop, file, GERMAN) == ("Front", 2, 1, ALL_TYPES)


async def test_an_empty_label_means_the_default_again(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, label="Vorne")
    await shop.change(file, GERMAN, label="")
    assert (await shop.image(file, GERMAN)).label == "Front"
    await shop.change(file, ADMIN, label="Side")
    assert (await shop.image(file, GERMAN)).label == "Side"


async def test_an_own_position_orders_the_gallery_of_that_store_view_alone(shop: Shop) -> None:
    first, second, third = [await shop.create(name) for name in ("a", "b", "c")]
    await shop.change(third, GERMAN, position=0)
    await shop.change(second, GERMAN, position=1)
    assert [image.file for image in await shop.images(GERMAN)] == [third, first, second]
    assert [image.file for image in await shop.images(ADMIN)] == [first, second, third]


async def test_own_types_are_not_seen_elsewhere(shop: Shop, file: str) -> None:
    other = await shop.create("b")
    await shop.change(other, GERMAN, types=("thumbnail",))
    assert (await shop.image(other, GERMAN)).types == ("thumbnail",)
    assert (await shop.image(file, GERMAN)).types == ("image", "small_image")
    for elsewhere in (ADMIN, DEFAULT):
        assert (await shop.image(other, elsewhere)).types == ()
        assert (await shop.image(file, elsewhere)).types == ALL_TYPES


async def test_types_that_a_store_view_does_not_own_follow_the_default(
    shop: Shop, file: str
) -> None:
    other = await shop.create("b")
    await shop.change(other, GERMAN, types=("thumbnail",))
    await shop.change(other, ADMIN, types=("image", "thumbnail"))
    await shop.change(file, ADMIN, types=("thumbnail",))
    # `image` moved with the default, `thumbnail` is the store view's own.
    assert (await shop.image(other, GERMAN)).types == ("image", "thumbnail")
    assert (await shop.image(file, GERMAN)).types == ()
    assert (await shop.image(file, ADMIN)).types == ("thumbnail",)


async def test_types_cleared_in_a_store_view_stay_cleared_there(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, types=())
    assert (await shop.image(file, GERMAN)).types == ()
    assert (await shop.image(file, ADMIN)).types == ALL_TYPES
    assert (await shop.image(file, DEFAULT)).types == ALL_TYPES
    # No fall-back, also after the default changed.
    await shop.change(file, ADMIN, types=("image",))
    assert (await shop.image(file, GERMAN)).types == ()


async def test_some_types_cleared_in_a_store_view_leave_the_others(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, types=("image",))
    assert (await shop.image(file, GERMAN)).types == ("image",)
    other = await shop.create("b", types=("small_image",))
    assert (await shop.image(other, ADMIN)).types == ("small_image",)
    assert (await shop.image(other, GERMAN)).types == ()


async def test_new_bytes_are_those_of_all_store_views(shop: Shop, file: str) -> None:
    await shop.change(file, GERMAN, content=pictures.png(), label="Vorne")
    assert await shop.served(file) == pictures.png()
    assert (await shop.image(file, ADMIN)).label == "Front"


async def test_an_image_of_one_store_view_gets_zeros_when_its_product_is_saved(
    shop: Shop, file: str
) -> None:
    made = await shop.create("b", GERMAN, label="Bild", position=3, excluded=0)
    await shop.change(file, GERMAN, label="Vorn")
    assert await values(shop, made, ADMIN) == ("", None, None, ())
    # Measured: any save in the default scope, also of another image.
    await shop.change(file, ADMIN, label="Front")
    assert await values(shop, made, ADMIN) == ("", 0, 0, ())
    assert await values(shop, made, GERMAN) == ("Bild", 3, 0, ())


async def test_an_image_of_one_store_view_gets_values_elsewhere_one_by_one(shop: Shop) -> None:
    made = await shop.create("b", GERMAN, label="Bild", position=3, excluded=0, types=("image",))
    assert await values(shop, made, ADMIN) == ("", None, None, ())
    await shop.change(made, ADMIN, label="Picture")
    assert await values(shop, made, ADMIN) == ("Picture", 0, 0, ())
    await shop.change(made, ADMIN, position=2)
    assert await values(shop, made, ADMIN) == ("Picture", 2, 0, ())
    await shop.change(made, ADMIN, excluded=1)
    assert await values(shop, made, ADMIN) == ("Picture", 2, 1, ())
    assert await values(shop, made, DEFAULT) == ("Picture", 2, 1, ())
    # Its own values in its own store view were never touched.
    assert await values(shop, made, GERMAN) == ("Bild", 3, 0, ("image",))


async def test_images_without_a_position_come_first_and_then_by_age(shop: Shop) -> None:
    placed = await shop.create("a", position=0)
    first = await shop.create("z", GERMAN)
    second = await shop.create("b", GERMAN)
    assert [image.file for image in await shop.images(ADMIN)] == [first, second, placed]


async def test_a_product_is_its_own_in_every_store_view(shop: Shop, file: str) -> None:
    other = await shop.create("b", GERMAN, product_id=2, types=("image",))
    assert [image.file for image in await shop.images(GERMAN, product_id=2)] == [other]
    assert await values(shop, file, GERMAN) == ("Front", 5, 1, ALL_TYPES)

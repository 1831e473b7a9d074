"""Creating images: names, order of effects, positions and types."""

import asyncio
import hashlib

import pytest

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.model import ImageValues, Upload
from tests.support import pictures
from tests.support.catalogs import ADMIN, GERMAN, Shop, open_shop

LONGEST_STEM = "a" * 251


async def test_a_created_image_is_listed_and_its_bytes_are_kept_as_received(shop: Shop) -> None:
    content = pictures.jpeg_with_exif() + b"behind the end"
    file = await shop.create("photo", content=content, label="Front", position=7, excluded=0)
    assert file == "/p/h/photo.jpg"
    (image,) = await shop.images()
    assert (image.file, image.label) == ("/p/h/photo.jpg", "Front")
    assert (image.position, image.excluded, image.types) == (7, 0, ())
    assert await shop.served(file) == content


async def test_what_is_kept_of_the_bytes_is_what_they_are(shop: Shop) -> None:
    content = pictures.png()
    # Declared as a JPEG: the name follows the declaration, the type is the one that was found.
    file = await shop.create(content=content)
    ((stored_file, stored),) = [entry async for entry in shop.rows.all_stored()]
    assert stored_file == file == "/i/m/image.jpg"
    assert (stored.picture.mime, stored.picture.width, stored.picture.height) == (
        "image/png",
        pictures.WIDTH,
        pictures.HEIGHT,
    )
    assert (stored.size, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    found = await shop.gallery.find_media(file)
    assert found
    assert found.mime == "image/png"


async def test_images_are_numbered_from_one_when_a_name_is_taken(shop: Shop) -> None:
    assert [await shop.create("same") for _ in range(4)] == [
        "/s/a/same.jpg",
        "/s/a/same_1.jpg",
        "/s/a/same_2.jpg",
        "/s/a/same_3.jpg",
    ]


async def test_a_wished_number_that_is_taken_gets_a_number_of_its_own(shop: Shop) -> None:
    assert await shop.create("same") == "/s/a/same.jpg"
    assert await shop.create("same") == "/s/a/same_1.jpg"
    assert await shop.create("same_1") == "/s/a/same_1_1.jpg"
    assert await shop.create("same") == "/s/a/same_2.jpg"


async def test_a_number_that_was_wished_is_left_out(shop: Shop) -> None:
    assert await shop.create("same_1") == "/s/a/same_1.jpg"
    assert await shop.create("same") == "/s/a/same.jpg"
    assert await shop.create("same") == "/s/a/same_2.jpg"


async def test_each_extension_is_numbered_for_itself(shop: Shop) -> None:
    product = await shop.product()
    upload = Upload("image/png", pictures.png(), "same")
    values = ImageValues(label="", excluded=1, types=())
    assert await shop.create("same") == "/s/a/same.jpg"
    named = await shop.gallery.create_image(product, upload, "png", values, ADMIN)
    assert named.file == "/s/a/same.png"


async def test_names_are_shared_by_all_products(shop: Shop) -> None:
    assert await shop.create("same", product_id=1) == "/s/a/same.jpg"
    assert await shop.create("same", product_id=2) == "/s/a/same_1.jpg"
    assert [image.file for image in await shop.images(product_id=2)] == ["/s/a/same_1.jpg"]


async def test_names_that_differ_only_outside_the_alphabet_share_one(shop: Shop) -> None:
    assert await shop.create("müller") == "/m/_/m_ller.jpg"
    assert await shop.create("m ller") == "/m/_/m_ller_1.jpg"


async def test_a_name_of_a_removed_image_is_not_used_again(shop: Shop) -> None:
    await shop.remove(await shop.create("same"))
    assert await shop.create("same") == "/s/a/same_1.jpg"
    await shop.remove("/s/a/same_1.jpg")
    assert await shop.create("same") == "/s/a/same_2.jpg"


async def test_a_name_is_not_used_where_a_file_lies_that_no_image_has(shop: Shop) -> None:
    stray = shop.media / "s" / "a" / "same.jpg"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"stray")
    assert await shop.create("same") == "/s/a/same_1.jpg"
    assert stray.read_bytes() == b"stray"


async def test_a_number_that_makes_a_name_too_long_is_refused(shop: Shop) -> None:
    first = await shop.create(LONGEST_STEM)
    assert first == f"/a/a/{LONGEST_STEM}.jpg"
    with pytest.raises(ImageNotCreated, match="257 bytes"):
        await shop.create(LONGEST_STEM)
    assert [image.file for image in await shop.images()] == [first]
    assert shop.kept() == {first}


async def test_twenty_creates_at_once_get_twenty_names_with_their_own_bytes(shop: Shop) -> None:
    contents = [pictures.jpeg(seed) for seed in range(20)]
    files = await asyncio.gather(*(shop.create("same", content=content) for content in contents))
    expected = {"/s/a/same.jpg", *(f"/s/a/same_{number}.jpg" for number in range(1, 20))}
    assert set(files) == expected == shop.kept()
    for file, content in zip(files, contents, strict=True):
        assert await shop.served(file) == content
    assert [image.position for image in await shop.images()] == list(range(1, 21))


async def test_twenty_creates_at_once_over_two_open_shops_do_not_collide(shop: Shop) -> None:
    async with open_shop(shop.media.parent) as other:
        made = [
            (shop if seed % 2 else other).create(content=pictures.jpeg(seed)) for seed in range(20)
        ]
        files = await asyncio.gather(*made)
        assert len(set(files)) == 20
        for seed, file in enumerate(files):
            assert await shop.served(file) == await other.served(file) == pictures.jpeg(seed)


async def test_an_image_without_a_position_goes_to_the_end_of_its_gallery(shop: Shop) -> None:
    files = [
        await shop.create("a"),
        await shop.create("b", position=10),
        await shop.create("c"),
        await shop.create("d", position=5),
        await shop.create("e"),
    ]
    assert [(image.file, image.position) for image in await shop.images()] == [
        (files[0], 1),
        (files[3], 5),
        (files[1], 10),
        (files[2], 11),
        (files[4], 12),
    ]
    await shop.create("f", product_id=2)
    assert [image.position for image in await shop.images(product_id=2)] == [1]


async def test_the_end_of_a_gallery_is_no_higher_than_a_position_can_be(shop: Shop) -> None:
    await shop.create("a", position=4_294_967_295)
    await shop.create("b")
    assert [image.position for image in await shop.images()] == [4_294_967_295, 4_294_967_295]


async def test_equal_positions_are_in_order_of_creation(shop: Shop) -> None:
    files = [await shop.create(name, position=3) for name in ("zz", "mm", "aa")]
    assert [image.file for image in await shop.images()] == files


async def test_a_new_image_takes_its_types_over(shop: Shop) -> None:
    first = await shop.create("a", types=("image", "small_image", "thumbnail"))
    second = await shop.create("b", types=("thumbnail", "image", "unknown", "Image"))
    assert (await shop.image(first)).types == ("small_image",)
    # In the order of the attribute set, whatever the order they were given in.
    assert (await shop.image(second)).types == ("image", "thumbnail")


async def test_the_first_image_gets_no_type_by_itself(shop: Shop) -> None:
    assert (await shop.image(await shop.create())).types == ()


async def test_types_are_taken_over_within_one_product_only(shop: Shop) -> None:
    first = await shop.create("a", types=("image",))
    await shop.create("b", product_id=2, types=("image",))
    assert (await shop.image(first)).types == ("image",)


async def test_an_image_made_in_one_store_view_has_no_values_in_any_other(shop: Shop) -> None:
    first = await shop.create("a", label="First", position=1)
    made = await shop.create("b", GERMAN, label="Bild", position=1, types=("image",))
    german = await shop.image(made, GERMAN)
    assert (german.label, german.position, german.excluded) == ("Bild", 1, 1)
    assert german.types == ("image",)
    assert [image.file for image in await shop.images(GERMAN)] == [first, made]
    for elsewhere in (ADMIN, 1):
        image = await shop.image(made, elsewhere)
        assert (image.label, image.position, image.excluded, image.types) == ("", None, None, ())
        assert [image.file for image in await shop.images(elsewhere)] == [made, first]


async def test_the_end_of_a_gallery_is_that_of_the_store_view(shop: Shop) -> None:
    first = await shop.create("a", position=3)
    await shop.change(first, GERMAN, position=20)
    made = await shop.create("b", GERMAN)
    assert (await shop.image(made, GERMAN)).position == 21
    # The default scope sees no position of that image, and goes on from its own.
    assert (await shop.image(await shop.create("c"), ADMIN)).position == 4


async def test_bytes_that_are_no_picture_leave_nothing_behind(shop: Shop) -> None:
    for content in (
        b"hello",
        pictures.jpeg()[:-100],
        pictures.bmp(),
        pictures.blank_png(2000, 600),
    ):
        with pytest.raises(ImageNotCreated):
            await shop.create(content=content)
    assert await shop.images() == ()
    assert shop.kept() == set()
    assert await shop.create() == "/i/m/image.jpg"


async def test_a_refusal_shows_the_wished_name_only(shop: Shop) -> None:
    with pytest.raises(ImageNotCreated) as refused:
        await shop.create("photo", content=b"hello")
    assert refused.value.message == "Failed to read image at photo.jpg"
    with pytest.raises(ImageNotCreated) as refused:
        await shop.create("", content=pictures.bmp())
    assert refused.value.message == "Unsupported image format.. Type: 6. File: image.jpg"


async def test_a_name_is_refused_before_its_bytes(shop: Shop) -> None:
    with pytest.raises(ImageNotCreated, match=r"\ACannot create image\.\Z"):
        await shop.create("../x", content=b"hello")
    assert shop.kept() == set()

"""What every GalleryRows must do: labels, positions, exclusion and types in every store view.

A part of the suite in gallery_rows_contract.
"""

import asyncio
from typing import Any

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import Image, ImageValues, Picture, StoredBytes
from rpcmedia.gallery.ports import GalleryRows
from tests.stores.catalog_contract import product
from tests.support.catalogs import ADMIN, DEFAULT, GERMAN

HIGHEST_POSITION = 4_294_967_295


def stored_as(name: str, sha256: str = "00" * 32) -> StoredBytes:
    """Bytes that a row stands for; whether they exist is not the rows' business."""
    return StoredBytes(name, Picture("image/png", 8, 6), 99, sha256, 1_700_000_000_123)


def named(file: str) -> tuple[FileName, int]:
    """The name in a file name such as `/a/_/a_7.png`, and that it has no number of its own."""
    folder, _, last = file.rpartition("/")
    stem, _, extension = last.rpartition(".")
    return FileName(folder, stem, extension), 0


async def add(
    rows: GalleryRows, file: str, store_view: int = ADMIN, product_id: int = 1, **values: Any
) -> int:
    """Add an image with these values, else without a label and excluded; its id."""
    owner = await product(rows, product_id)
    given = ImageValues(**{"label": "", "excluded": 1, "types": (), **values})
    image_id = await rows.add_image(owner, *named(file), stored_as(file), given, store_view)
    found = [image.id for image in await rows.gallery(owner, store_view) if image.file == file]
    assert found == [image_id]
    return image_id


async def gallery(rows: GalleryRows, store_view: int = ADMIN) -> list[Image]:
    return list(await rows.gallery(await product(rows), store_view))


async def change(rows: GalleryRows, image_id: int, store_view: int = ADMIN, **values: Any) -> bool:
    owner = await product(rows)
    return await rows.change_image(owner, image_id, ImageValues(**values), store_view)


class ValuesContract:
    """Values of images: each store view has its own, or those of the default scope."""

    async def test_a_product_without_images_has_an_empty_gallery(self, loaded: GalleryRows) -> None:
        for store_view in (ADMIN, GERMAN):
            assert await gallery(loaded, store_view) == []

    async def test_an_image_has_the_values_it_was_added_with(self, loaded: GalleryRows) -> None:
        image_id = await add(
            loaded, "/a/_/a.png", label="🙂 \x01<b>", position=7, excluded=3, types=("thumbnail",)
        )
        expected = Image(image_id, "/a/_/a.png", "🙂 \x01<b>", 7, 3, ("thumbnail",))
        for store_view in (ADMIN, DEFAULT, GERMAN):
            assert await gallery(loaded, store_view) == [expected]

    async def test_a_position_that_is_left_open_is_behind_the_last(
        self, loaded: GalleryRows
    ) -> None:
        for file, position in (("/a.png", None), ("/b.png", 40), ("/c.png", None), ("/d.png", 0)):
            await add(loaded, file, position=position)
        positions = [(image.file, image.position) for image in await gallery(loaded)]
        assert positions == [("/d.png", 0), ("/a.png", 1), ("/b.png", 40), ("/c.png", 41)]
        await add(loaded, "/e.png", product_id=2)
        (other,) = await loaded.gallery(await product(loaded, 2), ADMIN)
        assert other.position == 1

    async def test_in_a_store_view_behind_the_last_is_as_that_view_sees_it(
        self, loaded: GalleryRows
    ) -> None:
        first, second = [await add(loaded, f"/{name}.png") for name in "ab"]
        for image_id, position in ((second, 7), (first, 3), (second, None), (first, 90)):
            if position is not None:
                await change(loaded, image_id, GERMAN, position=position)
            seen = [image.position or 0 for image in await gallery(loaded, GERMAN)]
            added = await add(loaded, f"/{image_id}{position}.png", GERMAN)
            places = {image.id: image.position for image in await gallery(loaded, GERMAN)}
            assert places[added] == max(seen) + 1
        # What that view places elsewhere, or alone has, does not count in another.
        added = await add(loaded, "/c.png", DEFAULT)
        assert {i.id: i.position for i in await gallery(loaded, DEFAULT)}[added] == 3

    async def test_saving_in_the_default_scope_places_images_of_other_store_views_first(
        self, loaded: GalleryRows
    ) -> None:
        lone = await add(loaded, "/a.png", GERMAN, excluded=0)
        kept = await add(loaded, "/b.png", position=6)
        assert [(i.id, i.position, i.excluded) for i in await gallery(loaded)] == [
            (lone, 0, 0),
            (kept, 6, 1),
        ]
        assert {i.id: i.position for i in await gallery(loaded, GERMAN)}[lone] == 1

    async def test_the_last_position_of_all_is_not_passed(self, loaded: GalleryRows) -> None:
        await add(loaded, "/a.png", position=HIGHEST_POSITION)
        await add(loaded, "/b.png")
        assert [image.position for image in await gallery(loaded)] == [HIGHEST_POSITION] * 2

    async def test_images_added_at_once_have_positions_of_their_own(
        self, loaded: GalleryRows
    ) -> None:
        await asyncio.gather(*(add(loaded, f"/{number}.png") for number in range(12)))
        assert [image.position for image in await gallery(loaded)] == list(range(1, 13))

    async def test_equal_positions_are_in_the_order_of_ids(self, loaded: GalleryRows) -> None:
        for file in ("/z.png", "/m.png", "/a.png"):
            await add(loaded, file, position=5)
        assert [image.file for image in await gallery(loaded)] == ["/z.png", "/m.png", "/a.png"]

    async def test_an_image_of_one_store_view_has_no_values_elsewhere(
        self, loaded: GalleryRows
    ) -> None:
        await add(loaded, "/a.png", position=4)
        image_id = await add(loaded, "/b.png", GERMAN, label="Bild", types=("image",))
        bare = Image(image_id, "/b.png", "", None, None, ())
        assert (await gallery(loaded, ADMIN))[0] == bare
        assert (await gallery(loaded, DEFAULT))[0] == bare
        assert (await gallery(loaded, GERMAN))[1] == Image(
            image_id, "/b.png", "Bild", 5, 1, ("image",)
        )

    async def test_only_the_values_that_are_given_change(self, loaded: GalleryRows) -> None:
        image_id = await add(loaded, "/a.png", label="Old", position=2, types=("image",))
        for values, expected in (
            ({}, ("Old", 2, 1, ("image",))),
            ({"label": "New"}, ("New", 2, 1, ("image",))),
            ({"position": 0}, ("New", 0, 1, ("image",))),
            ({"excluded": 0}, ("New", 0, 0, ("image",))),
            ({"types": ("thumbnail", "nope")}, ("New", 0, 0, ("thumbnail",))),
            ({"label": "", "types": ()}, ("", 0, 0, ())),
        ):
            assert await change(loaded, image_id, ADMIN, **values) is True
            assert await gallery(loaded) == [Image(image_id, "/a.png", *expected)]

    async def test_a_store_view_falls_back_value_by_value(self, loaded: GalleryRows) -> None:
        image_id = await add(
            loaded, "/a.png", label="Old", position=2, types=("image", "thumbnail")
        )
        await change(loaded, image_id, GERMAN, label="Alt")
        await change(loaded, image_id, ADMIN, label="New", position=3, excluded=0)
        (german,) = await gallery(loaded, GERMAN)
        assert (german.label, german.position, german.excluded) == ("Alt", 3, 0)
        await change(loaded, image_id, GERMAN, label="", position=0, excluded=1)
        await change(loaded, image_id, ADMIN, label="Newer", position=4, excluded=2)
        (german,) = await gallery(loaded, GERMAN)
        assert (german.label, german.position, german.excluded) == ("Newer", 0, 1)
        assert (await gallery(loaded, DEFAULT))[0] == (await gallery(loaded, ADMIN))[0]

    async def test_types_go_to_the_image_that_takes_them(self, loaded: GalleryRows) -> None:
        await add(loaded, "/a.png", types=("image", "small_image"))
        second = await add(loaded, "/b.png", types=("image",))
        assert [image.types for image in await gallery(loaded)] == [("small_image",), ("image",)]
        await change(loaded, second, ADMIN, types=("thumbnail", "small_image"))
        assert [image.types for image in await gallery(loaded)] == [
            (),
            ("small_image", "thumbnail"),
        ]

    async def test_types_of_a_store_view_are_its_own_once_they_are_written(
        self, loaded: GalleryRows
    ) -> None:
        first = await add(loaded, "/a.png", types=("image", "small_image"))
        second = await add(loaded, "/b.png")
        await change(loaded, second, GERMAN, types=("image",))
        await change(loaded, first, GERMAN, types=())
        assert [image.types for image in await gallery(loaded, GERMAN)] == [(), ("image",)]
        assert [image.types for image in await gallery(loaded, ADMIN)] == [
            ("image", "small_image"),
            (),
        ]
        # A default that changes later reaches only what the store view does not own.
        await change(loaded, second, ADMIN, types=("small_image", "thumbnail"))
        assert [image.types for image in await gallery(loaded, GERMAN)] == [
            (),
            ("image", "thumbnail"),
        ]

    async def test_types_of_a_removed_image_have_no_image(self, loaded: GalleryRows) -> None:
        first = await add(loaded, "/a.png", types=("image",))
        second = await add(loaded, "/b.png", types=("thumbnail",))
        await change(loaded, first, GERMAN, types=("image", "thumbnail"))
        await loaded.remove_image(await product(loaded), first)
        assert [image.types for image in await gallery(loaded, ADMIN)] == [("thumbnail",)]
        assert [image.types for image in await gallery(loaded, GERMAN)] == [()]
        assert [image.id for image in await gallery(loaded, GERMAN)] == [second]

    async def test_changing_an_image_that_is_gone_changes_nothing(
        self, loaded: GalleryRows
    ) -> None:
        image_id = await add(loaded, "/a.png", types=("image",))
        await loaded.remove_image(await product(loaded), image_id)
        assert await change(loaded, image_id, ADMIN, label="x", types=("image",)) is False
        assert await change(loaded, 999, GERMAN, label="x") is False
        assert await gallery(loaded) == []

    async def test_new_bytes_and_values_are_written_together(self, loaded: GalleryRows) -> None:
        image_id = await add(loaded, "/a.png", label="Old")
        new = stored_as("/a-new", "22" * 32)
        owner = await product(loaded)
        assert await loaded.change_image(owner, image_id, ImageValues(label="New"), GERMAN, new)
        assert [entry async for entry in loaded.all_stored()] == [("/a.png", new)]
        assert [image.label for image in await gallery(loaded, GERMAN)] == ["New"]
        assert [image.label for image in await gallery(loaded, ADMIN)] == ["Old"]

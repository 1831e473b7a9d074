"""What every GalleryRows must do.

A store passes by a class that inherits from GalleryRowsContract and has a fixture `rows`: an empty
store.
"""

import asyncio
from pathlib import Path

import pytest

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import ImageValues
from rpcmedia.gallery.ports import GalleryRows, ImageFiles, NameTaken
from rpcmedia.stores.local_files import LocalFiles
from tests.stores.catalog_contract import CatalogContract, product
from tests.stores.gallery_values_contract import ValuesContract, add, named, stored_as
from tests.support.catalogs import ADMIN, CATALOG, GERMAN

NEW = ImageValues(label="", excluded=1, types=())


class GalleryRowsContract(CatalogContract, ValuesContract):
    """The whole suite; here are names, bytes and removal."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> ImageFiles:
        """A folder for the bytes that a settled update moves."""
        return LocalFiles(tmp_path / "media", durable=False)

    async def test_a_file_name_is_given_once(self, loaded: GalleryRows) -> None:
        await add(loaded, "/a/_/a.png")
        with pytest.raises(NameTaken):
            await add(loaded, "/a/_/a.png", product_id=2)
        assert await loaded.gallery(await product(loaded, 2), ADMIN) == ()

    async def test_a_file_name_of_a_removed_image_is_never_given_again(
        self, loaded: GalleryRows
    ) -> None:
        image_id = await add(loaded, "/a/_/a.png")
        assert await loaded.remove_image(await product(loaded), image_id)
        with pytest.raises(NameTaken):
            await add(loaded, "/a/_/a.png")
        assert await loaded.free_number(FileName("/a/_", "a", "png"), 0) == 1

    async def test_free_numbers_pass_over_names_that_were_given(self, loaded: GalleryRows) -> None:
        name = FileName("/a/_", "a", "png")
        assert await loaded.free_number(name, 0) == 0
        assert await loaded.free_number(name, 5) == 5
        await add(loaded, "/a/_/a_1.png")
        assert await loaded.free_number(name, 0) == 0
        await add(loaded, "/a/_/a.png")
        assert await loaded.free_number(name, 0) == 2
        assert await loaded.free_number(name, 1) == 2
        await add(loaded, "/a/_/a_3.png")
        assert await loaded.free_number(name, 3) == 4
        assert await loaded.free_number(FileName("/a/_", "a", "jpg"), 0) == 0

    async def test_of_many_images_of_one_name_one_is_added(self, loaded: GalleryRows) -> None:
        adding = [add(loaded, "/a/_/a.png") for _ in range(10)]
        outcomes = await asyncio.gather(*adding, return_exceptions=True)
        assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 9
        assert len(await loaded.gallery(await product(loaded), ADMIN)) == 1

    async def test_bytes_are_known_by_the_file_name(self, loaded: GalleryRows) -> None:
        assert await loaded.kept_bytes("/a/_/a.png") is None
        image_id = await add(loaded, "/a/_/a.png")
        assert await loaded.kept_bytes("/a/_/a.png") == ("/a/_/a.png", "image/png")
        assert await loaded.kept_bytes("/a/_/A.png") is None
        await loaded.remove_image(await product(loaded), image_id)
        assert await loaded.kept_bytes("/a/_/a.png") == ("/a/_/a.png", None)

    async def test_all_bytes_are_listed_by_file_name(self, loaded: GalleryRows) -> None:
        for file in ("/b/_/b.png", "/a/_/a.png", "/Z/_/Z.png"):
            await add(loaded, file)
        assert [entry async for entry in loaded.all_stored()] == [
            (file, stored_as(file)) for file in ("/Z/_/Z.png", "/a/_/a.png", "/b/_/b.png")
        ]

    async def test_a_long_list_of_bytes_is_whole(self, loaded: GalleryRows) -> None:
        owner = await product(loaded)
        files = sorted(f"/a/_/a_{number}.png" for number in range(1203))
        adding = [
            loaded.add_image(owner, *named(file), stored_as(file), NEW, ADMIN) for file in files
        ]
        await asyncio.gather(*adding)
        assert [file async for file, _ in loaded.all_stored()] == files

    async def test_removed_images_leave_the_names_of_their_bytes(self, loaded: GalleryRows) -> None:
        owner = await product(loaded)
        first, _ = await add(loaded, "/a/_/a.png"), await add(loaded, "/b/_/b.png")
        assert await loaded.all_removed() == set()
        await loaded.remove_image(owner, first)
        assert await loaded.all_removed() == {"/a/_/a.png"}
        assert [file async for file, _ in loaded.all_stored()] == ["/b/_/b.png"]

    async def test_removing_twice_tells_that_it_was_gone(self, loaded: GalleryRows) -> None:
        owner, image_id = await product(loaded), await add(loaded, "/a/_/a.png")
        assert await loaded.remove_image(owner, image_id) is True
        assert await loaded.remove_image(owner, image_id) is False
        assert await loaded.remove_image(owner, 999) is False
        for store_view in (ADMIN, GERMAN):
            assert await loaded.gallery(owner, store_view) == ()

    async def test_ids_of_removed_images_do_not_come_back(self, loaded: GalleryRows) -> None:
        first = await add(loaded, "/a/_/a.png")
        await loaded.remove_image(await product(loaded), first)
        assert await add(loaded, "/b/_/b.png") > first

    async def test_new_bytes_are_unsettled_until_they_have_moved(
        self, loaded: GalleryRows, files: ImageFiles
    ) -> None:
        owner, image_id = await product(loaded), await add(loaded, "/a/_/a.png")
        beside = files.put_beside("/a/_/a.png", b"new")
        assert await loaded.unsettled() == []
        new = stored_as(beside, "11" * 32)
        assert await loaded.change_image(owner, image_id, ImageValues(), ADMIN, new)
        assert await loaded.unsettled() == [("/a/_/a.png", beside)]
        assert await loaded.kept_bytes("/a/_/a.png") == (beside, "image/png")
        assert await loaded.settle_bytes("/a/_/a.png", beside, files) is True
        assert await loaded.unsettled() == []
        assert files.location("/a/_/a.png").read_bytes() == b"new"
        settled = stored_as("/a/_/a.png", "11" * 32)
        assert [entry async for entry in loaded.all_stored()] == [("/a/_/a.png", settled)]

    async def test_bytes_that_a_later_change_replaced_do_not_move(
        self, loaded: GalleryRows, files: ImageFiles
    ) -> None:
        owner, image_id = await product(loaded), await add(loaded, "/a/_/a.png")
        names = [files.put_beside("/a/_/a.png", content) for content in (b"one", b"two")]
        for name in names:
            await loaded.change_image(owner, image_id, ImageValues(), ADMIN, stored_as(name))
        assert await loaded.settle_bytes("/a/_/a.png", names[0], files) is False
        assert not files.location("/a/_/a.png").exists()
        assert await loaded.settle_bytes("/a/_/a.png", names[1], files) is True
        assert files.location("/a/_/a.png").read_bytes() == b"two"
        assert await loaded.settle_bytes("/x/_/x.png", names[1], files) is False

    async def test_bytes_of_an_image_that_was_removed_meanwhile_move_too(
        self, loaded: GalleryRows, files: ImageFiles
    ) -> None:
        owner, image_id = await product(loaded), await add(loaded, "/a/_/a.png")
        beside = files.put_beside("/a/_/a.png", b"new")
        await loaded.change_image(owner, image_id, ImageValues(), ADMIN, stored_as(beside))
        await loaded.remove_image(owner, image_id)
        assert await loaded.all_removed() == {beside}
        assert await loaded.kept_bytes("/a/_/a.png") == (beside, None)
        assert await loaded.unsettled() == [("/a/_/a.png", beside)]
        assert await loaded.settle_bytes("/a/_/a.png", beside, files) is True
        assert await loaded.all_removed() == {"/a/_/a.png"}
        assert await loaded.unsettled() == []

    async def test_clearing_forgets_images_names_and_ids_and_keeps_the_catalog(
        self, loaded: GalleryRows
    ) -> None:
        owner, first = await product(loaded), await add(loaded, "/a/_/a.png", types=("image",))
        removed = await add(loaded, "/b/_/b.png", GERMAN, types=("image",))
        await loaded.remove_image(owner, removed)
        before = await loaded.gallery(owner, ADMIN)
        await loaded.clear_galleries()
        assert await loaded.gallery(owner, ADMIN) == ()
        assert [entry async for entry in loaded.all_stored()] == []
        assert await loaded.all_removed() == set()
        assert await loaded.kept_bytes("/a/_/a.png") is None
        assert await loaded.catalog() == CATALOG
        # As in a new store, down to the ids.
        assert await loaded.free_number(FileName("/b/_", "b", "png"), 0) == 0
        assert await add(loaded, "/a/_/a.png", types=("image",)) == first
        assert await loaded.gallery(owner, ADMIN) == before

    async def test_an_empty_store_is_writable(self, rows: GalleryRows) -> None:
        await rows.check_writable()

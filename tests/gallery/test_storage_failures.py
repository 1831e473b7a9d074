"""Stores that fail: a numbered fault that says why, and nothing half done."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rpcmedia.gallery.faults import Fault, ImageNotCreated, ImageNotRemoved, ImageNotUpdated
from rpcmedia.gallery.model import ImageValues, Upload
from rpcmedia.gallery.ports import NameTaken, OutcomeUnknown, StorageFailed
from rpcmedia.gallery.service import Gallery
from tests.support import pictures
from tests.support.catalogs import ADMIN, Before, Shop, disk_full, gallery_over

OLD, NEW = pictures.jpeg(1), pictures.jpeg(2)


async def create(gallery: Gallery, shop: Shop, content: bytes = NEW) -> str:
    values = ImageValues(label="", excluded=1, types=("image",))
    upload = Upload("image/jpeg", content, "new")
    image = await gallery.create_image(await shop.product(), upload, "jpg", values, ADMIN)
    return image.file


async def change(gallery: Gallery, shop: Shop, file: str, upload: Upload | None) -> None:
    values = ImageValues(label="New", position=9, types=("thumbnail",))
    image = await shop.image(file)
    await gallery.change_image(await shop.product(), image, values, ADMIN, upload)


def over(shop: Shop, method: str, first: Callable[[], None] = disk_full) -> Gallery:
    """A gallery whose store of rows or of files first does something in one method."""
    if hasattr(shop.rows, method):
        return gallery_over(Before(shop.rows, **{method: first}), shop.files)
    return gallery_over(shop.rows, Before(shop.files, **{method: first}))


@pytest.mark.parametrize("method", ["free_number", "put_new", "add_image"])
async def test_a_create_that_cannot_be_kept_is_104_and_leaves_nothing(
    shop: Shop, method: str
) -> None:
    before = await shop.create("old", content=OLD, types=("image",))
    with pytest.raises(ImageNotCreated) as failed:
        await create(over(shop, method), shop)
    assert failed.value.number == 104
    assert failed.value.message == "Cannot create image. The disk is full."
    assert shop.kept() == {before}
    (image,) = await shop.images()
    assert (image.file, image.types) == (before, ("image",))
    # The same call works as soon as the store does, and finds its name free.
    assert await create(shop.gallery, shop) == "/n/e/new.jpg"


@pytest.mark.parametrize(
    ("method", "with_content"),
    [("change_image", False), ("change_image", True), ("put_beside", True)],
)
async def test_an_update_that_cannot_be_kept_is_105_and_changes_nothing(
    shop: Shop, method: str, with_content: bool
) -> None:
    file = await shop.create("old", content=OLD, label="Old", types=("image",))
    before = await shop.image(file)
    upload = Upload("image/jpeg", NEW) if with_content else None
    with pytest.raises(ImageNotUpdated) as failed:
        await change(over(shop, method), shop, file, upload)
    assert failed.value.number == 105
    assert failed.value.message == "Image not updated. The disk is full."
    assert await shop.image(file) == before
    assert await shop.served(file) == OLD
    assert shop.kept() == {file}


def unknown_outcome() -> None:
    raise OutcomeUnknown("The database failed (SQLITE_IOERR_FSYNC).")


async def test_bytes_of_a_commit_that_may_come_back_stay(shop: Shop) -> None:
    # After a crash the row can be there all the same, and a row must have its bytes.
    with pytest.raises(ImageNotCreated):
        await create(over(shop, "add_image", unknown_outcome), shop)
    assert shop.kept() == {"/n/e/new.jpg"}

    file = await shop.create("old", content=OLD)
    with pytest.raises(ImageNotUpdated):
        await change(
            over(shop, "change_image", unknown_outcome), shop, file, Upload("image/jpeg", NEW)
        )
    assert len(shop.kept()) == 3


async def test_a_removal_that_cannot_be_kept_is_106_and_removes_nothing(shop: Shop) -> None:
    file = await shop.create("old", content=OLD, types=("image",))
    before = await shop.image(file)
    with pytest.raises(ImageNotRemoved) as failed:
        await over(shop, "remove_image").remove_image(await shop.product(), before)
    assert failed.value.number == 106
    assert failed.value.message == "Image not removed. The disk is full."
    assert await shop.image(file) == before


async def test_a_name_that_another_upload_took_meanwhile_is_passed_over(shop: Shop) -> None:
    taken = iter([True, True])

    def is_taken() -> None:
        if next(taken, False):
            raise NameTaken

    # First the name is taken in the folder twice, then another time in the rows.
    assert await create(over(shop, "put_new", is_taken), shop) == "/n/e/new_2.jpg"
    taken = iter([True])
    assert await create(over(shop, "add_image", is_taken), shop) == "/n/e/new_4.jpg"
    assert shop.kept() == {"/n/e/new_2.jpg", "/n/e/new_4.jpg"}


async def test_an_unexpected_error_of_a_row_takes_the_bytes_back_too(shop: Shop) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await create(over(shop, "add_image", fail), shop)
    assert shop.kept() == set()


async def test_a_real_failure_of_the_folder_is_told_without_its_path(shop: Shop) -> None:
    # A file where the folder of the new image would be.
    (shop.media / "n").write_bytes(b"")
    with pytest.raises(ImageNotCreated) as failed:
        await create(shop.gallery, shop)
    assert failed.value.message == "Cannot create image. The media folder failed (ENOTDIR)."
    assert await shop.images() == ()


async def test_a_real_failure_of_the_database_is_told_without_its_words(shop: Shop) -> None:
    file = await shop.create("old", content=OLD)
    image, product = await shop.image(file), await shop.product()
    await shop.database.write(lambda rows: rows.execute("ALTER TABLE file_name RENAME TO gone"))
    with pytest.raises(ImageNotRemoved) as failed:
        await shop.gallery.remove_image(product, image)
    assert failed.value.message == "Image not removed. The database failed (SQLITE_ERROR)."
    assert [image.file for image in await shop.images()] == [file]


async def test_a_create_that_is_given_up_while_its_row_is_written_keeps_its_bytes(
    shop: Shop,
) -> None:
    # The write goes on without its caller: a row that is committed must have its bytes.
    handed_over = asyncio.Event()
    creating = asyncio.create_task(create(over(shop, "add_image", handed_over.set), shop))
    await handed_over.wait()
    creating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creating
    await shop.rows.check_writable()
    images = [image.file for image in await shop.images()]
    assert shop.kept() == set(images)


async def test_an_update_that_is_given_up_while_its_row_is_written_keeps_its_bytes(
    shop: Shop,
) -> None:
    file = await shop.create("old", content=OLD)
    handed_over = asyncio.Event()
    gallery = over(shop, "change_image", handed_over.set)
    upload = Upload("image/jpeg", NEW)
    changing = asyncio.create_task(change(gallery, shop, file, upload))
    await handed_over.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    await shop.rows.check_writable()
    label = (await shop.image(file)).label
    assert await shop.served(file) == (NEW if label == "New" else OLD)


@pytest.mark.parametrize("method", ["store_view", "product", "product_by_sku", "gallery"])
async def test_a_read_that_fails_is_no_fault_of_the_request(shop: Shop, method: str) -> None:
    file = await shop.create()
    product, gallery = await shop.product(), over(shop, method)
    reads: dict[str, Callable[[], Awaitable[object]]] = {
        "store_view": lambda: gallery.find_store_view(0),
        "product": lambda: gallery.find_product(1),
        "product_by_sku": lambda: gallery.find_product_by_sku("product1"),
        "gallery": lambda: gallery.find_image(product, file, ADMIN),
    }
    # Neither "not found" nor any other numbered fault: the server is to blame.
    with pytest.raises(StorageFailed) as failed:
        await reads[method]()
    assert not isinstance(failed.value, Fault)


async def test_a_gallery_is_writable_if_both_stores_are(shop: Shop) -> None:
    await shop.gallery.check_writable()
    assert shop.kept() == set()
    for broken in (
        gallery_over(Before(shop.rows, check_writable=disk_full), shop.files),
        gallery_over(shop.rows, Before(shop.files, check_writable=disk_full)),
    ):
        with pytest.raises(StorageFailed, match="The disk is full"):
            await broken.check_writable()

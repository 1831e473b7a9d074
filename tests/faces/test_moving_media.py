"""Media while an update moves its bytes: there is no moment without a picture."""

from rpcmedia.gallery.model import ImageValues, Picture, StoredBytes
from tests.faces.bodies import png
from tests.support import pictures
from tests.support.server import Server

NEW = pictures.jpeg(7)


async def begin_update(server: Server, file: str) -> str:
    """Keep new bytes and their row, and stop before they move to their own name."""
    rows, files = server.folder.rows, server.folder.files
    product = await rows.product_by_sku("product1")
    assert product
    (image,) = await rows.gallery(product, 0)
    beside = files.put_beside(file, NEW)
    stored = StoredBytes(beside, Picture("image/jpeg", 8, 6), len(NEW), "0" * 64, 0)
    assert await rows.change_image(product, image.id, ImageValues(), 0, stored)
    return beside


async def get(server: Server, file: str) -> tuple[int, str, bytes]:
    async with server.http.get(f"{server.url}/media/catalog/product{file}") as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_new_bytes_are_served_before_and_after_they_moved(server: Server) -> None:
    (file,) = await server.call("product_media.create", "product1", png("one"))
    beside = await begin_update(server, file)
    assert await get(server, file) == (200, "image/jpeg", NEW)

    # The bytes have moved, and who asks has still read the row of the time before.
    place = server.folder.files.location(beside)
    place.replace(server.folder.files.location(file))

    assert await get(server, file) == (200, "image/jpeg", NEW)


async def test_a_picture_that_is_lost_while_it_moves_is_404(server: Server) -> None:
    (file,) = await server.call("product_media.create", "product1", png("one"))
    beside = await begin_update(server, file)
    for name in (beside, file):
        server.folder.files.location(name).unlink()

    status, _, _ = await get(server, file)

    assert status == 404

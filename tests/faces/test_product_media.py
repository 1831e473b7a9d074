"""What create, list, info, update and remove mean for a gallery."""

from typing import Any

import pytest

from tests.faces.bodies import file_of, png, text_of
from tests.support import pictures
from tests.support.server import Server

URL = "/media/catalog/product"
NOT_FOUND = (103, "Requested image not exists in product images' gallery.")
NOT_SPECIFIED = (102, "The image is not specified.")
INVALID_TYPE = (102, "Invalid image type.")
NO_BASE64 = (102, "The image contents is not valid base64 data.")


async def create(server: Server, name: str, product: str = "product1", **values: Any) -> str:
    [file] = await server.call("product_media.create", product, png(name, **values))
    return str(file)


async def files(server: Server, *arguments: Any) -> list[str]:
    return [image["file"] for image in await server.call("product_media.list", *arguments)]


async def download(server: Server, file: str) -> tuple[int, bytes]:
    async with server.http.get(server.url + URL + file) as answer:
        return answer.status, await answer.read()


async def test_a_gallery_is_empty_at_first(server: Server) -> None:
    assert await server.call("product_media.list", "product1") == []


async def test_a_created_image_is_in_its_gallery_only(server: Server) -> None:
    file = await create(server, "one", label="One", types=["image"])
    image = {
        "file": "/o/n/one.png",
        "label": "One",
        "position": 1,
        "exclude": 1,
        "url": "http://address/media/catalog/product/o/n/one.png",
        "types": ["image"],
    }
    assert await server.call("product_media.list", "product1") == [image]
    assert await server.call("product_media.info", "product1", file) == image
    assert await server.call("product_media.list", "product2") == []
    assert await server.fault("product_media.info", "product2", file) == NOT_FOUND
    assert await server.fault("product_media.update", "product2", file, {}) == NOT_FOUND
    assert await server.fault("product_media.remove", "product2", file) == NOT_FOUND


@pytest.mark.parametrize(
    "file",
    [
        "one.png",
        "o/n/one.png",
        "//o/n/one.png",
        "/O/N/ONE.PNG",
        "/o/n/one.png ",
        "/o/n/one.png/",
        "/o/n/../n/one.png",
        "http://address/media/catalog/product/o/n/one.png",
        "/o/n/%6fne.png",
        "/o/n/*.png",
        "/o/n/one.png\u0000",
        "",
        None,
        True,
        1,
        ["/o/n/one.png"],
    ],
)
async def test_a_file_name_must_match_exactly(server: Server, file: Any) -> None:
    # The reference takes `true` for every image, and so removes them all.
    await create(server, "one")
    for path, more in (("info", []), ("update", [{"label": "x"}]), ("remove", [])):
        fault = await server.fault(f"product_media.{path}", "product1", file, *more)
        assert fault == NOT_FOUND
    assert await files(server, "product1") == ["/o/n/one.png"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, NOT_SPECIFIED),
        ("x", NOT_SPECIFIED),
        (7, NOT_SPECIFIED),
        ([], NOT_SPECIFIED),
        ({}, NOT_SPECIFIED),
        ({"file": None}, NOT_SPECIFIED),
        ({"file": "x"}, NOT_SPECIFIED),
        ({"file": {"mime": "image/png"}}, NOT_SPECIFIED),
        ({"file": {"content": "eA=="}}, NOT_SPECIFIED),
        ({"file": {"content": None, "mime": "image/png"}}, NOT_SPECIFIED),
        ({"File": file_of(pictures.png())}, NOT_SPECIFIED),
        *(
            ({"file": file_of(pictures.png(), mime)}, INVALID_TYPE)
            for mime in (
                "image/jpg",
                "image/pjpeg",
                "IMAGE/PNG",
                "image/png; a=b",
                "image/bmp",
                "image/svg+xml",
                "image/tiff",
                "image/avif",
                "",
                "text/html",
            )
        ),
        ({"file": {"content": "eA==", "mime": ["image/png"]}}, INVALID_TYPE),
        *(
            ({"file": {"content": content, "mime": "image/png"}}, NO_BASE64)
            for content in (
                "",
                "   ",
                "!",
                "a",
                "MA==",
                "eA===",
                "eA=x",
                "e-_A",
                "data:image/png;base64,eA==",
                "eA==\f",
                "eA==\u0000",
                "ä",
                ["eA=="],
                {"a": 1},
            )
        ),
    ],
)
async def test_image_data_that_cannot_be_read_is_fault_102(
    server: Server, data: Any, fault: tuple[int, str]
) -> None:
    assert await server.fault("product_media.create", "product1", data) == fault
    assert await server.call("product_media.list", "product1") == []


@pytest.mark.parametrize("shape", ["as it is", "no padding", "white space", "one letter a line"])
async def test_base64_is_read_as_php_does(server: Server, shape: str) -> None:
    content = pictures.gif()
    text = text_of(content)
    assert text.endswith("=")
    text = {
        "as it is": text,
        "no padding": text.rstrip("="),
        "white space": f" \t\r\n{text[:9]} {text[9:]}\n",
        "one letter a line": "\n".join(text),
    }[shape]
    data = {"file": {"content": text, "mime": "image/gif"}}
    [file] = await server.call("product_media.create", "product1", data)
    assert await download(server, file) == (200, content)


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (pictures.jpeg_with_exif(), "image/jpeg"),
        (pictures.jpeg(progressive=True), "image/jpeg"),
        (pictures.cmyk_jpeg(), "image/jpeg"),
        (pictures.gif(3), "image/gif"),
        (pictures.webp(), "image/webp"),
        (pictures.png() + b"trailing bytes", "image/png"),
    ],
    ids=["exif", "progressive", "cmyk", "animation", "webp", "trailing bytes"],
)
async def test_bytes_are_kept_as_they_came(server: Server, content: bytes, mime: str) -> None:
    data = {"file": file_of(content, mime)}
    [file] = await server.call("product_media.create", "product1", data)
    assert await download(server, file) == (200, content)


async def test_update_changes_only_what_it_names(server: Server) -> None:
    file = await create(server, "a", label="L", position=5, exclude=0, types=["image"])
    before = await server.call("product_media.info", "product1", file)
    ignored: list[Any] = [
        {},
        {"label": None, "position": None, "exclude": None, "types": None, "file": None},
        {"nonsense": 1, "Label": "x"},
        {"types": "thumbnail"},
        None,
        "x",
        7,
        True,
        [],
        {"file": {"mime": "image/png"}},
        {"file": {"content": "eA=="}},
        {"file": "x"},
    ]
    for data in ignored:
        assert await server.call("product_media.update", "product1", file, data) == 1
        assert await server.call("product_media.info", "product1", file) == before
    for change in ({"label": "M"}, {"position": 9}, {"exclude": 1}, {"types": ["thumbnail"]}):
        assert await server.call("product_media.update", "product1", file, change) == 1
        before |= change
        assert await server.call("product_media.info", "product1", file) == before


async def test_update_with_new_bytes_keeps_the_name_and_serves_them(server: Server) -> None:
    file = await create(server, "a", label="L")
    before = await server.call("product_media.info", "product1", file)
    new = pictures.jpeg()
    change = {"file": file_of(new, "image/jpeg", name="other")}
    assert await server.call("product_media.update", "product1", file, change) == 1
    assert await server.call("product_media.list", "product1") == [before]
    assert await download(server, file) == (200, new)


async def test_update_checks_new_bytes_as_create_does(server: Server) -> None:
    file = await create(server, "a", label="L")
    for content, mime, fault in (
        ("!", "image/png", (102, "Image content is not valid base64 data.")),
        (text_of(pictures.png()), "image/bmp", INVALID_TYPE),
        (text_of(b"<script>"), "image/png", (104, "Failed to read image at a.png")),
        (text_of(pictures.jpeg()[:-500]), "image/jpeg", (104, "Invalid image.")),
    ):
        change = {"file": {"content": content, "mime": mime}, "label": "changed"}
        assert await server.fault("product_media.update", "product1", file, change) == fault
    [image] = await server.call("product_media.list", "product1")
    assert image["label"] == "L"
    assert await download(server, file) == (200, pictures.png())


async def test_a_file_lost_from_the_disk_can_be_updated_and_removed(server: Server) -> None:
    media = server.data / "media" / "catalog" / "product"
    first, second = await create(server, "first"), await create(server, "second")
    for file in (first, second):
        (media / file[1:]).unlink()
        assert (await download(server, file))[0] == 404
    assert len(await server.call("product_media.list", "product1")) == 2
    change = {"file": file_of(pictures.png(2))}
    assert await server.call("product_media.update", "product1", first, change) == 1
    assert await download(server, first) == (200, pictures.png(2))
    assert await server.call("product_media.remove", "product1", second) == 1
    assert await files(server, "product1") == [first]


async def test_a_removed_image_is_gone_but_its_bytes_and_name_stay(server: Server) -> None:
    file = await create(server, "a", types=["image", "thumbnail"])
    assert await server.call("product_media.remove", "product1", file) == 1
    assert await server.call("product_media.list", "product1") == []
    gone: list[tuple[str, list[Any]]] = [("info", []), ("update", [{}]), ("remove", [])]
    for path, more in gone:
        assert await server.fault(f"product_media.{path}", "product1", file, *more) == NOT_FOUND
    assert await download(server, file) == (200, pictures.png())
    # Its types pass to no other image, and its name to none, on any product.
    assert await create(server, "a", "product2") == "/a/_/a_1.png"
    assert await create(server, "b") == "/b/_/b.png"
    assert (await server.call("product_media.info", "product1", "/b/_/b.png"))["types"] == []


async def test_the_list_goes_by_position_and_then_by_age(server: Server) -> None:
    for name, position in (("d", 5), ("a", 5), ("c", 0), ("b", 5), ("e", None), ("f", 2)):
        await create(server, name, position=position)
    order = ["/c/_/c.png", "/f/_/f.png", "/d/_/d.png", "/a/_/a.png", "/b/_/b.png", "/e/_/e.png"]
    for _ in range(3):
        assert await files(server, "product1") == order
    await server.call("product_media.update", "product1", "/a/_/a.png", {"position": 1})
    order.insert(1, order.pop(3))
    assert await files(server, "product1") == order

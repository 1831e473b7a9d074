"""Pictures that are a page or a script too: kept as they are, and served as pictures only."""

from pathlib import Path

import pytest

from tests.faces.bodies import file_of
from tests.support import hostile_pictures as hostile
from tests.support import pictures
from tests.support.server import Server, serving

MEDIA = "/media/catalog/product"
PAGE = b"<html><body><script>alert(1)</script></body></html>"
POLYGLOTS = {
    "gif and script": ("image/gif", hostile.gif_and_script()),
    "jpeg with a page in its comment": ("image/jpeg", hostile.jpeg_comment(PAGE)),
    "jpeg with a page in its metadata": (
        "image/jpeg",
        hostile.jpeg_with(hostile.jpeg_segment(0xE1, b"Exif\0\0" + PAGE)),
    ),
    "png with a page in its text": (
        "image/png",
        hostile.png_with(hostile.png_chunk(b"tEXt", b"Comment\0" + PAGE)),
    ),
    "png with a page behind it": ("image/png", pictures.png() + PAGE),
    "gif with a page behind it": ("image/gif", pictures.gif() + PAGE),
    "webp with a page behind it": ("image/webp", pictures.webp() + PAGE),
    "jpeg and php": ("image/jpeg", pictures.jpeg() + b"<?php system($_GET[0]); ?>"),
}
ONLY_A_PICTURE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


async def check_served(server: Server, file: str, mime: str, content: bytes) -> None:
    """Every way to ask for a file tells that it is this type, and nothing else."""
    url = server.url + MEDIA + file
    async with server.http.get(url) as answer:
        assert await answer.read() == content
        answers = [answer]
    known = {"If-None-Match": answers[0].headers["ETag"]}
    for method, headers in (
        ("HEAD", {}),
        ("GET", {"Range": "bytes=2-"}),
        ("GET", known),
        ("GET", {"Accept": "text/html", "Sec-Fetch-Dest": "document"}),
    ):
        async with server.http.request(method, url, headers=headers) as answer:
            answers.append(answer)
    assert [answer.status for answer in answers] == [200, 200, 206, 304, 200]
    for answer in answers:
        if answer.status != 304:
            assert answer.headers["Content-Type"] == mime
        for name, value in ONLY_A_PICTURE.items():
            assert answer.headers[name] == value


@pytest.mark.parametrize("declared", ["image/png", "image/jpeg"])
@pytest.mark.parametrize("kind", POLYGLOTS)
async def test_a_polyglot_is_served_as_the_picture_that_it_is(
    tmp_path: Path, kind: str, declared: str
) -> None:
    mime, content = POLYGLOTS[kind]
    # This profile names the file after what was declared.
    async with serving(tmp_path, profile="openmage") as server:
        data = {"file": file_of(content, declared)}
        file = await server.call("product_media.create", "product1", data)
        await check_served(server, file, mime, content)
        await server.call("product_media.remove", "product1", file)
        await check_served(server, file, mime, content)


@pytest.mark.parametrize("declared", ["image/png", "image/gif", "image/jpeg", "image/webp"])
@pytest.mark.parametrize(
    "content",
    [
        PAGE,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a=1;alert(1);//" + PAGE,
        b"<!--" + pictures.jpeg() + b"-->",
        b"\n" + pictures.gif(),
    ],
    ids=["page", "svg", "script", "jpeg in a page", "gif behind a line"],
)
async def test_what_only_begins_like_a_picture_or_is_declared_one_is_refused(
    server: Server, declared: str, content: bytes
) -> None:
    data = {"file": file_of(content, declared)}
    code, _ = await server.fault("product_media.create", "product1", data)
    assert code == 104


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "application/javascript"])
async def test_no_other_type_can_be_declared(server: Server, mime: str) -> None:
    data = {"file": file_of(pictures.png(), mime)}
    fault = await server.fault("product_media.create", "product1", data)
    assert fault == (102, "Invalid image type.")


async def test_a_name_does_not_make_a_picture_a_page(server: Server) -> None:
    for name in ("x.html", "x.svg", "x.php", "x.js", "<script>"):
        data = {"file": file_of(pictures.png(), name=name)}
        (file,) = await server.call("product_media.create", "product1", data)
        assert file.endswith(".png")
        await check_served(server, file, "image/png", pictures.png())


async def test_what_is_not_found_is_no_page(server: Server) -> None:
    async with server.http.get(f"{server.url}{MEDIA}/<script>alert(1)</script>") as answer:
        assert answer.status == 404
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<script>" not in await answer.text()

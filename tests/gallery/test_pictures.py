"""What is a picture: types, words of refusals, cut-off files and files that are more than one."""

import zipfile
from io import BytesIO

import pytest

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.model import Picture
from rpcmedia.gallery.pictures import picture_type, read_picture
from tests.support import pictures
from tests.support.pictures import HEIGHT, WIDTH

MAX_PIXELS = 1_000_000

PICTURES = {
    "jpeg": ("image/jpeg", pictures.jpeg()),
    "progressive jpeg": ("image/jpeg", pictures.jpeg(progressive=True)),
    "cmyk jpeg": ("image/jpeg", pictures.cmyk_jpeg()),
    "grey jpeg": ("image/jpeg", pictures.grey_jpeg()),
    "png": ("image/png", pictures.png()),
    "gif": ("image/gif", pictures.gif()),
    "animated gif": ("image/gif", pictures.gif(3)),
    "webp": ("image/webp", pictures.webp()),
    "lossless webp": ("image/webp", pictures.webp(lossless=True)),
    "animated webp": ("image/webp", pictures.webp(3)),
}
ALL = pytest.mark.parametrize(("mime", "content"), PICTURES.values(), ids=PICTURES)


def read(content: bytes, name: str = "x.jpg") -> Picture:
    return read_picture(content, name, MAX_PIXELS)


def refusal(content: bytes, name: str = "x.jpg") -> str:
    """The words in which bytes are refused; fails if they are taken."""
    with pytest.raises(ImageNotCreated) as refused:
        read(content, name)
    assert refused.value.number == 104
    return refused.value.message


@ALL
def test_a_picture_is_known_with_its_type_and_size(mime: str, content: bytes) -> None:
    assert read(content) == Picture(mime, WIDTH, HEIGHT)
    assert picture_type(content[:16]) == mime


def test_a_picture_of_several_jpegs_is_a_jpeg() -> None:
    # Phones write these: the picture, and behind it a preview, a depth map or a gain map.
    assert read(pictures.multi_picture_jpeg()) == Picture("image/jpeg", WIDTH, HEIGHT)


def test_a_png_with_further_frames_is_a_png() -> None:
    assert read(pictures.animated_png()) == Picture("image/png", WIDTH, HEIGHT)


def test_what_exif_says_of_the_position_does_not_turn_the_size() -> None:
    assert read(pictures.jpeg_with_exif()) == Picture("image/jpeg", WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("content", "number"),
    [(pictures.bmp(), 6), (pictures.tiff(), 7), (pictures.ico(), 17)],
    ids=["bmp", "tiff", "ico"],
)
def test_other_formats_are_refused_by_their_number_and_the_files_name(
    content: bytes, number: int
) -> None:
    assert refusal(content) == f"Unsupported image format.. Type: {number}. File: x.jpg"
    assert refusal(content, "ü.png") == f"Unsupported image format.. Type: {number}. File: ü.png"


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><body>hello</body></html>",
        b"%PDF-1.7\n",
        b"RIFF\0\0\0\0AVI LIST",
        b"GIF88a" + b"\0" * 40,
        b"\x89PNG\n\x1a\n" + b"\0" * 40,
        b"\0" + pictures.jpeg(),
    ],
)
def test_anything_else_is_refused_by_the_files_name(content: bytes) -> None:
    assert refusal(content) == "Failed to read image at x.jpg"
    assert picture_type(content[:16]) is None


@ALL
def test_a_picture_without_its_size_is_refused_by_the_files_name(mime: str, content: bytes) -> None:
    assert refusal(content[:10]) == "Failed to read image at x.jpg"


def cut_lengths(content: bytes) -> list[int]:
    """All lengths near both ends, and some between, of a file that lacks its end."""
    whole = len(content)
    return sorted({*range(1, 60), *range(60, whole, 37), *range(whole - 60, whole)})


@ALL
def test_a_cut_off_picture_is_refused_wherever_it_was_cut(mime: str, content: bytes) -> None:
    accepted = []
    for length in cut_lengths(content):
        try:
            read(content[:length])
        except ImageNotCreated as refused:
            assert refused.message in ("Failed to read image at x.jpg", "Invalid image.")
        else:
            accepted.append(length)
    assert accepted == []


def test_an_animated_gif_that_lacks_whole_frames_is_refused() -> None:
    content = pictures.gif(3)
    ends = pictures.gif_ends_of_frames(content)
    assert len(ends) == 2
    for end in ends:
        assert refusal(content[:end]) == "Invalid image."


def test_a_large_picture_without_its_last_bytes_is_refused() -> None:
    # More than one block of the decoder's input.
    content = pictures.gif(1, width=500, height=400)
    assert len(content) > 2 * 65536
    assert refusal(content[:-3]) == "Invalid image."
    assert refusal(content[: len(content) // 2]) == "Invalid image."


@pytest.mark.parametrize("offset", [16, 29, 40, 60, 1000])
def test_a_png_with_a_wrong_byte_is_refused(offset: int) -> None:
    content = bytearray(pictures.png())
    content[offset] ^= 0xFF
    assert refusal(bytes(content)).startswith("Invalid image.")


@ALL
@pytest.mark.parametrize("garbage", [b"\0", b"trailing text", b"\xff\xd9" * 9, b"IEND\xaeB`\x82"])
def test_bytes_behind_the_end_do_not_matter(mime: str, content: bytes, garbage: bytes) -> None:
    assert read(content + garbage) == Picture(mime, WIDTH, HEIGHT)


@ALL
def test_a_picture_that_is_an_archive_too_is_still_a_picture(mime: str, content: bytes) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("evil.php", "<?php")
    both = content + archive.getvalue()
    assert zipfile.is_zipfile(BytesIO(both))
    assert read(both) == Picture(mime, WIDTH, HEIGHT)


def test_two_pictures_in_one_file_are_what_the_file_begins_with() -> None:
    assert read(pictures.jpeg() + pictures.png()) == Picture("image/jpeg", WIDTH, HEIGHT)
    assert read(pictures.gif() + pictures.webp()) == Picture("image/gif", WIDTH, HEIGHT)


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/gif", "image/webp"])
def test_the_name_of_one_format_before_another_is_no_picture(mime: str) -> None:
    # The decoder must not guess: the type decides how the file is served.
    starts = {
        "image/jpeg": b"\xff\xd8\xff",
        "image/png": b"\x89PNG\r\n\x1a\n",
        "image/gif": b"GIF89a",
        "image/webp": b"RIFF\x24\0\0\0WEBP",
    }
    for other, content in PICTURES.values():
        if other != mime:
            assert refusal(starts[mime] + content)


def test_refusals_show_the_name_they_were_given_and_no_other_path() -> None:
    for content in (pictures.jpeg()[:5], pictures.bmp(), b"text"):
        assert "/" not in refusal(content, "photo.jpg")
        assert "photo.jpg" in refusal(content, "photo.jpg")

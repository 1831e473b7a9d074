"""Pictures that are small files and costly to read: refused by their structure, with a reason."""

import pytest

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.model import Picture
from rpcmedia.gallery.pictures import read_picture
from tests.support import hostile_pictures as hostile
from tests.support import pictures
from tests.support.pictures import HEIGHT, WIDTH

MAX_PIXELS = 50_000_000


def read(content: bytes) -> Picture:
    return read_picture(content, "x.jpg", MAX_PIXELS)


def refusal(content: bytes) -> str:
    with pytest.raises(ImageNotCreated) as refused:
        read(content)
    return refused.value.message


@pytest.mark.parametrize("kind", hostile.BOMBS)
def test_a_bomb_is_refused_and_the_refusal_says_why(kind: str) -> None:
    content, words = hostile.BOMBS[kind]
    assert len(content) < 5_000_000
    message = refusal(content)
    assert message.startswith("Invalid image.")
    assert words in message
    assert "; send" in message or "; save" in message


def test_a_jpeg_that_leaves_its_height_to_a_later_marker_is_refused() -> None:
    assert refusal(hostile.jpeg_of_height(0)) == "Invalid image."


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (hostile.gif_of_frames(1000), (1, 1)),
        (hostile.webp_of_frames(1000), (1, 1)),
        (hostile.png_of_frames(1000), (WIDTH, HEIGHT)),
        (hostile.jpeg_of_scans(64), (64, 64)),
        (hostile.png_with_text(b"zTXt", 8), (WIDTH, HEIGHT)),
        (hostile.jpeg_with(hostile.jpeg_segment(0xE1, bytes(60_000)) * 300), (WIDTH, HEIGHT)),
        (hostile.gif_of_blocks(9_000), (WIDTH, HEIGHT)),
    ],
    ids=["gif", "webp", "png", "scans", "text", "exif", "blocks"],
)
def test_what_is_within_the_limits_is_taken(content: bytes, size: tuple[int, int]) -> None:
    picture = read(content)
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (hostile.gif_of_frames(1001), hostile.gif_of_frames(1000)),
        (hostile.webp_of_frames(1001), hostile.webp_of_frames(1000)),
        (hostile.png_of_frames(1001), hostile.png_of_frames(1000)),
        (hostile.jpeg_of_scans(65), hostile.jpeg_of_scans(64)),
        (hostile.png_with_text(b"iTXt", 9), hostile.png_with_text(b"iTXt", 8)),
    ],
    ids=["gif", "webp", "png", "scans", "text"],
)
def test_one_more_than_the_limit_is_too_many(more: bytes, less: bytes) -> None:
    assert read(less)
    assert "; s" in refusal(more)


def test_frames_of_a_png_count_for_its_pixels_too() -> None:
    content = hostile.png_of_frames(10)
    assert read_picture(content, "x.png", 10 * WIDTH * HEIGHT)
    with pytest.raises(ImageNotCreated):
        read_picture(content, "x.png", 10 * WIDTH * HEIGHT - 1)


def test_what_looks_like_scans_behind_the_end_or_in_metadata_is_none() -> None:
    many = b"\xff\xda\0\2" * 500
    progressive = pictures.jpeg(progressive=True)
    assert read(progressive + many)
    at = progressive.rindex(b"\xff\xc4")
    comment = hostile.jpeg_segment(0xFE, many)
    assert read(progressive[:at] + comment + progressive[at:])


def test_an_end_in_a_comment_does_not_hide_scans() -> None:
    content = hostile.jpeg_of_scans(1000)
    at = content.index(b"\xff\xda", content.index(b"\xff\xda") + 2)
    hiding = hostile.jpeg_segment(0xFE, b"\xff\xd9")
    assert "scans" in refusal(content[:at] + hiding + content[at:])


def test_text_that_is_not_compressed_or_is_damaged_does_not_matter() -> None:
    for chunk in (
        hostile.png_chunk(b"tEXt", b"Comment\0" + bytes(9_000_000)),
        hostile.png_chunk(b"iTXt", b"Comment\0\0\0\0\0" + hostile.packed_zeros(1000)),
        hostile.png_chunk(b"zTXt", b"Comment\0\0nonsense"),
        hostile.png_chunk(b"iCCP", b""),
    ):
        assert read(hostile.png_with(chunk)) == Picture("image/png", WIDTH, HEIGHT)


def test_a_chunk_with_a_wrong_checksum_is_refused_wherever_it_is() -> None:
    chunk = hostile.png_chunk(b"tEXt", b"Comment\0x")[:-1] + b"\0"
    assert refusal(hostile.png_with(chunk)) == "Invalid image."


def test_large_pictures_are_read_after_one_another_and_all_are_taken() -> None:
    # 34 bytes, and 64 MiB to decode them.
    large = hostile.blank_webp(2500, 2000)
    assert [read(large) for _ in range(2)] == [Picture("image/webp", 2500, 2000)] * 2

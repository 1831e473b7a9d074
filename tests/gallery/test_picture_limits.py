"""Pictures that are few bytes and many pixels: refused before anything is decoded."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.model import Picture
from rpcmedia.gallery.pictures import read_picture
from tests.support import pictures
from tests.support.pictures import HEIGHT, WIDTH

PIXELS = WIDTH * HEIGHT


def refusal(content: bytes, max_pixels: int) -> str:
    with pytest.raises(ImageNotCreated) as refused:
        read_picture(content, "x.jpg", max_pixels)
    assert refused.value.number == 104
    return refused.value.message


# Reads the file that it is given and prints the refusal and the kilobytes that reading it took.
READ_ONE_FILE = """
import resource, sys
from pathlib import Path
from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.pictures import read_picture

content = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(read_picture(content, "x.jpg", 50_000_000))
except ImageNotCreated as refused:
    print(refused)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture(autouse=True)
def decoder_as_it_was() -> Iterator[None]:
    # The decoder's own limit belongs to the whole process, and reading may raise it.
    limit = Image.MAX_IMAGE_PIXELS
    yield
    Image.MAX_IMAGE_PIXELS = limit


def test_a_png_of_169_million_pixels_in_a_few_bytes_is_refused_undecoded(tmp_path: Path) -> None:
    bomb = pictures.blank_png(13_000, 13_000)
    assert len(bomb) < 100_000
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb)
    # A process of its own, for the most memory that a process ever took never shrinks.
    command = [sys.executable, "-c", READ_ONE_FILE, str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "more than 50000000 pixels" in told[0]
    # Decoded it would take 169 MB.
    assert int(told[1]) < 40_000


def test_a_png_whose_header_alone_is_huge_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + header
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb = start + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IEND\xaeB`\x82"
    assert refusal(bomb, 50_000_000).startswith("Invalid image.")


@pytest.mark.parametrize(
    ("content", "mime", "frames"),
    [
        (pictures.jpeg(), "image/jpeg", 1),
        (pictures.jpeg(progressive=True), "image/jpeg", 1),
        (pictures.png(), "image/png", 1),
        (pictures.gif(), "image/gif", 1),
        (pictures.webp(), "image/webp", 1),
        (pictures.gif(4), "image/gif", 4),
        (pictures.webp(4), "image/webp", 4),
    ],
    ids=["jpeg", "progressive", "png", "gif", "webp", "animated gif", "animated webp"],
)
def test_the_limit_is_the_pixels_of_all_frames_together(
    content: bytes, mime: str, frames: int
) -> None:
    assert read_picture(content, "x.jpg", PIXELS * frames) == Picture(mime, WIDTH, HEIGHT)
    words = refusal(content, PIXELS * frames - 1)
    # The refusal says the limit and the remedy.
    assert words == (
        f"Invalid image. It has more than {PIXELS * frames - 1} pixels, all frames together;"
        " send a smaller one."
    )


@pytest.mark.parametrize("canvas", [1, 30])
def test_a_gif_frame_far_larger_than_its_canvas_counts_with_its_own_size(canvas: int) -> None:
    bomb = pictures.gif_with_frame_beyond_canvas(canvas, 1200)
    assert len(bomb) < 5_000
    refusal(bomb, 1_000_000)


def test_a_gif_frame_that_only_the_decoder_finds_counts_too() -> None:
    bomb = pictures.gif_with_hidden_frame(1200)
    assert len(bomb) < 5_000
    try:
        found = read_picture(bomb, "x.jpg", 1_000_000)
    except ImageNotCreated:
        return
    # A decoder that finds the small frame may take the file.
    assert found.width * found.height <= 1_000_000


def test_a_limit_above_the_decoders_own_is_kept_too() -> None:
    # The decoder refuses twice 89 million pixels by itself; an operator may allow more.
    content = pictures.blank_png(13_500, 13_500)
    assert read_picture(content, "x.jpg", 200_000_000) == Picture("image/png", 13_500, 13_500)
    refusal(content, 180_000_000)

"""Real pictures, made with Pillow; the same arguments always make the same bytes."""

import io
import random
import struct
from functools import cache
from typing import Any

from PIL import Image

WIDTH, HEIGHT = 40, 30
"""The size of every picture that is not asked for another."""

GIF_TRAILER = b";"


def jpeg(seed: int = 1, **options: Any) -> bytes:
    """A JPEG of noise; `progressive=True` and the other options are Pillow's."""
    return _saved(_noise("RGB", seed), "JPEG", **options)


def cmyk_jpeg() -> bytes:
    """A JPEG with the four colours of print."""
    return _saved(_noise("CMYK", 1), "JPEG")


def grey_jpeg() -> bytes:
    """A JPEG without colours."""
    return _saved(_noise("L", 1), "JPEG")


def jpeg_with_exif() -> bytes:
    """A JPEG that says it lies on its side, and who made it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "somebody"
    return _saved(_noise("RGB", 1), "JPEG", exif=exif)


def multi_picture_jpeg() -> bytes:
    """A JPEG with a second one behind it, as phones and cameras write for previews and depth."""
    more = [_noise("RGB", 2)]
    return _saved(_noise("RGB", 1), "MPO", save_all=True, append_images=more)


def png(seed: int = 1) -> bytes:
    """A PNG of noise."""
    return _saved(_noise("RGB", seed), "PNG")


@cache
def blank_png(width: int, height: int) -> bytes:
    """A PNG of one colour: few bytes, however large it is."""
    return _saved(Image.new("1", (width, height)), "PNG")


def gif(frames: int = 1, *, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A GIF of noise; with more than one frame it is animated."""
    pictures = [_noise("L", seed, width, height) for seed in range(1, frames + 1)]
    return _animation(pictures, "GIF")


def gif_ends_of_frames(content: bytes) -> list[int]:
    """Where each frame of an animated GIF made here ends, the last one aside.

    Every frame but the first begins with a graphic control extension of 8 bytes.
    """
    ends, at = [], content.index(b"\x21\xf9\x04")
    while (at := content.find(b"\x21\xf9\x04", at + 1)) >= 0:
        ends.append(at)
    return ends


def gif_with_frame_beyond_canvas(canvas: int, frame: int) -> bytes:
    """A GIF whose second frame is a square far larger than the canvas that its header announces."""
    first = _saved(Image.new("L", (canvas, canvas)), "GIF")
    second = _saved(Image.new("L", (frame, frame)), "GIF")
    return first.removesuffix(GIF_TRAILER) + _gif_blocks(second) + GIF_TRAILER


def gif_with_hidden_frame(frame: int) -> bytes:
    """A GIF of one pixel by its blocks, in which Pillow finds a far larger square instead.

    Pillow takes what follows an empty loop count for its next block, and so passes over the small
    frame: it goes on 44 bytes later, for `,` is 44.
    """
    start = _saved(Image.new("L", (1, 1)), "GIF")[:13]
    palette = bytes(3 * 2 ** ((start[10] & 7) + 1))
    large = _gif_blocks(_saved(Image.new("L", (frame, frame)), "GIF"))
    large = large[large.index(b",") :]
    # Its data is that of the small frame as well: the first block of that ends where it begins.
    hidden = b"\0" + large[:11]
    filling = bytes(44 - 10 - 1)
    small = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + large[10:11]
    block = bytes([len(filling) + len(hidden)]) + filling + hidden
    loop = b"\x21\xff\x0bNETSCAPE2.0\0"
    return start + palette + loop + small + block + large[11:] + GIF_TRAILER


def webp(frames: int = 1, **options: Any) -> bytes:
    """A WebP of noise; with more than one frame it is animated."""
    return _animation([_noise("RGB", seed) for seed in range(1, frames + 1)], "WEBP", **options)


def animated_png(frames: int = 3) -> bytes:
    """A PNG with further frames that readers of plain PNG skip."""
    return _animation([_noise("RGB", seed) for seed in range(1, frames + 1)], "PNG")


def bmp() -> bytes:
    """A Windows bitmap."""
    return _saved(_noise("RGB", 1), "BMP")


def tiff() -> bytes:
    """A TIFF with the byte order of Intel."""
    return _saved(_noise("RGB", 1), "TIFF")


def ico() -> bytes:
    """A Windows icon."""
    return _saved(_noise("RGB", 1), "ICO")


def _noise(mode: str, seed: int, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    size = width * height * len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(size))


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def _animation(pictures: list[Image.Image], kind: str, **options: Any) -> bytes:
    first, *more = pictures
    if more:
        options |= {"save_all": True, "append_images": more, "duration": 50}
    return _saved(first, kind, **options)


def _gif_blocks(content: bytes) -> bytes:
    """What stands between the global palette of a GIF and its trailer."""
    (flags,) = struct.unpack_from("B", content, 10)
    palette = 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
    return content[13 + palette :].removesuffix(GIF_TRAILER)

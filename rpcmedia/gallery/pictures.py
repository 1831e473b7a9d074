"""Reading pictures: is it one, of which type, how large, and does it decode to its end.

The only door to Pillow. The words of the faults are those of the reference server, without the
server paths that it put into them.
"""

import io
import struct
import warnings

from PIL import Image

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.model import Picture

_MIME_TYPES = {
    "JPEG": "image/jpeg",
    # A JPEG with more pictures behind the first, as cameras make them.
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}

_ANIMATED = ("image/gif", "image/webp")

_GIF_FRAME, _GIF_EXTENSION, _GIF_TRAILER = b",!;"

_MOST_PIXELS_A_BYTE = 8 * 1032
"""Deflate makes at most 1032 bytes out of one, of 8 pixels each: a shorter PNG is cut off."""

_PNG_END = b"IEND\xaeB`\x82"

# This module has its own, lower limit.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# What is odd about a client's picture is no business of the operator's console.
warnings.filterwarnings("ignore", module=r"PIL\.")

# Numbers that the reference server shows for image formats it knows but does not take.
_REFUSED_FORMATS = (
    (b"BM", 6),
    (b"II*\0", 7),
    (b"MM\0*", 8),
    (b"8BPS", 5),
    (b"FWS", 4),
    (b"CWS", 13),
    (b"\0\0\0\x0cjP  ", 10),
    (b"\0\0\1\0", 17),
)


def picture_type(head: bytes) -> str | None:
    """The media type that the first 16 bytes of a file announce, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def read_picture(content: bytes, name: str, max_pixels: int) -> Picture:
    """Decode a picture to its end and tell what it is. Blocks; raises ImageNotCreated.

    `max_pixels` bounds the pixels of all frames together, before anything is decoded.
    """
    mime = picture_type(content[:16])
    if mime is None:
        raise _unknown_format(content, name)
    if not _announces_size(content, mime):
        raise ImageNotCreated(f"Failed to read image at {name}")
    try:
        return _decode(content, mime, max_pixels)
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError):
        raise ImageNotCreated("Invalid image.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(max_pixels) from None


def _decode(content: bytes, mime: str, max_pixels: int) -> Picture:
    if Image.MAX_IMAGE_PIXELS is not None and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels
    if mime == "image/png":
        _verify_png(content)
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "GIF", "WEBP")) as image:
        if _MIME_TYPES.get(image.format or "") != mime:
            raise ImageNotCreated("Invalid image.")
        size = image.size
        frames, width, height = _walk_gif(content) if mime == "image/gif" else (1, *size)
        if mime in _ANIMATED:
            frames = max(frames, getattr(image, "n_frames", 1))
        _refuse_large(frames, (max(width, image.width), max(height, image.height)), max_pixels)
        # A JPEG is decoded at an eighth of its size: every bit is still read, at half the cost.
        image.draft(None, (max(1, width // 8), max(1, height // 8)))
        image.load()
        for frame in range(1, frames):
            image.seek(frame)
            # A frame may be larger than what the file announced.
            _refuse_large(frames, image.size, max_pixels)
            image.load()
        return Picture(mime, *size)


def _walk_gif(content: bytes) -> tuple[int, int, int]:
    """Frames, and the width and height that hold the canvas and all of them.

    Raises IndexError if the file ends before its trailer: whole frames may be missing then.
    """
    width, height = struct.unpack_from("<HH", content, 6)
    at = 13 + _palette_size(content[10])
    frames = 0
    while content[at] != _GIF_TRAILER:
        if content[at] == _GIF_FRAME:
            left, top, wide, high = struct.unpack_from("<HHHH", content, at + 1)
            width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            at = _skip_blocks(content, at + 11 + _palette_size(content[at + 9]))
        elif content[at] == _GIF_EXTENSION:
            at = _skip_blocks(content, at + 2)
        else:
            at += 1
    return frames, width, height


def _palette_size(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(content: bytes, at: int) -> int:
    while content[at]:
        at += content[at] + 1
    return at + 1


def _verify_png(content: bytes) -> None:
    # Pillow shows a PNG whose last chunks are cut off; only its chunk by chunk check tells.
    width, height = struct.unpack_from(">II", content, 16)
    if width * height > len(content) * _MOST_PIXELS_A_BYTE or _PNG_END not in content:
        raise ImageNotCreated("Invalid image.")
    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        image.verify()


def _refuse_large(frames: int, size: tuple[int, int], max_pixels: int) -> None:
    if frames * size[0] * size[1] > max_pixels:
        raise _too_large(max_pixels)


def _too_large(max_pixels: int) -> ImageNotCreated:
    return ImageNotCreated(
        f"Invalid image. It has more than {max_pixels} pixels, all frames together;"
        " send a smaller one."
    )


def _unknown_format(content: bytes, name: str) -> ImageNotCreated:
    for signature, number in _REFUSED_FORMATS:
        if content.startswith(signature):
            return ImageNotCreated(f"Unsupported image format.. Type: {number}. File: {name}")
    return ImageNotCreated(f"Failed to read image at {name}")


def _announces_size(content: bytes, mime: str) -> bool:
    """Whether the header reaches as far as width and height: the reference's first check."""
    if mime != "image/jpeg":
        return len(content) >= {"image/png": 25, "image/gif": 11, "image/webp": 30}[mime]
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at = len(content) - len(content[at:].lstrip(b"\xff")) - 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return True
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return False

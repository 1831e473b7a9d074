"""Reading pictures: is it one, of which type, how large, and does it decode to its end.

The only door to Pillow. The words of the faults are those of the reference server, without the
server paths that it put into them.
"""

import contextlib
import io
import struct
import threading
import warnings

from PIL import Image

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.model import Picture
from rpcmedia.gallery.picture_outlines import NoSize, Outline, outline

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
"""What the decoder calls them; it must not take a file for anything else than its type."""

_LARGE = 64 * 1024**2
_one_large = threading.Lock()
"""Pictures that take more memory than that are decoded one after another."""

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
    try:
        found = outline(content, mime)
        size = (found.width, found.height)
        _refuse_large(found.frames, size, max_pixels)
        large = found.width * found.height * found.bytes_a_pixel > _LARGE
        with _one_large if large else contextlib.nullcontext():
            return _decode(found, mime, max_pixels)
    except NoSize:
        raise ImageNotCreated(f"Failed to read image at {name}") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError):
        raise ImageNotCreated("Invalid image.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(max_pixels) from None


def _decode(found: Outline, mime: str, max_pixels: int) -> Picture:
    if Image.MAX_IMAGE_PIXELS is not None and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels
    sizes = [_decode_drawing(drawing, found, mime, max_pixels) for drawing in found.drawings]
    return Picture(mime, *sizes[0])


def _decode_drawing(drawing: bytes, found: Outline, mime: str, max_pixels: int) -> tuple[int, int]:
    with Image.open(io.BytesIO(drawing), formats=(_FORMATS[mime],)) as image:
        size = image.size
        frames = getattr(image, "n_frames", 1) if mime == "image/webp" else 1
        # The decoder may see more than the outline told.
        _refuse_large(max(found.frames, frames), size, max_pixels)
        # A JPEG is decoded at an eighth of its size: every bit is still read, at half the cost.
        image.draft(None, (max(1, size[0] // 8), max(1, size[1] // 8)))
        image.load()
        for frame in range(1, frames):
            image.seek(frame)
            image.load()
        return size


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

"""What a picture is made of, from its structure alone: size, frames, and the parts that are drawn.

Nothing is decoded here, so this is where files are refused that would cost far more than they
weigh. The decoder is handed only what draws the picture: it would read metadata too, and some of it
grows by a thousand times when it is read. Sources: ITU-T T.81 annex B (JPEG), the PNG
specification, the GIF89a specification, RFC 9649 (WebP).
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from rpcmedia.gallery.faults import ImageNotCreated

MOST_FRAMES = 1000
"""40 seconds of film. Each frame costs a decoder of its own, however few pixels it has."""

MOST_SCANS = 64
"""Usual encoders make 10, or 18 for four colours; each goes over all pixels for a few bytes."""

MOST_UNPACKED = 8 * 1024**2
"""Bytes of all compressed metadata of a PNG; the largest of use are colour profiles of 3 MB."""

_FEWEST_PARTS, _BYTES_A_PART = 10_000, 64
"""Usual encoders fill a part: 255 bytes in a GIF, 8 KiB in a PNG, 64 KiB in a JPEG."""


class NoSize(Exception):
    """The file ends before its width and height."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A picture before it is decoded; width and height hold all of its frames."""

    width: int
    height: int
    frames: int
    bytes_a_pixel: int
    """The memory that decoding takes, as it was measured."""
    drawings: Iterable[bytes]
    """Files of the same format, without metadata, that together draw the picture."""


def outline(content: bytes, mime: str) -> Outline:
    """The outline of a file that begins like this type.

    Raises NoSize, ImageNotCreated for what is beyond a limit, and IndexError, struct.error or
    ValueError where the structure is broken or cut off.
    """
    if mime != "image/jpeg" and len(content) < _HEADER_SIZES[mime]:
        raise NoSize
    return _READERS[mime](content, _Parts(content))


class _Parts:
    """How many parts a file may still have: small ones are slow to go through."""

    def __init__(self, content: bytes) -> None:
        self.left = _FEWEST_PARTS + len(content) // _BYTES_A_PART

    def count(self, number: int = 1) -> None:
        """Count parts. Raises ImageNotCreated when they are too many."""
        self.left -= number
        if self.left < 0:
            raise ImageNotCreated(
                "Invalid image. It is made of too many small parts; save it anew without metadata."
            )


# A marker that is neither filling, nor a byte of the drawing, nor a restart within it.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_JPEG_METADATA = {*range(0xE0, 0xF0), 0xFE}
_JPEG_WITHOUT_LENGTH = {0x01, 0xD8, _JPEG_END}


def _outline_jpeg(content: bytes, parts: _Parts) -> Outline:
    frame = None
    drawn = [content[:2]]
    end = 2
    for marker, start, after in _jpeg_segments(content, 2, parts):
        if frame is None and content[end] != 0xFF:
            # The reference's first check looks for the size in an unbroken row of segments.
            break
        end = after
        if marker in _JPEG_FRAMES and end - start >= 10:
            height, width, colours = struct.unpack_from(">HHB", content, start + 5)
            frame = (marker, colours)
        if marker == _JPEG_SCAN and frame:
            collected = _collects_scans(content, start, frame, parts)
            picture = b"".join((*drawn, content[start:]))
            return Outline(width, height, 1, 8 if collected else 1, (picture,))
        if marker not in _JPEG_METADATA:
            drawn.append(content[start:end])
    if frame is None:
        raise NoSize
    raise IndexError("no scan")


def _collects_scans(content: bytes, at: int, frame: tuple[int, int], parts: _Parts) -> bool:
    """Whether all is kept in memory until the last scan: up to four colours of two bytes.

    Else the first scan is the picture. Raises ImageNotCreated for too many.
    """
    marker, colours = frame
    if marker not in _JPEG_PROGRESSIVE and content[at + 4] >= colours:
        return False
    scans = content.count(bytes((0xFF, _JPEG_SCAN)), at)
    if scans > MOST_SCANS:
        # Some of them may stand in metadata, or behind the end of the picture.
        markers = (marker for marker, _, _ in _jpeg_segments(content, at, parts))
        scans = sum(marker == _JPEG_SCAN for marker in takewhile(_JPEG_END.__ne__, markers))
    if scans > MOST_SCANS:
        raise ImageNotCreated(
            f"Invalid image. It is a JPEG of more than {MOST_SCANS} scans; save it with fewer."
        )
    return True


def _jpeg_segments(content: bytes, at: int, parts: _Parts) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment; what stands between two is passed over."""
    while found := _JPEG_MARKER.search(content, at):
        parts.count()
        start, at = found.span()
        marker = content[at - 1]
        if marker not in _JPEG_WITHOUT_LENGTH:
            at += int.from_bytes(content[at : at + 2], "big")
        yield marker, start, min(at, len(content))


_PNG_DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_PNG_COMPRESSED = {b"zTXt", b"iTXt", b"iCCP"}
_PNG_FRAME = b"fcTL"

_MOST_PIXELS_A_BYTE = 8 * 1032
"""Deflate makes at most 1032 bytes out of one, of 8 pixels each."""


def _outline_png(content: bytes, parts: _Parts) -> Outline:
    width, height = struct.unpack_from(">II", content, 16)
    if width * height > len(content) * _MOST_PIXELS_A_BYTE:
        raise ValueError("cut off")
    drawn = [content[:8]]
    frames = unpacked = 0
    for kind, start, end in _png_chunks(content, parts):
        if kind in _PNG_DRAWN:
            drawn.append(content[start:end])
        elif kind == _PNG_FRAME:
            frames += 1
            _refuse_many(frames)
        elif kind in _PNG_COMPRESSED:
            unpacked += _unpacked_size(kind, content[start + 8 : end - 4], MOST_UNPACKED - unpacked)
    return Outline(width, height, max(frames, 1), 4, (b"".join(drawn),))


def _png_chunks(content: bytes, parts: _Parts) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk to the last. Raises ValueError for a wrong checksum."""
    at, kind, view = 8, b"", memoryview(content)
    while kind != b"IEND":
        parts.count()
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(view[at + 4 : end - 4]) != checksum:
            raise ValueError("wrong checksum")
        yield kind, at, end
        at = end


def _unpacked_size(kind: bytes, data: bytes, most: int) -> int:
    """Bytes that compressed metadata makes. Raises ImageNotCreated if they are too many."""
    packed = data.partition(b"\0")[2]
    if kind == b"iTXt":
        compressed, packed = packed[:1], packed[2:].partition(b"\0")[2].partition(b"\0")[2]
    else:
        compressed, packed = b"\1", packed[1:]
    if compressed != b"\1":
        return 0
    try:
        unpacked = zlib.decompressobj().decompress(packed, most + 1)
    except zlib.error:
        # Readers pass over text that is damaged.
        return 0
    if len(unpacked) > most:
        raise ImageNotCreated(
            f"Invalid image. Its metadata unpacks to more than {MOST_UNPACKED} bytes;"
            " save it anew without metadata."
        )
    return len(unpacked)


_GIF_FRAME, _GIF_EXTENSION, _GIF_TRAILER = b",!;"


def _outline_gif(content: bytes, parts: _Parts) -> Outline:
    width, height = struct.unpack_from("<HH", content, 6)
    start = at = 13 + _palette_size(content[10])
    spans = []
    while content[at] != _GIF_TRAILER:
        parts.count()
        if content[at] == _GIF_FRAME:
            left, top, wide, high = struct.unpack_from("<HHHH", content, at + 1)
            width, height = max(width, left + wide), max(height, top + high)
            end = _skip_blocks(content, at + 11 + _palette_size(content[at + 9]), parts)
            spans.append((at, end))
            _refuse_many(len(spans))
            at = end
        elif content[at] == _GIF_EXTENSION:
            at = _skip_blocks(content, at + 2, parts)
        else:
            at += 1
    if not spans:
        raise ValueError("no frame")
    # Each frame is a picture of its own here: laying them over each other takes many times more.
    head, tail = content[:start], bytes([_GIF_TRAILER])
    drawings = (head + content[first:end] + tail for first, end in spans)
    return Outline(width, height, len(spans), 1, drawings)


def _palette_size(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(content: bytes, at: int, parts: _Parts) -> int:
    number = 0
    while size := content[at]:
        at += size + 1
        number += 1
        if number > parts.left:
            break
    parts.count(number)
    return at + 1


def _outline_webp(content: bytes, parts: _Parts) -> Outline:
    width, height = _webp_size(content)
    end = min(8 + int.from_bytes(content[4:8], "little"), len(content))
    at, frames = 12, 0
    while at + 8 <= end:
        parts.count()
        kind, size = struct.unpack_from("<4sI", content, at)
        if kind == b"ANMF":
            frames += 1
            _refuse_many(frames)
        at += 8 + size + size % 2
    return Outline(width, height, max(frames, 1), 16, (content,))


def _webp_size(content: bytes) -> tuple[int, int]:
    match content[12:16]:
        case b"VP8X":
            first, second = content[24:27], content[27:30]
            return int.from_bytes(first, "little") + 1, int.from_bytes(second, "little") + 1
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no picture")


def _refuse_many(frames: int) -> None:
    if frames > MOST_FRAMES:
        raise ImageNotCreated(
            f"Invalid image. It has more than {MOST_FRAMES} frames; send one with fewer."
        )


_READERS = {
    "image/jpeg": _outline_jpeg,
    "image/png": _outline_png,
    "image/gif": _outline_gif,
    "image/webp": _outline_webp,
}
_HEADER_SIZES = {"image/png": 25, "image/gif": 11, "image/webp": 30}

"""Pictures that are small as files and made to cost far more than that, or to be something else."""

import io
import struct
import zlib

from PIL import Image

from tests.support import pictures


def jpeg_with(segments: bytes) -> bytes:
    """A JPEG with these bytes before all others."""
    whole = pictures.jpeg()
    return whole[:2] + segments + whole[2:]


def jpeg_segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_comment(text: bytes) -> bytes:
    """A JPEG whose comment is this."""
    return jpeg_with(jpeg_segment(0xFE, text))


def jpeg_of_scans(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG of one colour with at least so many scans, each of a few bytes."""
    file = io.BytesIO()
    Image.new("RGB", (side, side)).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * (scans - whole.count(b"\xff\xda")) + b"\xff\xd9"


def jpeg_of_height(height: int) -> bytes:
    """A JPEG whose header tells another height than its data has."""
    whole = bytearray(pictures.jpeg())
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 2] = struct.pack(">H", height)
    return bytes(whole)


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk of a PNG with its right checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(chunks: bytes) -> bytes:
    """A PNG with these chunks before its data."""
    whole = pictures.png()
    return whole[:33] + chunks + whole[33:]


def packed_zeros(megabytes: int) -> bytes:
    """Zeros, compressed to a thousandth."""
    packer = zlib.compressobj(9)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    # Blocks after a full flush are the same; the sum at the end is that of so many zeros.
    again = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush()[:-4] + struct.pack(">HH", megabytes * 1_000_000 % 65_521, 1)
    return block + again * (megabytes - 1) + end


def png_with_text(kind: bytes, megabytes: int) -> bytes:
    """A PNG with compressed metadata that unpacks to so much."""
    keyword = b"Comment\0\1\0\0\0" if kind == b"iTXt" else b"Comment\0\0"
    return png_with(png_chunk(kind, keyword + packed_zeros(megabytes)))


def png_of_frames(frames: int) -> bytes:
    """A PNG that announces so many frames, each of one pixel."""
    control = struct.pack(">IIIIHHBB", 1, 1, 0, 0, 1, 1, 0, 0)
    data = zlib.compress(bytes(4))
    chunks = b"".join(
        png_chunk(b"fcTL", struct.pack(">I", 2 * number) + control)
        + png_chunk(b"fdAT", struct.pack(">I", 2 * number + 1) + data)
        for number in range(frames)
    )
    return png_with(png_chunk(b"acTL", struct.pack(">II", frames, 0)) + chunks)


def gif_of_frames(frames: int) -> bytes:
    """A GIF of so many frames of one pixel: 17 bytes each."""
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "GIF")
    whole = file.getvalue()
    frame = whole[whole.index(b",") : -1]
    return whole[:-1] + frame * (frames - 1) + pictures.GIF_TRAILER


def gif_of_blocks(blocks: int) -> bytes:
    """A GIF whose comment comes a byte at a time."""
    return pictures.gif()[:-1] + b"!\xfe" + b"\1x" * blocks + b"\0" + pictures.GIF_TRAILER


def webp_of_frames(frames: int) -> bytes:
    """A WebP of so many frames of one pixel."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "WEBP", lossless=True)
    picture = file.getvalue()[12:]
    frame = struct.pack("<4sI", b"ANMF", 16 + len(picture)) + bytes(16) + picture
    extended = struct.pack("<4sIB9x", b"VP8X", 10, 2)
    body = b"WEBP" + extended + struct.pack("<4sI6x", b"ANIM", 6) + frame * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_header(width: int, height: int) -> bytes:
    """A lossless WebP of nothing but a size."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + bytes(9)
    body = b"WEBP" + struct.pack("<4sI", b"VP8L", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def blank_webp(width: int, height: int) -> bytes:
    """A lossless WebP of one colour: few bytes, however large it is."""
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "WEBP", lossless=True)
    return file.getvalue()


def gif_and_script() -> bytes:
    """A GIF that is a script too: what a browser takes for the name of a variable is its header."""
    whole = pictures.gif()
    return b"GIF89a/*" + whole[8:-1] + b"!\xfe\x10*/=1;alert(1);//\0" + pictures.GIF_TRAILER


BOMBS = {
    "gif of 50,000 frames": (gif_of_frames(50_000), "1000 frames"),
    "webp of 50,000 frames": (webp_of_frames(50_000), "1000 frames"),
    "png of 50,000 frames": (png_of_frames(50_000), "1000 frames"),
    "png of 169 million pixels": (pictures.blank_png(13_000, 13_000), "pixels"),
    "webp of 268 million pixels": (webp_header(16_383, 16_383), "pixels"),
    "zTXt of 1 GB": (png_with_text(b"zTXt", 1000), "metadata"),
    "iTXt of 1 GB": (png_with_text(b"iTXt", 1000), "metadata"),
    "iCCP of 1 GB": (png_with_text(b"iCCP", 1000), "metadata"),
    "zTXt, 20 of 1 MB": (
        png_with(png_chunk(b"zTXt", b"Comment\0\0" + packed_zeros(1)) * 20),
        "metadata",
    ),
    "jpeg of 10,000 scans": (jpeg_of_scans(10_000), "64 scans"),
    "jpeg of tiny segments": (jpeg_with(jpeg_segment(0xFE, b"") * 200_000), "small parts"),
    "jpeg of filling": (jpeg_with((b"\xff" + jpeg_segment(0xFE, b"")) * 60_000), "small parts"),
    "png of tiny chunks": (png_with(png_chunk(b"abCd") * 100_000), "small parts"),
    "gif of tiny blocks": (gif_of_blocks(1_000_000), "small parts"),
}
"""What each bomb is, and what its refusal says."""

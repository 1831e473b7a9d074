"""Compressed bodies: right ones, broken ones and bombs."""

import gzip
import zlib
from functools import cache
from random import Random

_CONTENTS = ((b" ", 50_000_000), (b"[],", 33_000_000), (b'{"a":1},', 33_000_000))
"""So many bytes of blanks, which a JSON reader passes over, and of values, which take memory."""


def encode_body(body: bytes, random: Random) -> tuple[str, bytes]:
    """A name of an encoding, and a body that may be in it."""
    name = random.choice(["gzip", "deflate", "br", "zstd", "identity", "x-gzip", "gzip, gzip", "?"])
    packed = gzip.compress(body, 1) if "gzip" in name else zlib.compress(body, 1)
    match random.randrange(7):
        case 0:
            return name, packed[: random.randrange(len(packed))]
        case 1:
            return name, packed + b"garbage"
        case 2:
            return name, random.randbytes(50)
        case 3:
            # Either name for either format, and deflate without its head.
            return name, random.choice([zlib.compress(body), gzip.compress(body), packed[2:-4]])
        case 4 if random.random() < 0.2:
            return name, _bomb("gzip" in name, *random.choice(_CONTENTS))
        case _:
            return name, packed


@cache
def _bomb(as_gzip: bool, part: bytes, size: int) -> bytes:
    """A list of the same again and again, of this size."""
    content = b"[" + part * (size // len(part)) + b"0]"
    return gzip.compress(content, 9) if as_gzip else zlib.compress(content, 9)

"""Pictures like photos, made at run time, and the requests that create them."""

import base64
import functools
import io
import json
import random
from dataclasses import dataclass

from PIL import Image

from harness.wire import head_of

KIB, MIB = 1024, 1024**2

_DIGITS = 12
_MARK = "PICTURE"


@functools.cache
def photo(size: int) -> bytes:
    """A JPEG of about this many bytes: soft colours under a little grain."""
    width, height = (800, 600) if size < MIB else (4000, 3000) if size < 4 * MIB else (6000, 4000)
    image = _scene(width, height)
    low, high = 1, 98
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_jpeg(image, middle)) <= size else (low, middle - 1)
    return _jpeg(image, low)


def _scene(width: int, height: int) -> Image.Image:
    chance = random.Random(1)

    def noise(mode: str, coarse: int) -> Image.Image:
        size = (width // coarse, height // coarse)
        count = size[0] * size[1] * len(mode)
        small = Image.frombytes(mode, size, chance.randbytes(count))
        return small.resize((width, height), Image.Resampling.BICUBIC)

    return Image.blend(noise("RGB", 16), noise("L", 2).convert("RGB"), 0.1)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


@dataclass(frozen=True)
class Uploads:
    """Requests that create images: products in turn, each with bytes of its own.

    The n-th has the number n in a comment of its JPEG, and in its name if that begins with
    `prefix`; without one all wish the same name `image`.
    """

    session: str
    picture: bytes
    products: tuple[str, ...]
    prefix: str = ""

    def name(self, number: int) -> str:
        """The name that the n-th image is wished."""
        return f"{self.prefix}{number:07}" if self.prefix else "image"

    def request(self, number: int) -> tuple[bytes, ...]:
        """The n-th request, in pieces: nothing is copied."""
        pieces = self.body(number)
        return (head_of(sum(map(len, pieces))), *pieces)

    def body(self, number: int) -> tuple[bytes, ...]:
        """The body of the n-th request, in pieces."""
        start, comment, rest = self._encoded
        file = {"content": _MARK, "mime": "image/jpeg", "name": self.name(number)}
        sku = self.products[number % len(self.products)]
        params = [self.session, "product_media.create", [sku, {"file": file, "exclude": 0}]]
        request = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
        before, _, after = json.dumps(request).partition(_MARK)
        digits = base64.b64encode(f"{number:0{_DIGITS}}".encode())
        assert len(digits) == len(comment)
        return (before.encode() + start + digits, rest, after.encode())

    def is_success(self, number: int, answer: bytes) -> bool:
        """Whether this is the answer that the n-th request must get."""
        name = self.name(number)
        end = f'{name}.jpg"]' if self.prefix else name
        return f'"result":["/{name[0]}/{name[1]}/{end}'.encode() in answer

    @functools.cached_property
    def _encoded(self) -> tuple[bytes, bytes, bytes]:
        # A comment right after the start of the picture: 6 bytes before it and 12 in it, so that
        # its base64 stands for itself.
        start = self.picture[:2] + b"\xff\xfe" + (2 + _DIGITS).to_bytes(2)
        comment = bytes(_DIGITS)
        rest = self.picture[2:]
        return base64.b64encode(start), base64.b64encode(comment), base64.b64encode(rest)

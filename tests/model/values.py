"""What a request may carry besides plain JSON, and what an answer is compared with."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support import pictures


@dataclass(frozen=True)
class Sample:
    """Bytes to upload: the type that they begin as, and the words by which they are refused."""

    name: str
    content: bytes
    mime: str | None
    refusal: str | None = None
    """None for a picture; `{name}` stands for the file name of the image."""


PICTURES = (
    Sample("jpeg 1", pictures.jpeg(1), "image/jpeg"),
    Sample("jpeg 2", pictures.jpeg(2, progressive=True), "image/jpeg"),
    Sample("png 1", pictures.png(1), "image/png"),
    Sample("png 2", pictures.png(2), "image/png"),
    Sample("gif", pictures.gif(1), "image/gif"),
    Sample("moving gif", pictures.gif(2), "image/gif"),
    Sample("webp", pictures.webp(1), "image/webp"),
    Sample("png and more", pictures.png(3) + b"<script>", "image/png"),
)


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


_NO_PICTURE = "Failed to read image at {name}"

NO_PICTURES = (
    Sample("text", b"/etc/passwd", None, _NO_PICTURE),
    Sample("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, _NO_PICTURE),
    Sample("head of a gif", b"GIF89a", "image/gif", _NO_PICTURE),
    Sample("bmp", pictures.bmp(), None, "Unsupported image format.. Type: 6. File: {name}"),
    Sample("tiff", pictures.tiff(), None, "Unsupported image format.. Type: 7. File: {name}"),
    Sample("half a png", _half(pictures.png()), "image/png", "Invalid image."),
    Sample("half a jpeg", _half(pictures.jpeg()), "image/jpeg", "Invalid image."),
    Sample("half a webp", _half(pictures.webp()), "image/webp", "Invalid image."),
)


def _wrapped(text: str) -> str:
    return "\r\n\t ".join(text[at : at + 76] for at in range(0, len(text), 76))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "wrapped": _wrapped,
    "unpadded": lambda text: text.rstrip("="),
    "a stray *": lambda text: f"{text[:8]}*{text[8:]}",
    "a data URL": lambda text: f"data:image/png;base64,{text}",
    "too much padding": lambda text: f"{text.rstrip('=')}===",
    "padding inside": lambda text: f"{text[:8]}={text[8:]}",
    "a form feed": lambda text: f"{text}\f",
}
WRONG_SPELLINGS = tuple(SPELLINGS)[3:]


@dataclass(frozen=True)
class Content:
    """A sample in Base64, rightly spelled or not. A failing run prints it in a few words."""

    sample: Sample
    spelling: str = "plain"

    def __repr__(self) -> str:
        return f"<{self.sample.name}, {self.spelling}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    @property
    def text(self) -> str:
        """What goes on the wire."""
        return SPELLINGS[self.spelling](base64.b64encode(self.sample.content).decode())

    @property
    def is_base64(self) -> bool:
        """Whether the reference decodes it."""
        return self.spelling not in WRONG_SPELLINGS


@dataclass(frozen=True)
class NewSession:
    """In place of a session id that only the server can know; no user for one not logged in."""

    user: str | None
    digits: int


class Words:
    """In place of a text that is the server's own: what it must say, for people to act on."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return f"<a text with {self._words}>"

    def fit(self, actual: object) -> bool:
        """Whether a text has all the words, and no path of the server."""
        return (
            isinstance(actual, str)
            and all(word in actual for word in self._words)
            and not re.search(r"/(?:tmp|home|usr|var)/|\.py\b|Traceback", actual)
        )


def differs(expected: Any, actual: Any, at: str = "answer") -> str | None:
    """Where an answer is not the expected one; None if it is, in every value and type."""
    if isinstance(expected, Words):
        return None if expected.fit(actual) else f"{at}: {actual!r} is not {expected}"
    if isinstance(expected, NewSession):
        ids = re.compile(rf"[0-9a-f]{{{expected.digits}}}")
        fits = isinstance(actual, str) and ids.fullmatch(actual)
        return None if fits else f"{at}: {actual!r} is no session id"
    if type(expected) is not type(actual):
        return f"{at}: {actual!r} is not {expected!r}"
    if isinstance(expected, dict):
        if expected.keys() != actual.keys():
            return f"{at}: has {sorted(actual)}, not {sorted(expected)}: {actual!r}"
        pairs = [(f"{at}.{name}", expected[name], actual[name]) for name in expected]
    elif isinstance(expected, list):
        if len(expected) != len(actual):
            return f"{at}: has {len(actual)} members, not {len(expected)}: {actual!r}"
        pairs = [(f"{at}[{n}]", *pair) for n, pair in enumerate(zip(expected, actual, strict=True))]
    else:
        return None if expected == actual else f"{at}: {actual!r} is not {expected!r}"
    found = (differs(wanted, got, place) for place, wanted, got in pairs)
    return next((difference for difference in found if difference), None)

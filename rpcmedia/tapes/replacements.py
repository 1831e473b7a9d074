"""Replacing many known values in a text at once."""

import json
import re

_GOES_ON = re.compile(rb"\w(?:[\w-]|\.\d)")


class Replacements:
    """Values and what to put in their places; the cost does not grow with their number.

    A value is replaced where it stands as a whole: 17 neither in 170 nor in 1.17.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._lengths: list[int] = []
        self._firsts: set[bytes] = set()
        self._starts: re.Pattern[bytes] | None = None

    def put(self, old: str, new: str) -> None:
        """Replace `old` by `new` from now on, also as JSON spells them."""
        pairs = zip(_spellings(old), _spellings(new), strict=True)
        # Most texts are JSON: where the spellings of a value are the same, the first one counts.
        for one, other in reversed(list(pairs)):
            self._known[one] = other
            self._learn_shape(one)

    def apply(self, text: bytes) -> bytes:
        """The text with every known value replaced."""
        if self._starts is None or len(text) < self._lengths[-1]:
            return text
        parts: list[bytes] = []
        done = 0
        for found in self._starts.finditer(text):
            start = found.start()
            end = self._end(text, start) if start >= done else 0
            if end:
                parts += (text[done:start], self._known[text[start:end]])
                done = end
        return b"".join((*parts, text[done:])) if parts else text

    def _end(self, text: bytes, start: int) -> int:
        for length in self._lengths:
            end = start + length
            if text[start:end] in self._known and not _GOES_ON.match(text, end - 1):
                return end
        return 0

    def _learn_shape(self, old: bytes) -> None:
        if len(old) not in self._lengths:
            self._lengths = sorted((*self._lengths, len(old)), reverse=True)
        if old[:1] not in self._firsts:
            self._firsts.add(old[:1])
            firsts = re.escape(b"".join(sorted(self._firsts)))
            # The class comes first, for the engine skips to it.
            self._starts = re.compile(rb"[" + firsts + rb"](?:(?<=\W)|(?<![\w.-].))", re.DOTALL)


def _spellings(value: str) -> list[bytes]:
    ascii_only = json.dumps(value)[1:-1]
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    spelled = [ascii_only, ascii_only.replace("/", "\\/"), plain, plain.replace("/", "\\/")]
    return [one.encode("utf-8", "surrogateescape") for one in spelled]

"""Finding known secrets in texts, in every spelling that URLs, JSON and XML have for them."""

import html
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

_PLACEHOLDER = rb"\{\{[a-z]+:[^{}]*\}\}"
_HEX_RUN = re.compile(rb"[0-9a-fA-F]{32,}")
_HEX_LENGTHS = (32, 64)
_WORD_RUN = re.compile(rb"[0-9A-Za-z%_.~+/=,-]+")
_RECENT = 1000
"""So many secrets that pass, such as cookies, are looked for inside words; older ones as words."""
_OVERLAP = 1024
"""Longer than a secret is in any spelling; what is longer is not found across two chunks."""


class SecretTexts:
    """The secrets that are known so far."""

    def __init__(self) -> None:
        self._session_ids: set[bytes] = set()
        self._spellings: dict[bytes, str] = {}
        self._recent: dict[bytes, str] = {}
        self._words: dict[bytes, str] = {}

    def add(self, secret: str, *, is_passing: bool = False) -> None:
        """Look for this one too; `is_passing` if a tape may have many thousands of its kind."""
        raw = secret.encode()
        if len(raw) in _HEX_LENGTHS and _HEX_RUN.fullmatch(raw):
            # A tape may have many thousands of these.
            self._session_ids.add(raw)
        elif is_passing:
            self._recent.update(dict.fromkeys(spellings(secret), secret))
            while len(self._recent) > _RECENT:
                word = next(iter(self._recent))
                self._words[word] = self._recent.pop(word)
        else:
            self._spellings.update(dict.fromkeys(spellings(secret), secret))

    def found_in(self, text: bytes) -> dict[bytes, str]:
        """The spellings that are in a text, with the secrets they stand for."""
        sought = itertools.chain(self._spellings.items(), self._recent.items())
        found = {raw: secret for raw, secret in sought if raw in text}
        if self._words:
            words = set(_WORD_RUN.findall(text))
            words |= {part for word in words for part in word.split(b"=")}
            found |= {word: self._words[word] for word in words if word in self._words}
        for run in _HEX_RUN.findall(text):
            for size in _HEX_LENGTHS:
                windows = (run[start : start + size] for start in range(len(run) - size + 1))
                found |= {part: part.decode() for part in windows if part in self._session_ids}
        return found


def spellings(secret: str) -> set[bytes]:
    """How a secret may stand in a text: as it is, or in a JSON string, in XML or in a URL."""
    in_json = {json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False)}
    in_json |= {text.replace("/", "\\/") for text in in_json}
    in_xml = {html.escape(secret), html.escape(secret, quote=False)}
    in_url = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return {text.encode() for text in {secret} | in_json | in_xml | in_url}


def substitute(text: bytes, table: Mapping[bytes, bytes]) -> bytes:
    """A text with all that the table names replaced; placeholders in it stay as they are."""
    return _substitute(text, len(text), table)[0]


def substitute_chunks(
    chunks: Iterable[bytes], table_of: Callable[[bytes], Mapping[bytes, bytes]]
) -> Iterator[bytes]:
    """The same for a text that comes piece by piece; `table_of` is asked for each."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        # What may be the beginning of a secret waits for the next chunk.
        done, rest = _substitute(rest, len(rest) - _OVERLAP, table_of(rest))
        yield done
    yield substitute(rest, table_of(rest))


def _substitute(text: bytes, end: int, table: Mapping[bytes, bytes]) -> tuple[bytes, bytes]:
    """The text up to about `end` with its secrets replaced, and the rest as it is."""
    longest_first = sorted(table, key=len, reverse=True)
    pattern = re.compile(b"|".join([_PLACEHOLDER, *map(re.escape, longest_first)]))
    pieces, at = [], 0
    for found in pattern.finditer(text) if table else ():
        if found.start() >= end:
            break
        pieces += [text[at : found.start()], table.get(found[0], found[0])]
        at = found.end()
    end = max(at, end)
    return b"".join([*pieces, text[at:end]]), text[end:]

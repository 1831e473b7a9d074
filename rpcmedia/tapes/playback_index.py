"""Where the exchanges of tapes are, found by what their requests mean.

The tapes stay on disk; an exchange costs about 200 bytes of memory, whatever its size.
"""

import base64
import os
import re
from array import array
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from rpcmedia.tapes.credentials import replace_keys, sessions_sent
from rpcmedia.tapes.meaning import ANY, request_key
from rpcmedia.tapes.show import asked
from rpcmedia.tapes.tape import Exchange, TapeReader, from_entry

K = TypeVar("K", bound=Hashable)

_BASIC_PLACEHOLDER = re.compile(r"(?i)\Abasic\s+\{\{basic:([^{}:]*)(?::refused)?\}\}\Z")
_NONE = -1


class RecordedExchanges:
    """The exchanges of some tapes, numbered from 0."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read the tapes once. Raises TapeRefused."""
        self.warnings: list[str] = []
        self.has_placeholders = False
        """Whether a request may have one; which of them matter is not looked at."""
        self._paths = list(paths)
        self._descriptors: list[int] = []
        self._tape, self._line = array("H"), array("I")
        self._offset, self._length = array("Q"), array("Q")
        exact: list[bytes] = []
        alike: tuple[list[int], list[int]] = ([], [])
        for path in paths:
            for exchange in self._scan(path):
                self.has_placeholders |= "{{" in exchange.url or b"{{" in (
                    exchange.request_body or b""
                )
                plain = comparable(exchange)
                exact.append(request_key(plain))
                for keys, likeness in zip(alike, _likeness(plain), strict=True):
                    keys.append(likeness)
        self._next_of_key, self._following = _chained(exact)
        self._first_alike = [_chained(keys) for keys in alike]
        self._asked = bytearray(len(exact))

    def __len__(self) -> int:
        """How many exchanges there are."""
        return len(self._line)

    def close(self) -> None:
        """Close the tapes."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def take(self, key: bytes) -> Exchange | None:
        """The next exchange whose request has this key; after the last, the last again."""
        number = self._next_of_key.get(key)
        if number is None:
            return None
        following = self._following[number]
        if following != _NONE:
            self._next_of_key[key] = following
        self._asked[number] = True
        return self.read(number)

    def read(self, number: int) -> Exchange:
        """One exchange, from its tape."""
        tape = self._tape[number]
        line = os.pread(self._descriptors[tape], self._length[number], self._offset[number])
        entry = msgspec.json.decode(line, type=dict[str, Any])
        return from_entry(entry, _bodies(self._paths[tape]), self._line[number])

    def place(self, number: int) -> str:
        """Tape and line of an exchange."""
        return f"{self._paths[self._tape[number]]}:{self._line[number]}"

    @property
    def never_asked(self) -> int:
        """How many exchanges were not taken yet."""
        return self._asked.count(0)

    def alike(self, exchange: Exchange, most: int) -> list[int]:
        """At most so many exchanges that ask about the same, the most alike first."""
        levels = (
            _walk(first, following, key)
            for (first, following), key in zip(
                self._first_alike, _likeness(comparable(exchange)), strict=True
            )
        )
        found = dict.fromkeys(islice(chain(*levels, range(len(self))), 2 * most))
        return list(found)[:most]

    def _scan(self, path: Path) -> Iterator[Exchange]:
        reader = TapeReader(path)
        number = len(self._descriptors)
        self._descriptors.append(os.open(path, os.O_RDONLY))
        for (line, offset, content), exchange in zip(reader.lines(), reader, strict=False):
            self._tape.append(number)
            self._line.append(line)
            self._offset.append(offset)
            self._length.append(len(content))
            yield exchange
        self.warnings += reader.warnings


def comparable(exchange: Exchange) -> Exchange:
    """The exchange with what never counts replaced, also where a redacted tape has placeholders."""
    headers = exchange.request_headers
    if any("{{basic:" in value for _, value in headers):
        exchange = replace(exchange, request_headers=[(n, _any_key(v)) for n, v in headers])
    body = exchange.request_body or b""
    if body.lstrip()[:1] == b"<":
        body = replace_keys(body, lambda key: ANY)
        for session in sessions_sent(exchange):
            body = body.replace(session.encode(), ANY.encode())
        exchange = replace(exchange, request_body=body)
    return exchange


def _any_key(header: str) -> str:
    found = _BASIC_PLACEHOLDER.match(header)
    if not found:
        return header
    return "Basic " + base64.b64encode(f"{unquote(found[1])}:{ANY}".encode()).decode()


def _likeness(exchange: Exchange) -> tuple[int, int]:
    # Hashes, for one of these is kept for every exchange.
    what = asked(exchange.request_body)
    path = urlsplit(exchange.url).path
    kind = (what.method, what.operation) if what.method else (exchange.method, path)
    return hash((*kind, what.subject)), hash(kind)


def _chained(keys: Sequence[K]) -> tuple[dict[K, int], "array[int]"]:
    """The first number of each key, and for every number the next of the same key."""
    first: dict[K, int] = {}
    following = array("i", [_NONE]) * len(keys)
    for number in range(len(keys) - 1, -1, -1):
        following[number] = first.get(keys[number], _NONE)
        first[keys[number]] = number
    return first, following


def _walk(first: dict[int, int], following: "array[int]", key: int) -> Iterator[int]:
    number = first.get(key, _NONE)
    while number != _NONE:
        yield number
        number = following[number]


def _bodies(tape: Path) -> Path:
    return tape.with_name(tape.name + ".bodies")

"""A tape written anew with the answers of a replay; it replaces the old one as a whole."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace

from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.replay import Played
from rpcmedia.tapes.tape import Header, TapeReader, TapeWriter

_PLACEHOLDER = re.compile(rb"\{\{(?:key|basic|session|cookie|authorization):[^{}]+\}\}")


@contextlib.contextmanager
def rewriting(reader: TapeReader, profile: str | None = None) -> Iterator["Rewriting"]:
    """A new version of a tape, which replaces it if the block ends well. Raises OSError.

    Its profile is the one given, for its answers are of that one now.
    """
    header = replace(reader.header, profile=profile) if profile else reader.header
    version = Rewriting(reader, header)
    try:
        yield version
        version.take_over()
    finally:
        version.discard()


class Rewriting:
    """A new version of a tape, in a file beside it."""

    def __init__(self, reader: TapeReader, header: Header) -> None:
        """Begin it. Raises OSError and TapeRefused."""
        # The name may be a link; what it leads to is replaced.
        self._path = reader.path.resolve()
        self._bodies = self._path.with_name(f"{self._path.name}.bodies")
        self._new = self._path.with_name(f"{self._path.name}.new")
        self._new_bodies = self._path.with_name(f"{self._new.name}.bodies")
        self._clean_up()
        self._redactor = _redactor(reader)
        self._writer = TapeWriter(self._new, header)

    def append(self, played: Played) -> None:
        """Add an exchange: with its new answer if that differs, else just as it was.

        Where no answer came the recorded one stays, for a tape is there to be answered.
        """
        exchange = played.got or played.recorded
        if played.got and self._redactor:
            exchange = self._redactor.redact(played.got)
        self._writer.append(exchange)

    def take_over(self) -> None:
        """Put it in the place of the old version. Raises OSError."""
        self._writer.close()
        with self._new.open("rb") as file:
            os.fsync(file.fileno())
        shutil.copymode(self._path, self._new)
        needed = set(self._move_bodies())
        self._new.replace(self._path)
        # Only now, for up to here the old version needed them.
        for body in self._bodies.glob("*"):
            if len(body.name) == 64 and body.name not in needed:
                body.unlink()
        with contextlib.suppress(OSError):
            self._bodies.rmdir()

    def discard(self) -> None:
        """Remove what did not take over."""
        self._writer.close()
        self._clean_up()

    def _clean_up(self) -> None:
        self._new.unlink(missing_ok=True)
        shutil.rmtree(self._new_bodies, ignore_errors=True)

    def _move_bodies(self) -> Iterator[str]:
        for body in self._new_bodies.glob("*"):
            self._bodies.mkdir(exist_ok=True)
            body.replace(self._bodies / body.name)
            yield body.name


def _redactor(reader: TapeReader) -> Redactor | None:
    """What keeps a redacted tape so; it knows all placeholders, so that it gives none twice."""
    if not any(_PLACEHOLDER.search(line) for _, _, line in reader.lines()):
        return None
    redactor = Redactor()
    for exchange in reader:
        redactor.learn(exchange)
    return redactor

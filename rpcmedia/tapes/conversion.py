"""From tapes, HAR files and VCR cassettes to any of them."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rpcmedia.tapes.cassette import read_cassette, write_cassette
from rpcmedia.tapes.har import read_har, write_har
from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeRefused, TapeWriter


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a conversion."""

    exchanges: int
    remarks: list[str]
    """What was skipped, or could not be held as it was."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read and written."""

    read: Callable[[Path], tuple[Header, Iterable[Exchange]]]
    write: Callable[[Path, Header, Iterable[Exchange]], tuple[int, list[str]]]


def convert(
    source: Path, target: Path, read_as: str | None = None, write_as: str | None = None
) -> Converted:
    """Write the exchanges of one file to another, of the formats named, or as their names end.

    The target must not exist. It is there as a whole or not at all. Raises TapeRefused.
    """
    reading = FORMATS[read_as or _format_of(source)]
    writing = FORMATS[write_as or _format_of(target)]
    if target.exists():
        raise TapeRefused(f"{target} exists already.")
    header, exchanges = reading.read(source)
    try:
        number, remarks = writing.write(target, header, exchanges)
    except OSError as error:
        raise TapeRefused(f"{target}: {error.strerror}.") from error
    skipped = exchanges.warnings if isinstance(exchanges, TapeReader) else []
    return Converted(number, skipped + remarks)


def write_tape(path: Path, header: Header, exchanges: Iterable[Exchange]) -> tuple[int, list[str]]:
    """Write a new tape; how many exchanges, and no remarks, for a tape holds everything."""
    number = 0
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder) / path.name
        writer = TapeWriter(part, header)
        try:
            for exchange in exchanges:
                writer.append(exchange)
                number += 1
        finally:
            writer.close()
        _move(part, path)
    return number, []


def _move(part: Path, path: Path) -> None:
    """Give a tape its name, after the bodies that it needs."""
    kept = part.with_name(part.name + ".bodies")
    if kept.exists():
        bodies = path.with_name(path.name + ".bodies")
        bodies.mkdir(exist_ok=True)
        for body in kept.iterdir():
            body.replace(bodies / body.name)
    part.replace(path)


def _read_tape(path: Path) -> tuple[Header, TapeReader]:
    reader = TapeReader(path)
    return reader.header, reader


def _format_of(path: Path) -> str:
    try:
        return _ENDINGS[path.suffix.lower()]
    except KeyError:
        raise TapeRefused(
            f"{path}: its name ends in none of {', '.join(_ENDINGS)}; say which format it has."
        ) from None


FORMATS = {
    "tape": Format(_read_tape, write_tape),
    "har": Format(read_har, write_har),
    "cassette": Format(read_cassette, write_cassette),
}
_ENDINGS = {".jsonl": "tape", ".har": "har", ".yaml": "cassette", ".yml": "cassette"}

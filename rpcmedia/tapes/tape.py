"""The tape: a header line, then one HAR 1.2 entry a line, so that a recorder only ever appends.

Bodies over 64 KiB are files of their own, `TAPE.bodies/SHA256`. The door to msgspec for tapes.
"""

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from rpcmedia.tapes import entry_values as values
from rpcmedia.tapes.body_files import INLINE_BYTES, keep

FORMAT = 1
_NAMES = ("source", "profile", "base_url", "catalog")

Headers = Sequence[tuple[str, str]]


class TapeRefused(Exception):
    """A tape that cannot be read; the text names the file, the line and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: where a tape comes from and what its server started with."""

    source: str = ""
    profile: str = ""
    base_url: str = ""
    catalog: str = ""
    """Path of a catalog file, absolute or beside the tape."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Members of other programs, kept as they are."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response. A body of None is no body; an empty one is `b""`."""

    method: str
    url: str
    request_headers: Headers
    request_body: bytes | None
    status: int
    """0 if no response came; `error` says why."""
    response_headers: Headers
    response_body: bytes | None
    request_mime: str = ""
    response_mime: str = ""
    reason: str = ""
    name: str = ""
    note: str = ""
    error: str = ""
    started: str = ""
    """ISO 8601 with a time zone, or empty if it is not known."""
    milliseconds: float = 0.0
    line: int = 0
    """Where it stands in its file; 0 if in none."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Other members of the HAR entry, kept as they are."""

    def header(self, name: str) -> str | None:
        """The first request header of this name, whatever its case."""
        return next((v for n, v in self.request_headers if n.lower() == name.lower()), None)


class TapeReader:
    """Reads a tape line by line; only one exchange is in memory at a time."""

    def __init__(self, path: Path) -> None:
        """Open and check the header. Raises TapeRefused."""
        self.path = path
        self._bodies = _bodies_of(path)
        self.warnings: list[str] = []
        """What was skipped: a last line that a crash cut off."""
        try:
            with path.open("rb") as file:
                first = file.readline()
        except OSError as error:
            raise TapeRefused(f"{path}: {error.strerror}.") from error
        self.header = _read_header(path, first)

    def __iter__(self) -> Iterator[Exchange]:
        """Every exchange in order. Raises TapeRefused for a line that cannot be read."""
        for number, _, line in self.lines():
            exchange = self._read_line(number, line)
            if exchange:
                yield exchange

    def lines(self) -> Iterator[tuple[int, int, bytes]]:
        """(line number, offset in the file, line) of every entry."""
        with self.path.open("rb") as file:
            offset = len(file.readline())
            for number, line in enumerate(file, start=2):
                if line.strip():
                    yield number, offset, line
                offset += len(line)

    def at(self, number: int, offset: int) -> Exchange:
        """The exchange whose line starts at this offset."""
        with self.path.open("rb") as file:
            file.seek(offset)
            exchange = self._read_line(number, file.readline())
        if exchange is None:
            raise TapeRefused(f"{self.path}:{number}: the line is cut off.")
        return exchange

    def _read_line(self, number: int, line: bytes) -> Exchange | None:
        try:
            entry = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if not line.endswith(b"\n"):
                self.warnings.append(f"{self.path}:{number}: skipped, the last line is cut off.")
                return None
            raise TapeRefused(f"{self.path}:{number}: no JSON ({error}).") from error
        try:
            return from_entry(entry, self._bodies, number)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TapeRefused(f"{self.path}:{number}: no HAR entry ({error!r}).") from error
        except TapeRefused as error:
            raise TapeRefused(f"{self.path}:{number}: {error}") from error


class TapeWriter:
    """Appends exchanges to a new tape, each at once as a whole line."""

    def __init__(self, path: Path, header: Header) -> None:
        """Make the file, which must not exist. Raises TapeRefused."""
        self.path = path
        self.bodies = _bodies_of(path)
        """The folder of large bodies."""
        named = {name: getattr(header, name) for name in _NAMES}
        try:
            # Without a buffer: one that failed to be written would come out with the next line.
            self._file = path.open("xb", buffering=0)
            self._write({"tape": FORMAT, **named, **header.extra})
        except OSError as error:
            raise TapeRefused(f"{path}: {error.strerror}.") from error

    def append(
        self, exchange: Exchange, *, request_file: str = "", response_file: str = ""
    ) -> None:
        """Write one exchange; large bodies go to files of their own first. Raises OSError.

        A body that is a file there already is given by its name, for it may not fit in memory.
        """
        entry = to_entry(exchange, self.bodies)
        mime = exchange.request_mime
        if request_file:
            entry["request"]["postData"] = {"mimeType": mime, "_file": request_file}
        if response_file:
            entry["response"]["content"]["_file"] = response_file
        self._write(entry)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, members: dict[str, Any]) -> None:
        rest = memoryview(msgspec.json.encode(members) + b"\n")
        end = self._file.tell()
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            # Half a line would make the next one unreadable.
            with contextlib.suppress(OSError):
                self._file.truncate(end)
                self._file.seek(end)
            raise


def _bodies_of(tape: Path) -> Path:
    return tape.with_name(tape.name + ".bodies")


def _read_header(path: Path, line: bytes) -> Header:
    try:
        members = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TapeRefused(f"{path}:1: no tape, the first line is no JSON object.") from error
    number = members.pop("tape", None)
    if number != FORMAT:
        raise TapeRefused(f"{path}:1: tape format {number!r} is not known, only {FORMAT}.")
    known = {name: str(members.pop(name, None) or "") for name in _NAMES}
    return Header(**known, extra=members)


_MEMBERS = {"request", "response", "_name", "_note", "_error", "startedDateTime", "time"}


def from_entry(entry: dict[str, Any], bodies: Path | None = None, line: int = 0) -> Exchange:
    """The exchange in a HAR entry. Raises KeyError and the like for what is no entry."""
    request, response = entry["request"], entry["response"]
    content = response.get("content", {})
    post = request.get("postData")
    return Exchange(
        method=values.text(request, "method"),
        url=values.url(request),
        request_headers=values.headers(request),
        request_body=None if post is None else _body(post, bodies),
        request_mime=values.text_or_empty(post or {}, "mimeType"),
        status=values.status(response),
        reason=values.text_or_empty(response, "statusText"),
        response_headers=values.headers(response),
        response_body=_body(content, bodies),
        response_mime=values.text_or_empty(content, "mimeType"),
        name=values.text_or_empty(entry, "_name"),
        note=values.text_or_empty(entry, "_note"),
        error=values.text_or_empty(entry, "_error"),
        started=values.text_or_empty(entry, "startedDateTime"),
        milliseconds=float(entry.get("time", 0.0)),
        line=line,
        extra={name: value for name, value in entry.items() if name not in _MEMBERS},
    )


def to_entry(exchange: Exchange, bodies: Path | None = None) -> dict[str, Any]:
    """The HAR entry of an exchange; without a folder for bodies they all stand in the entry."""
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "headers": _named(exchange.request_headers),
    }
    if exchange.request_body is not None:
        request["postData"] = {
            "mimeType": exchange.request_mime,
            **_keep_body(exchange.request_body, bodies),
        }
    content: dict[str, Any] = {"mimeType": exchange.response_mime}
    if exchange.response_body is not None:
        content |= _keep_body(exchange.response_body, bodies)
    response: dict[str, Any] = {
        "status": exchange.status,
        "statusText": exchange.reason,
        "headers": _named(exchange.response_headers),
        "content": content,
    }
    ours = {"_name": exchange.name, "_note": exchange.note, "_error": exchange.error}
    times = {"startedDateTime": exchange.started, "time": exchange.milliseconds}
    return {
        **{name: value for name, value in ours.items() if value},
        **(times if exchange.started else {}),
        "request": request,
        "response": response,
        **exchange.extra,
    }


def _named(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _body(holder: dict[str, Any], bodies: Path | None) -> bytes | None:
    if "_file" in holder:
        return _read_file(holder["_file"], bodies)
    text = holder.get("text")
    if text is None:
        return None
    if holder.get("encoding") != "base64":
        return str(text).encode("utf-8")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise TapeRefused(f"a body is no base64 ({error}).") from error


def _read_file(name: str, bodies: Path | None) -> bytes:
    # The name is a checksum; anything else could lead out of the folder.
    if bodies is None or len(name) != 64 or not name.isalnum():
        raise TapeRefused(f"{name!r} is no body file.")
    try:
        content = (bodies / name).read_bytes()
    except OSError as error:
        raise TapeRefused(f"the body file {bodies.name}/{name} is missing.") from error
    if hashlib.sha256(content).hexdigest() != name:
        raise TapeRefused(f"the body file {bodies.name}/{name} has another checksum than its name.")
    return content


def _keep_body(content: bytes, bodies: Path | None) -> dict[str, Any]:
    if bodies is not None and len(content) > INLINE_BYTES:
        name = hashlib.sha256(content).hexdigest()
        return {"_file": name if (bodies / name).exists() else keep([content], bodies)}
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(content).decode("ascii"), "encoding": "base64"}

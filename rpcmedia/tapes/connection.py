"""A keep-alive HTTP/1.1 connection for replay: sends what it is given, and hands back what comes.

A replay sends requests as they were recorded, and works while the target does. A general client
adds headers, follows, retries and decodes, and takes more time than all the rest of a replay.
"""

import select
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from rpcmedia.tapes.tape import Headers

_PORTS = {"http": 80, "https": 443}
_LONGEST_LINE = 256 * 1024
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class NoAnswer(Exception):
    """Why a request got no whole answer, in a few words."""


class Unreachable(NoAnswer):
    """Nothing accepts connections there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it came, its body without the chunks of the transfer."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """The first header of this lower-case name, or an empty string."""
        return next((value for n, value in self.headers if n.lower() == name), "")


class Connection:
    """Sends one request after the other, and connects anew where the target closed in between."""

    def __init__(self, target: str, seconds: float) -> None:
        """`target` is an http or https URL; it must not be silent for so many seconds."""
        parts = urlsplit(target)
        self._host = parts.netloc.rpartition("@")[2]
        self._address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._seconds = seconds
        self._method = ""
        self._socket: socket.socket | None = None
        self._stream: BinaryIO | None = None

    def send(self, method: str, url: str, headers: Headers, body: bytes | None) -> None:
        """Send a request for the path and query of a URL. Raises NoAnswer."""
        request = self._head(method, url, headers, body) + (body or b"")
        self._method = method
        if self._socket is None or _is_readable(self._socket):
            # Nothing was asked, so it can only be the end.
            self._connect()
        assert self._socket
        try:
            self._socket.sendall(request)
        except TimeoutError as error:
            raise self._failed(f"the request was not taken within {self._seconds:g} s") from error
        except OSError:
            # Who refuses a large body may answer first, and then close.
            pass

    def receive(self) -> Answer:
        """The answer to what was sent. Raises NoAnswer."""
        assert self._stream
        try:
            return self._answer(self._stream)
        except TimeoutError as error:
            raise self._failed(f"no answer within {self._seconds:g} s") from error
        except (EOFError, ConnectionError) as error:
            raise self._failed("the connection was closed before the answer ended") from error
        except ValueError as error:
            raise self._failed("the answer is no HTTP") from error
        except OSError as error:
            raise self._failed(str(error)) from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        for part in (self._stream, self._socket):
            if part:
                part.close()
        self._stream = self._socket = None

    def _failed(self, reason: str) -> NoAnswer:
        self.close()
        return NoAnswer(reason)

    def _connect(self) -> None:
        self.close()
        try:
            connected = socket.create_connection(self._address, self._seconds)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connected = self._tls.wrap_socket(connected, server_hostname=self._address[0])
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unreachable(f"{self._host}: {reason}") from error
        self._socket, self._stream = connected, connected.makefile("rb")

    def _head(self, method: str, url: str, headers: Headers, body: bytes | None) -> bytes:
        parts = urlsplit(url)
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), _PRINTABLE)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body or b'')}")
        # A tape may be edited by hand; a line break in it must not begin another header.
        lines = [line if line.isprintable() else " ".join(line.split()) for line in lines]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    def _answer(self, stream: BinaryIO) -> Answer:
        status = 100
        while status < 200:
            first, *lines = _head_lines(stream)
            version, status, reason = _status(first)
        pairs = [line.partition(":") for line in lines]
        headers = [(name, value.strip()) for name, _, value in pairs]
        framing = {name.lower(): value for name, value in headers}
        keeps = framing.get("connection", "" if version == "HTTP/1.1" else "close").lower()
        if self._method == "HEAD" or status in (204, 304):
            body = b""
        elif framing.get("transfer-encoding", "").lower().endswith("chunked"):
            body = b"".join(_chunks(stream))
        elif "content-length" in framing:
            body = _exactly(stream, int(framing["content-length"]))
        else:
            body = stream.read()
            keeps = "close"
        if "close" in keeps:
            self.close()
        return Answer(status, reason, headers, body)


def _is_readable(connected: socket.socket) -> bool:
    waiting = select.poll()
    waiting.register(connected, select.POLLIN)
    return bool(waiting.poll(0))


def _head_lines(stream: BinaryIO) -> list[str]:
    """The lines up to the empty one."""
    lines = []
    while line := _line(stream):
        lines.append(line)
    # Together, for this is done for every answer.
    return b"\n".join(lines).decode("latin-1").split("\n")


def _status(line: str) -> tuple[str, int, str]:
    version, _, rest = line.partition(" ")
    status, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/"):
        raise ValueError(line)
    return version, int(status), reason


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while size := int(_line(stream).partition(b";")[0], 16):
        yield _exactly(stream, size)
        _line(stream)
    # What may follow are trailers.
    _head_lines(stream)


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_LONGEST_LINE)
    if line[-1:] != b"\n":
        raise EOFError if len(line) < _LONGEST_LINE else ValueError("a line is too long")
    return line.rstrip()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    if size < 0:
        raise ValueError(size)
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content

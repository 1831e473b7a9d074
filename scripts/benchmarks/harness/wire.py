"""A connection that writes prepared requests and reads answers, and does nothing else."""

import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit

PATH = "/api/jsonrpc"
HEADERS = [("Content-Type", "application/json")]

_SECONDS = 300
"""Longer than any answer takes; only a server that hangs reaches it."""

_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


class Wire:
    """One kept connection to a server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or 80)
        self._socket = socket.create_connection(address, _SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, *request: bytes) -> bytes:
        """The body of the answer to a request, which may come in pieces."""
        self._send(request)
        answer = self._more()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        length = _LENGTH.search(answer, 0, end)
        assert length, answer[:end]
        size = end + 4 + int(length[1])
        while len(answer) < size:
            answer += self._more()
        return answer[end + 4 :]

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _send(self, pieces: tuple[bytes, ...]) -> None:
        sent = self._socket.sendmsg(pieces)
        for piece in pieces:
            if sent < len(piece):
                self._socket.sendall(memoryview(piece)[sent:])
            sent = max(0, sent - len(piece))

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        return more


def body_of(method: str, params: list[Any]) -> bytes:
    """A JSON-RPC request."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def head_of(length: int) -> bytes:
    """The HTTP request before a body of this length."""
    lines = [f"POST {PATH} HTTP/1.1", "Host: shop.example", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in HEADERS]
    return "\r\n".join((*lines, "", "")).encode()


def request_of(body: bytes) -> bytes:
    """The HTTP request for a body."""
    return head_of(len(body)) + body

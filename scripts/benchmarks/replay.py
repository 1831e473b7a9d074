"""How fast a tape is replayed and played back, beside a bare client loop with the same requests.

The bare loop is as little as a client can be: it writes prepared bytes to a socket and reads the
answers off it. The server is a process of its own and begins anew for each measurement.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from rpcmedia.tapes.tape import Exchange, Header, TapeWriter

PRODUCTS = 200
CREATE_EVERY = 100
USER, KEY = "bench", "a key for the benchmark"
BASE_URL = "http://shop.example"
PATH = "/api/jsonrpc"
HEADERS = [("Content-Type", "application/json")]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4IScHAAK2AQUKW6YGAAAAAElFTkSuQmCC"
)
RPCMEDIA = [sys.executable, "-m", "rpcmedia"]
GOAL_RATIO, GOAL_MIB = 0.7, 150


@dataclass
class Measured:
    """What one measurement gave."""

    what: str
    rate: float
    """Exchanges a second."""
    mebibytes: float | None = None
    """The most memory that the process under test had."""


class Wire:
    """A connection that writes bytes and reads answers, and does nothing else."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, request: bytes) -> bytes:
        """The body of the answer to a request."""
        self._socket.sendall(request)
        answer = self._socket.recv(65536)
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        length = re.search(rb"(?i)content-length: *(\d+)", answer[:end])
        assert length, answer[:end]
        size = end + 4 + int(length[1])
        while len(answer) < size:
            answer += self._more()
        return answer[end + 4 :]

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        assert more, "the server closed the connection"
        return more


@dataclass
class Process:
    """A process that was started here; `mebibytes` is known when it has ended."""

    popen: subprocess.Popen[str]
    url: str = ""
    mebibytes: float = 0.0

    def wait(self) -> int:
        """Wait for its end; its exit code."""
        _, status, usage = os.wait4(self.popen.pid, 0)
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        self.mebibytes = usage.ru_maxrss / 1024
        return self.popen.returncode


@contextlib.contextmanager
def serving(*command: str) -> Iterator[Process]:
    """A server of `rpcmedia` that prints its URL, for as long as the block lasts."""
    popen = subprocess.Popen([*RPCMEDIA, *command], stdout=subprocess.PIPE, text=True)
    process = Process(popen)
    try:
        assert popen.stdout
        for line in popen.stdout:
            found = re.search(r"https?://[^\s/]+", line)
            if found:
                process.url = found[0]
                break
        assert process.url, f"{command[0]} did not start"
        yield process
    finally:
        popen.terminate()
        process.wait()


@dataclass
class Bench:
    """A tape with its catalog, and the same requests as plain bytes."""

    folder: Path
    exchanges: int

    @property
    def tape(self) -> Path:
        """The tape."""
        return self.folder / "tape.jsonl"

    @property
    def requests(self) -> Path:
        """Each request with its length in four bytes before it."""
        return self.folder / "requests"

    @property
    def catalog(self) -> Path:
        """The catalog of the tape."""
        return self.folder / "catalog.json"

    def serving(self) -> contextlib.AbstractContextManager[Process]:
        """A fresh server with the catalog."""
        options = ("--ephemeral", "--port", "0", "--base-url", BASE_URL)
        return serving("serve", *options, "--catalog", str(self.catalog))

    def record(self) -> None:
        """Make all files, with answers of a real server."""
        self.catalog.write_text(json.dumps(catalog()))
        header = Header("scripts/bench", "documented", BASE_URL, self.catalog.name)
        with self.serving() as server, self.requests.open("wb") as requests:
            wire, writer = Wire(server.url), TapeWriter(self.tape, header)
            login = body_of("login", [USER, KEY])
            answer = wire.exchange(request_of(login))
            writer.append(exchange_of(login, answer))
            session = json.loads(answer)["result"]
            for number in range(1, self.exchanges):
                body = body_of("call", [session, *call(number)])
                request = request_of(body)
                requests.write(len(request).to_bytes(4) + request)
                writer.append(exchange_of(body, wire.exchange(request)))
            writer.close()
            wire.close()
        self.session = session

    def send_all(self, url: str) -> float:
        """Send all requests, one after the other; exchanges a second."""
        wire = Wire(url)
        began = time.perf_counter()
        answer = wire.exchange(request_of(body_of("login", [USER, KEY])))
        recorded, session = self.session.encode(), json.loads(answer)["result"].encode()
        with self.requests.open("rb") as requests:
            while length := requests.read(4):
                request = requests.read(int.from_bytes(length))
                wire.exchange(request.replace(recorded, session))
        seconds = time.perf_counter() - began
        wire.close()
        return self.exchanges / seconds

    def bare_loop(self) -> Measured:
        """The bare client loop against a server."""
        with self.serving() as server:
            return Measured("bare client loop against serve", self.send_all(server.url))

    def replay(self) -> Measured:
        """`rpcmedia replay` against a server, its start included."""
        with self.serving() as server:
            command = [*RPCMEDIA, "replay", str(self.tape), "--against", server.url]
            began = time.perf_counter()
            process = Process(subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True))
            code = process.wait()
            seconds = time.perf_counter() - began
        assert code == 0, f"replay ended with {code}"
        return Measured("replay against serve", self.exchanges / seconds, process.mebibytes)

    def playback(self) -> Measured:
        """The bare client loop against `rpcmedia playback`, its start not included."""
        with serving("playback", str(self.tape), "--port", "0") as server:
            rate = self.send_all(server.url)
        return Measured("bare client loop against playback", rate, server.mebibytes)


def catalog() -> dict[str, object]:
    """A catalog of products that are all alike."""
    types = [{"code": code} for code in ("image", "small_image", "thumbnail")]
    return {
        "store_views": [{"id": 0, "code": "admin"}],
        "attribute_sets": [{"id": 4, "name": "Default", "image_types": types}],
        "products": [
            {"id": number, "sku": f"product{number}", "attribute_set_id": 4}
            for number in range(1, PRODUCTS + 1)
        ],
        "users": [{"username": USER, "key": KEY, "permissions": ["all"]}],
    }


def call(number: int) -> tuple[str, list[object]]:
    """Operation and arguments of the n-th exchange: a create now and then, else a list."""
    sku = f"product{number % PRODUCTS + 1}"
    if number % CREATE_EVERY:
        return "product_media.list", [sku]
    sku = f"product{number // CREATE_EVERY % PRODUCTS + 1}"
    file = {"content": base64.b64encode(PIXEL).decode(), "mime": "image/png", "name": "pixel"}
    return "product_media.create", [sku, {"file": file, "label": f"Image {number}"}]


def body_of(method: str, params: list[object]) -> bytes:
    """A JSON-RPC request."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def request_of(body: bytes) -> bytes:
    """The HTTP request for a body."""
    lines = [f"POST {PATH} HTTP/1.1", "Host: shop.example", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS]
    return "\r\n".join((*lines, "", "")).encode() + body


def exchange_of(body: bytes, answer: bytes) -> Exchange:
    """The exchange for a tape."""
    mime = "application/json"
    return Exchange("POST", BASE_URL + PATH, HEADERS, body, 200, HEADERS, answer, mime, mime)


def show(measured: Measured, bare: Measured) -> bool:
    """Print a line; whether it is as good as it must be."""
    ratio = measured.rate / bare.rate
    memory = f"{measured.mebibytes:6.1f} MiB" if measured.mebibytes else ""
    sys.stdout.write(f"{measured.what:36}{measured.rate:8.0f}/s  ratio {ratio:4.2f}  {memory}\n")
    return ratio >= GOAL_RATIO and (measured.mebibytes or 0) < GOAL_MIB


def main() -> None:
    """Measure and print; exit 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=100_000, help="how long the tape is")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rpcmedia-bench-") as folder:
        bench = Bench(Path(folder), arguments.exchanges)
        bench.record()
        # Before and after the others, for a machine is not equally fast all the time.
        before, replay, playback, after = (
            measure()
            for measure in (bench.bare_loop, bench.replay, bench.playback, bench.bare_loop)
        )
    bare = replace(before, rate=(before.rate + after.rate) / 2)
    good = [show(measured, bare) for measured in (bare, replay, playback)]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

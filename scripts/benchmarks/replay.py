"""How fast a tape is replayed and played back, beside a bare client loop with the same requests.

The bare loop is as little as a client can be: it writes prepared bytes to a socket and reads the
answers off it. The server is a process of its own and begins anew for each measurement.
"""

import argparse
import base64
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from harness.processes import RPCMEDIA, Process, serving
from harness.shop import BASE_URL, KEY, PRODUCTS, USER, catalog, sku
from harness.wire import HEADERS, PATH, Wire, body_of, request_of

from rpcmedia.tapes.tape import Exchange, Header, TapeWriter

CREATE_EVERY = 100
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4IScHAAK2AQUKW6YGAAAAAElFTkSuQmCC"
)
GOAL_RATIO, GOAL_MIB = 0.7, 150


@dataclass
class Measured:
    """What one measurement gave."""

    what: str
    rate: float
    """Exchanges a second."""
    mebibytes: float | None = None
    """The most memory that the process under test had."""


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
        return serving(*RPCMEDIA, "serve", *options, "--catalog", str(self.catalog))

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
        with serving(*RPCMEDIA, "playback", str(self.tape), "--port", "0") as server:
            rate = self.send_all(server.url)
        return Measured("bare client loop against playback", rate, server.mebibytes)


def call(number: int) -> tuple[str, list[object]]:
    """Operation and arguments of the n-th exchange: a create now and then, else a list."""
    if number % CREATE_EVERY:
        return "product_media.list", [sku(number % PRODUCTS + 1)]
    product = sku(number // CREATE_EVERY % PRODUCTS + 1)
    file = {"content": base64.b64encode(PIXEL).decode(), "mime": "image/png", "name": "pixel"}
    return "product_media.create", [product, {"file": file, "label": f"Image {number}"}]


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

"""Load from one lean client: threads that write prepared bytes and read answers off a socket."""

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Lock, Thread

from harness.bench import refuse
from harness.pictures import Uploads
from harness.wire import Wire, body_of, request_of


@dataclass
class Load:
    """What a client saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """In seconds, of each success."""
    failures: list[str] = field(default_factory=list)
    """What was answered instead of the expected success, and what ended a connection."""

    @property
    def rate(self) -> float:
        """Successes a second."""
        return len(self.latencies) / self.seconds

    @property
    def p50(self) -> float:
        """The median latency in milliseconds. Ends the benchmark if nothing succeeded."""
        if not self.latencies:
            refuse(f"nothing succeeded: {self.failures[0]}")
        return median(self.latencies) * 1000


def create(
    url: str,
    uploads: Uploads,
    *,
    connections: int = 1,
    first: int = 1,
    seconds: float | None = None,
    count: int | None = None,
) -> Load:
    """Create images from the number `first` on, for some seconds or so many."""
    load, lock = Load(), Lock()
    last = None if count is None else first + count
    numbers = iter(range(first, last) if last else itertools.count(first))
    began = time.perf_counter()
    until = began + seconds if seconds else float("inf")

    def next_numbers() -> Iterator[int]:
        while time.perf_counter() < until:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            yield number

    def run() -> None:
        try:
            with contextlib.closing(Wire(url)) as wire:
                for number in next_numbers():
                    _create_one(wire, uploads, number, load)
        except Exception as error:
            # A thread that ends in silence would make the others look faster.
            load.failures.append(f"{type(error).__name__}: {error}")

    threads = [Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - began
    return load


def _create_one(wire: Wire, uploads: Uploads, number: int, load: Load) -> None:
    request = uploads.request(number)
    began = time.perf_counter()
    answer = wire.exchange(*request)
    seconds = time.perf_counter() - began
    if uploads.is_success(number, answer):
        load.latencies.append(seconds)
    else:
        load.failures.append(answer[:200].decode(errors="replace"))


def list_uncached(
    url: str, session: str, skus: Sequence[str], database: Path, seconds: float
) -> Load:
    """List galleries one after the other, each as if for the first time.

    Before each round through them a commit from outside makes the server forget what it has read.
    """
    load, wire = Load(), Wire(url)
    bodies = [body_of("call", [session, "product_media.list", [sku]]) for sku in skus]
    requests = [request_of(body) for body in bodies]
    with contextlib.closing(wire), contextlib.closing(sqlite3.connect(database)) as outside:
        while load.seconds < seconds:
            outside.execute("INSERT OR REPLACE INTO setting VALUES ('bench', hex(randomblob(8)))")
            outside.commit()
            for request in requests:
                began = time.perf_counter()
                answer = wire.exchange(request)
                taken = time.perf_counter() - began
                load.seconds += taken
                if b'"result":[{' in answer:
                    load.latencies.append(taken)
                else:
                    load.failures.append(answer[:200].decode(errors="replace"))
    return load

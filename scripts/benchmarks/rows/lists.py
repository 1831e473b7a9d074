"""`list` of a product with 5 images, beside a bare handler with the same bytes."""

import base64
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from harness import floor_list
from harness.bench import Bench
from harness.load import create
from harness.pictures import KIB, MIB, Uploads, photo
from harness.processes import Process, running_beside, serving
from harness.results import Figure, Target
from harness.shop import KEY, SKUS, USER, Server, Shop
from harness.wire import Wire, body_of
from harness.wrk import CONNECTIONS, WrkLoad, WrkRequest

IMAGES = 5
_CREATORS = 4


def by_session(bench: Bench, row: str) -> list[Figure]:
    """With the id of a session."""
    return _measure(bench, row, "session", basic=False)


def by_basic(bench: Bench, row: str) -> list[Figure]:
    """With HTTP Basic."""
    return _measure(bench, row, "Basic", basic=True)


def _measure(bench: Bench, row: str, how: str, *, basic: bool) -> list[Figure]:
    with bench.shop() as shop, shop.serving() as server:
        request = list_request(shop, server, basic=basic)
        with _bare_handler(request.answer) as floor:
            for process in (floor, server.process):
                request.send(process.url, 1)
            floors, loads = bench.alternate(
                lambda _: request.send(floor.url, bench.seconds),
                lambda _: request.send(server.url, bench.seconds),
            )
    what = f"`list`, {IMAGES} images, {how}, {CONNECTIONS} connections"
    failures = sum(load.failures for load in (*floors, *loads))
    rates = [load.rate for load in loads]
    return [Figure.of(row, what, "/s", rates, [f.rate for f in floors], Target("≥", 0.5), failures)]


def under_creates(bench: Bench, row: str) -> list[Figure]:
    """The slowest of a hundred while others create large pictures, beside those alone."""
    with bench.shop() as shop, shop.serving() as server:
        request = list_request(shop, server)
        failures = []

        def alone(_: int) -> WrkLoad:
            return request.send(server.url, bench.seconds)

        def beside_creates(number: int) -> WrkLoad:
            uploads = Uploads(server.session, photo(2 * MIB), SKUS[1:], f"run{number}-")
            # They begin before and end after what is measured.
            seconds = bench.seconds + 2
            with running_beside(
                create, server.url, uploads, connections=_CREATORS, seconds=seconds
            ) as creating:
                time.sleep(1)
                load = request.send(server.url, bench.seconds)
                failures.extend(creating.result().failures)
            return load

        request.send(server.url, 1)
        floors, loads = bench.alternate(alone, beside_creates)
    what = f"p99 of `list`, {CONNECTIONS} connections, while {_CREATORS} create 2 MB pictures"
    failed = sum(load.failures for load in (*floors, *loads)) + len(failures)
    alone_p99, p99 = [load.p99 for load in floors], [load.p99 for load in loads]
    return [Figure.of(row, what, "ms", p99, alone_p99, Target("≤", 5), failed)]


def list_request(shop: Shop, server: Server, *, basic: bool = False) -> WrkRequest:
    """A `list` of the first product, which gets its images here."""
    _create_images(server, SKUS[0])
    session = None if basic else server.session
    credentials = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
    body = body_of("call", [session, "product_media.list", [SKUS[0]]])
    [answer] = server.ask(body_of("call", [server.session, "product_media.list", [SKUS[0]]]))
    return WrkRequest.write(
        shop.folder / "wrk", body, answer, f"Basic {credentials}" if basic else None
    )


def _create_images(server: Server, sku: str) -> None:
    """Give a product its images."""
    uploads = Uploads(server.session, photo(50 * KIB), (sku,), "listed-")
    wire = Wire(server.url)
    for number in range(IMAGES):
        answer = wire.exchange(*uploads.request(number))
        assert uploads.is_success(number, answer), answer
    wire.close()


@contextlib.contextmanager
def _bare_handler(answer: Path) -> Iterator[Process]:
    with serving(sys.executable, str(floor_list.__file__), str(answer)) as process:
        yield process

"""`list` of a product with 5 images, beside a bare handler with the same bytes."""

import base64
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import floor_list
from harness.bench import Bench
from harness.pictures import KIB, Uploads, photo
from harness.processes import Process, serving
from harness.results import Figure, Target
from harness.shop import KEY, SKUS, USER, Server, Shop
from harness.wire import Wire, body_of
from harness.wrk import CONNECTIONS, WrkRequest

IMAGES = 5


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


def list_request(shop: Shop, server: Server, *, basic: bool = False) -> WrkRequest:
    """A `list` of the first product, which gets its images here."""
    create_images(server, SKUS[0])
    session = None if basic else server.session
    credentials = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
    body = body_of("call", [session, "product_media.list", [SKUS[0]]])
    [answer] = server.ask(body_of("call", [server.session, "product_media.list", [SKUS[0]]]))
    return WrkRequest.write(
        shop.folder / "wrk", body, answer, f"Basic {credentials}" if basic else None
    )


def create_images(server: Server, sku: str) -> None:
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

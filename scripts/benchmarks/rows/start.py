"""From the start of `rpcmedia serve` to its first answer, beside importing what it is made of."""

import subprocess
import sys
import time

from harness.bench import Bench
from harness.processes import serving
from harness.results import Figure, Target
from harness.shop import PRODUCTS, SKUS, Server, Shop, result_of
from harness.straight import fill, spread
from harness.wire import body_of

_IMPORTS = "import aiohttp.web, aiosqlite, jsonrpcserver, marshmallow, PIL.Image"


def first_answer(bench: Bench, row: str) -> list[Figure]:
    """A `list` of 5 images by a session that was there before."""
    with bench.shop() as shop:
        fill(shop, spread(PRODUCTS * 5, 5))
        with shop.serving() as server:
            body = body_of("call", [server.session, "product_media.list", [SKUS[0]]])
        imports, starts = bench.alternate(lambda _: _import(), lambda _: _start(shop, body))
    what = "`rpcmedia serve` until the first answer"
    return [Figure.of(row, what, "s", starts, imports, Target("≤", 0.8, absolute=True))]


def _import() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
    return time.perf_counter() - began


def seconds_to_start(command: list[str]) -> float:
    """From the start of a server to the line that tells its address."""
    began = time.perf_counter()
    with serving(*command):
        return time.perf_counter() - began


def _start(shop: Shop, body: bytes) -> float:
    command = shop.command()
    began = time.perf_counter()
    with serving(*command) as process:
        [answer] = Server(process, "").ask(body)
        seconds = time.perf_counter() - began
    assert result_of(answer), answer
    return seconds

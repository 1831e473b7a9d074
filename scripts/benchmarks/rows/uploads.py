"""Many large uploads at once: all succeed, in little memory."""

from harness.bench import Bench
from harness.load import create
from harness.pictures import MIB, Uploads, photo
from harness.processes import run_beside
from harness.results import Figure, Target
from harness.shop import SKUS

_COUNT, _SIZE = 64, 8


def at_once(bench: Bench, row: str) -> list[Figure]:
    """The most memory that a fresh server had."""
    peaks, failures = [], 0
    for _ in range(bench.runs):
        with bench.shop() as shop, shop.serving() as server:
            uploads = Uploads(server.session, photo(_SIZE * MIB), SKUS, "large-")
            load = run_beside(create, server.url, uploads, connections=_COUNT, count=_COUNT)
            peaks.append(server.process.peak_mebibytes())
            failures += _COUNT - len(load.latencies)
    what = f"{_COUNT} uploads of {_SIZE} MB at once, peak memory"
    return [Figure.of(row, what, "MiB", peaks, [], Target("≤", 600, absolute=True), failures)]

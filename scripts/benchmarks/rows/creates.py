"""`create` of a 50 KB JPEG, beside straight-line code that does the same work."""

from harness.bench import Bench
from harness.floor_create import create_straight
from harness.load import Load, create
from harness.pictures import KIB, Uploads, photo
from harness.processes import run_beside
from harness.results import Figure, Target
from harness.shop import SKUS

# Each run begins where no earlier run has come to.
_STRIDE = 1_000_000


def one_connection(bench: Bench, row: str) -> list[Figure]:
    """One after the other."""
    return _measure(bench, row, 1, Target("≥", 0.7))


def eight_connections(bench: Bench, row: str) -> list[Figure]:
    """Eight at once."""
    return _measure(bench, row, 8, Target("≥", 1.3))


def _measure(bench: Bench, row: str, connections: int, target: Target) -> list[Figure]:
    with bench.folder() as floor, bench.shop() as shop, shop.serving() as server:
        uploads = Uploads(server.session, photo(50 * KIB), SKUS, "unique-")

        def straight(number: int) -> float:
            return run_beside(create_straight, floor / str(number), uploads, bench.seconds)

        def served(number: int) -> Load:
            return run_beside(
                create,
                server.url,
                uploads,
                connections=connections,
                first=number * _STRIDE,
                seconds=bench.seconds,
            )

        run_beside(create, server.url, uploads, first=bench.runs * _STRIDE, count=len(SKUS) // 10)
        floors, loads = bench.alternate(straight, served)
    many = f"{connections} connection" + ("s" if connections > 1 else "")
    what = f"`create`, 50 KB JPEG, durable, {many}"
    failures = sum(len(load.failures) for load in loads)
    return [Figure.of(row, what, "/s", [load.rate for load in loads], floors, target, failures)]

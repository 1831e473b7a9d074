"""An image that comes late, in its gallery or to its name, beside one that comes first."""

from harness.bench import Bench
from harness.load import Load, create
from harness.pictures import KIB, Uploads, photo
from harness.processes import run_beside
from harness.results import Figure, Target
from harness.shop import PRODUCTS, SKUS, Server
from harness.straight import fill, same_name, spread

_COUNT = 100
"""How many images are made for one median, half of them before the one in question."""

_GALLERY, _NAMES = 5_000, 100_000
MOST_RUNS = PRODUCTS // 3
"""Each run of the first row takes three products."""

_TARGET = Target("≤", 1.5)


def in_gallery(bench: Bench, row: str) -> list[Figure]:
    """The 4,951st to 5,050th image of a product, and the first 50 of two others.

    Each run has products of its own.
    """
    images = _GALLERY - _COUNT // 2
    late, fresh = SKUS[: bench.runs], SKUS[bench.runs :]
    with bench.shop() as shop:
        fill(shop, spread(images * bench.runs, images))
        with shop.serving() as server:
            loads = bench.alternate(
                lambda number: _create(server, f"first{number}-", *fresh[2 * number :][:2]),
                lambda number: _create(server, f"late{number}-", late[number]),
            )
    return [Figure.of_p50(row, f"`create` of the {_GALLERY:,}th image", *loads, _TARGET)]


def of_name(bench: Bench, row: str) -> list[Figure]:
    """Uploads that wish the name `image`, of which there are many, and ones of names of their own.

    The hint where the search for a free name starts is the one that the server would have.
    """
    with bench.shop() as empty, bench.shop() as full:
        fill(full, same_name(_NAMES - _COUNT // 2))
        with empty.serving() as first, full.serving() as late:
            loads = bench.alternate(
                lambda number: _create(first, f"first{number}-", *SKUS),
                lambda number: _create(late, "", *SKUS),
            )
    return [Figure.of_p50(row, f"`create` of the {_NAMES:,}th `image.jpg`", *loads, _TARGET)]


def _create(server: Server, prefix: str, *skus: str) -> Load:
    uploads = Uploads(server.session, photo(50 * KIB), skus, prefix)
    return run_beside(create, server.url, uploads, count=_COUNT)

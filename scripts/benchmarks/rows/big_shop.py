"""1,000,000 images of 200,000 products, beside a shop of 200 products with as many images each."""

from collections.abc import Sequence

from harness.bench import Bench, say
from harness.load import Load, create, list_uncached
from harness.pictures import KIB, Uploads, photo
from harness.processes import run_beside
from harness.results import Figure, Target
from harness.shop import PRODUCTS, SKUS, Server, Shop, sku
from harness.straight import fill, spread

IMAGES, EACH = 1_000_000, 5
_PRODUCTS = IMAGES // EACH

# As many products as the small shop has, from all over the shop.
_SPREAD = tuple(sku(number) for number in range(1, _PRODUCTS, _PRODUCTS // PRODUCTS))

_TARGET = Target("≤", 1.2)


def against_small(bench: Bench, row: str) -> list[Figure]:
    """`list` of galleries that are not in the cache, and `create`."""
    with bench.shop() as small, bench.shop() as big:
        fill(small, spread(PRODUCTS * EACH, EACH))
        say(f"{row}: making {IMAGES} images")
        fill(big, spread(IMAGES, EACH))
        with small.serving() as small_server, big.serving() as big_server:
            servers = [(small, small_server, SKUS), (big, big_server, _SPREAD)]
            return [_list(bench, row, *servers), _create(bench, row, *servers)]


_Side = tuple[Shop, Server, Sequence[str]]


def _list(bench: Bench, row: str, small: _Side, big: _Side) -> Figure:
    def load(shop: Shop, server: Server, skus: Sequence[str]) -> Load:
        return run_beside(
            list_uncached, server.url, server.session, skus, shop.database, bench.seconds
        )

    loads = bench.alternate(lambda _: load(*small), lambda _: load(*big))
    return Figure.of_p50(row, f"`list` among {IMAGES:,} images, not cached", *loads, _TARGET)


def _create(bench: Bench, row: str, small: _Side, big: _Side) -> Figure:
    def load(number: int, server: Server, skus: Sequence[str]) -> Load:
        uploads = Uploads(server.session, photo(50 * KIB), tuple(skus), f"run{number}-")
        return run_beside(create, server.url, uploads, seconds=bench.seconds)

    loads = bench.alternate(
        lambda number: load(number, *small[1:]), lambda number: load(number, *big[1:])
    )
    return Figure.of_p50(row, f"`create` among {IMAGES:,} images", *loads, _TARGET)

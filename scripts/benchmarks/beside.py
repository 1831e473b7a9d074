"""How fast the server is beside another checkout of it, such as the release before.

Both serve at once, and take turns of a few seconds: the machine is not equally fast all the time,
and so are both. What counts is the median of the ratios of the turns.
"""

import argparse
import signal
import statistics
import sys
from pathlib import Path

from harness import wrk
from harness.bench import Bench, refuse, say
from harness.results import number, table
from rows.lists import list_request
from rows.start import seconds_to_start

_HEADINGS = ("what", "before", "now", "ratio", "middle half of the ratios")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench beside", description=__doc__)
    parser.add_argument("before", type=Path, metavar="TREE", help="the other checkout")
    parser.add_argument("--seconds", type=int, default=2, help="how long a turn is")
    parser.add_argument("--runs", type=int, default=20, help="turns of each; 2 or more")
    arguments = parser.parse_args()
    if not (arguments.before / "rpcmedia").is_dir():
        refuse(f"{arguments.before} is no checkout.")
    if not wrk.is_there():
        refuse("wrk is not installed; scripts/services installs it.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(arguments.seconds, arguments.runs)
    before = arguments.before.resolve()
    rows = [_lists(bench, before), _starts(bench, before)]
    sys.stdout.write(table(_HEADINGS, rows))


def _lists(bench: Bench, before: Path) -> tuple[str, ...]:
    say("list by session")
    with (
        bench.shop() as old_shop,
        bench.shop() as shop,
        old_shop.serving(before) as old_server,
        shop.serving() as server,
    ):
        old_request, request = list_request(old_shop, old_server), list_request(shop, server)
        for warming, at in ((old_request, old_server), (request, server)):
            warming.send(at.url, 1)
        old, new = bench.alternate(
            lambda _: old_request.send(old_server.url, bench.seconds).rate,
            lambda _: request.send(server.url, bench.seconds).rate,
        )
    return _row("`list`, 5 images, session, 8 connections", "/s", old, new)


def _starts(bench: Bench, before: Path) -> tuple[str, ...]:
    say("start")
    with bench.shop() as old_shop, bench.shop() as shop:
        commands = old_shop.command(before), shop.command()
        for command in commands:
            seconds_to_start(command)
        old, new = bench.alternate(
            lambda _: seconds_to_start(commands[0]), lambda _: seconds_to_start(commands[1])
        )
    return _row("`rpcmedia serve` until it is ready", "s", old, new)


def _row(what: str, unit: str, old: list[float], new: list[float]) -> tuple[str, ...]:
    ratios = [after / before for before, after in zip(old, new, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    values = [f"{number(statistics.median(side))} {unit}" for side in (old, new)]
    return (what, *values, f"{middle:.2f}", f"{low:.2f}-{high:.2f}")


if __name__ == "__main__":
    main()

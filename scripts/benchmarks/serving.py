"""How fast the server is, each figure beside a floor that is measured in the same run.

Floor and server take turns, and a figure is the median of its runs. Floors: a bare aiohttp handler
that parses the same request and returns the same ready-made bytes; and straight-line code that does
the work of a `create` in one thread. The server is a process of its own with default settings, its
data on the disk of the checkout.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from harness import wrk
from harness.bench import LATEST, Bench, refuse, say
from harness.results import HEADINGS, Figure, Run, table
from rows import big_shop, creates, late_images, lists, start, uploads

ROWS: dict[str, Callable[[Bench, str], list[Figure]]] = {
    "list-session": lists.by_session,
    "list-basic": lists.by_basic,
    "create-1": creates.one_connection,
    "create-8": creates.eight_connections,
    "list-p99": lists.under_creates,
    "big-shop": big_shop.against_small,
    "gallery-5000": late_images.in_gallery,
    "name-100000": late_images.of_name,
    "uploads-64": uploads.at_once,
    "start": start.first_answer,
}


def main() -> None:
    """Measure and print; exit 1 if a target is missed."""
    arguments = _arguments()
    # An end from outside must end the servers and take the folders away too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = _measure(arguments)
    run.write(arguments.json)
    sys.stdout.write(table(HEADINGS, [figure.cells for figure in run.figures]))
    sys.exit(0 if all(figure.met for figure in run.figures) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench serving", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--seconds", type=_at_least_one, default=10, help="how long a run is")
    parser.add_argument("--runs", type=_at_least_one, default=3, help="of each floor and figure")
    where = f"where to keep the run, for --compare (default: {LATEST.parent.name}/{LATEST.name})"
    parser.add_argument("--json", type=Path, metavar="FILE", default=LATEST, help=where)
    arguments = parser.parse_args()
    LATEST.parent.mkdir(exist_ok=True)
    if not arguments.json.parent.is_dir():
        refuse(f"{arguments.json.parent} is no folder; --json FILE needs one.")
    if arguments.runs > late_images.MOST_RUNS:
        refuse(f"--runs can be {late_images.MOST_RUNS} at most: each takes products of its own.")
    if not wrk.is_there():
        refuse("wrk is not installed; scripts/services installs it.")
    return arguments


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _measure(arguments: argparse.Namespace) -> Run:
    bench = Bench(arguments.seconds, arguments.runs)
    figures = []
    for row in arguments.only or ROWS:
        say(row)
        measured = ROWS[row](bench, row)
        for figure in measured:
            say("  ".join(figure.cells))
        figures += measured
    return Run.now(arguments.seconds, figures)


if __name__ == "__main__":
    main()

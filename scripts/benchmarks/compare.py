"""Set two runs of `scripts/bench serving` side by side: what a change cost, or gained.

Ratios to the floor are what counts: the machine may have been slower in one of the runs.
"""

import argparse
import sys
from pathlib import Path

from harness.bench import LATEST, refuse
from harness.results import Figure, Run, RunRefused, number, table

_HEADINGS = ("what", "before", "after", "ratio before", "ratio after", "change", "target", "")


def main() -> None:
    """Print the comparison; exit 2 if there is nothing to compare."""
    parser = argparse.ArgumentParser(prog="scripts/bench --compare", description=__doc__)
    parser.add_argument(
        "before", type=Path, metavar="FILE", help="a run that was kept with --json FILE"
    )
    what = "another one; if it is not given, the latest run that was kept without --json"
    parser.add_argument("after", type=Path, metavar="FILE2", nargs="?", default=LATEST, help=what)
    arguments = parser.parse_args()
    try:
        sys.stdout.write(_compare(Run.read(arguments.before), Run.read(arguments.after)))
    except RunRefused as refusal:
        refuse(str(refusal))


def _compare(before: Run, after: Run) -> str:
    known = {figure.what: figure for figure in before.figures}
    pairs = [(known[figure.what], figure) for figure in after.figures if figure.what in known]
    if not pairs:
        raise RunRefused("the two runs have no row in common.")
    lines = [_difference(name, run) for name, run in (("before", before), ("after", after))]
    return "".join(lines) + "\n" + table(_HEADINGS, [_cells(*pair) for pair in pairs])


def _difference(name: str, run: Run) -> str:
    machine = ", ".join(f"{member} {value}" for member, value in run.machine.items())
    return f"{name:6} {run.date}, {run.seconds:g} s a run; {machine}\n"


def _cells(before: Figure, after: Figure) -> tuple[str, ...]:
    # Without a floor the value itself is compared.
    old, new = (figure.ratio or figure.value for figure in (before, after))
    change = f"{new / old - 1:+.0%}" if old else ""
    values = [f"{number(figure.value)} {figure.unit}" for figure in (before, after)]
    ratios = ["" if figure.ratio is None else f"{figure.ratio:.2f}" for figure in (before, after)]
    return (after.what, *values, *ratios, change, after.target, after.verdict)


if __name__ == "__main__":
    main()

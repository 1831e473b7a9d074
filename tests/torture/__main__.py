"""The long run: see scripts/torture."""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.torture.ledger import Broken
from tests.torture.rounds import Torture


def main() -> int:
    """Run the rounds that the command line asks for; the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/torture")
    parser.add_argument("--rounds", type=int, default=200, help="default: 200")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="default: random")
    parser.add_argument(
        "--serve-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="one more word for `rpcmedia serve`, such as --serve-option=--workers=2",
    )
    parser.add_argument(
        "--data", type=Path, help="a new folder that stays; default: a temporary one"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rpcmedia-torture-") as folder:
        torture = Torture(given.data or Path(folder, "data"), given.seed, given.serve_option)
        _say(f"seed {given.seed}, serve options: {' '.join(given.serve_option) or 'none'}")
        try:
            result = asyncio.run(torture.run(given.rounds, _say))
        except Broken as broken:
            _say(f"BROKEN: {broken}")
            return 1
    _say(f"{given.rounds} rounds, every promise kept: {result}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""The long run: see scripts/torture."""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.support.ends import run_until_ended
from tests.torture.ledger import Broken
from tests.torture.rounds import Torture


def main() -> int:
    """Exit 0 if every promise was kept, 1 if one was not, 2 for options that cannot be met."""
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
    if given.data and given.data.exists():
        sys.stderr.write(f"torture: {given.data} is there already; --data names a new folder.\n")
        return 2
    temporary = None if given.data else Path(tempfile.mkdtemp(prefix="rpcmedia-torture-"))
    torture = Torture(
        temporary / "data" if temporary else given.data, given.seed, given.serve_option
    )
    _say(f"seed {given.seed}, serve options: {' '.join(given.serve_option) or 'none'}")
    try:
        result = run_until_ended(torture.run(given.rounds, _say))
    except Broken as broken:
        temporary = None
        _say(f"BROKEN: {broken}\nThe data folder is kept: {torture.data}")
        return 1
    finally:
        if temporary:
            shutil.rmtree(temporary)
    _say(f"{given.rounds} rounds, every promise kept: {result}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

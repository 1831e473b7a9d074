"""Throw odd inputs at a real server and tell what it did wrong; scripts/fuzz runs this."""

import argparse
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom
from typing import NoReturn

from tests.fuzz.inputs import Input
from tests.fuzz.rounds import PROFILES, SESSION, Client, Finding, Report, run_round, target
from tests.support.ends import run_until_ended

_ROUND = 10_000


async def run(seed: int, inputs: int, show: Callable[[Report], None]) -> Report:
    """Send so many inputs, to each profile in turn; show what is known after each round."""
    report = Report()
    rounds = max(len(PROFILES), -(-inputs // _ROUND))
    for number in range(rounds):
        first, end = inputs * number // rounds, inputs * (number + 1) // rounds
        try:
            async with target(PROFILES[number % len(PROFILES)], report) as one:
                await run_round(one, seed, range(first, end))
        finally:
            show(report)
    return report


async def replay(profile: str, sent: Input) -> Report:
    """Send the input of one finding again, to a server without images."""
    report = Report()
    async with target(profile, report) as one:
        client = Client(one)
        raw = sent.raw.replace(SESSION, one.session.encode())
        await client.send(Input(sent.kind, raw), 0)
        await client.close()
    return report


def main() -> int:
    """Exit 0 if nothing was found, 1 if something was, 2 for options that cannot be met."""
    options = _options()
    started = time.monotonic()
    told = 0

    def show(report: Report) -> None:
        nonlocal told
        for finding in report.findings[told:]:
            keep(finding, options.seed, options.findings)
        told = len(report.findings)
        _tell(f"{report.inputs} inputs, {told} findings, {report.peak // 1024} MiB")

    if options.replay:
        report = run_until_ended(replay(*_read(options.replay)))
        show(report)
    else:
        _tell(f"seed {options.seed}")
        report = run_until_ended(run(options.seed, options.inputs, show))
    _tell(summary(report, time.monotonic() - started))
    return 1 if report.findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000, help="how many (200000)")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--replay", type=Path, metavar="FILE", help="send a finding again")
    parser.add_argument("--findings", type=Path, default=Path("findings"), help="where they go")
    options = parser.parse_args()
    if options.inputs < 1:
        _refuse(f"--inputs {options.inputs} would send nothing; give 1 or more.")
    if options.findings.exists() and not options.findings.is_dir():
        _refuse(f"{options.findings} is no folder; --findings DIR needs one.")
    return options


def _read(file: Path) -> tuple[str, Input]:
    """The profile and the input of a finding."""
    profile, _, rest = file.name.partition("-")
    kind, _, number = rest.partition("-")
    if profile not in PROFILES or not number:
        _refuse(f"{file} is no finding; its name begins with a profile and a kind.")
    try:
        return profile, Input(kind, file.read_bytes())
    except OSError as error:
        _refuse(f"cannot read {file}: {error.strerror}.")


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(f"fuzz: {reason}\n")
    sys.exit(2)


def summary(report: Report, seconds: float) -> str:
    """What was sent and answered, in Markdown."""
    counts = {
        "kinds": report.kinds.items(),
        "HTTP status": report.statuses.items(),
        "JSON-RPC": report.outcomes.items(),
    }
    lines = [f"| inputs | {report.inputs} |", "|---|---|"]
    for name, items in counts.items():
        ordered = sorted(items, key=lambda item: -item[1])
        lines.append(f"| {name} | {', '.join(f'{key}: {number}' for key, number in ordered)} |")
    lines.append(f"| most memory of the server | {report.peak // 1024} MiB |")
    lines.append(f"| minutes | {seconds / 60:.1f} |")
    lines.append(f"| Python | {platform.python_version()} |")
    lines.append(f"| findings | {len(report.findings)} |")
    return "\n".join(lines)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def keep(finding: Finding, seed: int, folder: Path) -> None:
    """Show a finding, and keep what was sent in the folder."""
    _tell(f"\n{finding.profile}: {finding.what}")
    if finding.sent:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{finding.profile}-{finding.sent.kind}-{seed}-{finding.number}.http"
        (folder / name).write_bytes(finding.sent.raw)
        _tell(f"scripts/fuzz --replay {folder / name}\n{finding.sent.raw[:500]!r}")


if __name__ == "__main__":
    sys.exit(main())

"""`rpcmedia backup` and `rpcmedia restore`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rpcmedia import wiring
from rpcmedia.cli.options import CLEAN, FINDINGS, PATH, config_option, data_option, refusals


@click.command()
@config_option
@data_option
@click.argument("directory", metavar="DIR", type=PATH)
def backup(data: Path, directory: Path) -> None:
    """Bring the backup in DIR up to date, beside a running server or without one.

    Exit 0: complete, 1: some images have no sound bytes to copy, 2: could not run.
    """
    with refusals():
        report = wiring.back_up(data, directory)
    _end(
        report.lacking,
        f"{report.images} images; {report.copied} objects copied ({report.copied_bytes} bytes),"
        f" {report.deleted} deleted; {'not complete' if report.lacking else 'complete'}",
    )


@click.command()
@config_option
@data_option
@click.argument("directory", metavar="DIR", type=PATH)
def restore(data: Path, directory: Path) -> None:
    """Verify the backup in DIR and put it in place of all rows and pictures.

    Exit 0: restored, 1: restored, but images were lost before the backup, 2: nothing was changed.
    """
    with refusals():
        report = wiring.restore(directory, data)
    _end(report.lacking, f"{report.images} images restored")


def _end(lacking: Sequence[str], summary: str) -> None:
    for file in lacking:
        click.echo(f"damaged or missing: {file}")
    click.echo(summary)
    sys.exit(FINDINGS if lacking else CLEAN)

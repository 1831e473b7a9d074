"""`rpcmedia catalog`, `rpcmedia user` and `rpcmedia check`: what works on a data folder."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from rpcmedia import wiring
from rpcmedia.cli.options import (
    CLEAN,
    COULD_NOT_RUN,
    FINDINGS,
    PATH,
    config_option,
    data_option,
    option,
    run,
)


@click.group()
def catalog() -> None:
    """Store views, attribute sets, products and users."""


@catalog.command("load")
@config_option
@data_option
@click.argument("file", type=PATH)
def catalog_load(data: Path, file: Path) -> None:
    """Add or change what FILE names. A second run changes nothing."""

    async def load() -> int:
        async with wiring.open_folder(data) as folder:
            return await wiring.load_catalog(folder, file)

    click.echo(f"{run(load())} changed")


@catalog.command("show")
@config_option
@data_option
def catalog_show(data: Path) -> None:
    """Print the catalog as a file that `catalog load` takes, without keys."""

    async def show() -> str:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return await wiring.show_catalog(folder)

    click.echo(run(show()))


@click.group()
def user() -> None:
    """Who may call."""


@user.command("add")
@config_option
@data_option
@option(
    "--permission",
    multiple=True,
    default=[wiring.EVERYTHING],
    show_default=True,
    help="A permission path; give it once for each.",
)
@click.argument("name")
def user_add(data: Path, permission: tuple[str, ...], name: str) -> None:
    """Add user NAME, or give it a new key: the line on standard input, or a random one."""
    given = "" if sys.stdin.isatty() else sys.stdin.readline().strip()
    key = given or wiring.new_key()

    async def add() -> None:
        async with wiring.open_folder(data) as folder:
            await wiring.add_user(folder, name, key, permission)

    run(add())
    click.echo(f"{name} added" if given else f"{name} added with the key {key} (shown only once)")


@user.command("list")
@config_option
@data_option
def user_list(data: Path) -> None:
    """List all users with their permissions."""

    async def users() -> list[tuple[str, str, str]]:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return [
                (u.username, "enabled" if u.active else "disabled", " ".join(sorted(u.permissions)))
                for u in await folder.accounts.users()
            ]

    for name, state, permissions in run(users()):
        click.echo(f"{name}\t{state}\t{permissions}")


def _set_active(data: Path, name: str, active: bool) -> None:
    async def change() -> bool:
        async with wiring.open_folder(data, must_exist=True) as folder:
            return await folder.accounts.set_active(name, active)

    if not run(change()):
        click.echo(f"rpcmedia: there is no user {name!r}.", err=True)
        sys.exit(COULD_NOT_RUN)
    click.echo(f"{name} {'enabled' if active else 'disabled'}")


@user.command("disable")
@config_option
@data_option
@click.argument("name")
def user_disable(data: Path, name: str) -> None:
    """Keep user NAME out, also from sessions that are open. A running server obeys at once."""
    _set_active(data, name, False)


@user.command("enable")
@config_option
@data_option
@click.argument("name")
def user_enable(data: Path, name: str) -> None:
    """Let user NAME in again."""
    _set_active(data, name, True)


@click.command()
@config_option
@data_option
@option("--prune", is_flag=True, help="Delete orphans and the files of removed images.")
@option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(data: Path, prune: bool, as_json: bool) -> None:
    """Compare rows with bytes. Exit 0: clean, 1: findings, 2: could not run."""
    report = run(wiring.check_folder(data, prune=prune))
    if as_json:
        click.echo(json.dumps(asdict(report) | {"clean": report.clean}))
    else:
        for finding, files in (
            ("no bytes", report.missing),
            ("wrong checksum", report.damaged),
            ("no row", report.orphans),
        ):
            for file in files:
                click.echo(f"{finding}: {file}")
        click.echo(
            f"{report.images} images; {len(report.removed)} files of removed images"
            f" ({report.removed_bytes} bytes); {report.pruned} files pruned;"
            f" {'clean' if report.clean else 'not clean'}"
        )
    sys.exit(CLEAN if report.clean else FINDINGS)

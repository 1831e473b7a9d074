"""The command line. The only door to click; also reads the environment and the TOML file.

Order of sources: option, environment (`RPCMEDIA_…`), file (`--config`), catalog, default.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

from rpcmedia import __version__, wiring
from rpcmedia.logs import set_up_logs
from rpcmedia.settings import SettingRefused, Settings, read_config, read_size, read_user

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2

_SOURCES = {
    ParameterSource.COMMANDLINE: "option",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
    ParameterSource.DEFAULT: "default",
}


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        try:
            return value if isinstance(value, int) else read_size(value)
        except SettingRefused as refusal:
            self.fail(str(refusal), param, ctx)


class _User(click.ParamType[tuple[str, str]]):
    name = "name:key"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        try:
            return value if isinstance(value, tuple) else read_user(value)
        except SettingRefused as refusal:
            self.fail(str(refusal), param, ctx)


def option(name: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    """A click option that is also an environment variable."""
    variable = "RPCMEDIA_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


def _use_config(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    known = {param.name for command in _commands(main) for param in command.params if param.name}
    try:
        ctx.default_map = {**(ctx.default_map or {}), **read_config(path, known)}
    except SettingRefused as refusal:
        raise click.BadParameter(str(refusal), ctx, param) from refusal


_PATH = click.Path(path_type=Path)
config_option = option(
    "--config",
    type=_PATH,
    is_eager=True,
    expose_value=False,
    callback=_use_config,
    help="A TOML file with settings, named as the options are.",
)
data_option = option("--data", type=_PATH, required=True, help="The data folder.")

SERVE_OPTIONS = (
    option("--data", type=_PATH, help="The data folder; it is made if it does not exist."),
    option("--catalog", type=_PATH, help="A catalog file to load at the start."),
    option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
    option(
        "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any."
    ),
    option("--base-url", help="What media URLs begin with.  [default: catalog, or the address]"),
    option(
        "--profile",
        type=click.Choice(wiring.PROFILE_NAMES),
        default="documented",
        show_default=True,
        help="How the JSON-RPC face spells its answers.",
    ),
    option(
        "--user", type=_User(), multiple=True, help="Make or update a user with all permissions."
    ),
    option("--max-body", type=_Size(), default="32MiB", show_default=True, help="Largest request."),
    option(
        "--max-pixels",
        type=click.IntRange(1),
        default=50_000_000,
        show_default=True,
        help="Most pixels of a picture, all frames together.",
    ),
    option(
        "--ephemeral", is_flag=True, help="Give up fsync; without --data use a temporary folder."
    ),
    option("--log-calls", is_flag=True, help="Log successful calls too, one by one."),
)


def serve_options(command: F) -> F:
    """All options of `serve`, for the commands that take them."""
    for add in reversed((config_option, *SERVE_OPTIONS)):
        command = add(command)
    return command


def _commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from _commands(command)
        else:
            yield command


def _settings(ctx: click.Context) -> Settings:
    values = dict(ctx.params)
    sources = {
        name: _SOURCES[ctx.get_parameter_source(name) or ParameterSource.DEFAULT] for name in values
    }
    values["users"] = values.pop("user")
    sources["users"] = sources.pop("user")
    return Settings(**values, sources=sources)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; what keeps it from working is one line on standard error and exit 2."""
    try:
        return asyncio.run(work)
    except wiring.CannotStart as reason:
        click.echo(f"rpcmedia: {reason}", err=True)
        sys.exit(COULD_NOT_RUN)


@click.group()
@click.version_option(__version__, prog_name="rpcmedia")
def main() -> None:
    """The product_media API of Magento and ShipStream, without Magento."""


@main.command()
@serve_options
@click.pass_context
def serve(ctx: click.Context, /, **_: Any) -> None:
    """Serve a data folder."""
    set_up_logs()
    run(wiring.serve(_settings(ctx), lambda line: click.echo(line)))


@main.command()
@serve_options
@click.pass_context
def settings(ctx: click.Context, /, **_: Any) -> None:
    """Show each setting of `serve` and where it came from."""
    found = _settings(ctx)
    shown = asdict(found)
    sources = shown.pop("sources")
    shown["users"] = " ".join(f"{name}:***" for name, _ in found.users)
    if shown["base_url"] is None and found.catalog:
        shown["base_url"] = wiring.catalog_base_url(found.catalog)
        sources["base_url"] = "catalog" if shown["base_url"] else "default"
    table = Table("setting", "value", "from")
    for name, value in shown.items():
        table.add_row(name, "" if value is None else str(value), sources[name])
    Console().print(table)


@main.group()
def catalog() -> None:
    """Store views, attribute sets, products and users."""


@catalog.command("load")
@config_option
@data_option
@click.argument("file", type=_PATH)
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


@main.group()
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


@main.command()
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

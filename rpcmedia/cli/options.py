"""Options that are also environment variables and members of the `--config` file."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from rpcmedia import wiring
from rpcmedia.settings import SettingRefused, read_config, read_size, read_user

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2
"""Exit codes."""


class Size(click.ParamType[int]):
    """A number of bytes with a unit."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """See click.ParamType."""
        try:
            return read_size(str(value))
        except SettingRefused as refusal:
            self.fail(str(refusal), param, ctx)


class UserKey(click.ParamType[tuple[str, str]]):
    """A user name and a key."""

    name = "name:key"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """See click.ParamType."""
        try:
            return value if isinstance(value, tuple) else read_user(str(value))
        except SettingRefused as refusal:
            self.fail(str(refusal), param, ctx)


def option(name: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    """A click option that is also an environment variable."""
    variable = "RPCMEDIA_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


def _use_config(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    known = {
        param.name
        for command in _commands(ctx, ctx.find_root().command)
        for param in command.params
        if isinstance(param, click.Option) and param.name
    }
    try:
        ctx.default_map = {**(ctx.default_map or {}), **read_config(path, known)}
    except SettingRefused as refusal:
        raise click.BadParameter(str(refusal), ctx, param) from refusal


PATH = click.Path(path_type=Path)
config_option = option(
    "--config",
    type=PATH,
    is_eager=True,
    expose_value=False,
    callback=_use_config,
    help="A TOML file with settings, named as the options are.",
)
data_option = option("--data", type=PATH, required=True, help="The data folder.")


def _commands(ctx: click.Context, command: click.Command | None) -> Iterator[click.Command]:
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            yield from _commands(ctx, command.get_command(ctx, name))
    elif command:
        yield command


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; what keeps it from working is one line on standard error and exit 2."""
    with exit_if_it_cannot_start():
        return asyncio.run(work)


@contextlib.contextmanager
def exit_if_it_cannot_start() -> Iterator[None]:
    """Within the block, CannotStart is one line on standard error and exit 2."""
    try:
        yield
    except wiring.CannotStart as reason:
        click.echo(f"rpcmedia: {reason}", err=True)
        sys.exit(COULD_NOT_RUN)

"""The command line as a whole: help for everything, and plain refusals."""

import re
from importlib.metadata import entry_points

import click
import pytest

from rpcmedia import __version__
from rpcmedia.cli import main
from tests.cli.process import run


def commands(command: click.Command, *path: str) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it, the groups too."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child, name
            found += commands(child, *path, name)
    return found


ALL = commands(main)


def test_the_commands_are_the_known_ones() -> None:
    words = {" ".join(path) for path, command in ALL if not isinstance(command, click.Group)}
    assert words >= {
        "serve",
        "settings",
        "catalog load",
        "catalog show",
        "user add",
        "user list",
        "user enable",
        "user disable",
        "check",
        "backup",
        "restore",
    }


@pytest.mark.parametrize(("path", "command"), ALL, ids=lambda value: str(value)[:40])
def test_every_command_and_option_has_help(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    text = re.sub(r"\s+", " ", command.get_help(click.Context(command)))
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, (path, param.name)
            assert all(name in text for name in param.opts)
            # So is the environment variable of each, but for the version.
            assert param.name == "version" or f"env var: {param.envvar}" in text


async def test_help_is_shown() -> None:
    outcome = await run("serve", "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage: ")
    assert "RPCMEDIA_MAX_BODY" in outcome.out


async def test_the_version() -> None:
    outcome = await run("--version")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"rpcmedia, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["user", "add"],
        ["user", "list"],
        ["catalog", "load", "--data", "x"],
        ["check"],
        ["settings", "surplus"],
    ],
)
async def test_what_cannot_be_understood_is_exit_2_with_a_hint(arguments: list[str]) -> None:
    outcome = await run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "--help" in outcome.err
    assert "Traceback" not in outcome.err


async def test_the_data_folder_can_come_from_the_environment_or_a_file() -> None:
    for name, command in (("list", "user"), ("show", "catalog")):
        outcome = await run(command, name, env={"RPCMEDIA_DATA": "/nosuch/folder"})
        assert "/nosuch/folder" in outcome.refused()


def test_the_installed_command_is_the_one_that_these_tests_call() -> None:
    [command] = entry_points(group="console_scripts", name="rpcmedia")
    assert command.load() is main

"""The README is true: its session is run, and every command and option is in it."""

import asyncio
import os
import re
import sys
from pathlib import Path

import click
import pytest

from rpcmedia.cli import main
from tests.clients.scripts import needs_php
from tests.support.server import FIXTURES, serving

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SHOWN = "http://127.0.0.1:8080"
MARK = "=== next command ==="


def session(number: int) -> list[tuple[str, str]]:
    """(command, output) of a session that is shown."""
    block = re.findall(r"```console\n(.*?)```", README, re.DOTALL)[number]
    steps = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (step.partition("\n") for step in steps)]


async def run_session(
    steps: list[tuple[str, str]], folder: Path, address: str = SHOWN
) -> list[str]:
    """The output of each command, with the shown address in place of the real one."""
    script = f"\necho '{MARK}'\n".join(command for command, _ in steps)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    bash = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script.replace(SHOWN, address),
        stdout=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PATH": path},
    )
    output, _ = await bash.communicate()
    return output.decode().replace("http://address", SHOWN).split(f"{MARK}\n")


async def test_the_worked_session_has_the_output_that_is_printed(tmp_path: Path) -> None:
    steps = session(0)
    async with serving(tmp_path) as server:
        # The address stands in URLs of answers too, so the output is read as if it were the shown.
        shown = await run_session(steps, tmp_path, server.url)

    assert len(steps) > 10
    for (command, expected), got in zip(steps, shown, strict=True):
        assert got == expected, command


@needs_php
async def test_every_face_answers_its_client_as_is_printed(tmp_path: Path) -> None:
    steps = session(1)
    async with serving(tmp_path) as server:
        # As for a reader who has gone through the worked session before.
        await run_session(session(0), tmp_path, server.url)
        shown = await run_session(steps, tmp_path, server.url)

    assert len(steps) == 8
    for (command, expected), got in zip(steps, shown, strict=True):
        assert got == expected, command


async def test_the_tapes_that_are_shown_play_as_is_printed(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(FIXTURES)
    steps = session(2)

    shown = await run_session(steps, tmp_path)

    assert len(steps) == 3
    for (command, expected), got in zip(steps, shown, strict=True):
        assert got == expected, command


async def test_the_backup_that_is_shown_has_the_output_that_is_printed(tmp_path: Path) -> None:
    steps = session(3)
    async with serving(tmp_path / "data") as server:
        await run_session(session(0), tmp_path, server.url)
        shown = await run_session(steps, tmp_path)

    assert len(steps) == 4
    for (command, expected), got in zip(steps, shown, strict=True):
        assert got == expected, command


def python_examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(2))
async def test_the_python_examples_run(tmp_path: Path, number: int) -> None:
    example = tmp_path / "test_example.py"
    example.write_text(python_examples()[number], "utf-8")
    arguments = [str(example)] if number == 0 else ["-m", "pytest", "-q", str(example)]

    run = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await run.communicate()

    assert run.returncode == 0, output.decode()
    assert len(python_examples()) == 2


def commands(group: click.Group, name: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for child_name in group.list_commands(context):
        child = group.get_command(context, child_name)
        assert child
        path = f"{name} {child_name}"
        found += commands(child, path) if isinstance(child, click.Group) else [(path, child)]
    return found


@pytest.mark.parametrize(("name", "command"), commands(main, "rpcmedia"), ids=lambda v: str(v))
def test_every_command_and_option_is_in_the_readme(name: str, command: click.Command) -> None:
    assert name.removeprefix("rpcmedia ") in README
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in README
            assert parameter.help or parameter.name == "config"

"""The command line as a process of its own: run to its end, or serving."""

import asyncio
import base64
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.server import FIXTURES, KEY, USER

CATALOG = str(FIXTURES / "catalog.json")
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()}
"""The header with a user of CATALOG."""

_SECONDS = 60
"""Longer than anything here takes; only a process that hangs reaches it."""


@dataclass
class Outcome:
    """How a process ended."""

    code: int
    out: str
    err: str

    def refused(self) -> str:
        """The one line on standard error of a command that could not run."""
        assert self.code == 2, self
        assert self.out == ""
        assert "Traceback" not in self.err
        [line] = self.err.splitlines()
        return line


@dataclass
class Running:
    """A server process that said it is ready."""

    process: asyncio.subprocess.Process
    url: str
    lines: list[str]
    """What it printed up to the line that says it is ready."""
    err: bytearray = field(default_factory=bytearray)

    async def stop(self, number: int = signal.SIGTERM) -> Outcome:
        """Send a signal and wait for the end."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.end()

    async def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def end(self) -> Outcome:
        """Wait for the end."""
        assert self.process.stdout
        async with asyncio.timeout(_SECONDS):
            rest = await self.process.stdout.read()
            code = await self.process.wait()
        out = "".join(f"{line}\n" for line in self.lines) + rest.decode()
        return Outcome(code, out, self.err.decode())


def _environment(changes: dict[str, str] | None) -> dict[str, str]:
    # Settings of whoever runs the tests are not those of the tests.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RPCMEDIA_")}
    return kept | {"COLUMNS": "200"} | (changes or {})


async def _start(
    arguments: tuple[Any, ...], env: dict[str, str] | None, stdin: int, under: Sequence[str] = ()
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(*under, sys.executable, "-m", "rpcmedia", *map(str, arguments)),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(env),
        # A group of its own, so that its children end with it.
        start_new_session=True,
    )


async def run(*arguments: Any, stdin: str = "", env: dict[str, str] | None = None) -> Outcome:
    """Run a command to its end."""
    process = await _start(arguments, env, asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate(stdin.encode())
    finally:
        await _kill(process)
    return Outcome(process.returncode or 0, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def serve(
    *arguments: Any, env: dict[str, str] | None = None, under: Sequence[str] = ()
) -> AsyncIterator[Running]:
    """A server on a free port for as long as the block lasts; `under` is a command that runs it."""
    command = ("serve", "--port", 0, *arguments)
    process = await _start(command, env, asyncio.subprocess.DEVNULL, under)
    running = Running(process, "", [])
    reading = asyncio.create_task(_read(process, running.err))
    try:
        await _wait_until_ready(running)
        yield running
    finally:
        await _kill(process)
        await reading


async def _wait_until_ready(running: Running) -> None:
    assert running.process.stdout
    async with asyncio.timeout(_SECONDS):
        while not running.url:
            line = (await running.process.stdout.readline()).decode()
            assert line, f"the server ended: {running.err.decode()}"
            running.lines.append(line.rstrip("\n"))
            if line.startswith("Ready at "):
                running.url = line.split()[2].removesuffix("/api/jsonrpc")


async def _read(process: asyncio.subprocess.Process, into: bytearray) -> None:
    assert process.stderr
    while chunk := await process.stderr.read(65536):
        into += chunk


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

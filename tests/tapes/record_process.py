"""`rpcmedia record` as a process of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SECONDS = 60
"""Longer than anything here takes; only a process that hangs reaches it."""
_COMMAND = "from rpcmedia.cli import main; main()"


@dataclass
class Process:
    """A recorder that said it is ready."""

    process: asyncio.subprocess.Process
    ready: str
    """The line that says so."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.ready.split()[2]

    @property
    def most_memory(self) -> int:
        """The most memory it ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    async def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; exit code and standard error in the end."""
        self.process.send_signal(number)
        return await self.end()

    async def end(self) -> tuple[int, str]:
        """Exit code and standard error in the end."""
        async with asyncio.timeout(_SECONDS):
            _, err = await self.process.communicate()
        return self.process.returncode or 0, err.decode()


async def start(*arguments: Any, before: str = "") -> asyncio.subprocess.Process:
    """Start it, after some Python."""
    # Settings of whoever runs the tests are not those of the tests.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RPCMEDIA_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", before + _COMMAND, "record", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=kept,
    )


@contextlib.asynccontextmanager
async def record(
    upstream: str, tape: Path, *arguments: Any, before: str = ""
) -> AsyncIterator[Process]:
    """A recorder on a free port for as long as the block lasts."""
    where = ("--upstream", upstream, "--tape", tape, "--port", 0)
    process = await start(*where, *arguments, before=before)
    assert process.stdout
    try:
        async with asyncio.timeout(_SECONDS):
            ready = (await process.stdout.readline()).decode()
        assert ready.startswith("Recording at "), await process.communicate()
        yield Process(process, ready.strip())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()

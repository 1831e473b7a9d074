"""Long runs that can be ended from outside and leave nothing behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from tests.support.controlled import eventually

T = TypeVar("T")


def run_until_ended(main: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns; at SIGTERM or Ctrl-C exits with 143, after its cleanup."""
    # asyncio.run cancels what runs at a SIGINT, and so ends servers and takes folders away.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        sys.exit(143)


async def assert_cleans_up(folder: Path, *command: str) -> None:
    """Fails unless a long run ends at SIGTERM without its servers and its files."""
    environment = os.environ | {"TMPDIR": str(folder)}
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command), stdout=asyncio.subprocess.DEVNULL, env=environment
    )
    try:
        await eventually(lambda: asyncio.sleep(0, bool(_that_name(folder))))
        run.terminate()
        async with asyncio.timeout(60):
            assert await run.wait() == 143
    finally:
        if run.returncode is None:
            run.kill()
    assert _that_name(folder) == []
    assert not any(folder.iterdir())  # noqa: ASYNC240  # one small folder


def _that_name(folder: Path) -> list[int]:
    """The processes that have the folder on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            named = str(folder).encode() in (process / "cmdline").read_bytes()
        except OSError:
            continue
        if named:
            found.append(int(process.name))
    return found

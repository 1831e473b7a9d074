"""A server of several workers for tests: a process of its own, for that of a test has threads.

Run as a module it serves with the settings that it reads, pickled, from standard input.
"""

import asyncio
import contextlib
import pickle
import sys
from collections.abc import AsyncIterator

from rpcmedia import wiring
from rpcmedia.logs import log_through_logging
from rpcmedia.settings import Settings

_READY = "Ready at "


@contextlib.asynccontextmanager
async def running_workers(settings: Settings) -> AsyncIterator[str]:
    """The address of a server with these settings. Raises CannotStart."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(pickle.dumps(settings))
        process.stdin.close()
        said = ""
        async for line in process.stdout:
            said = line.decode().rstrip("\n")
            if said.startswith(_READY):
                break
        else:
            raise wiring.CannotStart(said or "The server ended at its start.")
        yield said.removeprefix(_READY).removesuffix("/api/jsonrpc")
    finally:
        if process.returncode is None:
            process.terminate()
        # Until its workers have ended too: they share its output.
        await process.communicate()


def _serve() -> None:
    log_through_logging()
    try:
        wiring.serve_with_workers(pickle.load(sys.stdin.buffer), _say)
    except wiring.CannotStart as reason:
        _say(str(reason))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()

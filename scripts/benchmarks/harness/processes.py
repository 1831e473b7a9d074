"""Processes of their own: servers that print their URL, and functions."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

RPCMEDIA = [sys.executable, "-m", "rpcmedia"]


@dataclass
class Process:
    """A process that was started here; `mebibytes` is known when it has ended."""

    popen: subprocess.Popen[str]
    url: str = ""
    mebibytes: float = 0.0

    def wait(self) -> int:
        """Wait for its end; its exit code."""
        _, status, usage = os.wait4(self.popen.pid, 0)
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        self.mebibytes = usage.ru_maxrss / 1024
        return self.popen.returncode

    def peak_mebibytes(self) -> float:
        """The most memory that the process had up to now."""
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*(\d+) kB", status)
        assert found, status
        return int(found[1]) / 1024


@contextlib.contextmanager
def serving(*command: str) -> Iterator[Process]:
    """A command that prints its URL and serves there, for as long as the block lasts."""
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process = Process(popen)
    try:
        assert popen.stdout
        for line in popen.stdout:
            found = re.search(r"https?://[^\s/]+", line)
            if found:
                process.url = found[0]
                break
        assert process.url, f"{' '.join(command)} did not start"
        yield process
    finally:
        popen.terminate()
        process.wait()
        if popen.stdout:
            popen.stdout.close()


@contextlib.contextmanager
def running_beside(
    function: Callable[P, T], *arguments: P.args, **named: P.kwargs
) -> Iterator[Future[T]]:
    """A function that runs in another process while the block does, and is waited for."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool.submit(function, *arguments, **named)


def run_beside(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What a function returns in another process."""
    with running_beside(function, *arguments, **named) as future:
        return future.result()

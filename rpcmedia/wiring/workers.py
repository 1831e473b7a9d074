"""`--workers N`: processes that serve one folder on one port, and the one that looks after them.

The supervisor holds the lock of the folder and the port, makes the folder ready while nobody else
works on it, and forks. It says "stop" by closing a pipe, so workers also stop when it is killed.
"""

import asyncio
import contextlib
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import structlog

from rpcmedia.settings import Settings
from rpcmedia.wiring import tls
from rpcmedia.wiring.folders import CannotStart, one_line, open_folder
from rpcmedia.wiring.listeners import address_of, listen, start
from rpcmedia.wiring.servers import (
    Shared,
    build_server,
    prepare,
    prepare_process,
    take_folder,
    throttle_for,
)

log = structlog.get_logger(__name__)

_READY = b"ready"
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_EARLY_SECONDS = 5.0
_EARLY_ENDS = 5
_NOT_FOR_WORKERS = {
    "control": "its clock, rules, journal and snapshots are those of one process",
    "tape": "a tape is written by one process",
    "seed": "each of them would make the same session ids",
}

Work = Callable[[socket.socket, int, int], None]
"""Serve on a listener, write `_READY` to the second, and return once the third is closed."""


def serve_with_workers(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve with `settings.workers` processes until SIGTERM or SIGINT. Raises CannotStart.

    Forks, so the process must have no other thread.
    """
    _refuse_what_needs_one_process(settings)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_blocked_signals())
        certificate = tls.certificate(settings)
        data = take_folder(stack, settings)
        listeners = _listen_together(stack, settings)
        address = address_of(settings.host, listeners[0], certificate)
        if certificate is None:
            tls.warn_without(listeners[0])
        metrics = stack.enter_context(tempfile.TemporaryDirectory(prefix="rpcmedia-metrics-"))
        shared = Shared(Path(metrics), throttle_for(settings))
        asyncio.run(_prepare(data, settings, announce))
        _wait_for_threads()
        workers = Workers(partial(_work, data, settings, address, shared, certificate))
        stack.callback(workers.stop, listeners)
        with one_line():
            workers.start(listeners)
            announce(f"Ready at {address}/api/jsonrpc")
            while (number := signal.sigwait(_SIGNALS)) in (signal.SIGCHLD, signal.SIGHUP):
                if number == signal.SIGCHLD:
                    workers.replace_ended()
                elif certificate:
                    workers.pass_on(number)
                else:
                    break


def _refuse_what_needs_one_process(settings: Settings) -> None:
    for name, reason in _NOT_FOR_WORKERS.items():
        if getattr(settings, name) != getattr(Settings, name):
            raise CannotStart(f"--{name} does not go together with --workers: {reason}.")


@contextlib.contextmanager
def _blocked_signals() -> Iterator[None]:
    # They wait until they are asked for. Workers inherit that and follow the supervisor alone:
    # Ctrl-C reaches every process of the terminal.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen_together(stack: contextlib.ExitStack, settings: Settings) -> list[socket.socket]:
    """One listener for each worker on one port, which nobody else may have. Raises CannotStart."""
    with contextlib.ExitStack() as alone:
        # A shared port is refused to no other server that shares it.
        port = listen(alone, settings.host, settings.port).getsockname()[1]
    return [listen(stack, settings.host, port, shared=True) for _ in range(settings.workers)]


async def _prepare(data: Path, settings: Settings, announce: Callable[[str], None]) -> None:
    async with open_folder(data, ephemeral=settings.ephemeral) as folder:
        await prepare(folder, settings, announce)


def _wait_for_threads() -> None:
    # Those of the folder are told to end, and may not be in the middle of it when we fork.
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()


def _work(
    data: Path,
    settings: Settings,
    address: str,
    shared: Shared,
    certificate: tls.Certificate | None,
    listener: socket.socket,
    ready: int,
    lifeline: int,
) -> None:
    async def work() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(lifeline, stop.set)
        if certificate:
            loop.add_signal_handler(signal.SIGHUP, certificate.reload)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        async with contextlib.AsyncExitStack() as stack:
            folder = await stack.enter_async_context(
                open_folder(data, ephemeral=settings.ephemeral)
            )
            app = await build_server(folder, settings, address, shared=shared)
            await start(stack, app, listener, certificate)
            prepare_process()
            os.write(ready, _READY)
            await stop.wait()
            loop.remove_reader(lifeline)

    asyncio.run(work())


@dataclass(frozen=True, slots=True)
class _Worker:
    pid: int
    listener: socket.socket
    ready: int
    """A pipe that tells when it serves, or why it cannot."""
    began: float


class Workers:
    """The workers of one supervisor; each has a listener that outlives it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._workers: list[_Worker] = []
        self._early_ends = 0
        self._lifeline, self._held_lifeline = os.pipe()

    def start(self, listeners: Sequence[socket.socket]) -> None:
        """Start a worker for each listener and return when all serve. Raises CannotStart."""
        for listener in listeners:
            self._workers.append(self._fork(listener, listeners))
        for worker in self._workers:
            _wait_until_ready(worker)

    def replace_ended(self) -> None:
        """Start another worker for each that ended. Raises CannotStart if they keep ending."""
        listeners = [worker.listener for worker in self._workers]
        for place, worker in enumerate(self._workers):
            ended, status = os.waitpid(worker.pid, os.WNOHANG)
            if not ended:
                continue
            log.error("worker ended", pid=worker.pid, exit=os.waitstatus_to_exitcode(status))
            self._count_end(worker)
            self._workers[place] = self._fork(worker.listener, listeners)
            try:
                _wait_until_ready(self._workers[place])
            except CannotStart as reason:
                # It has ended, and will be seen here again.
                log.error("worker cannot start", reason=str(reason))

    def pass_on(self, number: int) -> None:
        """Send a signal to all workers."""
        for worker in self._workers:
            os.kill(worker.pid, number)

    def _count_end(self, worker: _Worker) -> None:
        early = time.monotonic() - worker.began < _EARLY_SECONDS
        self._early_ends = self._early_ends + 1 if early else 0
        if self._early_ends == _EARLY_ENDS:
            raise CannotStart("The workers keep ending right after their start; the log says more.")

    def stop(self, listeners: Sequence[socket.socket]) -> None:
        """Tell all workers to finish what is in flight, and return when they have ended."""
        for listener in listeners:
            listener.close()
        os.close(self._held_lifeline)
        for worker in self._workers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(worker.pid, 0)
        os.close(self._lifeline)

    def _fork(self, listener: socket.socket, listeners: Sequence[socket.socket]) -> _Worker:
        ready, says_ready = os.pipe()
        pid = os.fork()
        if pid == 0:
            others = [other for other in listeners if other is not listener]
            work = partial(self._work, listener, says_ready, self._lifeline)
            _run_and_exit(work, says_ready, self._held_lifeline, others)
        os.close(says_ready)
        return _Worker(pid, listener, ready, time.monotonic())


def _run_and_exit(
    work: Callable[[], None], ready: int, held_lifeline: int, others: list[socket.socket]
) -> NoReturn:
    # What the supervisor has to tidy up is not for its copy in here: leave without unwinding.
    code = 1
    try:
        # Held by a worker, the lifeline would not break with the supervisor, nor a port close.
        os.close(held_lifeline)
        for other in others:
            other.close()
        work()
        code = 0
    except CannotStart as reason:
        os.write(ready, str(reason).encode())
    except BaseException:
        log.exception("worker failed")
    finally:
        os._exit(code)


def _wait_until_ready(worker: _Worker) -> None:
    with os.fdopen(worker.ready, "rb", buffering=0) as ready:
        said = ready.read(4096)
    if said != _READY:
        raise CannotStart(said.decode() or "A worker ended at its start; the log says why.")

"""`--workers N`: processes that serve one folder on one port, and the one that looks after them.

The supervisor holds the lock of the folder and the port, makes the folder ready while nobody else
works on it, and forks. It says "stop" by closing a pipe, so workers also stop when it is killed.
"""

import asyncio
import contextlib
import os
import signal
import socket
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
from rpcmedia.wiring.folders import CannotStart, metrics_folder, one_line, open_folder
from rpcmedia.wiring.listeners import SHUTDOWN_SECONDS, address_of, listen, start
from rpcmedia.wiring.servers import (
    Shared,
    build_server,
    prepare,
    prepare_process,
    ready_line,
    take_folder,
    throttle_for,
)

log = structlog.get_logger(__name__)

_READY = b"ready"
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_EARLY_SECONDS = 5.0
_EARLY_ENDS = 5
_AGAIN_SECONDS = 1.0
STOP_SECONDS = SHUTDOWN_SECONDS + 10.0
"""How long workers may take to stop, all of them together."""
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
        metrics = stack.enter_context(metrics_folder(data))
        shared = Shared(Path(metrics), throttle_for(settings))
        asyncio.run(_prepare(data, settings, announce))
        _wait_for_threads()
        workers = Workers(partial(_work, data, settings, address, shared, certificate), listeners)
        stack.callback(workers.stop)
        with one_line():
            workers.start()
            announce(ready_line(settings, address))
            while (number := signal.sigwait(_SIGNALS)) in (signal.SIGCHLD, signal.SIGHUP):
                if number == signal.SIGCHLD:
                    workers.replace_ended()
                elif certificate:
                    # Workers that are forked later have what the supervisor has.
                    certificate.reload()
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
    ready: int
    """A pipe that tells when it serves, or why it cannot."""
    began: float


class Workers:
    """The workers of one supervisor, one for each listener, which outlives it."""

    def __init__(self, work: Work, listeners: Sequence[socket.socket]) -> None:
        self._work = work
        self._listeners = listeners
        self._workers: dict[socket.socket, _Worker] = {}
        self._early_ends = 0
        self._lifeline, self._held_lifeline = os.pipe()

    def start(self) -> None:
        """Start all workers and return when they serve. Raises CannotStart."""
        for listener in self._listeners:
            self._workers[listener] = self._fork(listener)
        for worker in self._workers.values():
            _wait_until_ready(worker)

    def replace_ended(self) -> None:
        """Start another worker for each that ended. Raises CannotStart if they keep ending.

        Where the system has no room for one there is a SIGCHLD a second later, to try again.
        """
        for listener, worker in list(self._workers.items()):
            ended, status = os.waitpid(worker.pid, os.WNOHANG)
            if ended:
                del self._workers[listener]
                log.error("worker ended", pid=worker.pid, exit=os.waitstatus_to_exitcode(status))
                self._count_end(worker)
        try:
            for listener in self._listeners:
                if listener not in self._workers:
                    self._start_another(listener)
        except OSError as error:
            log.error("worker cannot start", reason=error.strerror)
            time.sleep(_AGAIN_SECONDS)
            signal.raise_signal(signal.SIGCHLD)

    def _start_another(self, listener: socket.socket) -> None:
        worker = self._workers[listener] = self._fork(listener)
        try:
            _wait_until_ready(worker)
        except CannotStart as reason:
            # It has ended, and will be seen by `replace_ended` again.
            log.error("worker cannot start", reason=str(reason))

    def pass_on(self, number: int) -> None:
        """Send a signal to all workers."""
        for worker in self._workers.values():
            os.kill(worker.pid, number)

    def _count_end(self, worker: _Worker) -> None:
        early = time.monotonic() - worker.began < _EARLY_SECONDS
        self._early_ends = self._early_ends + 1 if early else 0
        if self._early_ends == _EARLY_ENDS:
            raise CannotStart("The workers keep ending right after their start; the log says more.")

    def stop(self) -> None:
        """Tell all workers to finish what is in flight, and return when they have ended.

        One that does not in `STOP_SECONDS` is killed.
        """
        for listener in self._listeners:
            listener.close()
        os.close(self._held_lifeline)
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self._workers.values():
            _wait_for_end(worker, deadline)
        os.close(self._lifeline)

    def _fork(self, listener: socket.socket) -> _Worker:
        ready, says_ready = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(ready)
            raise
        else:
            if pid == 0:
                others = [other for other in self._listeners if other is not listener]
                work = partial(self._work, listener, says_ready, self._lifeline)
                _run_and_exit(work, says_ready, self._held_lifeline, others)
        finally:
            os.close(says_ready)
        return _Worker(pid, ready, time.monotonic())


def _wait_for_end(worker: _Worker, deadline: float) -> None:
    # Nothing waits for a process and a time at once.
    while os.waitpid(worker.pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            log.error("worker does not stop and is killed", pid=worker.pid)
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
            return
        time.sleep(0.02)


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

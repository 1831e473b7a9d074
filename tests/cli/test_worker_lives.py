"""`serve --workers N`: how workers end, are replaced, and never outlive what they are part of."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp

from tests.cli.process import CATALOG, Running, run, serve
from tests.cli.test_shutdown import Upload, until_closed_to_new_connections
from tests.cli.worker_lines import line_to_each_worker, sockets_of, workers_of
from tests.faces.bodies import png
from tests.support.certificates import certify

_SECONDS = 30
"""Longer than anything here takes."""


def changed(code: str) -> tuple[str, ...]:
    """What runs the command line after some code, which may change what is in it."""
    go_on = "import runpy, sys; del sys.argv[1:4]; runpy.run_module('rpcmedia', {}, '__main__')"
    return (sys.executable, "-c", f"{code}\n{go_on}")


def count_sockets(running: Running) -> dict[int, int]:
    return {pid: len(sockets_of(pid)) for pid in workers_of(running)}


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not happened():  # noqa: ASYNC110  # it happens in another process
            await asyncio.sleep(0.02)


async def upload_to_some_worker(running: Running) -> tuple[int, Upload]:
    """An upload half sent, and the process id of the worker that reads it."""
    before = count_sockets(running)
    upload = await Upload.start(running)
    await until(lambda: count_sockets(running) != before)
    [pid] = (pid for pid, count in count_sockets(running).items() if count > before[pid])
    return pid, upload


async def hang_up(running: Running, upload: Upload) -> None:
    before = count_sockets(running)
    upload.close()
    await until(lambda: count_sockets(running) != before)


@contextlib.asynccontextmanager
async def upload_to_each_worker(running: Running) -> AsyncIterator[list[Upload]]:
    """An upload half sent to each worker."""
    found: dict[int, Upload] = {}
    async with contextlib.AsyncExitStack() as stack:
        # A hundred that all land on one worker come by chance once in 2^99 runs.
        for _ in range(100):
            if found.keys() == set(workers_of(running)):
                break
            pid, upload = await upload_to_some_worker(running)
            stack.callback(upload.close)
            # Another one to the same worker is never finished, and would hold it at its stop.
            if found.setdefault(pid, upload) is not upload:
                await hang_up(running, upload)
        yield list(found.values())


async def test_a_stop_finishes_what_is_in_flight_in_all_workers(tmp_path: Path) -> None:
    arguments = ("--data", tmp_path / "d", "--catalog", CATALOG, "--workers", 2)
    async with serve(*arguments) as running, upload_to_each_worker(running) as uploads:
        running.process.send_signal(signal.SIGTERM)
        await until_closed_to_new_connections(running)
        assert len(workers_of(running)) == 2
        answers = [await upload.finish() for upload in uploads]
        outcome = await running.end()
    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 200 "] * 2
    assert {answer.rpartition(b'"result":')[2] for answer in answers} == {
        b'["/i/m/image.png"]}',
        b'["/i/m/image_1.png"]}',
    }
    assert outcome.code == 0
    assert "Traceback" not in outcome.err
    assert (await run("check", "--data", tmp_path / "d")).code == 0


async def test_ctrl_c_reaches_every_process_and_finishes_what_is_in_flight(tmp_path: Path) -> None:
    arguments = ("--data", tmp_path / "d", "--catalog", CATALOG, "--workers", 2)
    async with serve(*arguments) as running, upload_to_each_worker(running) as uploads:
        for pid in (*workers_of(running), running.process.pid):
            os.kill(pid, signal.SIGINT)
        answers = [await upload.finish() for upload in uploads]
        outcome = await running.end()
    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 200 "] * 2
    assert outcome.code == 0
    assert "Traceback" not in outcome.err


async def test_workers_end_with_a_killed_supervisor_and_hold_the_folder_until_then(
    tmp_path: Path,
) -> None:
    options = ("--data", tmp_path / "d", "--catalog", CATALOG)
    async with serve(*options, "--workers", 2) as running:
        async with upload_to_each_worker(running) as (upload, _):
            pids = workers_of(running)
            running.process.kill()
            await until_closed_to_new_connections(running)
            refused = await run("serve", *options, "--port", 0)
            assert str(tmp_path / "d") in refused.refused()
            assert (await upload.finish()).startswith(b"HTTP/1.1 200 ")
        await until(lambda: not any(sockets_of(pid) for pid in pids))
        await running.end()
    async with serve(*options) as running:
        assert running.url


async def test_a_worker_that_is_killed_is_replaced_while_the_others_serve(tmp_path: Path) -> None:
    arguments = ("--data", tmp_path / "d", "--catalog", CATALOG, "--workers", 2)
    async with serve(*arguments) as running:
        async with line_to_each_worker(running) as (killed, kept):
            [file] = await killed.call("create", "product1", png())
            for line in (killed, kept):
                assert len(await line.call("list", "product1")) == 1
            # An update under way in the worker that stays: bytes that have not moved yet.
            place = tmp_path / "d" / "media" / "catalog" / "product"
            os.link(place / file[1:], place / "i" / "m" / "pending-0")
            with contextlib.closing(sqlite3.connect(tmp_path / "d" / "rpcmedia.sqlite3")) as rows:
                rows.execute("UPDATE image SET stored_as = '/i/m/pending-0'")
                rows.commit()
            before = set(workers_of(running))
            os.kill(killed.pid, signal.SIGKILL)
            await until(lambda: len(set(workers_of(running)) - before) == 1)
            assert [image["file"] for image in await kept.call("list", "product1")] == [file]
        async with line_to_each_worker(running) as lines:
            assert kept.pid in {line.pid for line in lines}
            for line in lines:
                assert [image["file"] for image in await line.call("list", "product1")] == [file]
            # The new worker has not meddled with it.
            assert (place / "i" / "m" / "pending-0").exists()
        outcome = await running.stop()
    assert outcome.code == 0
    assert outcome.out.splitlines() == running.lines
    assert "worker ended" in outcome.err
    # A start does finish it, before there are workers.
    async with serve(*arguments) as running:
        await running.stop()
    assert not (place / "i" / "m" / "pending-0").exists()
    assert (await run("check", "--data", tmp_path / "d")).code == 0


async def test_a_worker_that_cannot_be_forked_is_tried_again(tmp_path: Path) -> None:
    no_room = tmp_path / "no room"
    refuse_to_fork = f"""
import errno, os
def fork(fork=os.fork):
    if os.path.exists({str(no_room)!r}):
        raise OSError(errno.EAGAIN, "No room for another")
    return fork()
os.fork = fork
"""
    options = ("--ephemeral", "--catalog", CATALOG, "--workers", 2)
    async with serve(*options, under=changed(refuse_to_fork)) as running:
        killed, kept = workers_of(running)
        no_room.touch()
        os.kill(killed, signal.SIGKILL)
        await until(lambda: running.err.count(b"No room for another") == 2)
        assert workers_of(running) == [kept]
        no_room.unlink()
        await until(lambda: len(workers_of(running)) == 2)
        async with line_to_each_worker(running) as lines:
            assert kept in {line.pid for line in lines}
        outcome = await running.stop()
    assert outcome.code == 0
    assert "Traceback" not in outcome.err


async def test_a_worker_that_does_not_stop_is_killed_in_the_end(tmp_path: Path) -> None:
    wait_shortly = "from rpcmedia.wiring import workers; workers.STOP_SECONDS = 1.0"
    options = ("--data", tmp_path / "d", "--catalog", CATALOG, "--workers", 2)
    async with serve(*options, under=changed(wait_shortly)) as running:
        stopped, _ = workers_of(running)
        os.kill(stopped, signal.SIGSTOP)
        outcome = await running.stop()
    assert outcome.code == 0
    [event] = [json.loads(line) for line in outcome.err.splitlines()]
    assert (event["event"], event["pid"]) == ("worker does not stop and is killed", stopped)


async def test_a_worker_that_comes_later_has_the_renewed_certificate(tmp_path: Path) -> None:
    options = certify(tmp_path).options
    async with serve("--ephemeral", "--workers", 2, *options) as running:
        trusted = certify(tmp_path).client()
        running.process.send_signal(signal.SIGHUP)
        await until(lambda: running.err.count(b"certificate renewed") == 3)
        before = set(workers_of(running))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await until(lambda: len(set(workers_of(running)) - before) == 2)
        # Neither of those who serve now was there when the certificate changed.
        connector = aiohttp.TCPConnector(ssl=trusted, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as http:
            for _ in range(20):
                async with http.get(f"{running.url}/healthz") as answer:
                    assert answer.status == 200


async def test_a_start_tidies_the_counters_of_a_killed_server_of_its_folder(tmp_path: Path) -> None:
    counters = tmp_path / "temporary"
    counters.mkdir()

    def serve_from(name: str) -> contextlib.AbstractAsyncContextManager[Running]:
        options = ("--data", tmp_path / name, "--user", "a:b", "--workers", 2)
        return serve(*options, env={"TMPDIR": str(counters)})

    async with serve_from("other") as other:
        [others] = counters.iterdir()
        async with serve_from("killed") as running:
            await running.kill()
        assert len(list(counters.iterdir())) == 2
        async with serve_from("killed") as running:
            assert len(list(counters.iterdir())) == 2
            await running.stop()
        assert list(counters.iterdir()) == [others]
        await other.stop()
    assert list(counters.iterdir()) == []


async def test_workers_that_keep_ending_at_their_start_end_the_server(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "d", "--user", "a:b", "--workers", 2) as running:
        async with asyncio.timeout(_SECONDS):
            while running.process.returncode is None:
                for pid in workers_of(running):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.05)
        outcome = await running.end()
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("rpcmedia: The workers keep ending")
    assert "Traceback" not in outcome.err
    async with serve("--data", tmp_path / "d") as running:
        assert running.url

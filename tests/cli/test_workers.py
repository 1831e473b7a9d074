"""`serve --workers N`: what one worker did holds in all of them."""

import asyncio
import contextlib
import hashlib
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import CATALOG, Running, run, serve
from tests.cli.worker_lines import Line, line_to_each_worker, workers_of
from tests.faces.bodies import file_of, png
from tests.support import pictures
from tests.support.server import KEY, USER


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def jpeg(content: bytes) -> dict[str, Any]:
    """Image data with these bytes, to be named image.jpg."""
    return {"file": file_of(content, "image/jpeg", name="image")}


@contextlib.asynccontextmanager
async def serve_two(data: Path, *options: Any) -> AsyncIterator[tuple[Running, Line, Line]]:
    """A server with two workers and a connection to each."""
    arguments = ("--data", data, "--catalog", CATALOG, "--workers", 2, *options)
    async with serve(*arguments) as running:
        async with line_to_each_worker(running) as (one, other):
            yield running, one, other
        outcome = await running.stop()
    assert outcome.code == 0
    assert "Traceback" not in outcome.err


async def test_a_session_of_one_worker_is_good_in_all_until_any_ends_it(tmp_path: Path) -> None:
    async with serve_two(tmp_path / "d") as (_, one, other):
        for login, end in ((one, other), (other, one)):
            session = (await login.send("login", USER, KEY, basic=False))["result"]
            for line in (one, other):
                answer = await line.send("product_media.list", session, "product1", basic=False)
                assert answer["result"] == []
            assert (await end.send("endSession", session, basic=False))["result"] is True
            for line in (login, end):
                answer = await line.send("product_media.list", session, "product1", basic=False)
                assert answer["error"]["code"] == 5


async def test_a_user_who_is_shut_out_is_shut_out_of_all_at_once(tmp_path: Path) -> None:
    async with serve_two(tmp_path / "d") as (_, one, other):
        session = (await one.send("login", USER, KEY, basic=False))["result"]
        for line in (one, other):
            assert await line.call("list", "product1") == []
        assert (await run("user", "disable", "--data", tmp_path / "d", USER)).code == 0
        for line in (one, other):
            assert (await line.send("product_media.list", None, "product1"))["error"]["code"] == 2
            answer = await line.send("product_media.list", session, "product1", basic=False)
            assert answer["error"]["code"] == 5


async def test_failed_logins_with_one_worker_delay_the_next_ones_with_all(tmp_path: Path) -> None:
    async with serve_two(tmp_path / "d") as (_, one, other):
        # Three are free; those after them wait for 0.1, 0.2 and 0.4 seconds.
        for _ in range(6):
            assert (await one.send("login", USER, "wrong", basic=False))["error"]["code"] == 2
        # A worker that knew nothing of them would look at the key at once.
        began = time.monotonic()
        assert "result" in await other.send("login", USER, KEY, basic=False)
        assert time.monotonic() - began > 0.7
        # The right key has cleared the failures of its user, and left those of the address.
        began = time.monotonic()
        assert (await one.send("login", "nobody", "wrong", basic=False))["error"]["code"] == 2
        assert time.monotonic() - began > 0.7


async def test_what_one_worker_answered_all_others_know(tmp_path: Path) -> None:
    async with serve_two(tmp_path / "d", "--ephemeral") as (running, one, other):
        [file] = await one.call("create", "product1", png())

        done = asyncio.Event()

        async def keep_reading(line: Line) -> None:
            while not done.is_set():
                await line.call("list", "product1")

        async with line_to_each_worker(running) as readers:
            # Their reads fill the caches all the time, so that there is something to forget.
            reading = [asyncio.create_task(keep_reading(line)) for line in readers]
            for number in range(200):
                writer, reader = (one, other) if number % 2 else (other, one)
                await writer.call("update", "product1", file, {"label": f"label {number}"})
                [image] = await reader.call("list", "product1")
                assert image["label"] == f"label {number}"
            done.set()
            await asyncio.gather(*reading)


async def test_uploads_of_one_name_through_all_workers_all_get_a_name(tmp_path: Path) -> None:
    async with serve_two(tmp_path / "d") as (_, one, other):

        async def upload(line: Line, first: int) -> dict[str, bytes]:
            named = {}
            for number in range(first, first + 10):
                content = pictures.jpeg(number)
                [file] = await line.call("create", "product1", jpeg(content))
                named[file] = content
            return named

        found = await asyncio.gather(upload(one, 0), upload(other, 100))
        named = found[0] | found[1]
        numbered = {f"/i/m/image_{number}.jpg" for number in range(1, 20)}
        assert named.keys() == {"/i/m/image.jpg", *numbered}
        for line in (one, other):
            listed = await line.call("list", "product1")
            assert {image["file"] for image in listed} == named.keys()
            assert len({image["position"] for image in listed}) == 20
            for file, content in named.items():
                assert await line.get(f"/media/catalog/product{file}") == content
    assert (await run("check", "--data", tmp_path / "d")).code == 0


async def test_updates_of_one_image_through_two_workers_keep_row_and_bytes_together(
    tmp_path: Path,
) -> None:
    async with (
        serve_two(tmp_path / "d") as (running, one, other),
        line_to_each_worker(running) as more,
        line_to_each_worker(running) as still_more,
    ):
        [file] = await one.call("create", "product1", jpeg(pictures.jpeg(1)))
        for number in range(200, 260, 6):
            contents = [pictures.jpeg(seed) for seed in range(number, number + 6)]
            await asyncio.gather(
                *(
                    line.call("update", "product1", file, jpeg(content))
                    for line, content in zip(
                        (one, other, *more, *still_more), contents, strict=True
                    )
                )
            )
            served = {await line.get(f"/media/catalog/product{file}") for line in (one, other)}
            assert len(served) == 1
            assert served < set(contents)
        last = hashlib.sha256(served.pop()).hexdigest()
    kept = tmp_path / "d" / "media" / "catalog" / "product" / "i" / "m"
    assert names_in(kept) == ["image.jpg"]
    assert hashlib.sha256((kept / "image.jpg").read_bytes()).hexdigest() == last
    # The row holds the checksum of the bytes that are there.
    assert (await run("check", "--data", tmp_path / "d")).code == 0


async def test_the_metrics_of_each_speak_for_all(tmp_path: Path) -> None:
    async with serve_two(tmp_path / "d", "--ephemeral") as (_, one, other):
        for line, calls in ((one, 3), (other, 4)):
            for _ in range(calls):
                await line.call("list", "product1")
        await other.send("product_media.list", None, "nosuch")
        for line in (one, other):
            text = (await line.get("/metrics")).decode()
            counted = {
                fault: float(value)
                for fault, value in re.findall(
                    r'^rpcmedia_calls_total\{.*fault="(\d*)",.*method="product_media.list"\} (\S+)',
                    text,
                    re.MULTILINE,
                )
            }
            assert counted == {"": 7, "101": 1}
            timed = r'^rpcmedia_call_seconds_count\{.*method="product_media.list"\} 8.0$'
            assert re.search(timed, text, re.MULTILINE)


async def test_one_temporary_folder_serves_all_and_is_gone_at_the_end(tmp_path: Path) -> None:
    options = ("--ephemeral", "--catalog", CATALOG, "--workers", 2)
    async with serve(*options, env={"TMPDIR": str(tmp_path)}) as running:
        async with line_to_each_worker(running) as (one, other):
            [file] = await one.call("create", "product1", png())
            assert [image["file"] for image in await other.call("list", "product1")] == [file]
        outcome = await running.stop()
    assert (outcome.code, outcome.err) == (0, "")
    assert names_in(tmp_path) == []


async def test_the_first_key_and_the_address_are_said_once(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "d", "--workers", 3) as running:
        assert len(workers_of(running)) == 3
        outcome = await running.stop()
    assert outcome.code == 0
    first, ready = outcome.out.splitlines()
    assert first.startswith("First start: user admin has the key ")
    assert ready.startswith("Ready at ")


async def test_one_worker_is_the_server_itself(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "d", "--workers", 1) as running:
        assert workers_of(running) == []


@pytest.mark.parametrize(
    "option", [["--control"], ["--seed", "0"], ["--tape", "tape.jsonl"]], ids=lambda o: o[0]
)
async def test_what_needs_one_process_is_refused(tmp_path: Path, option: list[str]) -> None:
    outcome = await run("serve", "--data", tmp_path / "d", "--port", 0, "--workers", 2, *option)
    assert f"{option[0]} does not go together with --workers" in outcome.refused()
    assert not (tmp_path / "d").exists()


async def test_no_worker_is_no_server(tmp_path: Path) -> None:
    outcome = await run("serve", "--data", tmp_path / "d", "--workers", 0)
    assert (outcome.code, outcome.out) == (2, "")
    assert "--workers" in outcome.err


async def test_the_folder_and_the_port_are_refused_to_others(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "d", "--workers", 2) as running:
        port = running.url.rpartition(":")[2]
        same_folder = ("--data", tmp_path / "d", "--port", 0, "--workers", 2)
        assert str(tmp_path / "d") in (await run("serve", *same_folder)).refused()
        for workers in (1, 2):
            same_port = ("--data", tmp_path / "other", "--port", port, "--workers", workers)
            outcome = await run("serve", *same_port)
            assert f"Cannot listen on 127.0.0.1:{port}" in outcome.refused()

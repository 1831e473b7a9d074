"""`rpcmedia playback` as a process."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.tapes import TAPES
from tests.tapes.made_tapes import (
    OFFLINE,
    call,
    contents,
    got,
    result,
    rpc,
    run,
    running_playback,
    send,
    write_tape,
)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_it_says_when_it_is_ready_and_at_the_end_what_was_asked(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    exchanges = [rpc(call("product_media.list", sku), result([sku])) for sku in ("a", "b", "c")]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)

    async with running_playback(tape) as playback:
        assert playback.ready == f"Ready at {playback.url} with 3 exchanges"
        answer = await send(http, playback.url, exchanges[1])
        await send(http, playback.url, got("/nothing", None))
        await send(http, playback.url, got("/at/all", None))
        outcome = await playback.stop()

    assert answer.json["result"] == ["b"]
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "1 requests answered, 2 missed, 2 recorded exchanges never asked for\n"


async def test_it_needs_no_network(http: aiohttp.ClientSession) -> None:
    tape = TAPES / "01-login-session.jsonl"
    _, exchanges = contents(tape)

    async with running_playback(tape, before=OFFLINE) as playback:
        for exchange in exchanges:
            answer = await send(http, playback.url, exchange)
            assert answer.body == exchange.response_body
        outcome = await playback.stop()

    assert (outcome.code, outcome.err) == (0, "")


async def test_a_tape_that_was_cut_off_is_played_with_a_warning(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1"), got("/b", b"2")])
    tape.write_bytes(tape.read_bytes()[:-20])

    async with running_playback(tape) as playback:
        outcome = await playback.stop()

    assert playback.ready.endswith("with 1 exchanges")
    assert outcome.err == f"rpcmedia: {tape}:3: skipped, the last line is cut off.\n"


async def test_recorded_latency_can_be_asked_for(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    exchange = got("/a", b"1", started="2026-11-21T10:00:00+00:00", milliseconds=1.0)
    tape = write_tape(tmp_path / "t.jsonl", [exchange])

    async with running_playback("--latency", "recorded", tape) as playback:
        assert (await send(http, playback.url, exchange)).body == b"1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "t.jsonl: No such file or directory."),
        ("", "t.jsonl:1: no tape"),
        ('{"tape": 9}\n', "t.jsonl:1: tape format 9 is not known"),
        ('{"tape": 1}\n{"request"\n{"a": 1}\n', "t.jsonl:2: no JSON"),
        ('{"tape": 1}\n{"request": {}}\n', "t.jsonl:2: no HAR entry"),
    ],
)
async def test_what_is_no_tape_is_refused_in_one_line(
    content: str | None, said: str, tmp_path: Path
) -> None:
    tape = tmp_path / "t.jsonl"
    if content is not None:
        tape.write_text(content)

    outcome = await run("playback", "--port", 0, tape)

    assert said in outcome.refused()


async def test_a_port_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = await run("playback", "--port", port, tape)

    assert outcome.refused().startswith(f"rpcmedia: 127.0.0.1:{port}: ")

"""Playback answers every request that is on its tapes."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from rpcmedia.tapes.playback import playing
from rpcmedia.tapes.playback_index import RecordedExchanges
from rpcmedia.tapes.tape import TapeReader, TapeRefused
from tests.support.tapes import all_tapes
from tests.tapes.made_tapes import (
    as_recorded,
    call,
    got,
    result,
    rpc,
    send,
    write_tape,
)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
async def test_a_recorded_tape_plays_back_in_full(path: Path, http: aiohttp.ClientSession) -> None:
    async with playing([path]) as playback:
        different = [
            exchange.line
            for exchange in TapeReader(path)
            if not as_recorded(exchange, await send(http, playback.address, exchange))
        ]

    assert not different
    assert (playback.missed, playback.recorded.never_asked) == (0, 0)
    assert playback.answered == len(playback.recorded) > 0


async def test_several_tapes_play_back_one_after_the_other(http: aiohttp.ClientSession) -> None:
    tapes = all_tapes()
    async with playing(tapes) as playback:
        for exchange in (exchange for path in tapes for exchange in TapeReader(path)):
            assert as_recorded(exchange, await send(http, playback.address, exchange))

    assert playback.summary == (
        "874 requests answered, 0 missed, 0 recorded exchanges never asked for"
    )


async def test_equal_requests_are_answered_in_their_order_and_then_by_the_last(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    request, other = call("product_media.list", "a"), call("product_media.list", "b")
    exchanges = [
        rpc(request, result(["first"])),
        rpc(other, result(["other"])),
        rpc(request, result(["second"])),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)

    async with playing([tape]) as playback:
        answers = [await send(http, playback.address, exchanges[0]) for _ in range(4)]
        last = await send(http, playback.address, exchanges[1])

    assert [a.json["result"] for a in answers] == [["first"], ["second"], ["second"], ["second"]]
    assert last.json["result"] == ["other"]


async def test_what_got_no_response_when_recorded_gets_none(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    exchange = got("/gone", None, status=0, error="connection reset")
    tape = write_tape(tmp_path / "t.jsonl", [exchange, got("/there", b"1")])

    async with playing([tape]) as playback:
        with pytest.raises(aiohttp.ClientConnectionError):
            await send(http, playback.address, exchange)
        assert (await send(http, playback.address, got("/there", None))).body == b"1"


async def test_bodies_may_be_large_and_come_after_a_100_continue(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    content = "A" * 3_000_000
    exchange = rpc(call("product_media.create", "a", {"content": content}), result(content))
    tape = write_tape(tmp_path / "t.jsonl", [exchange])
    assert tape.stat().st_size < 10_000

    async with playing([tape]) as playback:
        answer = await send(http, playback.address, exchange, expect100=True)

    assert answer.body == exchange.response_body


async def test_latency_is_left_out_unless_it_is_asked_for(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    started = "2026-11-21T10:00:00+00:00"
    slow = got("/slow", b"slow", started=started, milliseconds=3_600_000.0)
    fast = got("/fast", b"fast", started=started, milliseconds=1.0)
    tape = write_tape(tmp_path / "t.jsonl", [slow, fast])

    async with playing([tape]) as playback:
        assert (await send(http, playback.address, slow)).body == b"slow"
    async with playing([tape], recorded_latency=True) as playback:
        waiting = asyncio.create_task(send(http, playback.address, slow))
        while not playback.answered:  # noqa: ASYNC110, for it has no event to wait for
            await asyncio.sleep(0)
        assert (await send(http, playback.address, fast)).body == b"fast"
        assert not waiting.done()
        waiting.cancel()


async def test_a_last_line_that_was_cut_off_is_skipped_with_a_warning(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1"), got("/b", b"2")])
    tape.write_bytes(tape.read_bytes()[:-20])

    async with playing([tape]) as playback:
        assert (await send(http, playback.address, got("/a", None))).body == b"1"

    assert len(playback.recorded) == 1
    [warning] = playback.recorded.warnings
    assert warning.startswith(f"{tape}:3:")


async def test_a_missing_body_file_is_found_at_the_start(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1"), got("/b", b"2" * 100_000)])
    [body] = (tmp_path / "t.jsonl.bodies").iterdir()
    body.unlink()

    with pytest.raises(TapeRefused, match=r"t\.jsonl:3: .*missing"):
        async with playing([tape]):
            pass


def test_an_exchange_costs_little_memory_whatever_its_size(tmp_path: Path) -> None:
    exchanges = (
        rpc(call("product_media.list", f"sku{n}"), result("x" * 2000)) for n in range(5000)
    )
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    RecordedExchanges([tape]).close()

    tracemalloc.start()
    recorded = RecordedExchanges([tape])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    recorded.close()

    assert len(recorded) == 5000
    assert most / 5000 < 700

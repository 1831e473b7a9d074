"""`--update` writes the new answers into a tape, which then replays without a difference."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from rpcmedia.tapes.json_paths import Selection
from rpcmedia.tapes.replay import Options, Played, Replay
from rpcmedia.tapes.rewriting import rewriting
from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeRefused
from tests.support.server import CATALOG, KEY, USER, serving
from tests.tapes.made_tapes import HOST, call, contents, got, result, rpc, write_tape
from tests.tapes.replayed import differences, record, replayed, stub

HEADER = Header("by hand", "documented", HOST, "catalog.json", {"more": [1]})
LARGE = b"\xff" * 100_000


async def updated(
    tape: Path, url: str, *, bind: Sequence[tuple[str, str]] = (), **options: Any
) -> list[Played]:
    """Play a tape and write it anew."""
    chosen = Options(bind=[(name, Selection(path)) for name, path in bind], **options)

    def work() -> list[Played]:
        reader, played = TapeReader(tape), []
        with rewriting(reader) as version:
            for one in Replay(reader, url, chosen):
                version.append(one)
                played.append(one)
        return played

    return await asyncio.to_thread(work)


async def counting(request: web.Request) -> web.Response:
    """Answers `/1` by 1, `/large` by much, and all else by nothing."""
    if request.path == "/large":
        return web.Response(body=LARGE, content_type="image/png")
    return web.json_response({"url": f"http://{request.host}/m", "n": int(request.path[1:] or 0)})


def answer(number: int, **members: Any) -> Exchange:
    return got(f"/{number}", json.dumps({"url": f"{HOST}/m", "n": number}).encode(), **members)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_answers_that_differ_are_replaced_and_all_else_is_kept(tmp_path: Path) -> None:
    told = {
        "name": "n",
        "note": "why",
        "started": "2026-01-01T00:00:00Z",
        "milliseconds": 5.0,
        "extra": {"comment": "x", "timings": {"wait": 1}},
        "request_headers": [("X-A", "1")],
    }
    exchanges = [answer(1, note="as it was"), answer(2, **told), answer(3)]
    wrong = [exchanges[0], replace(exchanges[1], response_body=b'{"n": 9}'), exchanges[2]]
    tape = write_tape(tmp_path / "t.jsonl", wrong, HEADER)
    before = tape.read_bytes().splitlines()

    async with stub(counting) as url:
        assert len(differences(await updated(tape, url))) == 2
        assert differences(await replayed(tape, url)) == []

    after = tape.read_bytes().splitlines()
    assert [after[n] for n in (0, 1, 3)] == [before[n] for n in (0, 1, 3)]
    _, found = contents(tape)
    assert json.loads(found[1].response_body or b"") == {"url": f"{HOST}/m", "n": 2}
    for member, value in told.items():
        assert getattr(found[1], member) == value
    assert files(tmp_path) == {"t.jsonl"}


async def test_a_tape_of_another_server_replays_after_an_update(tmp_path: Path) -> None:
    async with serving(tmp_path / "recorded", base_url=HOST) as server:
        tape = await record(server, tmp_path / "t.jsonl")
    async with serving(tmp_path / "updated", profile="openmage") as server:
        played = await updated(tape, server.url)
    assert len(differences(played)) > 5

    async with serving(tmp_path / "replayed", profile="openmage") as server:
        assert differences(await replayed(tape, server.url)) == []
    # It is a tape of its own, not one of that server.
    text = tape.read_text("utf-8")
    assert server.url not in text
    assert [e.request_body for e in contents(tape)[1]] == [p.recorded.request_body for p in played]


async def test_bound_values_stay_as_they_were_recorded(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["params"][1] == "create":
            return web.json_response(result("/a_9.jpg"))
        return web.json_response(result({"file": "/a_9.jpg", "label": "new"}))

    exchanges = [
        rpc(call("create"), result("/a.jpg")),
        rpc(call("info", "/a.jpg"), result({"file": "/a.jpg", "label": "old"})),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    bind = [("file", "$.result")]
    async with stub(handler) as url:
        await updated(tape, url, bind=bind)
        assert differences(await replayed(tape, url, bind=bind)) == []

    _, (created, shown) = contents(tape)
    assert created.response_body == exchanges[0].response_body
    assert json.loads(shown.response_body or b"") == result({"file": "/a.jpg", "label": "new"})


async def test_what_got_no_answer_keeps_the_recorded_one(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/2" and request.transport:
            request.transport.abort()
        return await counting(request)

    exchanges = [answer(1), answer(2), got("/3", None, status=0, error="timed out")]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    before = tape.read_bytes()
    async with stub(handler) as url:
        [(line, _, _, shown)] = differences(await updated(tape, url))

    assert line == 3
    assert "no answer" in shown
    assert tape.read_bytes() == before


async def test_large_bodies_come_into_the_folder_and_old_ones_leave_it(tmp_path: Path) -> None:
    exchanges = [
        got("/large", b"\xfe" * 100_000, "image/png"),
        got("/0", b"\xfd" * 100_000, "image/png"),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with stub(counting) as url:
        await updated(tape, url)
        assert differences(await replayed(tape, url)) == []

    _, (large, _) = contents(tape)
    assert large.response_body == LARGE
    assert len(files(tmp_path)) == 2

    async def small(request: web.Request) -> web.Response:
        return web.Response(body=b"small")

    async with stub(small) as url:
        await updated(tape, url)
    assert os.listdir(tmp_path) == ["t.jsonl"]  # noqa: PTH208, for a folder counts too


async def test_a_redacted_tape_stays_so(tmp_path: Path) -> None:
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [USER, f"{{{{key:{USER}}}}}"]}
    exchanges = [
        rpc(login | {"id": 2}, {"error": "it was down"}),
        rpc(login, result("{{session:1}}")),
        rpc(call("product_media.list", "product1", session="{{session:1}}"), result(["old"])),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with serving(tmp_path / "data", catalog=CATALOG) as server:
        await updated(tape, server.url, keys={USER: KEY})
        assert differences(await replayed(tape, server.url, keys={USER: KEY})) == []

    assert KEY not in tape.read_text("utf-8")
    _, (first, second, listed) = contents(tape)
    assert json.loads(first.response_body or b"")["result"] == "{{session:2}}"
    assert json.loads(second.response_body or b"")["result"] == "{{session:1}}"
    assert json.loads(listed.response_body or b"")["result"] == []


async def test_a_run_that_fails_leaves_the_tape_as_it_was(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [answer(5), replace(answer(6), response_body=LARGE)])
    with tape.open("a") as file:
        file.write("no entry\n")
    before, names = tape.read_bytes(), files(tmp_path)

    async with stub(counting) as url:
        with pytest.raises(TapeRefused):
            await updated(tape, url)

    assert tape.read_bytes() == before
    assert files(tmp_path) == names


async def test_what_a_killed_run_left_behind_is_no_hindrance(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [replace(answer(1), response_body=b"{}")])
    (tmp_path / "t.jsonl.new").write_text("half a tape")
    (tmp_path / "t.jsonl.new.bodies").mkdir()

    async with stub(counting) as url:
        await updated(tape, url)
        assert differences(await replayed(tape, url)) == []
    assert files(tmp_path) == {"t.jsonl"}


async def test_a_link_to_a_tape_stays_a_link(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [replace(answer(1), response_body=b"{}")])
    tape.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(tape)

    async with stub(counting) as url:
        await updated(link, url)
        assert differences(await replayed(tape, url)) == []
    assert link.is_symlink()
    assert tape.stat().st_mode & 0o777 == 0o640

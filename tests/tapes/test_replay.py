"""A tape is played against a server, and what differs is told to the field."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from rpcmedia import wiring
from rpcmedia.settings import Settings
from rpcmedia.tapes.meaning import ABSENT
from rpcmedia.tapes.replay import Replay
from rpcmedia.tapes.tape import Header, TapeReader, TapeRefused
from tests.support import pictures
from tests.support.server import CATALOG, KEY, USER, serving
from tests.support.tapes import TAPES, all_tapes
from tests.tapes.made_tapes import HOST, call, contents, got, result, rpc, write_tape
from tests.tapes.replayed import BASE_URL, differences, record, replayed, stub

LISTED = {
    (entry["tape"], entry["entry"] + 1)
    for entry in json.loads((TAPES / "differences.json").read_text("utf-8"))
}
"""(tape, line) of the answers that differ on purpose."""


def answer(value: Any) -> web.Response:
    return web.json_response(result(value))


async def test_a_session_replays_without_a_difference(tmp_path: Path) -> None:
    async with serving(tmp_path / "recorded", base_url=BASE_URL) as server:
        tape = await record(server, tmp_path / "t.jsonl")
    async with serving(tmp_path / "replayed", base_url=BASE_URL) as server:
        played = await replayed(tape, server.url)

    assert differences(played) == []
    assert [one.recorded.line for one in played] == list(range(2, 2 + len(played)))
    assert len(played) == len(contents(tape)[1]) > 10


async def test_a_server_with_urls_of_its_own_replays_without_a_difference(tmp_path: Path) -> None:
    async with serving(tmp_path, base_url=BASE_URL) as server:
        tape = await record(server, tmp_path / "t.jsonl")
    settings = Settings(ephemeral=True, port=0, catalog=CATALOG)
    async with wiring.running(settings) as running:
        assert differences(await replayed(tape, running.address)) == []


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
async def test_a_tape_of_the_reference_differs_where_it_is_meant_to(
    path: Path, tmp_path: Path
) -> None:
    header, _ = contents(path)
    async with serving(
        tmp_path,
        catalog=path.parent / header.catalog,
        profile=header.profile,
        base_url=header.base_url,
    ) as server:
        played = await replayed(path, server.url)

    differing = {one.recorded.line for one in played if one.differences}
    listed = {line for tape, line in LISTED if tape == path.name}
    # Pages of the shop, its crashes, and pictures that it encoded anew.
    other = {
        one.recorded.line
        for one in played
        if one.recorded.status >= 500 or "json" not in one.recorded.response_mime
    }
    assert listed <= differing
    assert differing <= listed | other


async def test_a_server_that_differs_in_one_field_makes_one_difference(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        asked = await request.json()
        return answer([{"file": "/a.jpg", "label": "new" if asked["id"] == 2 else "old"}])

    recorded = result([{"label": "old", "file": "/a.jpg"}])
    exchanges = [rpc(call("product_media.list", "p", id_=n), recorded) for n in (1, 2, 3)]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with stub(handler) as url:
        played = await replayed(tape, url)

    assert differences(played) == [(3, "$.result[0].label", "old", "new")]


async def test_urls_of_the_target_are_put_back_also_as_php_spells_them(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        host = request.headers["Host"]
        return web.Response(body=json.dumps(result(f"http://{host}/a.jpg")).replace("/", "\\/"))

    tape = write_tape(tmp_path / "t.jsonl", [rpc(call("x"), result(f"{HOST}/a.jpg"))])
    async with stub(handler) as url:
        assert differences(await replayed(tape, url)) == []


async def test_an_exchange_without_a_recorded_answer_is_not_sent(tmp_path: Path) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=b"ok")

    exchanges = [got("/1", b"ok"), got("/2", None, status=0, error="timed out"), got("/3", b"ok")]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with stub(handler) as url:
        played = await replayed(tape, url)

    assert asked == ["/1", "/3"]
    assert [one.skipped for one in played] == [False, True, False]
    assert differences(played) == []


IGNORED: list[tuple[list[str], list[str]]] = [
    ([], ["$.result[0].label", "$.result[0].url", "$.result[1].url", "$.result[2]"]),
    (["$.result[*].url"], ["$.result[0].label", "$.result[2]"]),
    (["$..url"], ["$.result[0].label", "$.result[2]"]),
    (["$.result[0]"], ["$.result[1].url", "$.result[2]"]),
    (["$.result[0]", "$.result[2]"], ["$.result[1].url"]),
    (["$.result[1:]"], ["$.result[0].label", "$.result[0].url"]),
    (["$.result[?@.url == 'b']"], ["$.result[0].label", "$.result[0].url", "$.result[2]"]),
    (["$.result"], []),
    (["$"], []),
    (
        ["$.result[0].la", "$.nothing"],
        [
            *("$.result[0].label", "$.result[0].url", "$.result[1].url", "$.result[2]"),
        ],
    ),
]


@pytest.mark.parametrize(("ignore", "left"), IGNORED, ids=str)
async def test_what_is_ignored_may_differ_and_all_below_it(
    tmp_path: Path, ignore: list[str], left: list[str]
) -> None:
    async def handler(request: web.Request) -> web.Response:
        return answer([{"label": "y", "url": "c"}, {"label": "x", "url": "d"}, {"url": "e"}])

    recorded = [{"label": "x", "url": "a"}, {"label": "x", "url": "b"}]
    tape = write_tape(tmp_path / "t.jsonl", [rpc(call("x"), result(recorded))])
    async with stub(handler) as url:
        played = await replayed(tape, url, ignore=ignore)

    assert [field for _, field, _, _ in differences(played)] == left


async def test_an_ignored_place_may_be_there_on_one_side_only(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"error": {"code": 1, "data": {"a": 1}}})

    exchanges = [rpc(call("x"), {"error": {"code": 1}}), rpc(call("x"), {"error": {"code": 2}})]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with stub(handler) as url:
        assert differences(await replayed(tape, url, ignore=["$.error.data"])) == [
            (3, "$.error.code", 2, 1)
        ]
        assert (2, "$.error.data", ABSENT, {"a": 1}) in differences(await replayed(tape, url))


async def test_a_status_cannot_be_ignored_by_a_path(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({}, status=500)

    tape = write_tape(tmp_path / "t.jsonl", [rpc(call("x"), {})])
    async with stub(handler) as url:
        assert differences(await replayed(tape, url, ignore=["$"])) == [(2, "status", 200, 500)]


class Gallery:
    """A server that gives file names of its own, and finds them again."""

    def __init__(self, offset: int) -> None:
        self.files = [f"/i/m/image_{offset}.jpg"]

    async def handle(self, request: web.Request) -> web.Response:
        _, operation, arguments = (await request.json())["params"]
        if operation == "create":
            number = int(self.files[-1][11:-4]) + 1
            self.files.append(f"/i/m/image_{number}.jpg")
            return answer(self.files[-1])
        if operation == "list":
            return answer([{"file": f, "url": f"{HOST}/media{f}"} for f in self.files[1:]])
        return answer(arguments[0] in self.files[1:])


async def test_a_bound_value_is_followed_through_the_tape(tmp_path: Path) -> None:
    def listed(*names: str) -> list[dict[str, str]]:
        return [{"file": name, "url": f"{HOST}/media{name}"} for name in names]

    one, two = "/i/m/image_1.jpg", "/i/m/image_2.jpg"
    exchanges = [
        rpc(call("create"), result(one)),
        rpc(call("create"), result(two)),
        rpc(call("info", two), result(True)),
        rpc(call("info", "/i/m/image_3.jpg"), result(False)),
        rpc(call("list"), result(listed(one, two))),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)

    async with stub(Gallery(offset=0).handle) as url:
        assert differences(await replayed(tape, url)) == []
    async with stub(Gallery(offset=10).handle) as url:
        assert differences(await replayed(tape, url, bind=[("file", "$.result")])) == []
        assert len(differences(await replayed(tape, url))) > 2


async def test_keys_are_filled_in_from_those_given(tmp_path: Path) -> None:
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [USER, f"{{{{key:{USER}}}}}"]}
    exchanges = [
        rpc(login, result("{{session:1}}")),
        rpc(call("product_media.list", "product1", session="{{session:1}}"), result([])),
        rpc(
            call("product_media.list", "product1", session=None),
            result([]),
            request_headers=[("Authorization", f"Basic {{{{basic:{USER}}}}}")],
        ),
        rpc(
            login | {"params": [USER, f"{{{{key:{USER}:refused}}}}"]},
            {"jsonrpc": "2.0", "id": 1, "error": {"code": 2, "message": "Access denied."}},
        ),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges, Header(base_url=HOST))
    async with serving(tmp_path / "data") as server:
        assert differences(await replayed(tape, server.url, keys={USER: KEY})) == []


async def test_recorded_speed_leaves_as_much_time_between_requests(tmp_path: Path) -> None:
    moments: list[float] = []

    async def handler(request: web.Request) -> web.Response:
        moments.append(asyncio.get_running_loop().time())
        return web.Response(body=b"ok")

    started = [f"2026-01-01T00:00:{second}Z" for second in ("00", "00.5", "00.4", "00.6")]
    exchanges = [got("/", b"ok", started=moment) for moment in (*started, "", "no time")]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with stub(handler) as url:
        played = await replayed(tape, url, speed="recorded")

    assert differences(played) == []
    # At least: less would be an error, more is a slow machine.
    assert moments[1] - moments[0] > 0.3
    assert moments[3] - moments[0] > 0.4


async def test_bodies_of_many_megabytes_are_compared(tmp_path: Path) -> None:
    picture = pictures.png() * 4_000

    async def handler(request: web.Request) -> web.Response:
        content = await request.read()
        return web.Response(body=content if request.path == "/same" else content + b"\0")

    def upload(path: str) -> Any:
        return replace(rpc(picture, picture, path=path), response_mime="image/png")

    tape = write_tape(tmp_path / "t.jsonl", [upload("/same"), upload("/other")])
    async with stub(handler) as url:
        [(line, field, expected, shown)] = differences(await replayed(tape, url))

    assert (line, field) == (3, "body")
    assert expected.startswith(f"{len(picture)} bytes, sha256 ")
    assert shown.startswith(f"{len(picture) + 1} bytes, sha256 ")


async def ok(request: web.Request) -> web.Response:
    return web.Response(body=b"ok")


async def test_a_broken_line_ends_a_replay_after_what_came_before_it(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/1", b"ok"), got("/2", b"ok")])
    with tape.open("a") as file:
        file.write("no entry\n")
    seen: list[str] = []

    async with stub(ok) as url:

        def play() -> None:
            seen.extend(one.recorded.url for one in Replay(TapeReader(tape), url))

        with pytest.raises(TapeRefused, match=r"t\.jsonl:4: no JSON"):
            await asyncio.to_thread(play)

    assert seen == [f"{HOST}/1", f"{HOST}/2"]


async def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/1", b"ok"), got("/2", b"ok")])
    tape.write_bytes(tape.read_bytes()[:-9])

    async with stub(ok) as url:
        assert [one.recorded.url for one in await replayed(tape, url)] == [f"{HOST}/1"]


async def test_a_tape_without_an_exchange_is_played_at_once(tmp_path: Path) -> None:
    assert await replayed(write_tape(tmp_path / "t.jsonl", []), "http://127.0.0.1:1") == []

"""What a target changes that is no difference, and what is one although it looks like none."""

import gzip
import json
import zlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web

from rpcmedia.tapes.content_encoding import decoded
from rpcmedia.tapes.meaning import answer_differences, request_key
from rpcmedia.tapes.tape import TapeReader
from tests.cli.process import run
from tests.tapes.made_exchanges import AWKWARD, KEY, basic
from tests.tapes.made_tapes import call, contents, got, result, rpc, write_tape
from tests.tapes.replayed import differences, replayed, stub

LOGIN = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": ["me", "{{key:me}}"]}


async def echo(request: web.Request) -> web.Response:
    """Answers with the key in all spellings, and one field that is new."""
    key = (await request.json())["params"][1]
    body = {
        "authorization": request.headers["Authorization"],
        "key": key,
        "in a word": f"x{key}x",
        "url": f"/?k={quote(key, safe='')}",
        "new": f"{key} is wrong",
        key: 1,
    }
    return web.json_response(body, headers={"X-Key": key})


@pytest.mark.parametrize("key", [KEY, AWKWARD.replace("ä", "").replace("é", "")])
async def test_keys_that_are_echoed_come_back_as_their_placeholders(
    key: str, tmp_path: Path
) -> None:
    recorded = {
        "authorization": "Basic {{basic:me}}",
        "key": "{{key:me}}",
        "in a word": "x{{key:me}}x",
        "url": "/?k={{key:me}}",
        "{{key:me}}": 1,
    }
    sent = [("Authorization", "Basic {{basic:me}}")]
    tape = write_tape(tmp_path / "t.jsonl", [rpc(LOGIN, recorded, request_headers=sent)])
    report, junit = tmp_path / "r.json", tmp_path / "r.xml"
    async with stub(echo) as url:
        arguments = ("--user", f"me:{key}", "--against", url, "--json", report, "--junit", junit)
        outcome = await run("replay", "--update", *arguments, tape)
        again = await run("replay", *arguments[:4], tape)

    [failure] = json.loads(report.read_text("utf-8"))["tapes"][0]["failures"]
    assert [found["field"] for found in failure["differences"]] == ["$.new"]
    shown = outcome.out + outcome.err + "".join(p.read_text("utf-8") for p in (report, junit, tape))
    for spelling in (key, json.dumps(key)[1:-1], quote(key, safe=""), basic("me", key)):
        assert spelling not in shown
    assert json.loads(contents(tape)[1][0].response_body or b"")["new"] == "{{key:me}} is wrong"
    assert again.code == 0, again


async def test_a_key_that_is_a_number_leaves_json_as_it_is(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"n": 12345, "key": "12345"})

    tape = write_tape(tmp_path / "t.jsonl", [rpc(LOGIN, {"n": 12345, "key": "{{key:me}}"})])
    async with stub(handler) as url:
        assert differences(await replayed(tape, url, keys={"me": "12345"})) == []


@pytest.mark.parametrize("kept", [False, True])
async def test_an_encoding_is_sent_only_with_a_body_that_has_it(kept: bool, tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        named = request.headers.get("Content-Encoding", "none")
        return web.json_response([named, await request.json()])

    body = json.dumps({"a": 1}).encode()
    exchange = rpc(
        gzip.compress(body) if kept else body,
        ["gzip" if kept else "none", {"a": 1}],
        request_headers=[("Content-Encoding", "gzip")],
    )
    tape = write_tape(tmp_path / "t.jsonl", [exchange])
    async with stub(handler) as url:
        assert differences(await replayed(tape, url)) == []


async def test_an_answer_of_the_recorder_itself_is_not_compared(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"ok")

    failed = got("/", b"rpcmedia record: ...", status=502, error="the upstream gave no answer")
    tape = write_tape(tmp_path / "t.jsonl", [failed, got("/", b"ok")])
    async with stub(handler) as url:
        played = await replayed(tape, url)

    assert [one.skipped for one in played] == [True, False]
    assert differences(played) == []


def raw_deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("deflate", raw_deflate(b'{"a": "text"}')),
        ("deflate", raw_deflate(b"a")),
        ("deflate", zlib.compress(b"text")),
        ("gzip, deflate", raw_deflate(gzip.compress(b"text", mtime=0))),
        ("deflate,gzip", gzip.compress(zlib.compress(b"text"), mtime=0)),
    ],
)
def test_both_envelopes_of_deflate_and_lists_are_decoded(encoding: str, body: bytes) -> None:
    exchange = got("/", body, response_headers=[("Content-Encoding", encoding)])

    assert decoded(exchange, []).response_body in (b'{"a": "text"}', b"a", b"text")


@pytest.mark.parametrize("body", [b'{"result": 1}', b"text", b"x", b"KL and so on"])
def test_what_was_decoded_when_it_was_recorded_stays(body: bytes) -> None:
    for encoding in ("deflate", "gzip", "gzip, deflate"):
        exchange = got("/", body, response_headers=[("Content-Encoding", encoding)])
        assert decoded(exchange, []) == exchange


@pytest.mark.parametrize(
    ("recorded", "answered", "equal"),
    [
        ("0" * 32, "1" * 64, True),
        ("{{session:1}}", "1" * 32, True),
        ("a-token-of-16-chr", "another-token-of-it", True),
        ("0" * 32, "Access denied for this user.", False),
        ("0" * 32, "no", False),
        ("ok", "1" * 32, False),
    ],
)
async def test_a_login_is_compared_unless_both_sides_are_session_ids(
    recorded: str, answered: str, equal: bool, tmp_path: Path
) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(result(answered))

    tape = write_tape(tmp_path / "t.jsonl", [rpc(LOGIN, result(recorded))])
    async with stub(handler) as url:
        found = differences(await replayed(tape, url, keys={"me": "secret"}))

    assert found == ([] if equal else [(2, "$.result", recorded, answered)])


@pytest.mark.parametrize("depth", [90, 150, 400, 900])
def test_json_that_is_nested_deep_is_compared_as_text(depth: int) -> None:
    deep, other = (b"[" * depth + leaf + b"]" * depth for leaf in (b"1", b"2"))
    one = rpc(deep, deep)

    assert request_key(one) == request_key(rpc(deep, deep)) != request_key(rpc(other, deep))
    assert list(answer_differences(one, replace(one, response_body=b" " + deep))) == []
    assert len(list(answer_differences(one, replace(one, response_body=other)))) == 1


async def test_json_that_is_nested_deep_is_replayed_and_shown(tmp_path: Path) -> None:
    deep = b"[" * 900 + b"1" + b"]" * 900

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=deep.replace(b"1", b"2"), content_type="application/json")

    tape = write_tape(tmp_path / "t.jsonl", [rpc(call("x", 1), deep)])
    async with stub(handler) as url:
        [(_, field, _, _)] = differences(await replayed(tape, url))
    shown = await run("tape", "show", "--line", "2", tape)

    assert (field, shown.code) == ("body", 0)
    assert list(TapeReader(tape))

"""`rpcmedia tape show`, `convert` and `redact` as processes; and what `show` finds in exchanges."""

import base64
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.tapes import show
from rpcmedia.tapes.cassette import read_cassette
from rpcmedia.tapes.har import read_har
from rpcmedia.tapes.tape import Exchange
from tests.support.tapes import TAPES
from tests.tapes.made_tapes import call, contents, got, result, rpc, run, write_tape

SOAP = (
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">'
    "<SOAP-ENV:Body>{}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
SOAP_CALL = SOAP.format(
    "<ns1:call><sessionId>abc</sessionId><resourcePath>product_media.list</resourcePath>"
    "<args><item>product1</item></args></ns1:call>"
)
XMLRPC_CALL = (
    "<?xml version='1.0'?>\n<methodCall><methodName>call</methodName><params>"
    "<param><value><string>abc</string></value></param>"
    "<param><value><string>product_media.info</string></value></param>"
    "<param><value><array><data><value><string>product1</string></value></data></array></value>"
    "</param></params></methodCall>"
)


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (call("product_media.info", "product1", "/a.jpg"), "call product_media.info product1"),
        (call("product_media.types", 4), "call product_media.types 4"),
        (
            {
                "method": "call",
                "params": {"apiPath": "product_media.list", "args": {"productId": "a"}},
            },
            "call product_media.list a",
        ),
        ({"method": "product_media.list", "params": ["session", "a"]}, "product_media.list a"),
        ({"method": "login", "params": ["apiuser", "key"]}, "login"),
        ({"method": "call", "params": "no list"}, "call"),
        ({"method": 5}, ""),
        ([call("product_media.list", "a")] * 2, "batch of 2"),
        (XMLRPC_CALL.encode(), "call product_media.info product1"),
        (b"<methodCall><methodName> login </methodName></methodCall>", "login"),
        (SOAP_CALL.encode(), "call product_media.list product1"),
        (b"<html/>", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_what_a_request_asks(request_: Any, asked: str) -> None:
    assert show.row(rpc(request_, None)).asked == asked


@pytest.mark.parametrize(
    ("exchange", "answer"),
    [
        (rpc(1, result([])), "result"),
        (rpc(1, {"error": {"code": -32602}, "id": 1}), "error -32602"),
        (rpc(1, {"result": [], "error": None}), "result"),
        (rpc(1, [result(1), {"error": {"code": 5}}, result(2)]), "result, error 5"),
        (
            rpc(
                1, b"<value><struct><name>faultCode</name>\n<value><int>101</int></value></struct>"
            ),
            "fault 101",
        ),
        (rpc(1, SOAP.format("<faultcode>101</faultcode>").encode()), "fault 101"),
        (got("/a", b"<html>", "text/html; charset=UTF-8"), "text/html"),
        (got("/a", b"\x89PNG", "image/png"), "image/png"),
        (got("/a", b"x"), "bytes"),
        (got("/a", b""), "empty"),
        (got("/a", None, status=0, error="refused"), "no answer: refused"),
        (got("/a", None, status=0), "no answer"),
    ],
)
def test_what_came_back(exchange: Exchange, answer: str) -> None:
    assert show.row(exchange).answer == answer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_show_lists_one_line_for_each_exchange(tmp_path: Path) -> None:
    tape = write_tape(
        tmp_path / "t.jsonl",
        [
            rpc(call("product_media.list", "a"), result([]), name="one"),
            got("/media/a.jpg?x=1", b"12", "image/jpeg", started="2026-11-21T10:00:00Z"),
        ],
    )

    outcome = await run("tape", "show", tape)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "     2  POST /api/jsonrpc  call product_media.list a  200 result  122 > 41 bytes  one",
        "     3  2026-11-21T10:00:00Z 0 ms  GET /media/a.jpg?x=1  -  200 image/jpeg  0 > 2 bytes",
    ]


async def test_show_tells_all_of_one_exchange(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 4
    content = {"file": {"content": base64.b64encode(picture).decode()}, "label": "Rückseite"}
    exchange = rpc(
        {"method": "x.y", "params": [content]},
        b"<b>plain</b>",
        status=500,
        reason="Oh No",
        name="a name",
        note="a note",
        started="2026-11-21T10:00:00Z",
        milliseconds=12.0,
        response_headers=[("Content-Type", "text/html"), ("X", "y")],
    )
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1"), exchange])

    outcome = await run("tape", "show", tape, "--line", 3)

    shortened = base64.b64encode(picture).decode()[:40]
    assert outcome.out.splitlines() == [
        "name: a name",
        "note: a note",
        "started: 2026-11-21T10:00:00Z, 12 ms",
        "POST http://shop.invalid/api/jsonrpc",
        "Content-Type: application/json",
        "",
        "{",
        '  "method": "x.y",',
        '  "params": [',
        "    {",
        '      "file": {',
        f'        "content": "{shortened}… (1024 bytes)"',
        "      },",
        '      "label": "Rückseite"',
        "    }",
        "  ]",
        "}",
        "",
        "500 Oh No",
        "Content-Type: text/html",
        "X: y",
        "",
        "<b>plain</b>",
    ]


@pytest.mark.parametrize(
    ("exchange", "last"),
    [
        (got("/a", b"\x89PNG\xff", "image/png"), "(5 bytes)"),
        (got("/a", None, status=0, error="refused"), "no answer: refused"),
    ],
)
async def test_show_tells_of_what_is_no_text(exchange: Exchange, last: str, tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [exchange])

    outcome = await run("tape", "show", tape, "--line", 2)

    assert outcome.out.splitlines()[-1] == last


async def test_show_warns_of_a_last_line_that_was_cut_off(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1"), got("/b", b"2")])
    tape.write_bytes(tape.read_bytes()[:-20])

    outcome = await run("tape", "show", tape)

    assert len(outcome.out.splitlines()) == 1
    assert outcome.err == f"rpcmedia: {tape}:3: skipped, the last line is cut off.\n"


@pytest.mark.parametrize("line", [1, 3])
async def test_show_refuses_a_line_that_has_no_exchange(line: int, tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1")])

    outcome = await run("tape", "show", tape, "--line", line)

    assert outcome.refused() == f"rpcmedia: {tape} has no exchange in line {line}."


async def test_convert_knows_formats_by_their_endings(tmp_path: Path) -> None:
    tape = TAPES / "01-login-session.jsonl"
    har, cassette, back = (tmp_path / name for name in ("t.har", "t.yaml", "t.jsonl"))

    outcomes = [await run("tape", "convert", *pair) for pair in ((tape, har), (har, cassette))]
    outcomes.append(await run("tape", "convert", cassette, back))

    assert [outcome.out for outcome in outcomes] == [
        f"52 exchanges written to {path}\n" for path in (har, cassette, back)
    ]
    assert [(outcome.code, outcome.err) for outcome in outcomes] == [(0, "")] * 3
    assert len(list(read_har(har)[1])) == len(list(read_cassette(cassette)[1])) == 52
    assert contents(back) == contents(tape)


async def test_convert_takes_formats_by_name(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "tape", [got("/a", b"1")])

    outcome = await run(
        "tape", "convert", "--from", "tape", "--to", "cassette", tape, tmp_path / "out.txt"
    )

    assert outcome.code == 0
    assert [e.url for e in read_cassette(tmp_path / "out.txt")[1]] == ["http://shop.invalid/a"]


async def test_convert_says_what_could_not_be_held(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", None, status=0), got("/b", b"1")])
    tape.write_bytes(tape.read_bytes() + b'{"cut off')

    outcome = await run("tape", "convert", tape, tmp_path / "t.yml")

    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        f"rpcmedia: {tape}:4: skipped, the last line is cut off.",
        "rpcmedia: line 2: left out, for there was no response.",
    ]
    assert outcome.out == f"1 exchanges written to {tmp_path / 't.yml'}\n"


async def test_convert_moves_large_bodies_out_of_the_tape_and_in_again(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"x" * 100_000), got("/b", b"y" * 70_000)])

    await run("tape", "convert", tape, tmp_path / "t.har")
    outcome = await run("tape", "convert", tmp_path / "t.har", tmp_path / "back.jsonl")

    assert outcome.code == 0
    assert contents(tmp_path / "back.jsonl") == contents(tape)
    assert len(list((tmp_path / "back.jsonl.bodies").iterdir())) == 2
    assert (tmp_path / "back.jsonl").stat().st_size < 2000


@pytest.mark.parametrize("name", ["out.jsonl", "out.har", "out.yaml"])
async def test_convert_never_overwrites(name: str, tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1")])
    (tmp_path / name).write_text("mine")

    outcome = await run("tape", "convert", tape, tmp_path / name)

    assert outcome.refused() == f"rpcmedia: {tmp_path / name} exists already."
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("t.jsonl", "t.txt", "t.txt: its name ends in none of .jsonl, .har, .yaml, .yml"),
        ("nothing.har", "t.yaml", "nothing.har: No such file or directory."),
        ("nothing.yaml", "t.har", "nothing.yaml: No such file or directory."),
        ("t.jsonl", "no/folder/t.har", "No such file or directory."),
        ("t.jsonl", "no/folder/t.jsonl", "No such file or directory."),
        ("broken.har", "t2.jsonl", "broken.har: no HAR file"),
        ("broken.jsonl", "t.har", "broken.jsonl:2: no JSON"),
        ("broken.jsonl", "t2.jsonl", "broken.jsonl:2: no JSON"),
    ],
)
async def test_convert_refuses_in_one_line_and_leaves_nothing(
    source: str, target: str, said: str, tmp_path: Path
) -> None:
    write_tape(tmp_path / "t.jsonl", [got("/a", b"1")])
    (tmp_path / "broken.har").write_text("{")
    (tmp_path / "broken.jsonl").write_text('{"tape": 1}\nbroken\n{}\n')
    before = names(tmp_path)

    outcome = await run("tape", "convert", tmp_path / source, tmp_path / target)

    assert said in outcome.refused()
    assert names(tmp_path) == before


async def test_redact_writes_a_tape_without_its_keys(tmp_path: Path) -> None:
    out = tmp_path / "redacted.jsonl"

    outcome = await run("tape", "redact", TAPES / "01-login-session.jsonl", out)

    assert outcome.out == f"52 exchanges written to {out}\n"
    assert (outcome.code, outcome.err) == (0, "")
    assert b"apikey123" not in out.read_bytes()
    assert b"{{key:apiuser}}" in out.read_bytes()


async def test_redact_never_overwrites(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"1")])

    outcome = await run("tape", "redact", tape, tape)

    assert outcome.refused() == f"rpcmedia: {tape} exists already."
    assert len(contents(tape)[1]) == 1


async def test_redact_refuses_what_is_no_tape(tmp_path: Path) -> None:
    outcome = await run("tape", "redact", tmp_path / "nothing", tmp_path / "out.jsonl")

    assert "No such file or directory" in outcome.refused()

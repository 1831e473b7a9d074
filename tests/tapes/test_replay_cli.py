"""`rpcmedia replay` as a process: what it prints, writes and ends with."""

import asyncio
import json
import os
import pty
import signal
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from aiohttp import web

from rpcmedia.tapes.tape import Header
from tests.cli.process import Outcome, run
from tests.support.server import CATALOG, FIXTURES, USER, serving
from tests.support.tapes import TAPES
from tests.tapes.made_tapes import HOST, call, contents, got, result, rpc, write_tape
from tests.tapes.replayed import BASE_URL, record, stub


async def recorded(tmp_path: Path, name: str = "session.jsonl") -> Path:
    """A session that was recorded from a server with the catalog of the fixtures."""
    async with serving(tmp_path / f"data of {name}", base_url=BASE_URL) as server:
        return await record(server, tmp_path / name, catalog=str(CATALOG))


async def ok(request: web.Request) -> web.Response:
    return web.Response(body=b"ok")


def ok_tape(path: Path, *bodies: bytes) -> Path:
    return write_tape(path, [got("/page", body, "text/plain") for body in bodies])


async def test_a_session_replays_in_a_fresh_server_and_against_another(tmp_path: Path) -> None:
    tape = await recorded(tmp_path)
    count = len(contents(tape)[1])
    async with serving(tmp_path / "other", base_url="http://elsewhere.example") as server:
        against = await run("replay", tape, "--against", server.url, "--ignore", "$..url")

    fresh = await run("replay", tape)
    assert against == fresh == Outcome(0, f"{count} of {count} equal (1 tape)\n", "")


async def test_each_tape_begins_with_a_clean_server(tmp_path: Path) -> None:
    tapes = [await recorded(tmp_path, name) for name in ("one.jsonl", "two.jsonl")]
    count = sum(len(contents(tape)[1]) for tape in tapes)

    outcome = await run("replay", *tapes)
    assert outcome == Outcome(0, f"{count} of {count} equal (2 tapes)\n", "")


async def test_one_field_that_differs_is_one_difference_in_text_json_and_junit(
    tmp_path: Path,
) -> None:
    async def handler(request: web.Request) -> web.Response:
        asked = await request.json()
        label = "new" if asked["id"] == 2 else "old"
        return web.json_response(result([{"file": "/a.jpg", "label": label}], asked["id"]))

    exchanges = [
        rpc(call("list", id_=n), result([{"file": "/a.jpg", "label": "old"}], n), name=f"list {n}")
        for n in (1, 2, 3)
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    as_json, as_junit = tmp_path / "report.json", tmp_path / "junit.xml"
    async with stub(handler) as url:
        outcome = await run(
            *("replay", tape, "--against", url, "--json", as_json, "--junit", as_junit)
        )

    assert (outcome.code, outcome.err) == (1, "")
    where = f"{tape}:3 list 2 POST {HOST}/api/jsonrpc"
    assert [line.split() for line in outcome.out.splitlines()] == [
        where.split(),
        ["field", "expected", "got"],
        ["$.result[0].label", '"old"', '"new"'],
        ["2", "of", "3", "equal,", "1", "differs", "(1", "tape)"],
    ]
    report = json.loads(as_json.read_text("utf-8"))
    assert (report["equal"], report["different"]) == (2, 1)
    [failure] = report["tapes"][0]["failures"]
    assert failure["differences"] == [
        {"field": "$.result[0].label", "expected": "old", "got": "new"}
    ]
    xmlschema.XMLSchema(FIXTURES / "schemas" / "junit.xsd").validate(as_junit)
    [found] = ElementTree.parse(as_junit).getroot().iter("failure")
    assert found.attrib["message"] == "different: $.result[0].label"


async def test_another_profile_than_the_recorded_one_differs(tmp_path: Path) -> None:
    exchanges = [rpc(call("product_media.nothing", session=None), {})]
    tape = write_tape(tmp_path / "t.jsonl", exchanges, Header(catalog=str(CATALOG)))
    await run("replay", tape, "--update")
    assert (await run("replay", tape)).code == 0

    outcome = await run("replay", tape, "--profile", "shipstream")
    assert outcome.code == 1
    assert "$.error.code" in outcome.out
    assert outcome.out.endswith("0 of 1 equal, 1 differs (1 tape)\n")


async def test_the_tapes_of_the_reference_replay_as_they_are(tmp_path: Path) -> None:
    tape = TAPES / "07-types-currentstore.jsonl"
    outcome = await run("replay", tape, "--json", tmp_path / "report.json")

    assert (outcome.code, outcome.err) == (1, "")
    [played] = json.loads((tmp_path / "report.json").read_text("utf-8"))["tapes"]
    listed = json.loads((TAPES / "differences.json").read_text("utf-8"))
    expected = {entry["entry"] + 1 for entry in listed if entry["tape"] == tape.name}
    crashed = {exchange.line for exchange in contents(tape)[1] if exchange.status >= 500}
    assert {failure["line"] for failure in played["failures"]} == expected | crashed


async def test_both_sides_stand_beside_each_other(tmp_path: Path) -> None:
    tape = ok_tape(tmp_path / "t.jsonl", b"first line\nsecond line")
    async with stub(ok) as url:
        outcome = await run("replay", tape, "--against", url)

    lines = outcome.out.splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["field", "expected", "got"],
        ["body", "first", "line", "ok"],
        ["second", "line"],
    ]
    assert lines[2].index("first") == lines[3].index("second") == lines[1].index("expected")


async def test_what_a_terminal_would_obey_is_spelled_out(tmp_path: Path) -> None:
    exchange = got("/page", b"\x1b[2Jno", "text/plain", name="\x1b]0;title\x07")
    tape = write_tape(tmp_path / "t.jsonl", [exchange])
    async with stub(ok) as url:
        outcome = await run("replay", tape, "--against", url)

    assert "\x1b" not in outcome.out
    assert "\\x1b[2Jno" in outcome.out


async def test_exchanges_without_an_answer_are_counted(tmp_path: Path) -> None:
    exchanges = [got("/1", b"ok"), got("/2", None, status=0, error="timed out")]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)
    async with stub(ok) as url:
        outcome = await run("replay", tape, "--against", url)

    assert outcome == Outcome(0, "1 of 1 equal, 1 without a recorded answer (1 tape)\n", "")


async def test_a_cut_off_last_line_is_told(tmp_path: Path) -> None:
    tape = ok_tape(tmp_path / "t.jsonl", b"ok", b"ok")
    tape.write_bytes(tape.read_bytes()[:-9])
    async with stub(ok) as url:
        outcome = await run("replay", tape, "--against", url)

    assert outcome == Outcome(
        0, "1 of 1 equal (1 tape)\n", f"rpcmedia: {tape}:3: skipped, the last line is cut off.\n"
    )


async def test_an_update_makes_a_tape_equal(tmp_path: Path) -> None:
    tape = await recorded(tmp_path)
    first = await run("replay", tape, "--profile", "openmage", "--update")
    assert first.code == 1

    assert (await run("replay", tape)).code == 0
    assert contents(tape)[0].profile == "openmage"


async def test_a_bound_value_is_followed_and_one_that_finds_nothing_is_told(
    tmp_path: Path,
) -> None:
    tape = await recorded(tmp_path)
    async with serving(tmp_path / "other", base_url=BASE_URL) as server:
        # What is there already makes other names of the same ones.
        await run("replay", tape, "--against", server.url)
        options = ("--bind", "file=$.result", "--bind", "typo=$.reslut")
        outcome = await run("replay", tape, "--against", server.url, *options)

    assert "$.result[0].file" not in outcome.out
    assert outcome.err == "rpcmedia: --bind typo found nothing to bind.\n"


def redacted(path: Path, header: Header) -> Path:
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [USER, f"{{{{key:{USER}}}}}"]}
    exchanges = [
        rpc(login, result("{{session:1}}")),
        rpc(call("product_media.list", "product1", session="{{session:1}}"), result([])),
    ]
    return write_tape(path, exchanges, header)


async def test_keys_of_a_redacted_tape_come_from_its_catalog(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(CATALOG.read_bytes())
    tape = redacted(tmp_path / "t.jsonl", Header(base_url=BASE_URL, catalog="catalog.json"))

    assert (await run("replay", tape)).out == "2 of 2 equal (1 tape)\n"


@pytest.mark.parametrize("members", [{}, {"key": "another key"}], ids=["no key", "another key"])
async def test_a_key_that_is_given_wins_over_the_catalog(
    tmp_path: Path, members: dict[str, str]
) -> None:
    content = json.loads(CATALOG.read_text("utf-8"))
    permissions = ["catalog/product/media"]
    content["users"] = [{"username": USER, "permissions": permissions, **members}]
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(content))
    tape = redacted(tmp_path / "t.jsonl", Header(base_url=BASE_URL, catalog="catalog.json"))

    outcome = await run("replay", tape, "--user", f"{USER}:the right key")
    assert outcome == Outcome(0, "2 of 2 equal (1 tape)\n", "")
    assert json.loads(catalog.read_text()) == content


async def test_a_user_that_no_catalog_names_is_made(tmp_path: Path) -> None:
    denied = {"jsonrpc": "2.0", "id": 1, "error": {"code": 2, "message": "Access denied."}}
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": ["new", "{{key:new}}"]}
    for catalog in ("", str(CATALOG)):
        tape = write_tape(
            tmp_path / f"{bool(catalog)}.jsonl", [rpc(login, denied)], Header(catalog=catalog)
        )
        outcome = await run("replay", tape, "--user", "new:key")
        assert "$.result" in outcome.out, catalog


async def test_missing_keys_are_named(tmp_path: Path) -> None:
    keys = ("{{key:some%20one}}", "{{basic:other}}", "{{key:other}}", "{{key:gone:refused}}")
    exchanges = [rpc({"method": "login", "params": ["x", key]}, {}) for key in keys]
    tape = write_tape(tmp_path / "t.jsonl", exchanges, Header(catalog=str(CATALOG)))

    assert (await run("replay", tape)).refused() == (
        f"rpcmedia: {tape}: the keys of other, some one are not on the tape;"
        " give --user NAME:KEY for each."
    )


def broken_tapes(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Arguments of commands that cannot run, by what their line must hold."""
    fine = ok_tape(folder / "fine.jsonl", b"ok")
    nowhere = ("--against", "http://127.0.0.1:1")
    other = folder / "other.jsonl"
    other.write_text('{"tape": 2}\n')
    strange = write_tape(folder / "strange.jsonl", [got("/", b"")], Header(profile="magento3"))
    lost = write_tape(folder / "lost.jsonl", [got("/", b"")], Header(catalog="lost.json"))
    (folder / "fine.jsonl.new").mkdir()
    keyless = redacted(folder / "keyless.jsonl", Header(catalog=str(fine)))
    return {
        "nothing.jsonl: No such file": (folder / "nothing.jsonl",),
        "catalog.json:1: no tape": (CATALOG,),
        "other.jsonl:1: tape format 2": (other,),
        "no profile 'magento3'": (strange,),
        "lost.json: No such file": (lost,),
        "fine.jsonl is no catalog": (keyless,),
        "127.0.0.1:1: ": (fine, *nowhere),
        "write a URL": (fine, "--against", "127.0.0.1:8080"),
        "no JSONPath": (fine, "--ignore", "$.["),
        "it must begin with $": (fine, "--ignore", "result"),
        "--bind $.a: write NAME=JSONPATH": (fine, "--bind", "$.a"),
        "'a' is no JSONPath": (fine, "--bind", "x=a"),
        "fine.jsonl.new: ": (fine, *nowhere, "--update"),
        "report.json": (fine, *nowhere, "--json", folder / "no" / "report.json"),
        "junit.xml": (fine, *nowhere, "--junit", folder / "no" / "junit.xml"),
    }


async def test_what_cannot_run_says_so_in_one_line(tmp_path: Path) -> None:
    for words, arguments in broken_tapes(tmp_path).items():
        assert words in (await run("replay", *arguments)).refused()


async def test_a_run_that_is_interrupted_says_so(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        return web.Response()

    tape = ok_tape(tmp_path / "t.jsonl", b"ok")
    async with stub(handler) as url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rpcmedia", "replay", tape, "--against", url),
            stderr=asyncio.subprocess.PIPE,
        )
        await asked.wait()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()

    assert (process.returncode, err.decode()) == (2, "rpcmedia: interrupted.\n")


async def test_a_tape_that_cannot_be_played_does_not_keep_the_others_back(tmp_path: Path) -> None:
    broken = ok_tape(tmp_path / "broken.jsonl", b"ok")
    with broken.open("a") as file:
        file.write("{}\n")
    fine = ok_tape(tmp_path / "fine.jsonl", b"ok")
    async with stub(ok) as url:
        outcome = await run(
            *("replay", broken, fine, "--against", url, "--junit", tmp_path / "junit.xml")
        )

    assert outcome.code == 2
    assert outcome.out == "2 of 2 equal (2 tapes)\n"
    [line] = outcome.err.splitlines()
    assert line.startswith(f"rpcmedia: {broken}:3: no HAR entry")
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [suite.attrib["errors"] for suite in suites] == ["1", "0"]


async def test_settings_of_a_server_are_not_those_of_a_replay(tmp_path: Path) -> None:
    tape = await recorded(tmp_path)
    env = {"RPCMEDIA_PROFILE": "openmage", "RPCMEDIA_JSON": "1", "RPCMEDIA_PORT": "1"}

    assert (await run("replay", tape, env=env)).code == 0
    env = {"RPCMEDIA_REPLAY_PROFILE": "openmage"}
    assert (await run("replay", tape, env=env)).code == 1


async def on_a_terminal(*arguments: Any) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command whose streams are terminals."""
    ours = [pty.openpty() for _ in range(2)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rpcmedia", *map(str, arguments)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=ours[0][1],
        stderr=ours[1][1],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    for _, theirs in ours:
        os.close(theirs)
    texts = [asyncio.create_task(asyncio.to_thread(_read_all, terminal)) for terminal, _ in ours]
    async with asyncio.timeout(60):
        code = await process.wait()
        out, err = [await text for text in texts]
    return code, out, err


def _read_all(terminal: int) -> str:
    content = b""
    try:
        while chunk := os.read(terminal, 65536):
            content += chunk
    except OSError:
        # This is how the end of a terminal is told.
        pass
    os.close(terminal)
    return content.decode()


async def test_on_a_terminal_there_are_tables_and_progress(tmp_path: Path) -> None:
    tape = ok_tape(tmp_path / "t.jsonl", b"ok", b"other", b"ok")
    async with stub(ok) as url:
        code, out, err = await on_a_terminal("replay", tape, "--against", url)

    assert code == 1
    [row] = [line for line in out.splitlines() if "other" in line]
    assert [cell.strip() for cell in row.split("│")[1:4]] == ["body", "other", "ok"]
    assert out.splitlines()[-1] == "2 of 3 equal, 1 differs (1 tape)"
    assert "t.jsonl" in err
    assert "/3" in err
    assert "t.jsonl  " not in out


async def test_elsewhere_there_is_no_progress(tmp_path: Path) -> None:
    tape = ok_tape(tmp_path / "t.jsonl", b"ok", b"other", b"ok")
    async with stub(ok) as url:
        outcome = await run("replay", tape, "--against", url)

    assert outcome.err == ""
    assert "│" not in outcome.out
    assert "\x1b" not in outcome.out

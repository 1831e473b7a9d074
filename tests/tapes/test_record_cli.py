"""`rpcmedia record` as an operator sees it."""

import contextlib
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from rpcmedia import __version__
from rpcmedia.tapes.tape import Header, TapeReader, TapeWriter
from tests.tapes.raw_http import OK, Message, connected, upstream
from tests.tapes.record_process import record, start

GET = b"GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abcdef\r\n\r\n"


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def is_not_made(tape: Path) -> bool:
    return not tape.exists()


async def refused(*arguments: Any) -> str:
    """The one line of a recorder that could not begin."""
    process = await start(*arguments)
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    [line] = err.decode().splitlines()
    return line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_when_it_is_ready_and_ends_by_a_signal(tape: Path, number: int) -> None:
    async with upstream() as server, record(server.url, tape) as process:
        assert process.ready == f"Recording at {process.url} from {server.url} to {tape}"
        async with connected(process.url) as client:
            assert (await client.ask(GET)).body == b"ok"
        assert await process.stop(number) == (0, "")

    [exchange] = TapeReader(tape)
    assert exchange.url == f"{server.url}/a"
    assert exchange.header("authorization") == "Bearer {{authorization:1}}"


async def test_the_header_says_what_a_replay_needs(tape: Path) -> None:
    catalog = tape.with_name("catalog.json")
    catalog.write_text("{}")
    options = ("--profile", "openmage", "--catalog", catalog)
    async with record("http://127.0.0.1:9/shop/", tape, *options) as process:
        await process.stop()

    assert TapeReader(tape).header == Header(
        source=f"recorded by rpcmedia {__version__} from http://127.0.0.1:9/shop/",
        profile="openmage",
        base_url="http://127.0.0.1:9/shop",
        catalog="catalog.json",
    )


async def test_a_catalog_elsewhere_is_named_by_its_whole_path(tape: Path) -> None:
    catalog = tape.parent / "elsewhere" / "catalog.json"
    catalog.parent.mkdir()
    catalog.write_text("{}")
    async with record("http://127.0.0.1:9", tape, "--catalog", catalog) as process:
        await process.stop()

    assert TapeReader(tape).header.catalog == str(catalog.resolve())
    assert TapeReader(tape).header.profile == ""


async def test_secrets_are_kept_if_that_is_asked_for(tape: Path) -> None:
    async with upstream() as server, record(server.url, tape, "--keep-secrets") as process:
        async with connected(process.url) as client:
            await client.ask(GET)
        await process.stop()

    [exchange] = TapeReader(tape)
    assert exchange.header("authorization") == "Bearer abcdef"


async def test_the_patience_with_the_upstream_can_be_set(tape: Path) -> None:
    async def respond(request: Message, writer: Any) -> None:
        if b"/slow" not in request.first:
            writer.write(OK)

    async with upstream(respond) as server, record(server.url, tape, "--timeout", 0.2) as process:
        async with connected(process.url) as client:
            assert (await client.ask(GET)).body == b"ok"
            got = await client.ask(GET.replace(b"/a", b"/slow"))
            assert got.first == b"HTTP/1.1 504 Gateway Timeout"
        await process.stop()

    assert [exchange.status for exchange in TapeReader(tape)] == [200, 504]


async def test_an_existing_tape_is_refused_in_one_line(tape: Path) -> None:
    with contextlib.closing(TapeWriter(tape, Header("precious"))):
        pass

    line = await refused("--upstream", "http://127.0.0.1:9", "--tape", tape, "--port", 0)

    assert line == f"rpcmedia: {tape}: File exists."
    assert TapeReader(tape).header.source == "precious"


async def test_an_upstream_that_is_no_address_is_refused_in_one_line(tape: Path) -> None:
    line = await refused("--upstream", "http://bob:secret@shop.example", "--tape", tape)

    assert line.startswith("rpcmedia: An upstream is written http://HOST:PORT")
    assert is_not_made(tape)


async def test_a_catalog_that_is_not_there_is_refused_in_one_line(tape: Path) -> None:
    catalog = tape.with_name("catalog.json")

    line = await refused("--upstream", "http://127.0.0.1:9", "--tape", tape, "--catalog", catalog)

    assert line == f"rpcmedia: {catalog}: there is no such file."
    assert is_not_made(tape)


async def test_a_port_that_is_taken_is_refused_in_one_line(tape: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        line = await refused("--upstream", "http://127.0.0.1:9", "--tape", tape, "--port", port)

    assert line == f"rpcmedia: 127.0.0.1:{port}: Address already in use."
    assert is_not_made(tape)


async def test_a_folder_that_is_not_there_is_refused_in_one_line(tape: Path) -> None:
    tape = tape.parent / "nowhere" / "session.jsonl"

    line = await refused("--upstream", "http://127.0.0.1:9", "--tape", tape, "--port", 0)

    assert line == f"rpcmedia: {tape}: No such file or directory."

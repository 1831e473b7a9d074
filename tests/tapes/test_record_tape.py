"""What a recording proxy puts on the tape, and when."""

import asyncio
import base64
import contextlib
import gzip
import hashlib
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.tapes.proxy import UpstreamRefused, recording
from rpcmedia.tapes.tape import Header, TapeReader, TapeRefused, TapeWriter
from tests.support.pictures import gif
from tests.support.server import KEY, USER
from tests.tapes.raw_http import (
    OK,
    Message,
    answering,
    connected,
    read_message,
)
from tests.tapes.recorded_line import HEADER, all_bytes, bodies, exchanges, line, recorded_server


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


async def test_answers_are_on_the_tape_in_the_order_in_which_they_end(tape: Path) -> None:
    second_is_done = asyncio.Event()

    async def respond(request: Message, writer: asyncio.StreamWriter) -> None:
        if b"/first" in request.first:
            await second_is_done.wait()
        writer.write(OK)

    async with line(tape, respond) as at, connected(at.address) as second:
        at.client.writer.write(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
        await second.ask(b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
        second_is_done.set()
        await read_message(at.client.reader)

    paths = [exchange.url.removeprefix(at.server.url) for exchange in exchanges(tape)]
    assert paths == ["/second", "/first"]


async def test_who_has_an_answer_finds_it_on_the_tape(tape: Path) -> None:
    large = b"x" * 100_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + large
    async with line(tape, answering(answer)) as at:
        for number in range(1, 6):
            await at.client.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert len(exchanges(tape)) == number


async def test_large_bodies_are_files_of_their_own_once_each(tape: Path) -> None:
    body = random.Random(1).randbytes(100_000)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body
    async with line(tape, answering(answer)) as at:
        for _ in range(2):
            assert (await at.client.ask(head + body)).body == body

    assert [request.body for request in at.server.requests] == [body, body]
    assert [file.name for file in bodies(tape)] == [hashlib.sha256(body).hexdigest()]
    assert all_bytes(tape).count(body) == 1
    for exchange in exchanges(tape):
        assert (exchange.request_body, exchange.response_body) == (body, body)


async def test_a_large_encoded_body_is_recorded_decoded(tape: Path) -> None:
    content = json.dumps(list(range(50_000))).encode()
    encoded = gzip.compress(content)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(encoded)}\r\n\r\n"
    server_answer = answering(head.encode() + encoded)
    async with line(tape, server_answer) as at:
        assert (await at.client.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).body == encoded

    assert exchanges(tape)[0].response_body == content


async def test_a_client_that_asks_first_whether_to_send_its_body_is_told_to(tape: Path) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    async with line(tape) as at:
        told = await at.client.ask(head, has_body=False)
        assert told.first == b"HTTP/1.1 100 Continue"
        assert (await at.client.ask(b"body")).body == b"ok"

    assert at.server.requests[0].body == b"body"


async def test_a_session_with_a_real_server_is_recorded_without_its_secrets(tape: Path) -> None:
    data = {"file": {"content": base64.b64encode(gif(100)).decode(), "mime": "image/gif"}}
    async with recorded_server(tape) as server:
        session = (await server.send(rpc("login", USER, KEY)))["result"]
        made = await server.send(rpc("call", session, "product_media.create", ["product1", data]))
        await server.send(rpc("call", session, "product_media.list", ["product1"]))
        await server.call("product_media.types", 4)
        async with server.http.get(f"{server.url}/media/catalog/product{made['result'][0]}") as got:
            assert await got.read() == gif(100)

    recorded = exchanges(tape)
    assert read(recorded[0].request_body)["params"] == [USER, "{{key:apiuser}}"]
    assert read(recorded[0].response_body)["result"] == "{{session:1}}"
    assert [read(e.request_body)["params"][0] for e in recorded[1:3]] == ["{{session:1}}"] * 2
    assert read(recorded[1].request_body)["params"][2] == ["product1", data]
    assert recorded[3].header("Authorization") == "Basic {{basic:apiuser}}"
    assert recorded[4].response_body == gif(100)
    everything = all_bytes(tape)
    assert session.encode() not in everything
    assert KEY.encode() not in everything


async def test_secrets_stay_where_they_are_wanted(tape: Path) -> None:
    async with recorded_server(tape, keep_secrets=True) as server:
        session = (await server.send(rpc("login", USER, KEY)))["result"]

    [exchange] = exchanges(tape)
    assert read(exchange.request_body)["params"] == [USER, KEY]
    assert read(exchange.response_body)["result"] == session


async def test_content_length_on_the_tape_is_that_of_the_body_on_the_tape(tape: Path) -> None:
    async with recorded_server(tape) as server:
        await server.send(rpc("login", USER, KEY))

    [exchange] = exchanges(tape)
    assert exchange.header("Content-Length") == str(len(exchange.request_body or b""))
    assert ("Content-Length", str(len(exchange.response_body or b""))) in exchange.response_headers


async def test_times_are_recorded(tape: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    async with line(tape) as at:
        await at.client.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    [exchange] = exchanges(tape)
    assert before <= datetime.fromisoformat(exchange.started) <= datetime.now(UTC)
    assert exchange.milliseconds > 0


@pytest.mark.parametrize(
    "url",
    [
        "shop.example",
        "ftp://shop.example",
        "http://",
        "http://bob:secret@shop.example",
        "http://shop.example/?x=1",
        "http://shop.example:http",
    ],
)
async def test_an_upstream_that_is_no_address_is_refused(tape: Path, url: str) -> None:
    with pytest.raises(UpstreamRefused) as refusal:
        async with recording(url, tape, HEADER):
            pass

    assert "http://HOST:PORT" in str(refusal.value)
    assert "secret" not in str(refusal.value)
    with pytest.raises(TapeRefused, match="No such file"):
        TapeReader(tape)


async def test_an_existing_tape_is_not_touched(tape: Path) -> None:
    with contextlib.closing(TapeWriter(tape, Header(source="precious"))):
        pass

    with pytest.raises(TapeRefused, match=r"session\.jsonl: File exists"):
        async with recording("http://127.0.0.1:9", tape, HEADER):
            pass

    assert TapeReader(tape).header.source == "precious"


def rpc(method: str, *params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def read(body: bytes | None) -> Any:
    return json.loads(body or b"")

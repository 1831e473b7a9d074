"""Cassettes that vcrpy wrote become tapes; those that tapes became, vcrpy serves."""

import gzip
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
import vcr  # type: ignore[import-untyped]
import yaml

from rpcmedia.tapes.cassette import read_cassette, write_cassette
from rpcmedia.tapes.conversion import convert
from rpcmedia.tapes.playback import playing
from rpcmedia.tapes.tape import Header
from tests.support.tapes import all_tapes
from tests.tapes.made_tapes import call, contents, result, rpc, send

BINARY = bytes(range(256))
ANSWERS = {"/binary": BINARY, "/text": "ü☃😀\r\n\x1f".encode(), "/empty": b""}


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers by the path; other paths get the body back in JSON-RPC."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = ANSWERS.get(self.path, b'{"result":"%s","id":1}' % body.hex().encode())
        self.send_response(201, "Made Here")
        if self.path == "/gzip":
            answer = gzip.compress(answer)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "t.yaml"


def ask(url: str, **options: Any) -> Any:
    return requests.post(url, timeout=30, **options)


BODIES: dict[str, tuple[dict[str, Any], bytes | None]] = {
    "json": ({"json": {"method": "x.y"}}, b'{"method": "x.y"}'),
    "text": ({"data": "ü☃"}, "ü☃".encode()),
    "binary": ({"data": BINARY}, BINARY),
    "form": ({"data": {"a": "b c"}}, b"a=b+c"),
    "file": ({"data": io.BytesIO(b"of a file")}, b"of a file"),
    "chunks": ({"data": iter([b"one ", b"two"])}, b"one two"),
    "none": ({}, None),
}


@pytest.mark.parametrize("kind", BODIES)
def test_what_vcrpy_recorded_from_requests_becomes_a_tape(
    kind: str, server: str, cassette: Path, tmp_path: Path
) -> None:
    options, body = BODIES[kind]
    with vcr.use_cassette(str(cassette)):
        ask(f"{server}/api?x=1", **options)

    convert(cassette, tmp_path / "t.jsonl")

    header, [exchange] = contents(tmp_path / "t.jsonl")
    assert header.source == "vcrpy"
    assert (exchange.method, exchange.url) == ("POST", f"{server}/api?x=1")
    assert exchange.request_body == body
    assert (exchange.status, exchange.reason) == (201, "Made Here")
    assert (exchange.response_body or b"").startswith(b'{"result":"')
    assert exchange.response_mime == "application/json"
    cookies = [value for name, value in exchange.response_headers if name == "Set-Cookie"]
    assert cookies == ["a=1", "b=2"]


@pytest.mark.parametrize("path", [*ANSWERS, "/gzip"])
async def test_what_vcrpy_recorded_plays_back(
    path: str, server: str, cassette: Path, tmp_path: Path
) -> None:
    with vcr.use_cassette(str(cassette)):
        recorded = ask(server + path, data=b"x")
    convert(cassette, tmp_path / "t.jsonl")
    _, [exchange] = contents(tmp_path / "t.jsonl")

    async with aiohttp.ClientSession() as client, playing([tmp_path / "t.jsonl"]) as playback:
        answer = await send(client, playback.address, exchange)

    assert (answer.status, answer.body) == (recorded.status_code, recorded.content)
    assert answer.header("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("options", "body", "mime"),
    [
        (
            {"json": {"id": 1, "params": [None, "a"]}},
            b'{"id":1,"params":[null,"a"]}',
            "application/json",
        ),
        ({"json": [{"id": 1}]}, b'[{"id":1}]', "application/json"),
        (
            {"data": [("a", "b c"), ("a", "d")]},
            b"a=b+c&a=d",
            "application/x-www-form-urlencoded",
        ),
        (
            {
                "data": {"a": "b c"},
                "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            },
            b"a=b+c",
            "application/x-www-form-urlencoded",
        ),
    ],
)
async def test_of_aiohttp_vcrpy_keeps_values_which_are_spelled_again_and_noted(
    options: dict[str, Any], body: bytes, mime: str, server: str, cassette: Path
) -> None:
    with vcr.use_cassette(str(cassette)):
        async with aiohttp.ClientSession() as client, client.post(server, **options) as answer:
            recorded = await answer.read()

    [exchange] = read_cassette(cassette)[1]

    assert (exchange.request_body, exchange.request_mime) == (body, mime)
    assert "a guess" in exchange.note
    assert exchange.response_body == recorded


@pytest.mark.parametrize("options", [{"data": BINARY}, {"data": "ü"}, {}])
async def test_of_aiohttp_vcrpy_keeps_bytes_and_text_as_they_are(
    options: dict[str, Any], server: str, cassette: Path
) -> None:
    with vcr.use_cassette(str(cassette)):
        async with aiohttp.ClientSession() as client, client.post(server, **options) as answer:
            await answer.read()

    [exchange] = read_cassette(cassette)[1]

    sent = options.get("data")
    assert exchange.request_body == (sent.encode() if isinstance(sent, str) else sent)
    assert exchange.note == ""


def test_a_cassette_of_vcrpy_goes_to_a_tape_and_back_the_same(
    server: str, cassette: Path, tmp_path: Path
) -> None:
    with vcr.use_cassette(str(cassette)) as recording:
        recording.get_metadata("kept", "by vcrpy")
        for path in ANSWERS:
            ask(server + path, data=b"x")

    convert(cassette, tmp_path / "t.jsonl")
    convert(tmp_path / "t.jsonl", tmp_path / "back.yaml")

    theirs, ours = (yaml.safe_load(path.read_text()) for path in (cassette, tmp_path / "back.yaml"))
    for interaction in ours["interactions"]:
        interaction.pop("_tape", None)
    assert ours["interactions"] == theirs["interactions"]
    assert ours["metadata"] == {"kept": "by vcrpy"}


SERVED = [
    rpc(call("product_media.list", "a"), result(["ü☃"])),
    rpc(BINARY, BINARY, path="/binary", reason="Made Here", status=201),
    rpc(
        b"1",
        b"2",
        path="/cookies",
        response_headers=[("Set-Cookie", "a=1"), ("X", "y"), ("Set-Cookie", "b=2")],
    ),
    rpc(b"1", b"", path="/nothing", status=204, response_body=None, note="a note"),
    rpc(
        b"1",
        gzip.compress(b"text"),
        path="/gzip",
        response_headers=[("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")],
    ),
]


def serving(cassette: Path) -> Any:
    matching = ["method", "uri", "body"]
    return vcr.use_cassette(str(cassette), record_mode="none", match_on=matching)


@pytest.fixture
def served(cassette: Path) -> Iterator[Any]:
    write_cassette(cassette, Header("a shop"), SERVED)
    with vcr.use_cassette(
        str(cassette), record_mode="none", match_on=["method", "uri", "body"]
    ) as it:
        yield it


EXPECTED = [
    b'{"jsonrpc": "2.0", "id": 1, "result": ["\\u00fc\\u2603"]}',
    BINARY,
    b"2",
    b"",
    b"text",
]


def test_vcrpy_serves_requests_from_a_cassette_of_ours(served: Any) -> None:
    answers = [
        requests.post(exchange.url, data=exchange.request_body, timeout=30) for exchange in SERVED
    ]

    assert [answer.status_code for answer in answers] == [e.status for e in SERVED]
    assert [answer.content for answer in answers] == EXPECTED
    assert answers[1].reason == "Made Here"
    assert answers[2].cookies.get_dict() == {"a": "1", "b": "2"}
    assert served.all_played


async def test_vcrpy_serves_aiohttp_from_a_cassette_of_ours(served: Any) -> None:
    bodies = []
    async with aiohttp.ClientSession() as client:
        for exchange in SERVED:
            async with client.post(exchange.url, data=exchange.request_body) as answer:
                bodies.append(await answer.read())

    assert bodies == EXPECTED
    assert served.all_played


@pytest.mark.parametrize("path", all_tapes()[:2], ids=lambda path: path.stem)
def test_vcrpy_serves_a_recorded_tape(path: Path, cassette: Path) -> None:
    convert(path, cassette)
    _, exchanges = contents(path)

    with vcr.use_cassette(
        str(cassette), record_mode="none", match_on=["method", "uri", "body"]
    ) as it:
        with requests.Session() as session:
            for exchange in exchanges:
                request = requests.Request(
                    exchange.method, exchange.url, dict(exchange.request_headers)
                ).prepare()
                request.body = exchange.request_body
                answer = session.send(request, allow_redirects=False)
                assert answer.status_code == exchange.status
                assert answer.content == exchange.response_body
        assert it.all_played

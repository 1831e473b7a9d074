"""A server that records its own traffic, whatever kind of response it gives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from rpcmedia.tapes.recorder import Recorder, recording_middleware
from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeWriter
from tests.tapes.raw_http import SECONDS, connected

BASE_URL = "https://shop.example"
FILE = bytes(range(256)) * 40


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


@dataclass
class Recorded:
    """A server with the middleware, and a client of it."""

    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str, method: str = "GET", **options: object) -> tuple[int, bytes]:
        """Status and body of the answer."""
        async with self.http.request(method, self.url + path, **options) as answer:  # type: ignore[arg-type]
            return answer.status, await answer.read()


@contextlib.asynccontextmanager
async def recorded(
    app: web.Application, tape: Path, redactor: Redactor | None = None
) -> AsyncIterator[Recorded]:
    """The app on a free port, recorded."""
    async with contextlib.AsyncExitStack() as stack:
        writer = stack.enter_context(contextlib.closing(TapeWriter(tape, Header())))
        middleware = recording_middleware(Recorder(writer, redactor), BASE_URL)
        app.middlewares.insert(0, middleware)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Recorded(f"http://127.0.0.1:{runner.addresses[0][1]}", http)


def many_kinds(folder: Path) -> web.Application:
    """An app that answers in every way that aiohttp has."""
    (folder / "picture.bin").write_bytes(FILE)

    async def plain(request: web.Request) -> web.Response:
        return web.Response(text="plain", headers={"X-Twice": "1"})

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read(), content_type="application/octet-stream")

    async def deaf(request: web.Request) -> web.Response:
        return web.Response(text="did not listen")

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / "picture.bin")

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        for number in range(3):
            await response.write(f"part {number};".encode())
        await response.write_eof(b"end")
        return response

    async def compressed(request: web.Request) -> web.Response:
        response = web.Response(text="word " * 1000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async def teapot(request: web.Request) -> web.Response:
        raise web.HTTPNotFound(text="no such thing")

    app = web.Application(client_max_size=100_000)
    handlers = [plain, echo, deaf, file, stream, compressed, teapot]
    app.add_routes([web.route("*", f"/{handler.__name__}", handler) for handler in handlers])
    return app


def exchanges(tape: Path) -> list[Exchange]:
    return list(TapeReader(tape))


BODIES = {
    "plain": b"plain",
    "file": FILE,
    "stream": b"part 0;part 1;part 2;end",
    "compressed": b"word " * 1000,
}


@pytest.mark.parametrize("path", BODIES)
async def test_the_body_of_every_kind_of_response_is_recorded(tape: Path, path: str) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        # Twice, for what is not ended right spoils the connection.
        for _ in range(2):
            assert await server.get(f"/{path}?x=%20y") == (200, BODIES[path])

    first, second = exchanges(tape)
    assert first.url == second.url == f"{BASE_URL}/{path}?x=%20y"
    assert (first.method, first.status, first.reason) == ("GET", 200, "OK")
    assert first.response_body == second.response_body == BODIES[path]
    assert first.request_body is None
    assert first.started and first.milliseconds > 0


async def test_the_headers_of_a_response_are_those_that_were_sent(tape: Path) -> None:
    async with (
        recorded(many_kinds(tape.parent), tape) as server,
        server.http.get(f"{server.url}/plain") as answer,
    ):
        sent = list(answer.headers.items())

    assert exchanges(tape)[0].response_headers == sent


async def test_a_part_of_a_file_is_recorded_as_that_part(tape: Path) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        answer = await server.get("/file", headers={"Range": "bytes=10-19"})
        assert answer == (206, FILE[10:20])

    [exchange] = exchanges(tape)
    assert (exchange.status, exchange.response_body) == (206, FILE[10:20])
    assert ("Content-Range", f"bytes 10-19/{len(FILE)}") in exchange.response_headers


@pytest.mark.parametrize("path", ["plain", "file"])
async def test_the_answer_to_head_has_no_body(tape: Path, path: str) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        assert await server.get(f"/{path}", "HEAD") == (200, b"")

    [exchange] = exchanges(tape)
    assert exchange.response_body is None
    assert ("Content-Length", str(len(BODIES[path]))) in exchange.response_headers


async def test_a_file_that_did_not_change_has_no_body(tape: Path) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        assert await server.get("/file", headers={"If-None-Match": "*"}) == (304, b"")

    [exchange] = exchanges(tape)
    assert (exchange.status, exchange.response_body) == (304, None)


@pytest.mark.parametrize("path", ["/teapot", "/nowhere"])
async def test_a_refusal_is_recorded(tape: Path, path: str) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        status, body = await server.get(path)

    [exchange] = exchanges(tape)
    assert (exchange.status, exchange.response_body) == (status, body) == (404, body)


@pytest.mark.parametrize("path", ["/echo", "/deaf", "/nowhere"])
@pytest.mark.parametrize("body", [b"small", b"large" * 19_000])
async def test_the_body_of_a_request_is_recorded(tape: Path, path: str, body: bytes) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        _, answer = await server.get(path, "POST", data=body)

    [exchange] = exchanges(tape)
    assert (exchange.request_body, exchange.response_body) == (body, answer)


@pytest.mark.parametrize("size", [150_000, 250_000])
async def test_a_request_that_is_too_large_is_recorded_without_its_body(
    tape: Path, size: int
) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        status, _ = await server.get("/echo", "POST", data=b"x" * size)

    [exchange] = exchanges(tape)
    assert exchange.status == status == 413
    assert exchange.request_body is None
    assert exchange.note.startswith("The request body is not on the tape")


async def test_headers_of_the_connection_are_not_recorded(tape: Path) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        await server.get("/plain", headers={"Connection": "close", "X-Kept": "1"})

    [exchange] = exchanges(tape)
    assert exchange.header("x-kept") == "1"
    assert exchange.header("host") is None
    assert exchange.header("connection") is None
    assert "Connection" not in dict(exchange.response_headers)


async def test_a_client_that_hangs_up_is_recorded_with_an_error(tape: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    app = web.Application()
    app.router.add_get("/endless", endless)
    async with recorded(app, tape) as server:
        async with connected(server.url) as client:
            client.writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            await client.reader.readuntil(b"\r\n\r\n")
        async with asyncio.timeout(SECONDS):
            while not exchanges(tape):  # noqa: ASYNC110, for nothing tells when a line is written
                await asyncio.sleep(0.01)

    [exchange] = exchanges(tape)
    assert exchange.error == "the client hung up before it had the whole answer"


async def test_requests_side_by_side_are_each_a_line(tape: Path) -> None:
    async with recorded(many_kinds(tape.parent), tape) as server:
        bodies = [bytes([65 + n % 26]) * (n * 3_000) for n in range(1, 31)]
        await asyncio.gather(*(server.get("/echo", "POST", data=body) for body in bodies))

    found = exchanges(tape)
    assert sorted(exchange.request_body or b"" for exchange in found) == sorted(bodies)
    assert all(exchange.request_body == exchange.response_body for exchange in found)


async def test_answers_that_are_dropped_or_cut_off_have_an_error(
    tape: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def connection(request: web.Request) -> asyncio.Transport:
        assert request.transport
        return request.transport

    async def drop(request: web.Request) -> web.Response:
        connection(request).abort()
        return web.Response(text="never sent")

    async def truncate(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"only this")
        connection(request).close()
        return response

    app = web.Application()
    app.add_routes([web.get("/drop", drop), web.get("/truncate", truncate)])
    async with recorded(app, tape) as server:
        for path in (b"/drop", b"/truncate"):
            async with connected(server.url) as client:
                with pytest.raises(asyncio.IncompleteReadError):
                    await client.ask(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    dropped, cut = exchanges(tape)
    assert (dropped.status, dropped.response_body, dropped.response_headers) == (0, None, [])
    assert dropped.error == "the connection was closed before the answer"
    assert (cut.status, cut.response_body) == (200, b"only this")
    assert cut.error == "the answer was cut off after 9 of 100 bytes"
    assert "Unhandled exception" not in caplog.text

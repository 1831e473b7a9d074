"""Nonsense, accidents and attacks: a plain answer, never a crash, never a secret."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import exchange, file_of, png
from tests.support import pictures
from tests.support.server import KEY, USER, Server, serving

LIMIT = 256 * 1024
PARSE, INVALID = -32700, -32600
GLOBAL = b'{"jsonrpc":"2.0","id":1,"method":"endSession"}'


@pytest.fixture(params=["documented", "openmage"])
async def small(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    """A server that takes small bodies only."""
    async with serving(tmp_path / "d", profile=request.param, max_body=LIMIT) as server:
        yield server


def error_in(server: Server, status: int, text: str) -> dict[str, Any]:
    """The error of an answer that is well formed and tells nothing of the server."""
    assert status == 200
    answer = json.loads(text)
    assert "result" not in answer
    error = answer["error"]
    assert isinstance(error, dict)
    assert isinstance(error["message"], str)
    for secret in (str(server.data), "Traceback", ".py", "sqlite", "SELECT", KEY):
        assert secret not in text
    return error


async def refused(server: Server, body: bytes, **headers: str) -> int:
    status, text = await server.post(body, **headers)
    return int(error_in(server, status, text)["code"])


async def healthy(server: Server) -> bool:
    async with server.http.get(f"{server.url}/readyz") as answer:
        return answer.status == 200 and (await server.post(GLOBAL))[0] == 200


BROKEN = [
    b"{",
    b"}",
    b"[",
    b'{"id":1,}',
    b'{"id":1',
    b"{'id':1}",
    b'{"id":01}',
    b'{"id":NaN}',
    b'{"id":Infinity}',
    b'{"id":1e400}',
    b'{"id":.5}',
    b'{"id":1}{"id":2}',
    b'{"id":1} x',
    b"// comment\n{}",
    b"nonsense",
    b"method=login&params=x",
    b"<?xml version='1.0'?><methodCall/>",
    b"   ",
    b"\n",
    b"\x00",
    b'{"id":"\x01"}',
    b'{"id":"\\x41"}',
    b'{"id":"\\ud800"}',
    b'{"id":"\\udc00\\ud800"}',
    b'{"id":"\xff"}',
    b'{"id":"\xc3"}',
    b'{"id":"\xed\xa0\x80"}',
    b"\xef\xbb\xbf" + GLOBAL,
    GLOBAL.decode().encode("utf-16"),
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b'{"id":1,"method":"endSession","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
async def test_what_is_no_json_is_a_parse_error(small: Server, body: bytes) -> None:
    assert await refused(small, body) == PARSE


@pytest.mark.parametrize(
    "body", [b"null", b"1", b'"x"', b"true", b"1.5", b"[[]]", b"[null]", b'[1,"x",[]]', b"[{}]"]
)
async def test_what_is_no_request_is_invalid(tmp_path: Path, body: bytes) -> None:
    async with serving(tmp_path) as server:
        status, text = await server.post(body)
        answer = json.loads(text)
        for one in answer if isinstance(answer, list) else [answer]:
            error = error_in(server, status, json.dumps(one))
            assert (one["id"], error["code"]) == (None, INVALID)


@pytest.mark.parametrize(
    "number", ["9" * 400, "-" + "9" * 400, "1" * 4000, "1.0e308", "18446744073709551616"]
)
async def test_huge_numbers_are_taken_calmly(small: Server, number: str) -> None:
    for body in (
        f'{{"id":{number},"method":"resources"}}',
        f'{{"id":1,"method":"call","params":[{number},{number},{number}]}}',
        f'{{"id":1,"method":"login","params":[{number},{number}]}}',
    ):
        await refused(small, body.encode())
    for arguments in (f"[{number}]", f'["{number}"]', f'["product1",{number}]'):
        body = f'{{"id":1,"method":"call","params":[null,"product_media.list",{arguments}]}}'
        await refused(small, body.encode(), Authorization=small.basic or "")


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "1e308"])
async def test_a_huge_version_is_taken_calmly(small: Server, number: str) -> None:
    for name in ("jsonrpc", "version"):
        await refused(small, f'{{"id":1,"{name}":{number},"method":"resources"}}'.encode())


async def test_a_body_over_the_limit_is_an_invalid_request(small: Server) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * (LIMIT // 8)

    assert await refused(small, b" " * (LIMIT + 1)) == INVALID
    async with small.http.post(f"{small.url}/api/jsonrpc", data=chunks()) as answer:
        error = error_in(small, answer.status, await answer.text())
    assert error["code"] == INVALID
    # Whoever reads it learns the limit.
    assert str(LIMIT) in error["message"]
    assert await small.post(GLOBAL + b" " * (LIMIT - len(GLOBAL))) == await small.post(GLOBAL)


async def test_a_compressed_body_is_measured_as_it_comes_out(small: Server) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert await small.post(gzip.compress(GLOBAL), **packed) == await small.post(GLOBAL)
    bomb = gzip.compress(b" " * 100_000_000)
    assert len(bomb) < LIMIT
    assert await refused(small, bomb, **packed) == INVALID
    assert await healthy(small)


CODINGS = {
    "gzip": gzip.compress(GLOBAL),
    "x-gzip": gzip.compress(GLOBAL),
    "GZIP": gzip.compress(GLOBAL),
    "deflate": zlib.compress(GLOBAL),
    "deflate ": zlib.compress(GLOBAL)[2:-4],
    "identity": GLOBAL,
    "": GLOBAL,
}


@pytest.mark.parametrize("encoding", CODINGS)
async def test_a_compressed_body_is_read(small: Server, encoding: str) -> None:
    packed = CODINGS[encoding]
    plain = await small.post(GLOBAL)
    assert await small.post(packed, **{"Content-Encoding": encoding}) == plain
    if packed != GLOBAL:
        # aiohttp itself drops the connection for what stands behind the end.
        assert await small.post(packed + b"more", **{"Content-Encoding": encoding}) == plain


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_does_not_decompress_is_told_so(small: Server, encoding: str) -> None:
    # A client takes any other status than 200 for a server that is gone.
    packed = {"Content-Encoding": encoding}
    for body in (b"not compressed", CODINGS[encoding][:-9], b"x"):
        status, text = await small.post(body, **packed)
        error = error_in(small, status, text)
        assert error["code"] == PARSE
        assert "compress" in error["message"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "nonsense"])
async def test_a_body_in_another_coding_is_told_which_to_send(small: Server, encoding: str) -> None:
    for body in (b"\x0b\x00", CODINGS["gzip"]):
        status, text = await small.post(body, **{"Content-Encoding": encoding})
        error = error_in(small, status, text)
        assert error["code"] == PARSE
        assert "send gzip, deflate or none" in error["message"]


@pytest.mark.parametrize(
    "start",
    [
        b"Content-Length: 1000\r\n\r\n",
        b"Content-Length: 1000\r\n\r\n" + GLOBAL,
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n10\r\nabc",
        b"Content-Le",
        b"",
    ],
)
async def test_a_client_that_hangs_up_midway_harms_nobody(small: Server, start: bytes) -> None:
    head = b"POST /api/jsonrpc HTTP/1.1\r\nHost: test\r\n"
    for _ in range(3):
        answer = await exchange(small.url, head + start, half_close=True)
        assert b" 500 " not in answer
    assert await healthy(small)


async def test_a_client_that_does_not_wait_for_its_answer_harms_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        params = [None, "product1", png("a")]
        body = json.dumps({"id": 1, "method": "product_media.create", "params": params}).encode()
        head = f"POST /api/jsonrpc HTTP/1.1\r\nHost: test\r\nAuthorization: {server.basic}\r\n"
        host, port = server.url.removeprefix("http://").split(":")
        for _ in range(5):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            writer.transport.abort()
        assert await healthy(server)
        # However many of them were done, each image in the list has its bytes.
        for image in await server.call("product_media.list", "product1"):
            url = f"{server.url}/media/catalog/product{image['file']}"
            async with server.http.get(url) as answer:
                assert await answer.read() == pictures.png()


NO_PICTURES = {
    "text": b"hello",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "php": b"<?php system($_GET[0]);",
    "path": b"/etc/passwd",
    "one byte": b"x",
    "png start": pictures.png()[:8],
    "png header": pictures.png()[:30],
    "png half": pictures.png()[:2000],
    "png end": pictures.png()[:-13],
    "jpeg start": pictures.jpeg()[:3],
    "jpeg half": pictures.jpeg()[:1000],
    "jpeg end": pictures.jpeg()[:-200],
    "gif half": pictures.gif()[:500],
    "webp half": pictures.webp()[:500],
    "bmp": pictures.bmp(),
    "tiff": pictures.tiff(),
    "ico": pictures.ico(),
    "large": pictures.blank_png(13_000, 13_000),
}


# pytest puts its own filter in place of the program's, and makes Pillow's warning an error.
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", NO_PICTURES)
async def test_what_is_no_whole_picture_is_fault_104(server: Server, kind: str) -> None:
    assert len(NO_PICTURES[kind]) < 10_000_000
    for mime in ("image/png", "image/jpeg"):
        data = {"file": file_of(NO_PICTURES[kind], mime)}
        request = {"id": 1, "method": "product_media.create", "params": [None, "product1", data]}
        status, text = await server.post(json.dumps(request), Authorization=server.basic or "")
        assert error_in(server, status, text)["code"] == 104
    assert await server.call("product_media.list", "product1") == []
    assert not [path for path in (server.data / "media").rglob("*") if path.is_file()]


async def test_the_pixel_limit_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path, max_pixels=1000) as server:
        large = {"file": file_of(pictures.blank_png(40, 26))}
        code, message = await server.fault("product_media.create", "product1", large)
        assert code == 104
        assert "1000" in message
        fits = {"file": file_of(pictures.blank_png(40, 25))}
        assert await server.call("product_media.create", "product1", fits) == ["/i/m/image.png"]


async def test_no_answer_tells_a_session(server: Server) -> None:
    login = await server.send({"id": 1, "method": "login", "params": [USER, KEY]})
    session = login["result"]
    bad = {"file": file_of(b"x", name="../x"), "name": "x"}
    for method, params in (
        ("call", [session]),
        ("call", [session, "nosuch.path"]),
        ("call", [session, session]),
        ("call", [session, "product_media.list"]),
        ("call", [session, "product_media.list", [session]]),
        ("call", [session, "product_media.list", ["product1", session]]),
        ("call", [session, "product_media.info", ["product1", session]]),
        ("call", [session, "product_media.create", ["product1", bad]]),
        ("call", [session, "product_media.create", ["product1", {"file": file_of(b"x")}]]),
        ("call", [f"{session}x", "product_media.list", ["product1"]]),
        ("multiCall", [session, session]),
        ("resourceFaults", [session, session]),
        ("login", [session, session]),
        (session, [session]),
        ("product_media.list", [session]),
    ):
        status, text = await server.post(json.dumps({"id": 1, "method": method, "params": params}))
        error_in(server, status, text)
        assert session not in text


HTTP_NONSENSE = [
    b"nonsense\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST /api/jsonrpc HTTP/9.9\r\n\r\n",
    b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", HTTP_NONSENSE, ids=range(len(HTTP_NONSENSE)))
async def test_what_is_no_http_is_a_bad_request(server: Server, request_bytes: bytes) -> None:
    answer = await exchange(server.url, request_bytes)
    assert answer.split(b" ", 2)[1] == b"400"
    assert b"Traceback" not in answer
    assert await healthy(server)

"""What operators see: health, readiness, metrics, logs, and where the endpoint is."""

import asyncio
import base64
import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from tests.cli.process import CATALOG, serve
from tests.faces.bodies import exchange, file_of, get_raw, png
from tests.support import pictures
from tests.support.server import KEY, USER, Server, serving

ASK = '{"jsonrpc":"2.0","id":1,"method":"endSession"}'
YES = '{"jsonrpc":"2.0","id":1,"result":true}'


async def get(server: Server, path: str) -> tuple[int, str]:
    async with server.http.get(server.url + path) as answer:
        return answer.status, await answer.text()


async def test_health_and_readiness(server: Server) -> None:
    status, text = await get(server, "/healthz")
    assert (status, json.loads(text)) == (200, {"status": "alive"})
    status, text = await get(server, "/readyz")
    assert (status, json.loads(text)) == (200, {"status": "ready"})


async def test_a_server_that_cannot_write_is_alive_but_not_ready(server: Server) -> None:
    media, aside = server.data / "media", server.data / "aside"
    media.rename(aside)
    media.write_text("no folder")
    status, text = await get(server, "/readyz")
    assert (status, json.loads(text)) == (503, {"status": "not ready"})
    assert (await get(server, "/healthz"))[0] == 200
    media.unlink()
    aside.rename(media)
    assert (await get(server, "/readyz"))[0] == 200
    assert not [path for path in media.rglob("*") if path.is_file()]


async def samples(server: Server) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    async with server.http.get(f"{server.url}/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        text = await answer.text()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def calls(server: Server) -> dict[tuple[str, str], float]:
    """How often each method ended with each fault."""
    counted = {}
    for (name, labels), value in (await samples(server)).items():
        if name == "rpcmedia_calls_total":
            named = dict(labels)
            assert named.pop("face") == "jsonrpc"
            counted[(named["method"], named["fault"])] = value
    return counted


async def test_calls_are_counted_by_method_and_fault(server: Server) -> None:
    assert await calls(server) == {}
    for _ in range(3):
        await server.call("product_media.list", "product1")
    await server.fault("product_media.list", "nosuch")
    await server.fault("catalog_product_attribute_media.create", "product1", {})
    direct = {"id": 1, "method": "product_media.types", "params": ["bogus", 4]}
    await server.send(direct)
    await server.send({"id": 1, "method": "login", "params": [USER, KEY]})
    await server.send({"id": 1, "method": "login", "params": [USER, "wrong"]})
    await server.post("{")
    await server.post("{}")
    await server.send([{"id": 1, "method": "endSession"}, 7, {"method": "globalFaults"}])
    assert await calls(server) == {
        ("product_media.list", ""): 3,
        ("product_media.list", "101"): 1,
        ("product_media.create", "102"): 1,
        ("product_media.types", "5"): 1,
        ("login", ""): 1,
        ("login", "2"): 1,
        ("other", "-32700"): 1,
        ("other", "-32600"): 2,
        ("endSession", ""): 1,
        ("globalFaults", ""): 1,
    }


async def test_a_client_cannot_make_new_labels(server: Server) -> None:
    for number in range(20):
        name = f"nosuch{number}"
        await server.send({"id": 1, "method": name, "params": []})
        await server.send({"id": 1, "method": f"product_media.{name}", "params": [None]})
        await server.fault(f"product_media.{name}", "product1")
        await server.fault(f"{name}.list", "product1")
        await server.post(f'{{"id":1,"method":"{name}-"}}')
        await server.post(f'{{"id":1,"method":["{name}"]}}')
        await get(server, f"/{name}")
    assert set(await calls(server)) == {("other", "5"), ("other", "3"), ("other", "-32600")}
    async with server.http.get(f"{server.url}/metrics") as answer:
        assert "nosuch" not in await answer.text()


async def test_the_fault_label_is_the_number_in_every_profile(tmp_path: Path) -> None:
    for profile in ("documented", "shipstream", "openmage"):
        async with serving(tmp_path / profile, profile=profile) as server:
            await server.fault("product_media.list", "nosuch")
            assert await calls(server) == {("product_media.list", "101"): 1}


async def test_time_and_bytes_are_counted(server: Server) -> None:
    await server.post(ASK)
    await server.post(ASK)
    found = await samples(server)
    face = ("face", "jsonrpc")
    assert found["rpcmedia_bytes_total", frozenset({face, ("direction", "in")})] == 2 * len(ASK)
    assert found["rpcmedia_bytes_total", frozenset({face, ("direction", "out")})] == 2 * len(YES)
    timed = frozenset({face, ("method", "endSession")})
    assert found["rpcmedia_call_seconds_count", timed] == 2


SPELLINGS = [
    "/api/jsonrpc",
    "/api/jsonrpc/",
    "/api/jsonrpc/index",
    "/api/jsonrpc/index/",
    "/api/jsonrpc/index/index",
    "/api/Jsonrpc",
    "/index.php/api/jsonrpc",
    "//api/jsonrpc",
    "/api/jsonrpc?a=b",
    "/api/jsonrpc/?type=soap",
    "/api.php?type=jsonrpc",
    "/api.php?x=1&type=jsonrpc",
]
ELSEWHERE = [
    "/API/jsonrpc",
    "/api/json",
    "/api/JSONRPC",
    "/api/jsonrpcx",
    "/api/jsonrpc/index/index/index",
    "/api/jsonrpc/nope",
    "/default/api/jsonrpc",
    "/api/jsonrpc.php",
    "/jsonrpc",
    "/",
    "/index.php",
    "/api.php?type=nope",
    "/api.php?type=JSONRPC",
]


async def post_raw(server: Server, target: str) -> tuple[bytes, bytes]:
    """Status and body of a POST whose target is not normalised by a client."""
    head = f"POST {target} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(ASK)}\r\n"
    answer = await exchange(server.url, f"{head}Connection: close\r\n\r\n{ASK}".encode())
    return answer.split(b" ", 2)[1], answer.split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize("target", SPELLINGS)
async def test_every_spelling_of_the_reference_is_the_endpoint(server: Server, target: str) -> None:
    assert await post_raw(server, target) == (b"200", YES.encode())


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_other_paths_are_not_found(server: Server, target: str) -> None:
    status, body = await post_raw(server, target)
    assert status == b"404"
    assert b'"result"' not in body
    assert (await get_raw(server.url, target))[0] == 404


async def test_a_line_break_in_a_path_is_not_found_as_any_other(server: Server) -> None:
    for path in ("/nosuch", "/no%0Asuch"):
        async with server.http.get(URL(server.url + path, encoded=True)) as answer:
            assert (answer.status, await answer.text()) == (404, "Not Found\n")
            assert answer.headers["X-Request-Id"]


async def test_half_an_address_is_answered_with_the_whole(server: Server) -> None:
    for target in ("/api", "/api/", "/api.php"):
        async with server.http.post(server.url + target, json={}) as answer:
            assert answer.status == 404
            assert "/api/jsonrpc" in (await answer.json())["error"]["message"]
    _, body = await post_raw(server, "/api.php?type=JSONRPC")
    assert b"/api.php?type=jsonrpc" in body


class Client:
    """Calls a server process."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http = url, http

    async def send(self, method: str, *params: Any, **headers: str) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        url = f"{self._url}/api/jsonrpc"
        async with self._http.post(url, json=request, headers=headers) as answer:
            return await answer.json(content_type=None)


async def test_logs_hold_no_key_no_session_and_no_image(tmp_path: Path) -> None:
    basic = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
    content = file_of(pictures.png())["content"]
    async with (
        serve("--data", tmp_path / "d", "--catalog", CATALOG, "--log-calls") as running,
        aiohttp.ClientSession() as http,
    ):
        client = Client(running.url, http)
        session = (await client.send("login", USER, KEY))["result"]
        await client.send("login", USER, "wrong-key-1")
        await client.send("login", KEY, session)
        await client.send("call", session, "product_media.create", ["product1", png()])
        bad = {"file": {"content": content[:-300], "mime": "image/png", "name": session}}
        await client.send("call", session, "product_media.create", ["product1", bad])
        await client.send("call", session, "product_media.list", [session])
        await client.send("call", session, session, [KEY])
        await client.send(f"{session}x", session)
        await client.send("product_media.list", None, "x", Authorization=f"Basic {basic}")
        await client.send("multiCall", session, [["product_media.create", ["x", png()]]])
        async with http.get(f"{running.url}/{session}/{KEY}?session={session}") as answer:
            assert answer.status == 404
        async with http.get(f"{running.url}/metrics") as answer:
            metrics = await answer.text()
        await client.send("endSession", session)
        outcome = await running.stop()
    lines = [json.loads(line) for line in outcome.err.splitlines()]
    assert {line["fault"] for line in lines if line["event"] == "fault"} >= {2, 3, 101, 104}
    assert any(line["event"] == "call" for line in lines)
    for secret in (session, KEY, basic, "wrong-key-1", content[:40], "Traceback"):
        assert secret not in outcome.err + outcome.out + metrics


async def test_logs_hold_no_key_of_a_request_that_is_no_http(tmp_path: Path) -> None:
    basic = base64.b64encode(f"{USER}:{KEY}".encode())
    login = f'{{"id":1,"method":"login","params":["{USER}","{KEY}"]}}'.encode()
    head = b"POST /api/jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    async with serve("--data", tmp_path / "d", "--catalog", CATALOG) as running:
        for request in (
            head + b"Authorization: Basic " + basic + b"\x01\r\n\r\n{}",
            head + b"Authorization : Basic " + basic + b"\r\n\r\n{}",
            login + b"\r\n\r\n",
        ):
            assert b" 400 " in await exchange(running.url, request)
        # A length that is too short makes a second request of the rest of the body.
        address = urlsplit(running.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(head + b"\r\n{}")
        assert b" 200 " in await reader.readline()
        writer.write(login + b"\r\n\r\n")
        assert b" 400 " in await reader.read()
        writer.close()
        outcome = await running.stop()
    assert basic.decode() not in outcome.err
    assert KEY not in outcome.err


async def test_an_internal_error_is_in_the_log_and_not_in_the_answer(tmp_path: Path) -> None:
    data = tmp_path / "d"
    async with (
        serve("--data", data, "--catalog", CATALOG) as running,
        aiohttp.ClientSession() as http,
    ):
        client = Client(running.url, http)
        session = (await client.send("login", USER, KEY))["result"]
        database = sqlite3.connect(data / "rpcmedia.sqlite3")
        database.execute("DROP TABLE image_value")
        database.close()
        answer = await client.send("call", session, "product_media.list", ["product1"])
        assert answer["error"] == {
            "code": 1,
            "message": "Internal Error. Please see log for details.",
        }
        outcome = await running.stop()
    logged = [json.loads(line) for line in outcome.err.splitlines()]
    assert any("no such table: image_value" in line.get("cause", "") for line in logged)
    assert session not in outcome.err


async def test_ready_means_that_something_was_written(server: Server) -> None:
    async def probes() -> set[str]:
        sql = "SELECT value FROM setting WHERE name = 'probe'"
        rows = await server.folder.rows._database.read(lambda c: c.execute(sql).fetchall())
        return {value for (value,) in rows}

    before = await probes()
    async with server.http.get(f"{server.url}/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})
    first = await probes()
    async with server.http.get(f"{server.url}/readyz") as answer:
        assert answer.status == 200

    assert before == set()
    assert len(first) == 1
    # Who asks again at once is not made to write again.
    assert await probes() == first

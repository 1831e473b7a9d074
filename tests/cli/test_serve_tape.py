"""`rpcmedia serve --tape`: a server that records its own traffic."""

import base64
import gzip
import json
import re
from pathlib import Path

import aiohttp

from tests.cli.process import CATALOG, run, serve
from tests.faces.bodies import png
from tests.support import pictures
from tests.support.server import KEY, USER
from tests.support.soap import envelope
from tests.support.xmlrpc import method_call


async def use(url: str) -> None:
    """Log in, create an image, list it, fetch it, and meet a fault."""
    async with aiohttp.ClientSession() as http:

        async def send(method: str, *params: object) -> dict[str, object]:
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            async with http.post(f"{url}/api/jsonrpc", json=request) as answer:
                content: dict[str, object] = await answer.json()
                return content

        session = (await send("login", USER, KEY))["result"]
        await send("call", session, "product_media.create", ["product1", png("one")])
        await send("call", session, "product_media.list", ["product1"])
        assert "error" in await send("call", session, "product_media.list", ["nosuch"])
        for path in ("/media/catalog/product/o/n/one.png", "/healthz", "/metrics"):
            async with http.get(f"{url}{path}") as answer:
                # Who leaves before the end is recorded as one who hung up.
                assert await answer.read()
                assert answer.status == 200


async def test_the_traffic_of_a_server_is_on_its_tape_and_replays(tmp_path: Path) -> None:
    tape = tmp_path / "own.jsonl"
    options = ("--data", tmp_path / "d", "--catalog", CATALOG, "--tape", tape)
    async with serve(*options, "--profile", "shipstream") as running:
        await use(running.url)
        await running.stop()

    header, *entries = [json.loads(line) for line in tape.read_text("utf-8").splitlines()]
    assert header["profile"] == "shipstream"
    # Those who watch the server are not its traffic.
    assert len(entries) == 5
    assert KEY not in tape.read_text("utf-8")
    assert json.loads(entries[0]["response"]["content"]["text"])["result"] == "{{session:1}}"
    replayed = await run("replay", tape)
    assert (replayed.code, replayed.err) == (0, "")
    assert "5 of 5 equal" in replayed.out


async def test_logins_over_xml_leave_no_key_on_the_tape_and_replay(tmp_path: Path) -> None:
    tape = tmp_path / "own.jsonl"
    coded = base64.b64encode(KEY.encode()).decode()
    logins = [
        ("/api/xmlrpc", xml_login(f"<base64>{coded}</base64>")),
        ("/api/xmlrpc", xml_login(f"<string>{KEY[:2]}<![CDATA[{KEY[2:]}]]></string>")),
        ("/api/soap", envelope(f"<n:LOGIN><a>{USER}</a><b>{KEY}</b></n:LOGIN>")),
        ("/api/v2_soap", envelope(f"<n:login><a>{USER}</a><b>{KEY}</b></n:login>")),
    ]
    options = ("--data", tmp_path / "d", "--catalog", CATALOG, "--tape", tape)
    async with serve(*options) as running, aiohttp.ClientSession() as http:
        for path, body in logins:
            async with http.post(running.url + path, data=body) as answer:
                assert re.search("[0-9a-f]{32}", await answer.text())
        await running.stop()

    text = tape.read_text("utf-8")
    assert not [secret for secret in (KEY, KEY[2:], coded) if secret in text]
    assert text.count("{{session:") == len(logins)
    replayed = await run("replay", tape)
    assert (replayed.code, replayed.err) == (0, "")
    assert "4 of 4 equal" in replayed.out


def xml_login(key: str) -> str:
    return method_call("login", f"<value>{USER}</value>", f"<value>{key}</value>")


async def test_a_tape_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    tape = tmp_path / "own.jsonl"
    tape.write_text("kept")

    outcome = await run("serve", "--ephemeral", "--port", "0", "--user", "a:b", "--tape", tape)

    assert str(tape) in outcome.refused()
    assert tape.read_text() == "kept"


async def test_an_upload_that_arrives_in_many_pieces_is_on_the_tape_whole(tmp_path: Path) -> None:
    tape = tmp_path / "own.jsonl"
    content = base64.b64encode(pictures.png() + bytes(400_000)).decode()
    create = ["product1", {"file": {"content": content, "mime": "image/png"}}]
    request = {"id": 1, "method": "call", "params": [None, "product_media.create", create]}
    basic = {"Authorization": aiohttp.encode_basic_auth(USER, KEY)}
    options = ("--data", tmp_path / "d", "--catalog", CATALOG, "--tape", tape)
    async with serve(*options) as running:
        async with (
            aiohttp.ClientSession(headers=basic) as http,
            http.post(f"{running.url}/api/jsonrpc", json=request) as answer,
        ):
            assert (await answer.json())["result"] == ["/i/m/image.png"]
        await running.stop()

    (body,) = (tmp_path / "own.jsonl.bodies").iterdir()
    assert json.loads(body.read_bytes()) == request


async def test_a_login_that_comes_compressed_leaves_no_key_on_the_tape(tmp_path: Path) -> None:
    tape = tmp_path / "own.jsonl"
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": [USER, KEY]}
    packed = gzip.compress(json.dumps(login).encode())
    options = ("--data", tmp_path / "d", "--catalog", CATALOG, "--tape", tape)
    async with serve(*options) as running, aiohttp.ClientSession() as http:
        headers = {"Content-Encoding": "gzip"}
        async with http.post(f"{running.url}/api/jsonrpc", data=packed, headers=headers) as answer:
            session = (await answer.json())["result"]
        await running.stop()

    _, entry = [json.loads(line) for line in tape.read_text("utf-8").splitlines()]
    text = entry["request"]["postData"]["text"]
    assert "login" in text
    assert KEY not in text
    assert session not in tape.read_text("utf-8")

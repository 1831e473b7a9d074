"""`rpcmedia serve` as a process: its first lines, users, catalogs, folders, and what it refuses."""

import json
import re
import socket
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.cli.process import CATALOG, Running, run, serve
from tests.faces.bodies import png
from tests.support.server import KEY, USER

FIRST_START = re.compile(
    r"First start: user (\S+) has the key (\S+) \(shown only this once\)", re.ASCII
)


async def send(running: Running, method: str, *params: Any) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{running.url}/api/jsonrpc", json=request) as answer,
    ):
        assert answer.status == 200
        return await answer.json(content_type=None)


async def may_log_in(running: Running, username: str, key: str) -> bool:
    answer = await send(running, "login", username, key)
    assert answer.get("error") in (None, {"code": 2, "message": "Access denied."})
    return "result" in answer


async def list_of(running: Running, sku: str) -> Any:
    session = (await send(running, "login", USER, KEY))["result"]
    return (await send(running, "product_media.list", session, sku))["result"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_it_says_where_it_is_ready_and_ends_cleanly(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "dät a", "--catalog", CATALOG) as running:
        assert re.fullmatch(r"Ready at http://127\.0\.0\.1:\d+/api/jsonrpc", running.lines[-1])
        assert await list_of(running, "product1") == []
        outcome = await running.stop()
    assert outcome.code == 0
    assert outcome.out.splitlines() == running.lines
    assert "Traceback" not in outcome.err


async def test_the_first_start_makes_a_user_and_shows_its_key_once(tmp_path: Path) -> None:
    async with serve("--data", tmp_path / "d") as running:
        [first, _] = running.lines
        found = FIRST_START.fullmatch(first)
        assert found
        name, key = found.groups()
        assert len(key) >= 24
        assert await may_log_in(running, name, key)
        await running.stop()
    async with serve("--data", tmp_path / "d") as running:
        assert len(running.lines) == 1
        assert await may_log_in(running, name, key)
        outcome = await running.stop()
    assert key not in outcome.out + outcome.err
    kept = b"".join(file.read_bytes() for file in (tmp_path / "d").glob("rpcmedia.sqlite3*"))
    assert key.encode() not in kept


@pytest.mark.parametrize("options", [["--user", "one:key-1"], ["--catalog", CATALOG]])
async def test_no_user_is_made_where_one_is_given(tmp_path: Path, options: list[str]) -> None:
    async with serve("--data", tmp_path / "d", *options) as running:
        assert len(running.lines) == 1


async def test_users_given_at_each_start_are_made_or_changed(tmp_path: Path) -> None:
    first = ("--data", tmp_path / "d", "--user", "one:key-1", "--user", "two:a:b")
    for _ in range(2):
        async with serve(*first) as running:
            assert await may_log_in(running, "one", "key-1")
            # The name ends at the first colon.
            assert await may_log_in(running, "two", "a:b")
    async with serve("--data", tmp_path / "d", "--user", "ONE:key-2") as running:
        assert not await may_log_in(running, "one", "key-1")
        assert await may_log_in(running, "one", "key-2")
        assert await may_log_in(running, "two", "a:b")
    users = await run("user", "list", "--data", tmp_path / "d")
    assert [line.split("\t")[1:] for line in users.out.splitlines()] == [["enabled", "all"]] * 2


async def test_a_catalog_given_at_each_start_changes_nothing(tmp_path: Path) -> None:
    options = ("--data", tmp_path / "d", "--catalog", CATALOG)
    async with serve(*options) as running:
        session = (await send(running, "login", USER, KEY))["result"]
        data = png("kept", label="L")
        created = await send(running, "product_media.create", session, "product1", data)
        assert created["result"] == ["/k/e/kept.png"]
        before = await list_of(running, "product1")
        await running.stop()
    await run("user", "disable", "--data", tmp_path / "d", "readonly")
    async with serve(*options, "--base-url", before[0]["url"].partition("/media")[0]) as running:
        assert await list_of(running, "product1") == before
        # The session outlives the server.
        assert (await send(running, "product_media.list", session, "product1"))["result"] == before
        # Whom an operator shut out stays out, for the catalog says nothing of it.
        assert not await may_log_in(running, "readonly", KEY)


async def test_an_ephemeral_server_needs_no_folder_and_leaves_none(tmp_path: Path) -> None:
    options = ("--ephemeral", "--catalog", CATALOG)
    async with serve(*options, env={"TMPDIR": str(tmp_path)}) as running:
        assert len(names_in(tmp_path)) == 1
        session = (await send(running, "login", USER, KEY))["result"]
        created = await send(running, "product_media.create", session, "product1", png())
        assert created["result"] == ["/i/m/image.png"]
        outcome = await running.stop()
    assert outcome.code == 0
    assert names_in(tmp_path) == []


async def test_an_ephemeral_server_keeps_a_folder_that_is_given(tmp_path: Path) -> None:
    options = ("--ephemeral", "--data", tmp_path / "d", "--user", "one:key-1")
    for _ in range(2):
        async with serve(*options) as running:
            assert await may_log_in(running, "one", "key-1")
            await running.stop()


async def test_settings_reach_the_server(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('profile = "shipstream"\nmax-body = "1 KiB"\n')
    options = ("--ephemeral", "--data", tmp_path / "d", "--config", config, "--catalog", CATALOG)
    env = {"RPCMEDIA_BASE_URL": "https://shop.test/", "RPCMEDIA_MAX_PIXELS": "1199"}
    async with serve(*options, env=env) as running:
        session = (await send(running, "login", USER, KEY))["result"]
        big = await send(running, "product_media.create", session, "product1", png())
        # Neither is the body within 1 KiB, nor the picture of 40 x 30 within 1199 pixels.
        assert big["error"]["code"] == -32600
        unknown = await send(running, "product_media.list", session, "nosuch")
        assert unknown["error"]["code"] == -32101
        await running.stop()
    async with serve(*options, "--max-body", "1MiB", env=env) as running:
        session = (await send(running, "login", USER, KEY))["result"]
        big = await send(running, "product_media.create", session, "product1", png())
        assert big["error"]["code"] == -32104
        await running.stop()
    async with serve(*options, "--max-body", "1MiB", "--max-pixels", 1200, env=env) as running:
        session = (await send(running, "login", USER, KEY))["result"]
        created = await send(running, "product_media.create", session, "product1", png())
        assert created["result"] == "/i/m/image.png"
        [image] = await list_of(running, "product1")
        assert image["url"] == "https://shop.test/media/catalog/product/i/m/image.png"


def catalog_with_base_url(folder: Path, base_url: str) -> Path:
    content = json.loads(Path(CATALOG).read_text("utf-8"))
    catalog = folder / "catalog.json"
    catalog.write_text(json.dumps({**content, "base_url": base_url}), "utf-8")
    return catalog


async def test_the_base_url_of_the_catalog_counts_where_no_option_does(tmp_path: Path) -> None:
    catalog = catalog_with_base_url(tmp_path, "https://c.test")
    options = ("--ephemeral", "--data", tmp_path / "d", "--catalog", catalog)
    for more, base_url in (((), "https://c.test"), (("--base-url", "http://o"), "http://o")):
        async with serve(*options, *more) as running:
            session = (await send(running, "login", USER, KEY))["result"]
            await send(running, "product_media.create", session, "product1", png())
            images = await list_of(running, "product1")
            assert images[0]["url"] == f"{base_url}/media/catalog/product/i/m/image.png"
            await running.stop()


async def test_without_any_base_url_it_is_the_address(tmp_path: Path) -> None:
    async with serve("--ephemeral", "--data", tmp_path / "d", "--catalog", CATALOG) as running:
        session = (await send(running, "login", USER, KEY))["result"]
        await send(running, "product_media.create", session, "product1", png())
        [image] = await list_of(running, "product1")
        assert image["url"] == f"{running.url}/media/catalog/product/i/m/image.png"


async def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with serve("--ephemeral", "--data", tmp_path / "d", "--catalog", CATALOG) as running:
        second = await run("serve", "--data", tmp_path / "d", "--port", 0)
        line = second.refused()
        assert line.startswith("rpcmedia: ")
        assert str(tmp_path / "d") in line
        assert await list_of(running, "product1") == []
        await running.stop()
    # The lock ends with its server.
    async with serve("--data", tmp_path / "d") as running:
        assert await list_of(running, "product1") == []


async def test_a_killed_server_leaves_no_lock(tmp_path: Path) -> None:
    async with serve("--ephemeral", "--data", tmp_path / "d", "--catalog", CATALOG) as running:
        running.process.kill()
        await running.end()
    async with serve("--data", tmp_path / "d") as running:
        assert await list_of(running, "product1") == []


async def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = await run("serve", "--data", tmp_path / "d", "--port", port)
    assert str(port) in outcome.refused()


async def test_no_folder_is_refused_with_what_to_give() -> None:
    line = (await run("serve", "--port", 0)).refused()
    assert "--data" in line
    assert "--ephemeral" in line


async def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "rpcmedia.sqlite3").write_bytes(b"no database" * 1000)
    no_media = tmp_path / "no_media"
    no_media.mkdir()
    (no_media / "media").write_text("x")
    for data in (file, file / "below", damaged, no_media):
        outcome = await run("serve", "--data", data, "--port", 0)
        assert outcome.refused().startswith("rpcmedia: ")
    assert file.read_text() == "x"


async def test_a_database_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rpcmedia.sqlite3").mkdir()
    assert (await run("serve", "--data", tmp_path, "--port", 0)).refused()


async def test_a_folder_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    assert (await run("catalog", "load", "--data", tmp_path, CATALOG)).code == 0
    database = sqlite3.connect(tmp_path / "rpcmedia.sqlite3")
    database.execute("PRAGMA user_version = 9999")
    database.close()
    assert "newer release" in (await run("serve", "--data", tmp_path, "--port", 0)).refused()


async def test_a_host_that_is_not_this_machine_is_refused(tmp_path: Path) -> None:
    for host in ("nosuch.invalid", "192.0.2.1"):
        outcome = await run("serve", "--data", tmp_path / "d", "--port", 0, "--host", host)
        assert host in outcome.refused()

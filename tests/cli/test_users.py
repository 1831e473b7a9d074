"""`rpcmedia user`: who may call, before and while a server runs."""

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.cli.process import CATALOG, Running, run, serve
from tests.support.server import KEY


async def fault_of_login(running: Running, username: str, key: str) -> int | None:
    request = {"id": 1, "method": "login", "params": [username, key]}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{running.url}/api/jsonrpc", json=request) as answer,
    ):
        found: Any = await answer.json(content_type=None)
    error = found.get("error")
    return error["code"] if error else None


async def users(data: Path) -> dict[str, tuple[str, str]]:
    outcome = await run("user", "list", "--data", data)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split("\t") for line in outcome.out.splitlines()]
    return {name: (state, permissions) for name, state, permissions in lines}


async def test_a_user_gets_the_key_on_standard_input(tmp_path: Path) -> None:
    outcome = await run("user", "add", "--data", tmp_path, "one", stdin="key-1\n")
    assert (outcome.code, outcome.out, outcome.err) == (0, "one added\n", "")
    async with serve("--data", tmp_path) as running:
        assert len(running.lines) == 1
        assert await fault_of_login(running, "one", "key-1") is None
        assert await fault_of_login(running, "one", "key-2") == 2


@pytest.mark.parametrize("stdin", ["", "\n"])
async def test_without_one_a_key_is_made_and_shown(tmp_path: Path, stdin: str) -> None:
    outcome = await run("user", "add", "--data", tmp_path, "one", stdin=stdin)
    found = re.fullmatch(r"one added with the key (\S{24,}) \(shown only once\)\n", outcome.out)
    assert found
    async with serve("--data", tmp_path) as running:
        assert await fault_of_login(running, "one", found[1]) is None


async def test_no_command_shows_a_key(tmp_path: Path) -> None:
    for command in (["user", "add", "one"], ["user", "list"], ["catalog", "show"]):
        outcome = await run(*command, "--data", tmp_path, stdin="key-1\n")
        assert outcome.code == 0
        assert "one" in outcome.out
        assert "key-1" not in outcome.out + outcome.err


async def test_adding_a_user_again_gives_a_new_key(tmp_path: Path) -> None:
    await run("user", "add", "--data", tmp_path, "one", stdin="key-1\n")
    async with serve("--data", tmp_path) as running:
        assert await fault_of_login(running, "one", "key-1") is None
        await run("user", "add", "--data", tmp_path, "ONE", stdin="key-2\n")
        assert await fault_of_login(running, "one", "key-1") == 2
        assert await fault_of_login(running, "one", "key-2") is None
    assert len(await users(tmp_path)) == 1


async def test_users_are_listed_with_state_and_permissions(tmp_path: Path) -> None:
    await run("catalog", "load", "--data", tmp_path, CATALOG)
    reading = ("--permission", "catalog/product/media", "--permission", "core/store")
    await run("user", "add", "--data", tmp_path, *reading, "one", stdin="key-1\n")
    assert await users(tmp_path) == {
        "apiuser": ("enabled", "all"),
        "inactive": ("disabled", "all"),
        "nocatalog": ("enabled", "core/store"),
        "norole": ("enabled", ""),
        "one": ("enabled", "catalog/product/media core/store"),
        "readonly": ("enabled", "catalog/product/info catalog/product/media"),
    }


async def test_a_running_server_obeys_at_once(tmp_path: Path) -> None:
    async with serve("--data", tmp_path, "--catalog", CATALOG) as running:
        assert await fault_of_login(running, "apiuser", KEY) is None
        disabled = await run("user", "disable", "--data", tmp_path, "APIuser")
        assert (disabled.code, disabled.err) == (0, "")
        assert await fault_of_login(running, "apiuser", KEY) == 2
        assert (await users(tmp_path))["apiuser"] == ("disabled", "all")
        for _ in range(2):
            enabled = await run("user", "enable", "--data", tmp_path, "apiuser")
            assert (enabled.code, enabled.err) == (0, "")
        assert await fault_of_login(running, "apiuser", KEY) is None
        await run("user", "add", "--data", tmp_path, "new", stdin="key-1\n")
        assert await fault_of_login(running, "new", "key-1") is None


@pytest.mark.parametrize("command", ["enable", "disable"])
async def test_an_unknown_user_is_told_by_name(tmp_path: Path, command: str) -> None:
    await run("catalog", "load", "--data", tmp_path, CATALOG)
    outcome = await run("user", command, "--data", tmp_path, "nobody")
    assert "nobody" in outcome.refused()


@pytest.mark.parametrize("arguments", [["list"], ["enable", "x"], ["disable", "x"]])
async def test_a_folder_without_data_is_refused_and_not_made(
    tmp_path: Path, arguments: list[str]
) -> None:
    data = tmp_path / "nosuch"
    outcome = await run("user", arguments[0], "--data", data, *arguments[1:])
    assert str(data) in outcome.refused()
    assert not data.exists()


async def test_an_empty_name_is_refused(tmp_path: Path) -> None:
    # Nobody could log in with it: to the API it is a missing parameter.
    outcome = await run("user", "add", "--data", tmp_path, "", stdin="key-1\n")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err

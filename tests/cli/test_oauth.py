"""`rpcmedia oauth`: consumers and tokens, before and while a server runs."""

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp

from tests.cli.process import CATALOG, Running, run, serve
from tests.support.server import KEY as API_KEY
from tests.support.server import USER
from tests.support.signing import IMAGES, Signer

KEY = re.compile(r"with the key (\w{32}) and the secret (\w{32}) \(shown only once\)\n\Z")
TOKEN = re.compile(r"\Atoken (\w{32}) added with the secret (\w{32}) \(shown only once\)\n\Z")


async def done(*arguments: Any) -> str:
    """What a command prints; fails if it could not run."""
    outcome = await run("oauth", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


async def add_consumer(data: Path, name: str = "ERP") -> tuple[str, str]:
    found = KEY.search(await done("consumer", "add", "--data", data, name))
    assert found
    return found[1], found[2]


async def add_token(data: Path, *arguments: str) -> tuple[str, str]:
    found = TOKEN.match(await done("token", "add", "--data", data, *arguments))
    assert found
    return found[1], found[2]


async def test_consumers_are_listed_without_their_secrets_until_they_are_revoked(
    tmp_path: Path,
) -> None:
    key, secret = await add_consumer(tmp_path, "The ERP")
    assert await done("consumer", "list", "--data", tmp_path) == f"{key}\tvalid\tThe ERP\n"
    assert await done("consumer", "revoke", "--data", tmp_path, key) == f"consumer {key} revoked\n"
    shown = await done("consumer", "list", "--data", tmp_path)
    assert shown == f"{key}\trevoked\tThe ERP\n"
    assert secret not in shown


async def test_tokens_are_listed_without_their_secrets_until_they_are_revoked(
    tmp_path: Path,
) -> None:
    key, _ = await add_consumer(tmp_path)
    await run("user", "add", "--data", tmp_path, "one", stdin="key-1\n")
    admin, first = await add_token(tmp_path, key, "one")
    customer, second = await add_token(tmp_path, key, "--customer")
    assert await done("token", "revoke", "--data", tmp_path, admin) == f"token {admin} revoked\n"
    shown = await done("token", "list", "--data", tmp_path)
    assert sorted(shown.splitlines()) == sorted(
        [f"{admin}\trevoked\t{key}\tadmin\tone", f"{customer}\tvalid\t{key}\tcustomer\t"]
    )
    assert first not in shown
    assert second not in shown


async def test_a_consumer_has_a_name_that_people_can_read(tmp_path: Path) -> None:
    for name in ("", "  ", "two\nlines", "a\tb"):
        outcome = await run("oauth", "consumer", "add", "--data", tmp_path, name)
        assert outcome.code == 2
        assert outcome.err.endswith("Error: Give the program a name that people can read.\n")


async def test_what_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    key, _ = await add_consumer(tmp_path)
    refused = {
        ("token", "add", "other", "--customer"): "there is no consumer 'other'",
        ("token", "add", key, "nobody"): "there is no user 'nobody'",
        ("token", "revoke", "other"): "there is no token 'other'",
        ("consumer", "revoke", "other"): "there is no consumer 'other'",
    }
    outcomes = await asyncio.gather(
        *(run("oauth", *arguments, "--data", tmp_path) for arguments in refused)
    )
    for outcome, reason in zip(outcomes, refused.values(), strict=True):
        assert reason in outcome.refused()


async def test_a_token_is_a_users_or_a_customers(tmp_path: Path) -> None:
    for arguments in (["key"], ["key", "one", "--customer"]):
        outcome = await run("oauth", "token", "add", "--data", tmp_path, *arguments)
        assert outcome.code == 2
        assert "Give the name of a user, or --customer." in outcome.err


async def ask(running: Running, header: str) -> int:
    """The status of the answer to a signed request."""
    headers = {"Accept": "application/json", "Authorization": header}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{running.url}{IMAGES}") as answer,
    ):
        return answer.status


async def test_a_running_server_knows_at_once_what_is_added_and_revoked_and_tells_no_secret(
    tmp_path: Path,
) -> None:
    data = tmp_path / "d"
    async with serve("--ephemeral", "--data", data, "--catalog", CATALOG, "--log-calls") as running:
        key, secret = await add_consumer(data)
        token, token_secret = await add_token(data, key, USER)
        for method in ("HMAC-SHA256", "PLAINTEXT"):
            signer = Signer(method=method, given=(token, token_secret), program=(key, secret))
            header = signer.header(f"{running.url}{IMAGES}")
            assert await ask(running, header) == 200
        assert await ask(running, header.replace(token_secret, secret)) == 401
        form = {"oauth_token": token_secret, "username": USER, "key": API_KEY, "answer": "allow"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{running.url}/oauth/authorize", data=form) as answer,
        ):
            assert answer.status == 400
        await done("token", "revoke", "--data", data, token)
        assert await ask(running, header) == 401
        outcome = await running.stop()
    told = outcome.out + outcome.err
    assert '"face": "oauth"' in told
    for hidden in (secret, token_secret, token, API_KEY):
        assert hidden not in told

"""`rpcmedia oauth`: consumers and tokens, before and while a server runs."""

import re
from pathlib import Path
from typing import Any

from tests.cli.process import run

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


async def test_what_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    key, _ = await add_consumer(tmp_path)
    for arguments, reason in (
        (("token", "add", "other", "--customer"), "there is no consumer 'other'"),
        (("token", "add", key, "nobody"), "there is no user 'nobody'"),
        (("token", "revoke", "other"), "there is no token 'other'"),
        (("consumer", "revoke", "other"), "there is no consumer 'other'"),
    ):
        outcome = await run("oauth", *arguments, "--data", tmp_path)
        assert reason in outcome.refused()


async def test_a_token_is_a_users_or_a_customers(tmp_path: Path) -> None:
    for arguments in (["key"], ["key", "one", "--customer"]):
        outcome = await run("oauth", "token", "add", "--data", tmp_path, *arguments)
        assert outcome.code == 2
        assert "Give the name of a user, or --customer." in outcome.err

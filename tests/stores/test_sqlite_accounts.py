"""SqliteAccounts: the contract, and what is its own."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rpcmedia.operations.ports import Accounts, Session
from rpcmedia.stores.sqlite_accounts import SqliteAccounts
from rpcmedia.stores.sqlite_database import Database
from tests.stores.accounts_contract import AccountsContract, put


@contextlib.asynccontextmanager
async def open_accounts(path: Path) -> AsyncIterator[SqliteAccounts]:
    database = await Database.open(path, durable=False)
    try:
        yield SqliteAccounts(database)
    finally:
        await database.close()


class TestSqliteAccounts(AccountsContract):
    """The contract over one SQLite file."""

    @pytest.fixture
    async def accounts(self, tmp_path: Path) -> AsyncIterator[Accounts]:
        async with open_accounts(tmp_path / "accounts.sqlite3") as opened:
            yield opened


async def test_users_sessions_and_the_secret_survive_closing_and_opening(tmp_path: Path) -> None:
    path = tmp_path / "accounts.sqlite3"
    async with open_accounts(path) as accounts:
        user, secret = await put(accounts), await accounts.folder_secret()
        await accounts.add_session("aa", Session(user.id, 10.0, 20.0), user)
    async with open_accounts(path) as accounts:
        assert await accounts.user_by_name("apiuser") == user
        assert await accounts.folder_secret() == secret
        assert await accounts.session("aa") == Session(user.id, 10.0, 20.0)


async def test_every_folder_has_a_secret_of_its_own(tmp_path: Path) -> None:
    async with open_accounts(tmp_path / "one") as one, open_accounts(tmp_path / "two") as two:
        assert await one.folder_secret() != await two.folder_secret()


async def test_a_user_kept_out_by_another_process_is_out_at_once(tmp_path: Path) -> None:
    path = tmp_path / "accounts.sqlite3"
    async with open_accounts(path) as server, open_accounts(path) as command:
        user = await put(server)
        await server.add_session("aa", Session(user.id, 10.0, 20.0), user)
        assert await command.set_active("apiuser", False)
        found = await server.user(user.id)
        assert found
        assert not found.active
        await command.end_session("aa")
        assert await server.session("aa") is None

"""SqliteOAuth: the contract, and what is its own."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rpcmedia.gallery.model import CatalogConsumer
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.ports import OAuthAccounts
from rpcmedia.stores.sqlite_accounts import SqliteAccounts
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_nonces import NONCES, SqliteNonces
from rpcmedia.stores.sqlite_oauth import SqliteOAuth
from tests.stores.oauth_contract import OAuthContract, asked, given, put


@contextlib.asynccontextmanager
async def open_store(path: Path) -> AsyncIterator[SqliteOAuth]:
    database = await Database.open(path, durable=False)
    nonces = SqliteNonces(path.with_name(NONCES))
    try:
        yield SqliteOAuth(database, nonces)
    finally:
        await nonces.close()
        await database.close()


class TestSqliteOAuth(OAuthContract):
    """The contract over one SQLite file."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[OAuthAccounts]:
        database = await Database.open(tmp_path / "store.sqlite3", durable=False)
        accounts = SqliteAccounts(database)
        for name in ("one", "two"):
            await accounts.put_user(name, "hash", "index", ["all"], True)
        nonces = SqliteNonces(tmp_path / NONCES)
        yield SqliteOAuth(database, nonces)
        await nonces.close()
        await database.close()


async def test_credentials_and_nonces_survive_closing_and_opening(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    async with open_store(path) as store:
        await put(store, given(permissions=("a",)))
        await store.add_request(asked("t2", 20.0), 10.0, 5)
        before = await store.consumers(), await store.tokens()
        await store.use_nonce(b"1", 20.0, 10.0)
    async with open_store(path) as store:
        assert (await store.consumers(), await store.tokens()) == before
        assert not await store.use_nonce(b"1", 20.0, 10.0)


async def test_what_another_process_revokes_or_uses_is_so_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    async with open_store(path) as server, open_store(path) as other:
        await put(server, given())
        assert await server.token("t1")
        assert await server.consumer("erp")
        await other.revoke_token("t1")
        await other.revoke_consumer("erp")
        await other.use_nonce(b"1", 20.0, 10.0)
        token, consumer = await server.token("t1"), await server.consumer("erp")
        assert token
        assert consumer
        assert (token.revoked, consumer.revoked) == (True, True)
        assert not await server.use_nonce(b"1", 20.0, 10.0)


@pytest.mark.parametrize("secret", [None, ""])
async def test_nobody_is_kept_without_a_secret(tmp_path: Path, secret: str | None) -> None:
    async with open_store(tmp_path / "store.sqlite3") as store:
        await put(store)
        with pytest.raises(StorageFailed):
            await store.put([CatalogConsumer("new", secret)], [])
        with pytest.raises(StorageFailed):
            await store.put([], [given(secret=secret)])
        assert len(await store.consumers()) == 2
        assert list(await store.tokens()) == []


async def test_a_nonce_leaves_what_reads_remember(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "store.sqlite3", durable=False)
    nonces = SqliteNonces(tmp_path / NONCES)
    store = SqliteOAuth(database, nonces)
    remembered = database.remembered()
    assert await store.use_nonce(b"1", 20.0, 10.0)
    assert not await store.use_nonce(b"1", 20.0, 10.0)
    assert database.remembered() is remembered
    await nonces.close()
    await database.close()


async def test_nonces_that_cannot_be_kept_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / NONCES).write_text("This is no database. " * 100)
    async with open_store(tmp_path / "store.sqlite3") as store:
        for _ in range(2):
            with pytest.raises(StorageFailed, match="damaged"):
                await store.use_nonce(b"1", 20.0, 10.0)

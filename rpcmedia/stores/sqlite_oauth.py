"""Consumers and tokens over SQLite, their look-ups cached until it changes; nonces beside it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple
from functools import partial

from rpcmedia.gallery.model import CatalogConsumer, CatalogToken
from rpcmedia.operations.ports import Consumer, Token, name_key
from rpcmedia.stores.sqlite_database import LONGEST_KEY, Database
from rpcmedia.stores.sqlite_nonces import SqliteNonces

_CONSUMER = "SELECT key, secret, name, revoked FROM oauth_consumer"
_TOKEN_COLUMNS = "token, secret, consumer, kind, role, user, revoked, callback, verifier, expires"
_TOKEN = f"SELECT {_TOKEN_COLUMNS} FROM oauth_token"
_ACCESS, _REQUEST = "access", "request"


class SqliteOAuth:
    """An OAuthAccounts over one database and a file of nonces."""

    def __init__(self, database: Database, nonces: SqliteNonces) -> None:
        self._database = database
        self._nonces = nonces

    async def consumer(self, key: str) -> Consumer | None:
        """See OAuthAccounts."""
        if len(key) > LONGEST_KEY:
            return None
        return self._database.cached(("consumer", key), partial(_read_consumer, key))

    async def consumers(self) -> Sequence[Consumer]:
        """See OAuthAccounts."""
        return await self._database.read(partial(_read_consumers, "ORDER BY key", ()))

    async def token(self, token: str) -> Token | None:
        """See OAuthAccounts."""
        if len(token) > LONGEST_KEY:
            return None
        return self._database.cached(("token", token), partial(_read_token, token))

    async def tokens(self) -> Sequence[Token]:
        """See OAuthAccounts."""
        return await self._database.read(partial(_read_tokens, "ORDER BY token", ()))

    async def put(
        self, consumers: Sequence[CatalogConsumer], tokens: Sequence[CatalogToken]
    ) -> int:
        """See OAuthAccounts."""

        def put_all(connection: sqlite3.Connection) -> int:
            changes = [_put_consumer(consumer, connection) for consumer in consumers]
            return sum(changes + [_put_token(token, connection) for token in tokens])

        return await self._database.write(put_all)

    async def revoke_consumer(self, key: str) -> bool:
        """See OAuthAccounts."""
        sql = "UPDATE oauth_consumer SET revoked = 1 WHERE key = ?"
        return await self._change(sql, (key,))

    async def revoke_token(self, token: str) -> bool:
        """See OAuthAccounts."""
        return await self._change("UPDATE oauth_token SET revoked = 1 WHERE token = ?", (token,))

    async def add_request(self, request: Token, now: float, most: int) -> None:
        """See OAuthAccounts."""
        await self._database.write(partial(_add_request, request, now, most))

    async def allow(self, request: str, verifier: str, user_id: int) -> bool:
        """See OAuthAccounts."""
        sql = (
            "UPDATE oauth_token SET verifier = ?, user = ?, role = 'admin'"
            " WHERE token = ? AND kind = 'request' AND verifier IS NULL AND NOT revoked"
        )
        return await self._change(sql, (verifier, user_id, request))

    async def change(self, request: str, access: Token) -> bool:
        """See OAuthAccounts."""
        return await self._database.write(partial(_change_token, request, access))

    async def use_nonce(self, mark: bytes, until: float, now: float) -> bool:
        """See OAuthAccounts."""
        return await self._nonces.use(mark, until, now)

    async def forget_nonces(self) -> None:
        """See OAuthAccounts."""
        await self._nonces.forget()

    async def _change(self, sql: str, values: tuple[str | int, ...]) -> bool:
        return await self._database.write(
            lambda connection: connection.execute(sql, values).rowcount > 0
        )


def _read_consumers(
    where: str, values: tuple[str, ...], connection: sqlite3.Connection
) -> list[Consumer]:
    rows = connection.execute(f"{_CONSUMER} {where}", values)
    return [Consumer(key, secret, name, bool(revoked)) for key, secret, name, revoked in rows]


def _read_consumer(key: str, connection: sqlite3.Connection) -> Consumer | None:
    found = _read_consumers("WHERE key = ?", (key,), connection)
    return found[0] if found else None


def _read_tokens(
    where: str, values: tuple[str, ...], connection: sqlite3.Connection
) -> list[Token]:
    tokens = []
    for row in connection.execute(f"{_TOKEN} {where}", values).fetchall():
        sql = "SELECT path FROM oauth_permission WHERE token = ?"
        permissions = frozenset(path for (path,) in connection.execute(sql, (row[0],)))
        token, secret, consumer, kind, role, user, revoked, *rest = row
        access = kind == _ACCESS
        tokens.append(
            Token(token, secret, consumer, access, role, user, permissions, bool(revoked), *rest)
        )
    return tokens


def _read_token(token: str, connection: sqlite3.Connection) -> Token | None:
    found = _read_tokens("WHERE token = ?", (token,), connection)
    return found[0] if found else None


def _put_consumer(given: CatalogConsumer, connection: sqlite3.Connection) -> bool:
    known = _read_consumer(given.key, connection)
    wanted = (
        given.key,
        known.secret if known and given.secret is None else given.secret,
        known.name if known and given.name is None else given.name or "",
        known.revoked if known and given.revoked is None else bool(given.revoked),
    )
    if known and astuple(known) == wanted:
        return False
    connection.execute(
        """
        INSERT INTO oauth_consumer (key, secret, name, revoked) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET secret = excluded.secret, name = excluded.name,
            revoked = excluded.revoked
        """,
        wanted,
    )
    return True


def _put_token(given: CatalogToken, connection: sqlite3.Connection) -> bool:
    known = _read_token(given.token, connection)
    if known and not given.access:
        return False
    wanted = Token(
        given.token,
        known.secret if known and given.secret is None else given.secret or "",
        given.consumer,
        given.access,
        given.role,
        user_id=_user_id(given, connection),
        permissions=frozenset(given.permissions),
        revoked=known.revoked if known and given.revoked is None else bool(given.revoked),
        verifier=given.verifier,
    )
    if wanted == known:
        return False
    _write_token(wanted, connection)
    return True


def _user_id(given: CatalogToken, connection: sqlite3.Connection) -> int | None:
    if given.user is None:
        return None
    sql = "SELECT id FROM user WHERE name_key = ?"
    row = connection.execute(sql, (name_key(given.user),)).fetchone()
    return int(row[0]) if row else None


def _write_token(token: Token, connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM oauth_token WHERE token = ?", (token.token,))
    connection.execute(
        f"INSERT INTO oauth_token ({_TOKEN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token.token,
            token.secret,
            token.consumer,
            _ACCESS if token.access else _REQUEST,
            token.role,
            token.user_id,
            int(token.revoked),
            token.callback,
            token.verifier,
            token.expires,
        ),
    )
    connection.executemany(
        "INSERT INTO oauth_permission (token, path) VALUES (?, ?)",
        [(token.token, path) for path in token.permissions],
    )


def _add_request(request: Token, now: float, most: int, connection: sqlite3.Connection) -> None:
    sql = "DELETE FROM oauth_token WHERE consumer = ? AND expires < ?"
    connection.execute(sql, (request.consumer, now))
    connection.execute(
        """
        DELETE FROM oauth_token WHERE token IN (
            SELECT token FROM oauth_token WHERE consumer = ? AND expires IS NOT NULL
            ORDER BY expires DESC LIMIT -1 OFFSET ?
        )
        """,
        (request.consumer, most - 1),
    )
    _write_token(request, connection)


def _change_token(request: str, access: Token, connection: sqlite3.Connection) -> bool:
    sql = "UPDATE oauth_token SET revoked = 1 WHERE token = ? AND kind = 'request' AND NOT revoked"
    if not connection.execute(sql, (request,)).rowcount:
        return False
    _write_token(access, connection)
    return True

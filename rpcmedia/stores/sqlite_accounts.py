"""Accounts over SQLite. Reads are cached until the database changes; see sqlite_database."""

import sqlite3
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

from rpcmedia.operations.ports import Session, User, name_key
from rpcmedia.stores.sqlite_database import LONGEST_KEY, Database

_USER = "SELECT id, username, key_hash, key_index, active FROM user"


class SqliteAccounts:
    """An Accounts over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remembered(self) -> dict[Hashable, Any]:
        """See Accounts."""
        return self._database.remembered()

    async def folder_secret(self) -> bytes:
        """See Accounts."""
        sql = "SELECT value FROM secret WHERE name = 'folder'"
        row = await self._database.read(lambda connection: connection.execute(sql).fetchone())
        return bytes(row[0])

    async def user(self, user_id: int) -> User | None:
        """See Accounts."""
        return self._find("id", user_id)

    async def user_by_name(self, username: str) -> User | None:
        """See Accounts."""
        return self._find("name_key", name_key(username))

    def _find(self, column: str, value: int | str) -> User | None:
        if len(str(value)) > LONGEST_KEY:
            return None
        unit = partial(_read_users, f"WHERE {column} = ?", (value,))
        found = self._database.cached(("user", column, value), unit)
        return found[0] if found else None

    async def users(self) -> Sequence[User]:
        """See Accounts."""
        return await self._database.read(partial(_read_users, "ORDER BY name_key", ()))

    async def put_user(
        self,
        username: str,
        key_hash: str,
        key_index: str,
        permissions: Sequence[str],
        active: bool,
    ) -> None:
        """See Accounts."""
        await self._database.write(
            partial(_put_user, username, key_hash, key_index, permissions, active)
        )

    async def renew_key_hash(self, user: User, key_hash: str) -> None:
        """See Accounts."""
        sql = "UPDATE user SET key_hash = ? WHERE id = ? AND key_hash = ?"
        values = (key_hash, user.id, user.key_hash)
        await self._database.write(lambda connection: connection.execute(sql, values))

    async def set_active(self, username: str, active: bool) -> bool:
        """See Accounts."""
        sql = "UPDATE user SET active = ? WHERE name_key = ?"
        values = (int(active), name_key(username))

        def change(connection: sqlite3.Connection) -> bool:
            _end_sessions(connection, username)
            return connection.execute(sql, values).rowcount > 0

        return await self._database.write(change)

    async def add_session(self, id_hash: str, session: Session, owner: User) -> bool:
        """See Accounts."""
        return await self._database.write(partial(_add_session, id_hash, session, owner))

    async def session(self, id_hash: str) -> Session | None:
        """See Accounts."""
        return self._database.cached(("session", id_hash), partial(_read_session, id_hash))

    async def touch_session(self, id_hash: str, last_used: float, expires: float) -> None:
        """See Accounts."""
        sql = "UPDATE session SET last_used = ?, expires = ? WHERE id_hash = ?"
        values = (last_used, expires, id_hash)
        await self._database.write(lambda connection: connection.execute(sql, values))

    async def end_session(self, id_hash: str) -> None:
        """See Accounts."""
        sql = "DELETE FROM session WHERE id_hash = ?"
        await self._database.write(lambda connection: connection.execute(sql, (id_hash,)))

    async def end_all_sessions(self) -> None:
        """See Accounts."""
        await self._database.write(lambda connection: connection.execute("DELETE FROM session"))


def _read_users(
    where: str, values: tuple[int | str, ...], connection: sqlite3.Connection
) -> list[User]:
    users = []
    for row in connection.execute(f"{_USER} {where}", values).fetchall():
        sql = "SELECT path FROM permission WHERE user = ?"
        paths = frozenset(path for (path,) in connection.execute(sql, (row[0],)))
        users.append(User(row[0], row[1], row[2], row[3], bool(row[4]), paths))
    return users


def _put_user(
    username: str,
    key_hash: str,
    key_index: str,
    permissions: Sequence[str],
    active: bool,
    connection: sqlite3.Connection,
) -> None:
    sql = "SELECT key_hash FROM user WHERE name_key = ?"
    if connection.execute(sql, (name_key(username),)).fetchone() != (key_hash,):
        _end_sessions(connection, username)
    row = connection.execute(
        """
        INSERT INTO user (username, name_key, key_hash, key_index, active) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (name_key) DO UPDATE SET key_hash = excluded.key_hash,
            key_index = excluded.key_index, active = excluded.active
        RETURNING id
        """,
        (username, name_key(username), key_hash, key_index, int(active)),
    ).fetchone()
    connection.execute("DELETE FROM permission WHERE user = ?", row)
    connection.executemany(
        "INSERT INTO permission (user, path) VALUES (?, ?)",
        [(row[0], path) for path in set(permissions)],
    )


def _end_sessions(connection: sqlite3.Connection, username: str) -> None:
    # Whoever has a session of a user that is shut out, or of an old key, must log in again.
    sql = "DELETE FROM session WHERE user = (SELECT id FROM user WHERE name_key = ?)"
    connection.execute(sql, (name_key(username),))


def _add_session(
    id_hash: str, session: Session, owner: User, connection: sqlite3.Connection
) -> bool:
    connection.execute("DELETE FROM session WHERE expires < ?", (session.last_used,))
    # By the index of the key, for its hash may have been renewed.
    cursor = connection.execute(
        """
        INSERT INTO session (id_hash, user, last_used, expires)
        SELECT ?, id, ?, ? FROM user WHERE id = ? AND key_index = ? AND active
        """,
        (id_hash, session.last_used, session.expires, session.user_id, owner.key_index),
    )
    return cursor.rowcount > 0


def _read_session(id_hash: str, connection: sqlite3.Connection) -> Session | None:
    sql = "SELECT user, last_used, expires FROM session WHERE id_hash = ?"
    row = connection.execute(sql, (id_hash,)).fetchone()
    return Session(*row) if row else None

"""Units of work over one SQLite connection: one that reads, and many that share a commit."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from rpcmedia.gallery.ports import OutcomeUnknown
from rpcmedia.stores.sqlite_file import translate
from rpcmedia.stores.write_turns import WriteTurns

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]
Outcome = tuple[Any, Exception | None]
"""What a unit answered, or why it was undone."""

WRITE_SOMETHING = (
    "INSERT OR REPLACE INTO setting (name, value) VALUES ('probe', hex(randomblob(16)))"
)
"""What always has something to write: an empty transaction works on a full disk."""


def read(unit: Unit[T], connection: sqlite3.Connection) -> T:
    """Run a unit that sees one moment of the database."""
    connection.execute("BEGIN")
    try:
        return unit(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def commit(
    turns: WriteTurns, units: list[Unit[Any]], connection: sqlite3.Connection
) -> list[Outcome]:
    """Run units in one transaction; one that raises is undone alone.

    Raises StorageFailed and sqlite3.Error if nothing was kept, OutcomeUnknown if nobody knows.
    """
    with turns.turn():
        return _commit_together(units, connection)


def _commit_together(units: list[Unit[Any]], connection: sqlite3.Connection) -> list[Outcome]:
    outcomes: list[Outcome] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for unit in units:
            outcomes.append(_run_unit(connection, unit))
        _end_transaction(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _end_transaction(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        failure = translate(error)
        # The log may hold the commit already, and a start after a crash would read it there.
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL or _write_over(connection):
            raise failure from error
        raise OutcomeUnknown(f"{failure} After a restart it may be kept all the same.") from error


def _write_over(connection: sqlite3.Connection) -> bool:
    """Write the next commit to the place of one that failed; whether that could be done."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute(WRITE_SOMETHING)
    except sqlite3.Error:
        return False
    return True


def _run_unit(connection: sqlite3.Connection, unit: Unit[Any]) -> Outcome:
    connection.execute("SAVEPOINT unit")
    try:
        value = unit(connection)
    except Exception as error:
        # A full disk ends the whole transaction, and with it what the units before this one did.
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return None, translate(error)
    connection.execute("RELEASE unit")
    return value, None

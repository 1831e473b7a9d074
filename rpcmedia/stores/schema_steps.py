"""Numbered schema files, applied in order and each in one transaction with its number.

The number of the last step that was applied is SQLite's `user_version`.
"""

import sqlite3
from importlib.resources import files


class SchemaTooNew(Exception):
    """The database was made by a newer release."""


def schema_steps() -> list[tuple[int, str]]:
    """(number, SQL) of every step that this release knows, in order."""
    folder = files("rpcmedia.stores") / "sqlite_schema"
    found = ((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return sorted((int(name[:4]), entry.read_text("utf-8")) for name, entry in found)


def apply_schema(connection: sqlite3.Connection) -> int:
    """Bring a database to the newest schema and return its number. Raises SchemaTooNew."""
    steps = dict(schema_steps())
    newest = max(steps)
    while (current := known_schema(connection)) != newest:
        step = current + 1
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{steps[step]}\nPRAGMA user_version = {step};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # Another program that opens the same new file may have been faster with this step.
            if _version(connection) == current:
                raise
    return newest


def known_schema(connection: sqlite3.Connection) -> int:
    """The number of a database's schema, 0 if it has none. Raises SchemaTooNew."""
    current, newest = _version(connection), max(dict(schema_steps()))
    if current > newest:
        raise SchemaTooNew(
            f"The database has schema {current}, this release knows up to {newest}:"
            " start the newer release that made it."
        )
    return current


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])

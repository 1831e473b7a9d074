"""The catalog that a tape was recorded with, and the keys of its users."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rpcmedia.tapes.tape import TapeReader


class NoCatalog(Exception):
    """A catalog file that cannot be read, in one line."""


def catalog_path(reader: TapeReader) -> Path | None:
    """Where the catalog of a tape is, if it names one."""
    name = reader.header.catalog
    return reader.path.parent / name if name else None


def catalog_keys(catalog: Path) -> dict[str, str]:
    """The keys in a catalog file, by user name. Raises NoCatalog."""
    users = _read(catalog)["users"]
    return {user["username"]: user["key"] for user in users if user.get("key")}


def with_keys(catalog: Path, keys: Mapping[str, str], folder: Path) -> Path:
    """A copy in this folder, in which users have these keys; new ones may do all. Raises NoCatalog.

    A catalog may be written without keys, and a server takes no new user without one.
    """
    content = _read(catalog)
    left = {username.casefold(): (username, key) for username, key in keys.items()}
    for user in content["users"]:
        _, user["key"] = left.pop(user["username"].casefold(), (None, user.get("key")))
    content["users"] += [
        {"username": username, "key": key, "permissions": ["all"]}
        for username, key in left.values()
    ]
    copy = folder / catalog.name
    copy.write_text(json.dumps(content), "utf-8")
    return copy


def _read(catalog: Path) -> dict[str, Any]:
    try:
        content = json.loads(catalog.read_text("utf-8"))
        users = content.setdefault("users", [])
        if all(isinstance(user["username"], str) for user in users):
            return dict(content)
    except OSError as error:
        raise NoCatalog(f"{catalog}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise NoCatalog(f"{catalog} is no catalog: it must be a JSON object with users.")

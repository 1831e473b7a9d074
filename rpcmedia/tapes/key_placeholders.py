"""What stands for API keys: placeholders with the name of the user, if that may be shown."""

import base64
import re
from urllib.parse import quote

from rpcmedia.tapes.credentials import Key

PLACEHOLDER = re.compile(r"\{\{(?P<kind>[a-z]+):(?P<name>[^{}]*)\}\}")
_UNKNOWN = "unknown"
"""Stands for a user name that is a key: whoever logged in had swapped the two."""


class KeyPlaceholders:
    """The keys that are known so far, whose they are, and which were accepted."""

    def __init__(self) -> None:
        self._accepted: dict[Key, bool] = {}
        self._owners: dict[str, Key] = {}
        self._basics: dict[str, Key] = {}
        self._usernames: set[str] = set()

    def learn(self, key: Key, accepted: bool, is_user: bool) -> None:
        """Remember a key that is no placeholder; `is_user` if its user name is known to be one."""
        if is_user:
            self._usernames.add(key.username)
        self._accepted[key] = accepted = accepted or self._accepted.get(key, False)
        owner = self._owners.setdefault(key.key, key)
        if accepted and not self._accepted[owner]:
            self._owners[key.key] = key
        self._basics[basic(key)] = key

    def of(self, key: Key, kind: str = "key") -> str:
        """The placeholder of a key that is in its place."""
        if PLACEHOLDER.fullmatch(key.key):
            return key.key
        if self.is_swapped(key):
            return f"{{{{{kind}:{_UNKNOWN}:refused}}}}"
        refused = "" if self._accepted.get(key, True) else ":refused"
        return f"{{{{{kind}:{quote(key.username, safe='@')}{refused}}}}}"

    def of_text(self, secret: str) -> str | None:
        """The placeholder of a key, or of HTTP Basic, wherever it is; None if it is neither."""
        if secret in self._owners:
            return self.of(self._owners[secret])
        return self.of(self._basics[secret], "basic") if secret in self._basics else None

    def is_swapped(self, key: Key) -> bool:
        """Whether the user name is none, but a key of someone."""
        known = PLACEHOLDER.fullmatch(key.username)
        if known and known["kind"] == "key":
            return True
        is_key = key.username in self._owners and key.username != key.key
        return is_key and key.username not in self._usernames

    def in_a_user_name(self, secret: str) -> bool:
        """Whether a user name that is to stay holds this text."""
        return any(secret in username for username in self._usernames)


def basic(key: Key) -> str:
    """User name and key as HTTP Basic has them."""
    return base64.b64encode(f"{key.username}:{key.key}".encode()).decode()

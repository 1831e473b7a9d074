"""Who is calling: login, session ids and HTTP Basic.

Source: measured behaviour of the reference server, "Sessions".
"""

import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations import php
from rpcmedia.operations.faults import (
    AccessDenied,
    InvalidArguments,
    MissingParameter,
    SessionExpired,
)
from rpcmedia.operations.logins import Logins
from rpcmedia.operations.ports import Accounts, Session, User
from rpcmedia.operations.session_ids import SessionIds

_TOUCH_SECONDS = 60.0
_OWNER = "session and its user"
"""Under this and the hash of its id a session is remembered."""


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How session ids look and how long they live."""

    hex_digits: int = 32
    life: float = 24 * 3600.0
    sliding: bool = False
    """Whether each call renews the session; otherwise it lives from the login on."""


class Caller(NamedTuple):
    """What a request says of its sender: the session argument as it came, HTTP Basic, whence."""

    session: object = None
    basic: tuple[str, str] | None = None
    address: str | None = None


class Sessions:
    """Logs users in and finds them again."""

    def __init__(
        self,
        accounts: Accounts,
        logins: Logins,
        rules: SessionRules,
        now: Callable[[], float] = time.time,
        ids: SessionIds | None = None,
    ) -> None:
        self._accounts = accounts
        self._logins = logins
        self._rules = rules
        self._now = now
        self._ids = ids or SessionIds()

    async def login(self, username: object, key: object, address: str | None = None) -> str:
        """A new session id. Raises MissingParameter, AccessDenied, InvalidArguments, Busy."""
        if php.is_falsy(username) or php.is_falsy(key):
            raise MissingParameter
        for name, value in (("username", username), ("apiKey", key)):
            if isinstance(value, list | dict):
                raise InvalidArguments(f"login: {name} must be a string.")
        user = await self._logins.user(php.to_string(username), php.to_string(key), address)
        session_id = self._new_id()
        while self._ids.may_repeat and await self._accounts.session(_hash(session_id)):
            session_id = self._new_id()
        now = self._now()
        session = Session(user.id, now, now + self._rules.life)
        if not await self._accounts.add_session(_hash(session_id), session, user):
            raise AccessDenied
        return session_id

    async def start(self) -> str:
        """A fresh session id that is not logged in."""
        return self._new_id()

    def _new_id(self) -> str:
        return self._ids.new(self._rules.hex_digits)

    async def end(self, session_id: object) -> None:
        """End a session; nothing happens if there is none."""
        if isinstance(session_id, str):
            await self._accounts.end_session(_hash(session_id))

    async def user(self, caller: Caller) -> User:
        """The user who calls. HTTP Basic counts only where the session argument is null.

        Raises SessionExpired, and AccessDenied or Busy for Basic credentials.
        """
        if caller.session is None and caller.basic:
            return await self._logins.user(*caller.basic, caller.address)
        if not isinstance(caller.session, str) or not caller.session:
            raise SessionExpired
        id_hash = _hash(caller.session)
        known = self._accounts.remembered().get((_OWNER, id_hash))
        session, user = known or await self._find(id_hash)
        now = self._now()
        if session.expires <= now:
            raise SessionExpired
        if self._rules.sliding and now - session.last_used >= _TOUCH_SECONDS:
            # Who only reads must not fail because the disk is full.
            with contextlib.suppress(StorageFailed):
                await self._accounts.touch_session(id_hash, now, now + self._rules.life)
        return user

    async def _find(self, id_hash: str) -> tuple[Session, User]:
        known = self._accounts.remembered()
        session = await self._accounts.session(id_hash)
        user = await self._accounts.user(session.user_id) if session else None
        if session is None or user is None or not user.active:
            raise SessionExpired
        known[_OWNER, id_hash] = session, user
        return session, user


def _hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()

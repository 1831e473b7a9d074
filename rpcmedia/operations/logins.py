"""Whether a user name and a key fit, for logins and HTTP Basic alike."""

import contextlib
import time
from functools import partial

import structlog

from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.addresses import is_loopback
from rpcmedia.operations.faults import AccessDenied
from rpcmedia.operations.keys import Keys
from rpcmedia.operations.ports import Accounts, User
from rpcmedia.operations.throttle import Throttle

_MOST_ADDRESSES = 1000
_RENEW_SECONDS = 150.0
"""Who uses a key that was right all the time need not wait for it to be hashed again."""
_OWNER = "owner of a key"
"""Under this, the name and a mark of the key a user is remembered."""

log = structlog.get_logger(__name__)


class Logins:
    """Finds the user who owns a key. Without a throttle failures cost no time.

    With `in_clear` requests are not encrypted: the first key from each other machine is warned of.
    """

    def __init__(
        self,
        accounts: Accounts,
        keys: Keys,
        throttle: Throttle | None = None,
        *,
        in_clear: bool = False,
    ) -> None:
        self._accounts = accounts
        self._keys = keys
        self._throttle = throttle
        self._in_clear = in_clear
        self._known_addresses: set[str | None] = set()

    async def user(self, username: str, key: str, address: str | None) -> User:
        """The user of this name, if the key is right. Raises AccessDenied, Busy."""
        if self._in_clear and address not in self._known_addresses:
            self._warn(address)
        mark = self._keys.mark(key)
        known = self._accounts.remembered()
        remembered: tuple[User, float] | None = known.get((_OWNER, username, mark))
        left = remembered[1] - time.monotonic() if remembered else 0.0
        if remembered and left > 0.0:
            owner = remembered[0]
            if left < _RENEW_SECONDS:
                known[_OWNER, username, mark] = owner, self._keys.remember(owner, mark)
            return owner
        found = await self._look(username, key, mark, address)
        # A user without any permission has no role, and the reference lets such users not in.
        if found is None or not found.active or not found.permissions:
            user = await self._accounts.user_by_name(username)
            # A name that nobody has is not written down: it may be a key in the wrong place.
            log.info("login failed", address=address, user=user.username if user else None)
            raise AccessDenied
        known[_OWNER, username, mark] = found, self._keys.remembered_until(found, mark)
        return found

    async def _look(self, username: str, key: str, mark: bytes, address: str | None) -> User | None:
        user = await self._accounts.user_by_name(username)
        if user and self._keys.remembered_until(user, mark) > time.monotonic():
            return user
        look = partial(self._look_slowly, username, key)
        if self._throttle is None:
            return await look()
        return await self._throttle.attempt(username, address, look)

    async def _look_slowly(self, username: str, key: str) -> User | None:
        # Read now, for who had to wait may have been shut out meanwhile.
        user = await self._accounts.user_by_name(username)
        right = await self._keys.is_right(user, key)
        if user is None or not right:
            return None
        if self._keys.is_outdated(user.key_hash):
            # Only here is the key at hand. Who logs in must not fail because the disk is full.
            with contextlib.suppress(StorageFailed):
                await self._accounts.renew_key_hash(user, await self._keys.hash(key))
        return user

    def _warn(self, address: str | None) -> None:
        if len(self._known_addresses) >= _MOST_ADDRESSES:
            return
        self._known_addresses.add(address)
        if not is_loopback(address):
            log.warning("keys come over plain HTTP, anybody on the way can read them", of=address)

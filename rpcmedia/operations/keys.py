"""API keys: hashed with argon2id in threads, checked once and then remembered for a while.

The only door to argon2. A key is never kept in clear, nor is what is remembered of it.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rpcmedia.operations.ports import User

T = TypeVar("T")

_REMEMBER_SECONDS = 300.0
_REMEMBER_KEYS = 10_000
_THREADS = 2


class Keys:
    """Makes and checks the hashes of API keys for one data folder.

    `cheap` takes the least work argon2 allows: for tests and throw-away servers only.
    """

    def __init__(self, secret: bytes, *, cheap: bool = False) -> None:
        self._secret = secret
        self._cheap = cheap
        self._hasher = (
            PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()
        )
        # Each hash takes 64 MB for its time: a crowd of logins must wait, not fill the memory.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="keys")
        self._right: dict[tuple[str, bytes], float] = {}
        self._decoy: str | None = None

    def index(self, key: str) -> str:
        """What finds the user of a key, and tells whether a key changed, without the slow hash."""
        return hmac.digest(self._secret, _bytes(key), hashlib.sha256).hex()

    async def hash(self, key: str) -> str:
        """The argon2id hash of a key."""
        return await self._in_thread(lambda: self._hasher.hash(_bytes(key)))

    def is_outdated(self, key_hash: str) -> bool:
        """Whether a hash was made with less work than this folder asks for."""
        return not self._cheap and self._hasher.check_needs_rehash(key_hash)

    def mark(self, key: str) -> bytes:
        """What stands for a key in memory; quicker than `index`, which is for the disk."""
        return hashlib.blake2b(_bytes(key), key=self._secret, digest_size=32).digest()

    def remembered_until(self, user: User, mark: bytes) -> float:
        """Until when on the monotonic clock this is known to be the user's key, without a hash."""
        return self._right.get((user.key_hash, mark), 0.0)

    def remember(self, user: User, mark: bytes) -> float:
        """Take a key for the user's without a hash for a while; until when."""
        if len(self._right) >= _REMEMBER_KEYS:
            self._right.clear()
        until = self._right[user.key_hash, mark] = time.monotonic() + _REMEMBER_SECONDS
        return until

    async def is_right(self, user: User | None, key: str) -> bool:
        """Whether this is the user's key. Takes as long for a user who does not exist."""
        if user is None:
            decoy = self._decoy = self._decoy or await self.hash("nobody's key")
            await self._in_thread(lambda: self._verify(decoy, key))
            return False
        mark = self.mark(key)
        if self.remembered_until(user, mark) > time.monotonic():
            return True
        if not await self._in_thread(lambda: self._verify(user.key_hash, key)):
            return False
        self.remember(user, mark)
        return True

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)

    def _verify(self, key_hash: str, key: str) -> bool:
        try:
            return self._hasher.verify(key_hash, _bytes(key))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")

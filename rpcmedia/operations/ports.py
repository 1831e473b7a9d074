"""What operations need of their stores: users, permissions and sessions."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may call. `key_hash` is argon2id; `key_index` an HMAC with the folder secret."""

    id: int
    username: str
    key_hash: str
    key_index: str
    active: bool
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Session:
    """A logged-in session; times in Unix seconds."""

    user_id: int
    last_used: float
    expires: float


def name_key(username: str) -> str:
    """What two spellings of one user name have in common."""
    return username.rstrip(" ").casefold()


class Accounts(Protocol):
    """Users and sessions. Methods raise StorageFailed if the store fails."""

    def remembered(self) -> dict[Hashable, Any]:
        """Where callers may keep what they made of accounts, under keys of their own.

        Another one, and empty, as soon as anything kept has changed: ask for it before you read.
        """

    async def folder_secret(self) -> bytes:
        """32 random bytes that belong to this data folder alone."""

    async def user(self, user_id: int) -> User | None:
        """The user with this id."""

    async def user_by_name(self, username: str) -> User | None:
        """The user of this name; case does not count."""

    async def users(self) -> Sequence[User]:
        """All users by name."""

    async def put_user(
        self,
        username: str,
        key_hash: str,
        key_index: str,
        permissions: Sequence[str],
        active: bool,
    ) -> None:
        """Add a user, or give the user of this name a new key and these permissions."""

    async def renew_key_hash(self, user: User, key_hash: str) -> None:
        """Keep another hash of the same key, if the user still has that key; sessions go on."""

    async def set_active(self, username: str, active: bool) -> bool:
        """Let a user in or keep the user out; False if there is no such user."""

    async def add_session(self, id_hash: str, session: Session, owner: User) -> bool:
        """Keep a session under the hash of its id, and forget sessions that expired before it.

        False, and nothing kept, if its owner was shut out or given another key meanwhile.
        """

    async def session(self, id_hash: str) -> Session | None:
        """The session whose id has this hash, expired or not."""

    async def touch_session(self, id_hash: str, last_used: float, expires: float) -> None:
        """Write when a session was used last and when it expires."""

    async def end_session(self, id_hash: str) -> None:
        """Forget a session; nothing happens if there is none."""

    async def end_all_sessions(self) -> None:
        """Forget all sessions."""


class SnapshotRefused(Exception):
    """A name that no snapshot can have, or a snapshot of a newer release; the text says which."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of everything that was kept at one moment; `saved_at` in Unix seconds."""

    name: str
    saved_at: float


class Snapshots(Protocol):
    """Named copies of rows, bytes, users and sessions.

    Methods raise StorageFailed and SnapshotRefused. Whoever saves or restores sees to it that no
    call is under way.
    """

    async def save(self, name: str) -> Snapshot:
        """Save what is kept now, in place of a snapshot of this name."""

    async def restore(self, name: str) -> bool:
        """Keep what a snapshot holds and nothing else; False, and nothing done, without it."""

    async def all(self) -> Sequence[Snapshot]:
        """All snapshots by name."""

    async def delete(self, name: str) -> bool:
        """Forget a snapshot; False if there is none."""

"""What operations need of their stores: users, permissions, sessions, and who signs requests."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rpcmedia.gallery.model import CatalogConsumer, CatalogToken


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


@dataclass(frozen=True, slots=True)
class Consumer:
    """A program that signs requests."""

    key: str
    secret: str
    name: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Token:
    """An OAuth token. Not `access`, it is a request for one; `verifier` shows that it was allowed.

    `permissions` are its own where it has no user; `expires` is in Unix seconds.
    """

    token: str
    secret: str
    consumer: str
    access: bool
    role: str
    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    revoked: bool = False
    callback: str = ""
    verifier: str | None = None
    expires: float | None = None


class OAuthAccounts(Protocol):
    """Consumers, tokens and nonces of OAuth. Methods raise StorageFailed if the store fails."""

    async def consumer(self, key: str) -> Consumer | None:
        """The consumer with this key, revoked or not; case counts."""

    async def consumers(self) -> Sequence[Consumer]:
        """All consumers by key."""

    async def token(self, token: str) -> Token | None:
        """The token, revoked and expired or not; case counts."""

    async def tokens(self) -> Sequence[Token]:
        """All tokens by their text."""

    async def put(
        self, consumers: Sequence[CatalogConsumer], tokens: Sequence[CatalogToken]
    ) -> int:
        """Add or change all of these; how many that changed. Who is new needs a secret.

        A request token that is known is left as it is, for it may have been allowed or used.
        """

    async def revoke_consumer(self, key: str) -> bool:
        """Refuse a consumer and its tokens from now on; False if there is none."""

    async def revoke_token(self, token: str) -> bool:
        """Refuse a token from now on; False if there is none."""

    async def add_request(self, request: Token, now: float, most: int) -> None:
        """Keep a request token, and forget those that expired and the oldest of too many.

        A consumer has at most so many that expire some time.
        """

    async def allow(self, request: str, verifier: str, user_id: int) -> bool:
        """Let a request token become an access token of a user.

        False, and nothing done, if it was allowed or revoked before.
        """

    async def change(self, request: str, access: Token) -> bool:
        """Revoke a request token and keep an access token in its place.

        False, and nothing done, if it is revoked or no request token.
        """

    async def use_nonce(self, mark: bytes, until: float, now: float) -> bool:
        """Keep what stands for a nonce until a time; False if it is kept already."""

    async def forget_nonces(self) -> None:
        """Let every nonce be used again."""


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

"""What a test harness does to a running server: snapshots, resets, clock, faults, journal."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from rpcmedia.gallery.ports import GalleryRows, ImageFiles
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations.clock import Clock
from rpcmedia.operations.dispatch import Operations
from rpcmedia.operations.gate import Gate
from rpcmedia.operations.injection import Faults
from rpcmedia.operations.interception import (
    InterceptedImages,
    InterceptedOperations,
    InterceptedSessions,
    Interceptor,
)
from rpcmedia.operations.journal import Journal
from rpcmedia.operations.logins import Logins
from rpcmedia.operations.ports import Accounts, OAuthAccounts, Snapshot, Snapshots
from rpcmedia.operations.product_images import ProductImages
from rpcmedia.operations.product_media import ProductMedia
from rpcmedia.operations.session_ids import SessionIds
from rpcmedia.operations.sessions import SessionRules

Scope = Literal["all", "galleries", "sessions", "journal"]


class Control:
    """The state of one server. What changes all of it waits until no call is under way."""

    def __init__(
        self,
        rows: GalleryRows,
        files: ImageFiles,
        accounts: Accounts,
        oauth: OAuthAccounts,
        snapshots: Snapshots,
        *,
        seed: int | None,
        journal_size: int,
    ) -> None:
        self._rows = rows
        self._files = files
        self._accounts = accounts
        self._oauth = oauth
        self._snapshots = snapshots
        self.session_ids = SessionIds(seed)
        self.journal = Journal(journal_size)
        self.faults = Faults(seed)
        self.clock = Clock()
        self.gate = Gate()
        self.interceptor = Interceptor(self.journal, self.faults, self.clock, self.gate)

    def operations(self, logins: Logins, rules: SessionRules, media: ProductMedia) -> Operations:
        """The operations of the server, of which every call is seen."""
        sessions = InterceptedSessions(
            self._accounts, logins, rules, self.clock.now, self.session_ids, self.interceptor
        )
        return InterceptedOperations(sessions, media, self.interceptor)

    def images(self, gallery: Gallery, base_url: str) -> ProductImages:
        """The resource of images, of which every operation is seen."""
        return InterceptedImages(gallery, base_url, self.interceptor)

    def between(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Work that waits while something changes all of the state."""

        async def waiting() -> None:
            async with self.gate.passing():
                await work()

        return waiting

    async def save(self, name: str) -> Snapshot:
        """Save everything kept under a name. Raises SnapshotRefused, StorageFailed."""
        async with self.gate.closed():
            return await self._snapshots.save(name)

    async def restore(self, name: str) -> bool:
        """Go back to a snapshot; False without it. Raises SnapshotRefused, StorageFailed.

        Nonces are in none: every one may be used again.
        """
        async with self.gate.closed():
            restored = await self._snapshots.restore(name)
            if restored:
                await self._oauth.forget_nonces()
            return restored

    async def snapshots(self) -> Sequence[Snapshot]:
        """All snapshots by name."""
        return await self._snapshots.all()

    async def forget(self, name: str) -> bool:
        """Delete a snapshot; False without it. Raises SnapshotRefused, StorageFailed."""
        # Not while it is saved or restored.
        async with self.gate.closed():
            return await self._snapshots.delete(name)

    async def reset(self, scope: Scope) -> None:
        """Be as after the start; users, catalog and snapshots stay. Raises StorageFailed.

        `galleries` are images, bytes and names; `sessions` are these and the nonces of signed
        requests; `all` is all of that and the journal, and also
        faults, clock and seeded session ids.
        """
        async with self.gate.closed():
            if scope in ("all", "galleries"):
                await self._rows.clear_galleries()
                await self._files.clear()
            if scope in ("all", "sessions"):
                await self._accounts.end_all_sessions()
                await self._oauth.forget_nonces()
            if scope in ("all", "journal"):
                self.journal.clear()
            if scope == "all":
                self.faults.restart()
                self.clock.release()
                self.session_ids.restart()

"""A real server for tests, in this process: `with Server() as server:`, or with AsyncServer.

It has a port, a folder and a control face of its own, and is gone with the end of the block.
"""

import asyncio
import base64
import contextlib
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from os import PathLike
from pathlib import Path
from typing import Any, Self

from rpcmedia import wiring
from rpcmedia.control_client import AsyncControl, Calls, Control, ControlRefused
from rpcmedia.gallery.ports import CatalogRefused
from rpcmedia.logs import log_through_logging
from rpcmedia.settings import Settings
from rpcmedia.tapes.tape import Header, TapeReader, TapeRefused
from rpcmedia.testing_workers import running_workers
from rpcmedia.transfer.catalog_file import read_catalog
from rpcmedia.wiring import CannotStart

__all__ = [
    "AsyncControl",
    "AsyncServer",
    "Calls",
    "CannotStart",
    "Control",
    "ControlRefused",
    "Server",
]

_CATALOG = Path(__file__).with_name("testing_catalog.json")
_USER = ("apiuser", "rpcmedia-test-key")
_SHUTDOWN_SECONDS = 1.0


class _Server:
    """What both servers are made of, and what they tell while they run."""

    address: str
    """Such as `http://127.0.0.1:40123`."""
    url: str
    """The JSON-RPC endpoint."""
    username: str
    key: str
    basic: str
    """The header `Authorization` of this user."""

    def __init__(
        self,
        catalog: str | PathLike[str] | Mapping[str, Any] | None = None,
        *,
        profile: str | None = None,
        tape: str | PathLike[str] | None = None,
        user: tuple[str, str] | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        """Prepare a server.

        `catalog` is a file, or the members of one; the default is small and has the products
        product1 to product3. `tape` names a catalog and a profile, where these are not given; else
        the profile is `documented`. `user` is a name and a key, with all permissions; the default
        is the first user of the catalog who has a key. Other settings are those of `serve`; with
        more than one of `workers` there is no control.
        """
        self._catalog = catalog
        self._profile = profile
        self._tape = None if tape is None else Path(tape)
        self._user = user
        self._given = {"seed": seed, **settings}

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[tuple[str, str]]:
        """Run, and tell address and token of the control face."""
        log_through_logging()
        with tempfile.TemporaryDirectory(prefix="rpcmedia-test-") as name:
            settings = self._settings(Path(name))
            if settings.workers > 1:
                async with running_workers(settings) as address:
                    self._tell(address)
                    yield "", ""
                return
            async with wiring.running(settings, shutdown_seconds=_SHUTDOWN_SECONDS) as server:
                self._tell(server.address)
                yield server.control_address, server.control_token

    def _tell(self, address: str) -> None:
        self.address = address
        self.url = f"{address}/api/jsonrpc"
        pair = base64.b64encode(f"{self.username}:{self.key}".encode())
        self.basic = f"Basic {pair.decode()}"

    def _settings(self, folder: Path) -> Settings:
        catalog = self._catalog_file(folder)
        user = self._user or _first_user(catalog)
        self.username, self.key = user or _USER
        values = {
            "data": folder / "data",
            "port": 0,
            "ephemeral": True,
            "control": self._given.get("workers", 1) == 1,
            "catalog": catalog,
            "profile": self._chosen_profile(),
            # A user of the catalog keeps the permissions that stand there.
            "users": () if user and not self._user else ((self.username, self.key),),
            **self._given,
        }
        return Settings(**values)

    def _catalog_file(self, folder: Path) -> Path:
        if isinstance(self._catalog, Mapping):
            written = folder / "catalog.json"
            written.write_text(json.dumps(self._catalog), "utf-8")
            return written
        if self._catalog is not None:
            return Path(self._catalog)
        named = _header(self._tape).catalog
        return self._tape.parent / named if self._tape and named else _CATALOG

    def _chosen_profile(self) -> str:
        profile = self._profile or _header(self._tape).profile or Settings.profile
        if profile not in wiring.PROFILE_NAMES:
            known = ", ".join(wiring.PROFILE_NAMES)
            raise CannotStart(f"There is no profile {profile!r}; use one of {known}.")
        return profile


class Server(_Server):
    """A server in a thread of its own, for code that is not asynchronous. Raises CannotStart."""

    control: Control

    def __enter__(self) -> Self:
        """Start it."""
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name="rpcmedia", daemon=True
        )
        self._thread.start()
        try:
            started.result()
        except Exception:
            self._thread.join()
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        """Stop it."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self, started: "Future[None]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            async with self._running() as control:
                self.control = Control(*control)
                started.set_result(None)
                await self._stop.wait()
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)


class AsyncServer(_Server):
    """A server in the loop that runs the test. Raises CannotStart."""

    control: AsyncControl

    async def __aenter__(self) -> Self:
        """Start it."""
        self._block = self._running()
        self.control = AsyncControl(*await self._block.__aenter__())
        return self

    async def __aexit__(self, *reason: Any) -> None:
        """Stop it."""
        await self._block.__aexit__(*reason)


def _header(tape: Path | None) -> Header:
    if tape is None:
        return Header()
    try:
        return TapeReader(tape).header
    except TapeRefused as refusal:
        raise CannotStart(str(refusal)) from refusal


def _first_user(catalog: Path) -> tuple[str, str] | None:
    try:
        users = read_catalog(catalog).users
    except CatalogRefused as refusal:
        raise CannotStart(str(refusal)) from refusal
    usable = (user for user in users if user.key and user.permissions and user.active is not False)
    return next(((user.username, user.key) for user in usable if user.key), None)

"""Where the parts are put together; the only file that names concrete stores and faces."""

import asyncio
import contextlib
import secrets
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aiohttp import web

from rpcmedia.faces import http, jsonrpc, media_files
from rpcmedia.faces.jsonrpc.profiles import PROFILES
from rpcmedia.faces.telemetry import Telemetry
from rpcmedia.gallery.check import Report, check_gallery
from rpcmedia.gallery.model import CatalogUser
from rpcmedia.gallery.ports import CatalogRefused, StorageFailed
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations.dispatch import ALL_RIGHTS, Operations
from rpcmedia.operations.keys import Keys
from rpcmedia.operations.product_media import ProductMedia
from rpcmedia.operations.sessions import Sessions
from rpcmedia.settings import Settings
from rpcmedia.stores.folder_lock import FolderBusy, FolderLock
from rpcmedia.stores.local_files import LocalFiles
from rpcmedia.stores.schema_steps import SchemaTooNew
from rpcmedia.stores.sqlite_accounts import SqliteAccounts
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_rows import SqliteRows
from rpcmedia.transfer.catalog_file import read_catalog, write_catalog

PROFILE_NAMES = tuple(PROFILES)
EVERYTHING = ALL_RIGHTS
"""The permission that stands for all others."""

_DATABASE = "rpcmedia.sqlite3"
_SHUTDOWN_SECONDS = 60.0


class CannotStart(Exception):
    """Why a command cannot work on this folder, port or file, in one line."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An open data folder: `rpcmedia.sqlite3` and `media/catalog/product`."""

    rows: SqliteRows
    accounts: SqliteAccounts
    files: LocalFiles
    keys: Keys


@contextlib.asynccontextmanager
async def open_folder(
    data: Path, *, ephemeral: bool = False, must_exist: bool = False
) -> AsyncIterator[Folder]:
    """Open a data folder, or make it. Raises CannotStart."""
    with _one_line():
        if must_exist and not (data / _DATABASE).is_file():
            raise CannotStart(f"{data} is no data folder: it has no {_DATABASE}.")
        _make_folder(data)
        files = LocalFiles(data / "media" / "catalog" / "product", durable=not ephemeral)
        database = await Database.open(data / _DATABASE, durable=not ephemeral)
    try:
        accounts = SqliteAccounts(database)
        keys = Keys(await accounts.folder_secret(), cheap=ephemeral)
        try:
            yield Folder(SqliteRows(database), accounts, files, keys)
        finally:
            keys.close()
    finally:
        await database.close()


def _make_folder(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise CannotStart(f"{place}{error.strerror}.") from error
    except (StorageFailed, SchemaTooNew, FolderBusy, CatalogRefused) as error:
        raise CannotStart(str(error)) from error


async def load_catalog(folder: Folder, path: Path) -> int:
    """Load a catalog file; how many rows or users that changed. Raises CannotStart."""
    with _one_line():
        catalog = read_catalog(path)
        changed = await folder.rows.load_catalog(catalog)
        return changed + await put_users(folder, catalog.users)


def catalog_base_url(path: Path) -> str | None:
    """The base URL that a catalog file names. Raises CannotStart."""
    with _one_line():
        return read_catalog(path).base_url


async def show_catalog(folder: Folder) -> str:
    """The catalog of a folder as the text of a catalog file, without keys."""
    users = [
        CatalogUser(user.username, None, tuple(user.permissions), user.active)
        for user in await folder.accounts.users()
    ]
    return write_catalog(replace(await folder.rows.catalog(), users=users))


async def put_users(folder: Folder, users: Sequence[CatalogUser]) -> int:
    """Add or change users; how many that changed. Keys are hashed side by side, only new ones."""
    changed = await asyncio.gather(*(_put_user(folder, user) for user in users))
    return sum(changed)


async def _put_user(folder: Folder, user: CatalogUser) -> bool:
    known = await folder.accounts.user_by_name(user.username)
    if user.key is None:
        if known is None:
            raise CatalogRefused(f"User {user.username!r} is new and needs a key.")
        key_hash, key_index = known.key_hash, known.key_index
    else:
        key_index = folder.keys.index(user.key)
        if known and known.key_index == key_index and not folder.keys.is_outdated(known.key_hash):
            key_hash = known.key_hash
        else:
            key_hash = await folder.keys.hash(user.key)
    active = user.active
    if active is None:
        # A catalog that is loaded at every start must not let in again whom an operator shut out.
        active = known.active if known else True
    permissions = frozenset(user.permissions)
    if known and (known.key_hash, known.permissions, known.active) == (
        key_hash,
        permissions,
        active,
    ):
        return False
    await folder.accounts.put_user(user.username, key_hash, key_index, sorted(permissions), active)
    return True


async def add_user(folder: Folder, name: str, key: str, permissions: Sequence[str]) -> None:
    """Add a user, or give the user of this name this key and these permissions."""
    await put_users(folder, [CatalogUser(name, key, tuple(permissions))])


def new_key() -> str:
    """A random API key."""
    return secrets.token_urlsafe(24)


async def check_folder(data: Path, *, prune: bool) -> Report:
    """Check a data folder, and prune it if no server holds it. Raises CannotStart."""
    with _one_line():
        lock = FolderLock(data)
        if prune:
            lock.take()
        try:
            async with open_folder(data, must_exist=True) as folder:
                return await check_gallery(folder.rows, folder.files, prune=prune)
        finally:
            lock.release()


async def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight. Raises CannotStart."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, announce) as server:
        announce(f"Ready at {server.address}/api/jsonrpc")
        await stop.wait()


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `address`, such as `http://127.0.0.1:8080`."""

    address: str
    folder: Folder


@contextlib.asynccontextmanager
async def running(
    settings: Settings, announce: Callable[[str], None] = lambda line: None
) -> AsyncIterator[RunningServer]:
    """A server on its own folder and port for as long as the block lasts. Raises CannotStart."""
    async with contextlib.AsyncExitStack() as stack:
        data = settings.data
        if data is None:
            if not settings.ephemeral:
                raise CannotStart("Where is the data? Give --data DIR, or --ephemeral.")
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rpcmedia-")))
        with _one_line():
            _make_folder(data)
            lock = FolderLock(data)
            lock.take()
            stack.callback(lock.release)
            listener = socket.create_server((settings.host, settings.port), backlog=1024)
            stack.callback(listener.close)
        folder = await stack.enter_async_context(open_folder(data, ephemeral=settings.ephemeral))
        await _prepare_users(folder, settings, announce)
        address = _address(settings.host, listener.getsockname()[1])
        app = await build_server(folder, settings, address)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        yield RunningServer(address, folder)


async def _prepare_users(
    folder: Folder, settings: Settings, announce: Callable[[str], None]
) -> None:
    if settings.catalog:
        await load_catalog(folder, settings.catalog)
    given = [CatalogUser(name, key, (ALL_RIGHTS,)) for name, key in settings.users]
    await put_users(folder, given)
    if not await folder.accounts.users():
        key = new_key()
        await put_users(folder, [CatalogUser("admin", key, (ALL_RIGHTS,))])
        announce(f"First start: user admin has the key {key} (shown only this once)")


async def build_server(folder: Folder, settings: Settings, address: str) -> web.Application:
    """The application over an open folder; `address` is its URL if no setting names another."""
    profile = PROFILES[settings.profile]
    base_url = settings.base_url or (await folder.rows.catalog()).base_url or address
    gallery = Gallery(folder.rows, folder.files, settings.max_pixels)
    await gallery.settle_all()
    sessions = Sessions(folder.accounts, folder.keys, profile.sessions)
    operations = Operations(sessions, ProductMedia(gallery, base_url.rstrip("/")))
    options = http.FaceOptions(Telemetry(log_calls=settings.log_calls), settings.max_body)
    faces = [
        partial(jsonrpc.mount, operations=operations, options=options, profile=profile),
        partial(media_files.mount, gallery=gallery, options=options),
    ]
    return http.build_app(faces, options.telemetry, gallery.check_writable, settings.max_body)


def _address(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::", ""):
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

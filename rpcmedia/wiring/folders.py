"""A data folder put together: its stores, and the commands that work on it."""

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rpcmedia.gallery.check import Report, check_gallery
from rpcmedia.gallery.model import Catalog, CatalogConsumer, CatalogToken, CatalogUser
from rpcmedia.gallery.ports import CatalogRefused, StorageFailed
from rpcmedia.operations.dispatch import ALL_RIGHTS
from rpcmedia.operations.keys import Keys
from rpcmedia.operations.oauth import new_text
from rpcmedia.operations.ports import SnapshotRefused, User
from rpcmedia.stores.backup_folder import BackupRefused
from rpcmedia.stores.backup_restoring import is_half_restored
from rpcmedia.stores.folder_lock import FolderBusy, FolderLock
from rpcmedia.stores.folder_snapshots import DATABASE, FolderSnapshots
from rpcmedia.stores.hard_links import sync_folder
from rpcmedia.stores.local_files import MEDIA, LocalFiles
from rpcmedia.stores.schema_steps import SchemaTooNew
from rpcmedia.stores.sqlite_accounts import SqliteAccounts
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_nonces import NONCES, SqliteNonces
from rpcmedia.stores.sqlite_oauth import SqliteOAuth
from rpcmedia.stores.sqlite_rows import SqliteRows
from rpcmedia.transfer.catalog_file import read_catalog, write_catalog
from rpcmedia.wiring.credentials import check_credentials, shown_tokens, with_credentials

EVERYTHING = ALL_RIGHTS
"""The permission that stands for all others."""


class CannotStart(Exception):
    """Why a command cannot work on this folder, port or file, in one line."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An open data folder: `rpcmedia.sqlite3`, `nonces.sqlite3` and `media/catalog/product`."""

    rows: SqliteRows
    accounts: SqliteAccounts
    oauth: SqliteOAuth
    files: LocalFiles
    keys: Keys
    snapshots: FolderSnapshots


@contextlib.asynccontextmanager
async def open_folder(
    data: Path, *, ephemeral: bool = False, must_exist: bool = False
) -> AsyncIterator[Folder]:
    """Open a data folder, or make it. Raises CannotStart."""
    with one_line():
        refuse_half_restored(data)
        if must_exist:
            refuse_other_folders(data)
        make_folder(data)
        files = LocalFiles(data / MEDIA, durable=not ephemeral)
        _refuse_lost_rows(data / DATABASE, files)
        try:
            database = await Database.open(data / DATABASE, durable=not ephemeral)
        except StorageFailed as error:
            raise CannotStart(f"{data / DATABASE}: {error}") from error
    try:
        accounts = SqliteAccounts(database)
        with one_line():
            keys = Keys(await accounts.folder_secret(), cheap=ephemeral)
        nonces = SqliteNonces(data / NONCES)
        try:
            snapshots = FolderSnapshots(data, database, files, durable=not ephemeral)
            oauth = SqliteOAuth(database, nonces)
            yield Folder(SqliteRows(database), accounts, oauth, files, keys, snapshots)
        finally:
            keys.close()
            await nonces.close()
    finally:
        await database.close()


def refuse_other_folders(data: Path) -> None:
    """Return if this is a data folder. Raises CannotStart."""
    if not (data / DATABASE).is_file():
        raise CannotStart(f"{data} is no data folder: it has no {DATABASE}.")


def refuse_half_restored(data: Path) -> None:
    """Return if no restore waits to be finished. Raises CannotStart."""
    if is_half_restored(data):
        raise CannotStart(
            f"A restore into {data} is under way or was stopped."
            " `rpcmedia serve`, or another restore, finishes it."
        )


def _refuse_lost_rows(database: Path, files: LocalFiles) -> None:
    # SQLite would take an empty file for a new database, and all pictures would be nobody's.
    lost = not database.exists() or database.stat().st_size == 0
    if lost and any(True for _ in files.names()):
        raise CannotStart(
            f"{database} is missing or empty, but there are pictures: put it back from a backup,"
            " or take another folder."
        )


def make_folder(data: Path) -> None:
    """Make a data folder, if it does not exist. Raises CannotStart where a file is."""
    if data.exists() and not data.is_dir():
        raise CannotStart(f"{data} is a file; --data needs a folder.")
    missing = [folder for folder in (data, *data.parents) if not folder.exists()]
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in missing:
        sync_folder(folder.parent)


def metrics_folder(data: Path) -> tempfile.TemporaryDirectory[str]:
    """A new folder for the counters of workers, in place of those that killed servers left.

    It is not in the data folder: counters are mapped into memory, and on a full disk, as that of
    the pictures may become, the first new one would kill its worker.
    """
    place = data.stat()
    prefix = f"rpcmedia-metrics-{place.st_dev:x}-{place.st_ino:x}-"
    # Whoever made one for this data has ended, for the caller holds its lock.
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=prefix)


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """Within the block, what the machine or a file refuses is a CannotStart of one line."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise CannotStart(f"{place}{error.strerror}.") from error
    except (
        StorageFailed,
        SchemaTooNew,
        FolderBusy,
        CatalogRefused,
        SnapshotRefused,
        BackupRefused,
    ) as error:
        raise CannotStart(str(error)) from error


async def load_catalog(folder: Folder, path: Path) -> int:
    """Load a catalog file; how many rows or users that changed. Raises CannotStart."""
    with one_line():
        catalog = read_catalog(path)
        for user in catalog.users:
            if user.key is None and await folder.accounts.user_by_name(user.username) is None:
                raise CatalogRefused(f"{path}: user {user.username!r} is new and needs a key.")
        await check_credentials(catalog, folder.oauth, folder.accounts)
        changed = await folder.rows.load_catalog(catalog)
        changed += await put_users(folder, catalog.users)
        # After the users, whose permissions tokens may have.
        return changed + await folder.oauth.put(catalog.consumers, catalog.tokens)


async def catalog_base_url(path: Path) -> str | None:
    """The base URL that a catalog file names. Raises CannotStart."""
    with one_line():
        return read_catalog(path).base_url


async def show_catalog(folder: Folder) -> str:
    """The catalog of a folder as the text of a catalog file, without keys and secrets."""
    users = [
        CatalogUser(user.username, None, tuple(user.permissions), user.active)
        for user in await folder.accounts.users()
    ]
    catalog = replace(await folder.rows.catalog(), users=users)
    return write_catalog(await with_credentials(catalog, folder.oauth, folder.accounts))


async def put_users(folder: Folder, users: Sequence[CatalogUser]) -> int:
    """Add or change users; how many that changed. Keys are hashed side by side, only new ones."""
    changed = await asyncio.gather(*(_put_user(folder, user) for user in users))
    return sum(changed)


async def _put_user(folder: Folder, user: CatalogUser) -> bool:
    known = await folder.accounts.user_by_name(user.username)
    key_hash, key_index = await _key_of(folder, user, known)
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


async def _key_of(folder: Folder, user: CatalogUser, known: User | None) -> tuple[str, str]:
    if user.key is None:
        if known is None:
            raise CatalogRefused(f"User {user.username!r} is new and needs a key.")
        return known.key_hash, known.key_index
    key_index = folder.keys.index(user.key)
    if known and known.key_index == key_index and not folder.keys.is_outdated(known.key_hash):
        return known.key_hash, key_index
    return await folder.keys.hash(user.key), key_index


async def add_user(folder: Folder, name: str, key: str, permissions: Sequence[str]) -> None:
    """Add a user, or give the user of this name this key and these permissions.

    Raises CannotStart for a name that nobody could log in with.
    """
    if not name or ":" in name:
        raise CannotStart("The name of a user must not be empty or hold a colon.")
    await put_users(folder, [CatalogUser(name, key, tuple(permissions))])


async def add_consumer(folder: Folder, name: str) -> tuple[str, str]:
    """Let a program of this name sign requests; its key and its secret. Raises CannotStart."""
    key, secret = new_text(), new_text()
    await _add_credentials(folder, Catalog(consumers=[CatalogConsumer(key, secret, name)]))
    return key, secret


async def add_token(folder: Folder, consumer: str, user: str | None) -> tuple[str, str]:
    """Let a consumer act as a user, or as a customer; a token and its secret.

    Raises CannotStart.
    """
    text, secret = new_text(), new_text()
    role = "admin" if user else "customer"
    token = CatalogToken(text, secret, consumer, access=True, role=role, user=user)
    await _add_credentials(folder, Catalog(tokens=[token]))
    return text, secret


async def _add_credentials(folder: Folder, catalog: Catalog) -> None:
    with one_line():
        await check_credentials(catalog, folder.oauth, folder.accounts)
        await folder.oauth.put(catalog.consumers, catalog.tokens)


async def access_tokens(folder: Folder) -> Sequence[CatalogToken]:
    """The access tokens of a folder, without their secrets."""
    return await shown_tokens(folder.oauth, folder.accounts)


def new_key() -> str:
    """A random API key."""
    return secrets.token_urlsafe(24)


async def check_folder(data: Path, *, prune: bool) -> Report:
    """Check a data folder, and prune it if no server holds it. Raises CannotStart."""
    with one_line():
        refuse_other_folders(data)
        lock = FolderLock(data)
        if prune:
            lock.take()
        try:
            async with open_folder(data, must_exist=True) as folder:
                return await check_gallery(folder.rows, folder.files, prune=prune)
        finally:
            lock.release()

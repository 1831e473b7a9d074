"""Make a backup of a data folder in which a server may work meanwhile.

First the database, then the bytes that its rows need. Only an update takes bytes away, so rows of
which the bytes are not found are looked at again in a newer copy of the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rpcmedia.stores import backup_database as database
from rpcmedia.stores.backup_database import ImageRow
from rpcmedia.stores.backup_folder import BackupFolder, BackupRefused, read_exactly
from rpcmedia.stores.folder_snapshots import DATABASE
from rpcmedia.stores.local_files import LocalFiles

_ROUNDS = 20
"""More than it ever takes: an image that changes all the time is copied in the third or so."""


@dataclass
class BackupReport:
    """What a backup did."""

    images: int = 0
    copied: int = 0
    copied_bytes: int = 0
    deleted: int = 0
    """Bytes that no image of the new state needs."""
    lacking: tuple[str, ...] = ()
    """Images whose bytes are damaged or missing in the data folder, and not in the backup."""


class BackupMaker:
    """One run of a backup. Raises BackupRefused, FolderBusy, StorageFailed, SchemaTooNew, OSError.

    Whatever stops it, the state that was published before stays as it is.
    """

    def __init__(self, live: Path, files: LocalFiles, backup: BackupFolder) -> None:
        self._live = live
        self._files = files
        self._backup = backup
        self._copy = backup.unfinished / DATABASE
        self._report = BackupReport()
        self._changing: set[str] = set()

    def make(self) -> BackupReport:
        """Publish what is kept now."""
        with self._backup.being_made():
            self._report.lacking = tuple(sorted(self._collect()))
            database.note_lacking(self._copy, self._report.lacking)
            database.check_whole(self._copy)
            self._backup.publish(self._copy)
            needed = (row.sha256 for row in database.read_rows(self._backup.database))
            self._report.deleted = self._backup.delete_others(needed)
        return self._report

    def _collect(self) -> set[str]:
        """Copy a moment of the database and the bytes of its rows; the images that lack theirs."""
        failed: dict[str, ImageRow] = {}
        for _ in range(_ROUNDS):
            database.copy_moment(self._live, self._copy, self._keep_changing)
            self._refuse_another_folder()
            again = self._keep_all()
            # The same row in two copies had the same bytes between them: they are not to be found.
            lacking = {file for file, row in again.items() if failed.get(file) == row}
            if lacking == again.keys():
                return lacking
            # An image that escapes twice is copied while nobody can change it.
            self._changing |= failed.keys() & again.keys() - lacking
            failed = again
        raise BackupRefused("images change faster than they can be copied; try again.")

    def _keep_changing(self, find: Callable[[str], ImageRow | None]) -> None:
        for file in self._changing:
            if row := find(file):
                self._keep_bytes(row)

    def _keep_all(self) -> dict[str, ImageRow]:
        """Keep the bytes of all rows of the copy; the rows whose bytes are not there."""
        self._report.images = 0
        failed = {}
        for row in database.read_rows(self._copy):
            self._report.images += 1
            if not self._keep_bytes(row):
                failed[row.file] = row
        return failed

    def _keep_bytes(self, row: ImageRow) -> bool:
        if self._backup.has(row.sha256, row.size):
            return True
        # An update may have moved them from a waiting name to their own since.
        for name in (row.stored_as, row.file):
            content = read_exactly(self._files.location(name), row.sha256)
            if content is not None:
                self._backup.put(row.sha256, content)
                self._report.copied += 1
                self._report.copied_bytes += len(content)
                return True
        return False

    def _refuse_another_folder(self) -> None:
        published = self._backup.database
        if published.exists() and database.read_secret(published) != database.read_secret(
            self._copy
        ):
            raise BackupRefused("it holds the backup of another data folder; give a new one.")

"""`backup` and `restore` of a data folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rpcmedia.stores.backup_folder import BackupFolder, BackupRefused
from rpcmedia.stores.backup_making import BackupMaker, BackupReport
from rpcmedia.stores.backup_restoring import RestoreReport, restore_backup
from rpcmedia.stores.folder_lock import FolderLock
from rpcmedia.stores.folder_snapshots import DATABASE
from rpcmedia.stores.local_files import MEDIA, LocalFiles
from rpcmedia.wiring.folders import (
    CannotStart,
    make_folder,
    one_line,
    refuse_half_restored,
    refuse_other_folders,
)


def back_up(data: Path, directory: Path) -> BackupReport:
    """Bring a backup to what a data folder keeps now; a server may work in it. Raises CannotStart.

    Bytes that the backup has by checksum are neither copied nor read.
    """
    with _told_as(f"Cannot back up {data} to {directory}"):
        refuse_half_restored(data)
        refuse_other_folders(data)
        _refuse_one_in_the_other(data, directory)
        return BackupMaker(
            data / DATABASE, LocalFiles(data / MEDIA), BackupFolder(directory)
        ).make()


def restore(directory: Path, data: Path) -> RestoreReport:
    """Put a backup, once it is verified, in place of what a data folder keeps. Raises CannotStart.

    The folder is made if it does not exist. A refusal or a stop leaves it as it was.
    """
    with _told_as(f"Cannot restore {directory} to {data}"):
        _refuse_one_in_the_other(data, directory)
        with _held(data):
            return restore_backup(BackupFolder(directory), data)


@contextlib.contextmanager
def _held(data: Path) -> Iterator[None]:
    """Hold a data folder; one that was made for this is taken back if the block fails."""
    is_new = not data.exists()
    make_folder(data)
    lock = FolderLock(data)
    lock.take()
    try:
        yield
    except BaseException:
        if is_new:
            lock.path.unlink()
            # Somebody may have put something there meanwhile.
            with contextlib.suppress(OSError):
                data.rmdir()
        raise
    finally:
        lock.release()


def _refuse_one_in_the_other(data: Path, directory: Path) -> None:
    one, other = data.resolve(), directory.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise BackupRefused("the data folder and its backup must not lie in each other.")


@contextlib.contextmanager
def _told_as(what: str) -> Iterator[None]:
    """Within the block, a reason not to work begins with what was to be done."""
    try:
        with one_line():
            yield
    except CannotStart as reason:
        raise CannotStart(f"{what}: {reason}") from reason

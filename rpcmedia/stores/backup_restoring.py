"""Put what a backup holds in place of what a data folder keeps, all or nothing.

The new state is built and verified in `restore.unfinished`. Its renaming to `restore.ready` is the
moment from which the folder has it: a stop after that is finished by the next start or restore.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rpcmedia.stores import backup_database as database
from rpcmedia.stores.backup_folder import (
    BackupFolder,
    BackupRefused,
    read_exactly,
    write_durably,
)
from rpcmedia.stores.folder_snapshots import DATABASE, forget_restore
from rpcmedia.stores.hard_links import sync_folder
from rpcmedia.stores.local_files import MEDIA

_UNFINISHED, _READY, _REPLACED = "restore.unfinished", "restore.ready", "replaced"


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored."""

    images: int
    lacking: tuple[str, ...]
    """Images whose bytes the data folder had lost before the backup was made."""


def restore_backup(backup: BackupFolder, data: Path) -> RestoreReport:
    """Make a data folder, whose lock is held, keep what a backup holds and nothing else.

    Snapshots of the folder stay. Raises BackupRefused, FolderBusy, StorageFailed, SchemaTooNew and
    OSError; then nothing was changed.
    """
    finish_restoring(data)
    _refuse_other_media(data)
    building = data / _UNFINISHED
    try:
        with backup.being_read():
            report = _build(backup, building)
        database.leave_alone(data / DATABASE)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    building.rename(data / _READY)
    sync_folder(data)
    finish_restoring(data)
    return report


def finish_restoring(data: Path) -> None:
    """Finish a restore that was stopped, or forget one that was not ready. The lock is held."""
    ready = data / _READY
    if ready.exists():
        _replace_media(ready, data)
        _replace_database(ready, data)
        # A restore of a snapshot that was stopped before would undo this one.
        forget_restore(data)
        for folder in (ready, data):
            sync_folder(folder)
        shutil.rmtree(ready)
    shutil.rmtree(data / _UNFINISHED, ignore_errors=True)


def is_half_restored(data: Path) -> bool:
    """Whether a folder waits for `finish_restoring`."""
    return (data / _READY).exists()


def _refuse_other_media(data: Path) -> None:
    if (data / MEDIA.parts[0]).exists() and not (data / DATABASE).exists():
        raise BackupRefused(
            f"{data} has a media folder and no {DATABASE}, so it is not one of rpcmedia;"
            " restore into a new folder."
        )
    folders = [data / MEDIA, *(data / MEDIA).parents]
    for folder in folders[: len(MEDIA.parts)]:
        if folder.is_symlink() or (folder.exists() and folder.stat().st_dev != data.stat().st_dev):
            raise BackupRefused(
                f"{folder} is a link or on another disk, so it cannot be replaced as a whole;"
                " restore into a new folder."
            )


def _build(backup: BackupFolder, building: Path) -> RestoreReport:
    media, rows = building / MEDIA, building / DATABASE
    media.mkdir(parents=True)
    shutil.copyfile(backup.database, rows)
    database.check_whole(rows)
    lacking = set(database.prepare_restored(rows))
    images, damaged = 0, []
    for row in database.read_rows(rows):
        images += 1
        if row.file in lacking:
            continue
        place = backup.place(row.sha256)
        content = read_exactly(place, row.sha256)
        if content is None:
            damaged.append(str(place.relative_to(backup.directory)))
        else:
            _write_image(media, row.file, content)
    if damaged:
        raise BackupRefused(_tell_damage(damaged))
    _sync_all(building, rows)
    return RestoreReport(images, tuple(sorted(lacking)))


def _write_image(media: Path, file: str, content: bytes) -> None:
    if not file.startswith("/") or ".." in file.split("/"):
        raise BackupRefused(f"its database names a file outside of the media folder: {file!r}.")
    path = media / file.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, content, 0o644)


def _tell_damage(damaged: list[str]) -> str:
    shown = ", ".join(damaged[:3]) + (", …" if len(damaged) > 3 else "")
    return (
        f"{len(damaged)} of its objects are missing or damaged ({shown})."
        " Delete the damaged ones and back up again, or restore another backup."
    )


def _sync_all(building: Path, rows: Path) -> None:
    with rows.open("rb") as copied:
        os.fsync(copied.fileno())
    for folder, _, _ in os.walk(building):
        sync_folder(Path(folder))


def _replace_media(ready: Path, data: Path) -> None:
    new, old = ready / MEDIA.parts[0], data / MEDIA.parts[0]
    if new.exists():
        if old.exists():
            old.rename(ready / _REPLACED)
        new.rename(old)


def _replace_database(ready: Path, data: Path) -> None:
    new, old = ready / DATABASE, data / DATABASE
    if new.exists():
        # What a damaged database left in its log must not be played into the new one.
        for suffix in ("-wal", "-shm"):
            old.with_name(f"{DATABASE}{suffix}").unlink(missing_ok=True)
        new.rename(old)

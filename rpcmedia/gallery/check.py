"""Whether every image has its bytes and all bytes belong to an image."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from rpcmedia.gallery.ports import GalleryRows, ImageFiles

_SECOND_LOOK_SECONDS = 1.0


@dataclass
class Report:
    """What a check found. Files are named as clients know them, bytes as their store names them."""

    images: int = 0
    missing: list[str] = field(default_factory=list)
    """Images without bytes."""
    damaged: list[str] = field(default_factory=list)
    """Images whose bytes are not those that were uploaded."""
    orphans: list[str] = field(default_factory=list)
    """Bytes that never belonged to an image: left by a stop in the middle of an upload."""
    removed: list[str] = field(default_factory=list)
    """Files of removed images: kept on purpose, no finding."""
    removed_bytes: int = 0
    pruned: int = 0
    """Files deleted by this check."""

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.damaged or self.orphans)


async def check_gallery(rows: GalleryRows, files: ImageFiles, *, prune: bool = False) -> Report:
    """Compare rows with bytes. `prune` deletes orphans and files of removed images, never names.

    Beside a running server an upload under way looks like a finding for a moment, so findings are
    looked at twice. `prune` must have the folder for itself. Raises StorageFailed for damaged rows:
    by those nobody could tell which bytes are needed.
    """
    await rows.check_sound()
    report = await _compare(rows, files)
    if not report.clean and not prune:
        await asyncio.sleep(_SECOND_LOOK_SECONDS)
        again = await _compare(rows, files)
        again.missing = [file for file in again.missing if file in report.missing]
        again.damaged = [file for file in again.damaged if file in report.damaged]
        again.orphans = [name for name in again.orphans if name in report.orphans]
        report = again
    if prune:
        for name in (*report.orphans, *report.removed):
            await files.take_back(name)
        report.pruned = len(report.orphans) + len(report.removed)
        report.orphans, report.removed, report.removed_bytes = [], [], 0
    return report


async def _compare(rows: GalleryRows, files: ImageFiles) -> Report:
    report = Report()
    expected = set()
    async for file, stored in rows.all_stored():
        report.images += 1
        expected.add(stored.stored_as)
        digest = await asyncio.to_thread(_digest, files.location(stored.stored_as))
        if digest is None:
            report.missing.append(file)
        elif digest != stored.sha256:
            report.damaged.append(file)
    removed = await rows.all_removed()
    for name, size in await asyncio.to_thread(lambda: sorted(files.names())):
        if name in removed:
            report.removed.append(name)
            report.removed_bytes += size
        elif name not in expected:
            report.orphans.append(name)
    return report


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None

"""Copies of folders that cost no bytes: links to files, which are never written in place.

A copy is one flat folder: making and deleting a tree of folders would take most of the time.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

_INDEX = "index.json"


def save_links(folder: Path, copy: Path, *, durable: bool) -> None:
    """Link every file below a folder into a new one on the same disk. Blocks; raises OSError."""
    copy.mkdir()
    paths = []
    for number, (path, entry) in enumerate(_files_below(folder)):
        os.link(entry, copy / str(number))
        paths.append(path)
    with (copy / _INDEX).open("w", encoding="utf-8") as index:
        json.dump(paths, index)
        if durable:
            index.flush()
            os.fsync(index.fileno())
    if durable:
        sync_folder(copy)


def load_links(copy: Path, folder: Path, *, durable: bool) -> None:
    """Make a folder hold the files of a copy and no others. Blocks; raises OSError.

    A file that is the same already is not touched; folders that become empty stay.
    """
    wanted = _read_copy(copy)
    found = dict(_files_below(folder))
    changed = set()
    for path in found.keys() - wanted.keys():
        changed.add(_remove(found[path]))
    for path, link in wanted.items():
        target = folder / path
        if path not in found:
            _link(link, target)
        elif found[path].inode() != link.inode():
            _replace(link, target)
        else:
            continue
        changed.add(target.parent)
    if durable:
        for parent in changed:
            sync_folder(parent)


def is_whole(copy: Path) -> bool:
    """Whether a copy has its index and every file that stands there. Blocks."""
    try:
        _read_copy(copy)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _read_copy(copy: Path) -> "dict[str, os.DirEntry[str]]":
    with os.scandir(copy) as links:
        numbered = {entry.name: entry for entry in links}
    paths: list[str] = json.loads((copy / _INDEX).read_text("utf-8"))
    return {path: numbered[str(number)] for number, path in enumerate(paths)}


def remove_files(folder: Path, *, durable: bool) -> None:
    """Remove every file below a folder. Blocks; raises OSError."""
    changed = {_remove(entry) for _, entry in list(_files_below(folder))}
    if durable:
        for parent in changed:
            sync_folder(parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are durable. Blocks; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files_below(folder: Path, above: str = "") -> "Iterator[tuple[str, os.DirEntry[str]]]":
    """(path from the folder, entry) of every file."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(Path(entry), f"{above}{entry.name}/")
            else:
                yield f"{above}{entry.name}", entry


def _remove(entry: "os.DirEntry[str]") -> Path:
    path = Path(entry)
    path.unlink()
    return path.parent


def _link(source: "os.DirEntry[str]", target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)


def _replace(source: "os.DirEntry[str]", target: Path) -> None:
    # Never without bytes under the name: somebody may read them now.
    link = target.with_name(f"{target.name}-link")
    os.link(source, link)
    link.replace(target)

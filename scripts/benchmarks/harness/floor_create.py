"""Floor (b): what creating an image takes at least, as straight-line code in one thread.

It parses the same body, decodes the base64 and the picture, writes and fsyncs the file, and commits
one row with synchronous=FULL.
"""

import io
import os
import sqlite3
import time
from pathlib import Path

import msgspec
import pybase64
from PIL import Image

from harness.pictures import Uploads

_TABLE = """
    CREATE TABLE image (
        id INTEGER PRIMARY KEY, product TEXT NOT NULL, file TEXT NOT NULL UNIQUE,
        mime TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, bytes INTEGER NOT NULL
    ) STRICT
"""
_ROW = "INSERT INTO image (product, file, mime, width, height, bytes) VALUES (?, ?, ?, ?, ?, ?)"


def create_straight(folder: Path, uploads: Uploads, seconds: float) -> float:
    """Creates a second, in a new folder; making the bodies is not counted."""
    connection = _open(folder)
    spent, number = 0.0, 0
    while spent < seconds:
        number += 1
        body = b"".join(uploads.body(number))
        began = time.perf_counter()
        _create(body, folder, connection)
        spent += time.perf_counter() - began
    connection.close()
    return number / spent


def _open(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True)
    connection = sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    return connection


def _create(body: bytes, folder: Path, connection: sqlite3.Connection) -> None:
    sku, data = msgspec.json.decode(body)["params"][2]
    content = pybase64.b64decode(data["file"]["content"], validate=True)
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        width, height = image.size
    name = data["file"]["name"]
    path = folder / name[0] / name[1] / f"{name}.jpg"
    _write(path, content)
    # Without BEGIN each statement is a transaction of its own.
    row = (sku, str(path.relative_to(folder)), "image/jpeg", width, height, len(content))
    connection.execute(_ROW, row)


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(path, flags, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        descriptor = os.open(path, flags, 0o644)
    os.write(descriptor, content)
    os.fsync(descriptor)
    os.close(descriptor)

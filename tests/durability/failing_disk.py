"""A disk that fails when it is told to, below Python and SQLite: see failing_disk.c."""

import contextlib
import errno
import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_suffix(".c")
_CONTROL = struct.Struct("4i16s480x")
_FAILED_AT = 32
_FOR_EVER = 2**31 - 1


class FailingDisk:
    """Everything below one folder, for the processes that are started with `environment`."""

    def __init__(self, folder: Path, at: Path) -> None:
        library, control = at / "failing_disk.so", at / "control"
        options = ["-shared", "-fPIC", "-Wall", "-Werror", "-O1"]
        subprocess.run(["cc", *options, "-o", str(library), str(_SOURCE)], check=True)
        control.write_bytes(bytes(512))
        with control.open("r+b") as opened:
            self._control = mmap.mmap(opened.fileno(), 512)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAILING_DISK_CONTROL": str(control),
            "FAILING_DISK_FOLDER": str(folder),
        }

    @contextlib.contextmanager
    def failing(
        self, first: int = 1, *, error: int = errno.EIO, ever: bool = False, only: str = ""
    ) -> Iterator[None]:
        """Within the block the call of this number fails, counted from 1 on, or it and all later.

        `only` counts calls of one name.
        """
        told = _CONTROL.pack(first, _FOR_EVER if ever else first, error, 0, only.encode())
        # What arms it comes last.
        self._control[4:] = told[4:]
        self._control[:4] = told[:4]
        try:
            yield
        finally:
            self._control[:4] = bytes(4)

    @property
    def failed(self) -> str | None:
        """Name and path of the first call that failed in the last block, if there was one."""
        text = self._control[_FAILED_AT:].partition(b"\0")[0]
        return text.decode() or None

    def close(self) -> None:
        """Forget it."""
        self._control.close()


def needs_compiler() -> None:
    """Skip the test that calls this where nothing can be compiled."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler; scripts/services installs one")
    if os.uname().sysname != "Linux":
        pytest.skip("a library is preloaded as Linux does it")

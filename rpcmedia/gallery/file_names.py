"""Names of image files: `/i/m/image.jpg`, as the reference server makes them.

Source: measured behaviour of the reference server, "File naming, step by step".
"""

import re
from dataclasses import dataclass

from rpcmedia.gallery.faults import ImageNotCreated

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
"""The declared types that are accepted, and the file name extension of each."""

LONGEST_NAME = 255
"""Bytes that a file system allows for one name."""

_OUTSIDE = re.compile(rb"[^A-Za-z0-9_.\-]+")
_HERE = re.compile(r"\A(?:\./+)+")


@dataclass(frozen=True, slots=True)
class FileName:
    """A name before the number that makes it unique: folder, stem and extension."""

    folder: str
    stem: str
    extension: str

    def path(self, number: int) -> str:
        """The file name with this number; 0 adds none."""
        suffix = f"_{number}" if number else ""
        return f"{self.folder}/{self.stem}{suffix}.{self.extension}"


def name_image(wished: str, extension: str) -> FileName:
    """The name of an image from the name that its sender wished; empty means `image`.

    Raises ImageNotCreated for names that would leave the media folder or do not fit on a disk.
    """
    whole = _HERE.sub("", f"{wished or 'image'}.{extension}")
    if "\0" in whole or "/" in whole or ".." in re.split(r"[/\\]", whole):
        raise ImageNotCreated("Cannot create image.")
    name = _OUTSIDE.sub(b"_", whole.encode("utf-8", "surrogatepass")).decode("ascii")
    stem = name[: -len(extension) - 1]
    if stem and not stem.strip("_"):
        stem = "file"
    refuse_long_name(whole)
    return FileName(_folder(f"{stem}.{extension}"), stem, extension)


def refuse_long_name(name: str) -> None:
    """Raise ImageNotCreated if the name, without its folder, does not fit on a disk."""
    size = len(name.rsplit("/", 1)[-1].encode("utf-8", "surrogatepass"))
    if size > LONGEST_NAME:
        raise ImageNotCreated(
            f"Cannot create image. Its file name has {size} bytes with the extension;"
            f" use at most {LONGEST_NAME}."
        )


def _folder(name: str) -> str:
    first, second = name[0], name[1]
    return "/" + first.replace(".", "_") + "/" + second.replace(".", "_")

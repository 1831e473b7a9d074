"""What a gallery must hold, by the answers that its client got."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.faces.bodies import file_of
from tests.support import pictures

TYPES = ("image", "small_image", "thumbnail")


class Broken(AssertionError):
    """A promise that was not kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One image as a client sees it."""

    file: str
    label: str
    position: int
    exclude: int
    types: frozenset[str]
    sha256: str


Gallery = tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One call; None for a value that it does not name, and for the file of a create."""

    method: str
    file: str | None = None
    name: str = "image"
    label: str | None = None
    exclude: int | None = None
    types: frozenset[str] | None = None
    content: bytes | None = None

    def arguments(self, sku: str) -> list[Any]:
        """The arguments of the call."""
        values = {"label": self.label, "exclude": self.exclude}
        data: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
        if self.types is not None:
            data["types"] = sorted(self.types)
        if self.content is not None:
            data["file"] = file_of(self.content, "image/jpeg", name=self.name)
        given: list[Any] = [sku] if self.file is None else [sku, self.file]
        return given if self.method == "remove" else [*given, data]

    def applied(self, before: Gallery, created: str = "") -> Gallery:
        """The gallery after this change; `created` is the name that a create was answered."""
        if self.method == "remove":
            return tuple(image for image in before if image.file != self.file)
        changed = created if self.file is None else self.file
        if self.file is None:
            position = max((image.position for image in before), default=0) + 1
            before = (*before, Kept(created, "", position, 1, frozenset(), ""))
        return tuple(
            self._written(image) if image.file == changed else self._without_types(image)
            for image in before
        )

    def _written(self, image: Kept) -> Kept:
        return replace(
            image,
            label=image.label if self.label is None else self.label,
            exclude=image.exclude if self.exclude is None else self.exclude,
            types=image.types if self.types is None else self.types,
            sha256=sha256_of(self.content) if self.content else image.sha256,
        )

    def _without_types(self, image: Kept) -> Kept:
        # A type belongs to one image: another one takes it away.
        return replace(image, types=image.types - self.types) if self.types else image


class Ledger:
    """What one client knows of its product, and of every name that was ever given."""

    def __init__(self, sku: str, names: set[str]) -> None:
        self.sku = sku
        self.gallery: Gallery = ()
        self.unanswered: Change | None = None
        """A change that was sent and got no answer, or one that says nothing of its outcome."""
        self._names = names

    def acknowledge(self, change: Change, result: Any) -> None:
        """Write down the answer to a change. Raises Broken for a name that was given before."""
        created = result[0] if change.method == "create" else ""
        if created:
            self._take_name(created)
        self.gallery = change.applied(self.gallery, created)
        self.unanswered = None

    def compare(self, found: Gallery) -> bool | None:
        """Compare with what a server shows; if a change is unanswered, whether it is there.

        Raises Broken unless the gallery is as it was answered, with that change wholly there or
        wholly not.
        """
        change, self.unanswered = self.unanswered, None
        if found == self.gallery:
            return None if change is None else False
        if change is None:
            raise Broken(_difference(self.sku, self.gallery, found))
        known = {image.file for image in self.gallery}
        created = next((image.file for image in found if image.file not in known), "")
        if change.method == "create" and created:
            self._take_name(created)
        if change.applied(self.gallery, created) != found:
            raise Broken(f"half of {change.method}: " + _difference(self.sku, self.gallery, found))
        self.gallery = found
        return True

    def _take_name(self, name: str) -> None:
        if name in self._names:
            raise Broken(f"{name} was given twice")
        self._names.add(name)


def _difference(sku: str, expected: Gallery, found: Gallery) -> str:
    missing, more = set(expected) - set(found), set(found) - set(expected)
    return (
        f"{sku}: expected and not found {sorted(missing, key=str)}; found {sorted(more, key=str)}"
    )


def sha256_of(content: bytes) -> str:
    """The checksum of some bytes."""
    return hashlib.sha256(content).hexdigest()


def unique_pictures(sizes: Iterator[int]) -> Iterator[bytes]:
    """JPEGs that are all different, each with a comment segment of about this many bytes."""
    start, rest = pictures.jpeg()[:2], pictures.jpeg()[2:]
    for size in sizes:
        comment = secrets.token_bytes(max(16, min(size, 65_000)))
        yield start + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + rest

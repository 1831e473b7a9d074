"""JSONPaths (RFC 9535) that somebody wrote, and what they select. The door to python-jsonpath."""

from collections.abc import Iterable, Iterator
from typing import Any

from rpcmedia.tapes.meaning import json_path


class PathRefused(Exception):
    """A text that is no JSONPath; the message says why."""


class Selection:
    """What a JSONPath such as `$.result[*].url` selects."""

    def __init__(self, text: str) -> None:
        """Read the path. Raises PathRefused."""
        import jsonpath

        self.text = text
        if not text.startswith("$"):
            raise PathRefused(f"{text!r} is no JSONPath: it must begin with $.")
        try:
            self._path = jsonpath.compile(text)
        except jsonpath.JSONPathError as error:
            reason = str(error).partition("\n")[0]
            raise PathRefused(f"{text!r} is no JSONPath: {reason}.") from error

    def found_in(self, value: Any) -> Iterator[tuple[str, Any]]:
        """(place, value) of all it selects; a place is spelled as in `Difference.field`."""
        # The library takes a string for JSON text.
        if isinstance(value, str):
            yield from [("$", value)] if self.text == "$" else []
            return
        for match in self._path.finditer(value):
            yield json_path(match.parts), match.obj


def is_below(place: str, above: Iterable[str]) -> bool:
    """Whether a place is one of these, or a part of it."""
    return any(place == one or place.startswith((f"{one}.", f"{one}[")) for one in above)

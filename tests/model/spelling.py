"""How each profile spells answers: the table of the README's section "Profiles"."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.model import casts
from tests.model.shop import ImageMap

NOTHING = object()
"""In place of an id or a version that a request lacks, and of an answer that is not given."""


@dataclass(frozen=True)
class Spelling:
    """One column of that table."""

    profile: str
    code: Callable[[int], int]
    created: Callable[[str], Any]
    done: Any
    image: Callable[[ImageMap], dict[str, Any]]
    id: Callable[[Any], Any]
    version: Callable[[dict[str, Any]], dict[str, Any]]
    null_error: Callable[[dict[str, Any]], bool] = lambda request: False
    data: Callable[[int], dict[str, Any]] = lambda code: {}
    extension_as_found: bool = False
    session_digits: int = 32
    session_life: float = 24 * 3600
    session_renewed: bool = False
    batches: bool = True
    answers_failed_notifications: bool = False
    expires_without_method: bool = False

    def value(self, value: Any) -> Any:
        """The result of an operation as it goes on the wire."""
        if isinstance(value, ImageMap):
            return self.image(value)
        if isinstance(value, list):
            return [self.value(member) for member in value]
        return value

    def success(self, request: dict[str, Any], result: Any) -> dict[str, Any]:
        error = {"error": None} if self.null_error(request) else {}
        return {**self._envelope(request), **error, "result": self.value(result)}

    def failure(self, request: dict[str, Any], number: int, message: Any) -> dict[str, Any]:
        code = number if number < 0 else self.code(number)
        error = {"code": code, "message": message, **self.data(code)}
        return {**self._envelope(request), "error": error}

    def _envelope(self, request: dict[str, Any]) -> dict[str, Any]:
        answered = self.id(request["id"]) if "id" in request else None
        return {**self.version(request), "id": answered}


def _version_of(request: dict[str, Any]) -> dict[str, Any]:
    for name in ("jsonrpc", "version"):
        if name in request:
            return {name: request[name]}
    return {}


def _two_if_loosely_equal(request: dict[str, Any]) -> dict[str, Any]:
    version = next(iter(_version_of(request).values()), None)
    if isinstance(version, str):
        equal = casts.is_numeric(version) and float(version) == 2
    else:
        equal = version is True or version == 2
    return {"jsonrpc": "2.0"} if equal else {}


def _is_not_version_two(request: dict[str, Any]) -> bool:
    return "2.0" not in _version_of(request).values()


def _numbers(image: ImageMap) -> dict[str, Any]:
    shown = {
        "file": image.file,
        "label": image.label,
        "position": image.position or 0,
        "exclude": image.exclude or 0,
        "url": image.url,
        "types": list(image.types),
    }
    return {name: value for name, value in shown.items() if name != "label" or value}


def _strings(image: ImageMap) -> dict[str, Any]:
    return {
        "file": image.file,
        "label": image.label,
        "position": "" if image.position is None else str(image.position),
        "exclude": "" if image.exclude is None else str(image.exclude),
        "url": image.url,
        "types": list(image.types),
    }


def _same(value: Any) -> Any:
    return value


SPELLINGS = (
    Spelling(
        "documented",
        code=_same,
        created=lambda file: [file],
        done=1,
        image=_numbers,
        id=_same,
        version=_version_of,
        null_error=_is_not_version_two,
        extension_as_found=True,
    ),
    Spelling(
        "shipstream",
        code=lambda number: -32000 - number,
        created=_same,
        done=True,
        image=_strings,
        id=_same,
        version=lambda request: {"jsonrpc": "2.0"},
    ),
    Spelling(
        "openmage",
        code=lambda number: -32000,
        created=_same,
        done=True,
        image=_strings,
        id=casts.string,
        version=_two_if_loosely_equal,
        data=lambda code: {"data": None if code == -32600 else {}},
        session_digits=64,
        session_life=3600,
        session_renewed=True,
        batches=False,
        answers_failed_notifications=True,
        expires_without_method=True,
    ),
)

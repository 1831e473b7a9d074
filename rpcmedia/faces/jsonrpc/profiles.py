"""How the JSON-RPC face spells its answers: one table, three columns.

`documented` is the API page, `shipstream` the server whose documentation that page is, `openmage`
the reference server as it was measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rpcmedia.faces.reference_values import image_map
from rpcmedia.operations import php
from rpcmedia.operations.presentation import ImageMap
from rpcmedia.operations.product_media import CreateDefaults
from rpcmedia.operations.sessions import SessionRules

Version = tuple[str, Any] | None
"""The version member of a request, name and value, or None if it had none."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to spell answers."""

    fault_code: Callable[[int], int]
    """From the number of a fault to the code on the wire."""
    fault_data: bool
    """Whether an error has a `data` member."""
    version: Callable[[Version], dict[str, Any]]
    """The version member of an answer."""
    null_error: Callable[[Version], bool]
    """Whether a success carries `"error": null`."""
    id: Callable[[Any], Any]
    """The id of an answer."""
    created: Callable[[str], Any]
    done: Any
    image_map: Callable[[ImageMap], dict[str, Any]]
    sessions: SessionRules
    create: CreateDefaults
    batches: bool
    """Whether a list is a batch. Else it is taken as a request without a method."""
    expires_without_method: bool
    """Whether a request without a method is a fault 5, as if it called with no session."""
    answers_failed_notifications: bool
    loses_multipart: bool
    """Whether a body declared as a form is taken as empty."""


def _echo_version(version: Version) -> dict[str, Any]:
    return {version[0]: version[1]} if version else {}


def _always_two(version: Version) -> dict[str, Any]:
    return {"jsonrpc": "2.0"}


def _two_if_loosely_equal(version: Version) -> dict[str, Any]:
    value: Any = version[1] if version else None
    number = float(value) if isinstance(value, str) and php.is_numeric(value) else value
    equal = value is True or (not isinstance(number, str | bool) and number == 2)
    return {"jsonrpc": "2.0"} if equal else {}


def _not_version_two(version: Version) -> bool:
    return version is None or version[1] != "2.0"


def _numbers(image: ImageMap) -> dict[str, Any]:
    label = {"label": image.label} if image.label else {}
    return {
        "file": image.file,
        **label,
        "position": image.position or 0,
        "exclude": image.exclude or 0,
        "url": image.url,
        "types": image.types,
    }


def _as_it_is(value: Any) -> Any:
    return value


def _never(version: Version) -> bool:
    return False


PROFILES = {
    "documented": Profile(
        fault_code=lambda number: number,
        fault_data=False,
        version=_echo_version,
        null_error=_not_version_two,
        id=_as_it_is,
        created=lambda file: [file],
        done=1,
        image_map=_numbers,
        sessions=SessionRules(hex_digits=32, life=24 * 3600.0),
        create=CreateDefaults(extension_as_found=True),
        batches=True,
        expires_without_method=False,
        answers_failed_notifications=False,
        loses_multipart=False,
    ),
    "shipstream": Profile(
        fault_code=lambda number: -32000 - number,
        fault_data=False,
        version=_always_two,
        null_error=_never,
        id=_as_it_is,
        created=_as_it_is,
        done=True,
        image_map=image_map,
        sessions=SessionRules(hex_digits=32, life=24 * 3600.0),
        create=CreateDefaults(),
        batches=True,
        expires_without_method=False,
        answers_failed_notifications=False,
        loses_multipart=False,
    ),
    "openmage": Profile(
        fault_code=lambda number: -32000,
        fault_data=True,
        version=_two_if_loosely_equal,
        null_error=_never,
        id=php.to_string,
        created=_as_it_is,
        done=True,
        image_map=image_map,
        sessions=SessionRules(hex_digits=64, life=3600.0, sliding=True),
        create=CreateDefaults(),
        batches=False,
        expires_without_method=True,
        answers_failed_notifications=True,
        loses_multipart=True,
    ),
}

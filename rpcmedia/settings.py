"""What an operator can set, and where each value came from."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

UNITS = {"": 1, "B": 1, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}

_SIZE = re.compile(r"\A\s*(\d+)\s*([A-Za-z]*)\s*\Z")


class SettingRefused(Exception):
    """A value that cannot be used; the text names it and says what to write instead."""


@dataclass(frozen=True)
class Settings:
    """The settings of one server."""

    data: Path | None = None
    catalog: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None
    base_url: str | None = None
    profile: str = "documented"
    no_faces: tuple[str, ...] = ()
    soap_namespace: str = "urn:OpenMage"
    soap_wsi: bool = False
    users: tuple[tuple[str, str], ...] = ()
    max_body: int = 32 * 1024**2
    max_pixels: int = 50_000_000
    workers: int = 1
    ephemeral: bool = False
    log_calls: bool = False
    tape: Path | None = None
    seed: int | None = None
    control: bool = False
    control_host: str = "127.0.0.1"
    control_port: int = 0
    control_token: str | None = None
    journal_size: int = 10_000
    sources: dict[str, str] = field(default_factory=dict)
    """From the name of a setting to `option`, `environment`, `file`, `catalog` or `default`."""


def read_size(text: str) -> int:
    """A number of bytes from `33554432`, `32MiB`, `512 KiB`. Raises SettingRefused."""
    found = _SIZE.match(text)
    unit = UNITS.get(found.group(2).upper()) if found else None
    size = int(found.group(1)) * unit if found and unit else 0
    if not size:
        raise SettingRefused(f"{text!r} is no size; write a number with B, KiB, MiB or GiB.")
    return size


def read_user(text: str) -> tuple[str, str]:
    """User name and key from `NAME:KEY`. Raises SettingRefused without showing the key."""
    name, _, key = text.partition(":")
    if not name or not key:
        raise SettingRefused("a user is written NAME:KEY.")
    return name, key


def read_config(path: Path, known: set[str]) -> dict[str, Any]:
    """The settings in a TOML file, by option name. Raises SettingRefused for unknown names."""
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise SettingRefused(f"{path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingRefused(f"{path} is no TOML file: {error}.") from error
    config = {name.replace("-", "_"): value for name, value in content.items()}
    for name in config:
        if name not in known:
            raise SettingRefused(f"{path}: there is no setting {name!r}.")
    return config

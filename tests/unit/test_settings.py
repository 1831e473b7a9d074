"""Values that an operator writes: sizes, users and the configuration file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.settings import SettingRefused, read_config, read_size, read_user

KNOWN = {"data", "base_url", "max_body", "port"}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("33554432", 33_554_432),
        ("32MiB", 33_554_432),
        ("32 MiB", 33_554_432),
        ("  32mib ", 33_554_432),
        ("512KiB", 524_288),
        ("512 kib", 524_288),
        ("1GiB", 1_073_741_824),
        ("7B", 7),
        ("7 b", 7),
    ],
)
def test_a_size_is_a_number_with_or_without_a_unit(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "0 MiB",
        "MiB",
        "-1",
        "+1",
        "1.5MiB",
        "1e6",
        "32MB",
        "32M",
        "32 TiB",
        "1 2",
        "0x10",
        "1_0",
    ],
)
def test_anything_else_is_no_size_and_the_refusal_says_what_to_write(text: str) -> None:
    with pytest.raises(SettingRefused) as refusal:
        read_size(text)
    assert repr(text) in str(refusal.value)
    assert "B, KiB, MiB or GiB" in str(refusal.value)


@given(st.integers(1, 10**12))
def test_a_plain_number_is_that_many_bytes(size: int) -> None:
    assert read_size(str(size)) == size
    assert read_size(f"{size}KiB") == 1024 * size


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("apiuser:apikey123", ("apiuser", "apikey123")),
        ("a:b:c", ("a", "b:c")),
        ("a::", ("a", ":")),
        ("ü ser: key ", ("ü ser", " key ")),
    ],
)
def test_a_user_is_a_name_and_a_key_behind_the_first_colon(
    text: str, user: tuple[str, str]
) -> None:
    assert read_user(text) == user


@pytest.mark.parametrize("text", ["", ":", "name", "name:", ":topsecret", "topsecret"])
def test_half_a_user_is_refused_without_showing_the_key(text: str) -> None:
    with pytest.raises(SettingRefused, match="NAME:KEY") as refusal:
        read_user(text)
    assert "topsecret" not in str(refusal.value)


def test_a_configuration_names_settings_as_options_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rpcmedia.toml"
    path.write_text('base-url = "http://shop"\nport = 81\nmax_body = "1MiB"\n', "utf-8")
    assert read_config(path, KNOWN) == {"base_url": "http://shop", "port": 81, "max_body": "1MiB"}


def test_an_empty_configuration_sets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rpcmedia.toml"
    path.write_text("# nothing yet\n", "utf-8")
    assert read_config(path, KNOWN) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"pot = 81\n", "there is no setting 'pot'"),
        (b"[server]\nport = 81\n", "there is no setting 'server'"),
        (b"port = \n", "is no TOML file"),
        (b"port = 1\nport = 2\n", "is no TOML file"),
        (b'base_url = "\xff"\n', "is no TOML file"),
        (b"\x00\x01", "is no TOML file"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_path(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "rpcmedia.toml"
    path.write_bytes(content)
    with pytest.raises(SettingRefused) as refusal:
        read_config(path, KNOWN)
    assert str(path) in str(refusal.value)
    assert reason in str(refusal.value)


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="No such file or directory"):
        read_config(tmp_path / "missing.toml", KNOWN)
    with pytest.raises(SettingRefused, match="Is a directory"):
        read_config(tmp_path, KNOWN)

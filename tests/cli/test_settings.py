"""`rpcmedia settings`: each setting, its value and where it came from."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import run
from tests.support.server import FIXTURES

SEED_CATALOG = FIXTURES / "seed-catalog.json"


async def shown(*options: Any, env: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
    """From the name of a setting to its value and source."""
    outcome = await run("settings", *options, env=env)
    assert (outcome.code, outcome.err) == (0, "")
    rows = [line.strip("│┃").split("│") for line in outcome.out.splitlines() if "│" in line]
    return {name.strip(): (value.strip(), source.strip()) for name, value, source in rows}


def config(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, "utf-8")
    return file


async def test_the_defaults() -> None:
    expected = {
        "data": ("", "default"),
        "catalog": ("", "default"),
        "host": ("127.0.0.1", "default"),
        "port": ("8080", "default"),
        "base_url": ("", "default"),
        "profile": ("documented", "default"),
        "users": ("", "default"),
        "max_body": ("33554432", "default"),
        "max_pixels": ("50000000", "default"),
        "ephemeral": ("False", "default"),
        "log_calls": ("False", "default"),
    }
    assert (await shown()).items() >= expected.items()


async def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = config(tmp_path, 'port = 1\nhost = "file"\nprofile = "openmage"\n')
    env = {"RPCMEDIA_PORT": "2", "RPCMEDIA_HOST": "environment"}
    found = await shown("--config", file, "--port", 3, env=env)
    assert found["port"] == ("3", "option")
    assert found["host"] == ("environment", "environment")
    assert found["profile"] == ("openmage", "file")
    assert found["max_pixels"] == ("50000000", "default")


async def test_the_catalog_comes_after_the_file_and_before_the_default(tmp_path: Path) -> None:
    catalog = ("--catalog", SEED_CATALOG)
    assert (await shown(*catalog))["base_url"] == ("http://magentohost", "catalog")
    file = ("--config", config(tmp_path, 'base-url = "http://file"\n'))
    assert (await shown(*catalog, *file))["base_url"] == ("http://file", "file")
    env = {"RPCMEDIA_BASE_URL": "http://environment"}
    found = await shown(*catalog, *file, env=env)
    assert found["base_url"] == ("http://environment", "environment")
    found = await shown(*catalog, *file, "--base-url", "http://option", env=env)
    assert found["base_url"] == ("http://option", "option")
    plain = config(tmp_path, "")
    plain_catalog = tmp_path / "catalog.json"
    plain_catalog.write_text(json.dumps({"products": []}))
    found = await shown("--config", plain, "--catalog", plain_catalog)
    assert found["base_url"] == ("", "default")


async def test_every_setting_can_come_from_each_source(tmp_path: Path) -> None:
    values = {
        "data": "d",
        "catalog": str(SEED_CATALOG),
        "host": "::1",
        "port": "1",
        "tls_cert": "cert.pem",
        "tls_key": "key.pem",
        "base_url": "http://x",
        "profile": "openmage",
        "max_body": "1024",
        "max_pixels": "7",
        "ephemeral": "True",
        "log_calls": "True",
    }
    options = []
    for name, value in values.items():
        options.append(f"--{name.replace('_', '-')}")
        options += [] if value == "True" else [value]
    env = {f"RPCMEDIA_{name.upper()}": value for name, value in values.items()}
    toml = "".join(
        f"{name.replace('_', '-')} = {'true' if value == 'True' else json.dumps(value)}\n"
        for name, value in values.items()
    )
    file = config(tmp_path, toml)
    for source, found in (
        ("option", await shown(*options)),
        ("environment", await shown(env=env)),
        ("file", await shown("--config", file)),
        ("file", await shown(env={"RPCMEDIA_CONFIG": str(file)})),
    ):
        assert {name: found[name] for name in values} == {
            name: (value, source) for name, value in values.items()
        }


async def test_keys_are_hidden(tmp_path: Path) -> None:
    file = config(tmp_path, 'user = ["f:key-in-file"]\n')
    for expected, options, env in (
        (("o:*** p:***", "option"), ["--user", "o:key-in-option", "--user", "p:key-in:colon"], {}),
        (("e:***", "environment"), [], {"RPCMEDIA_USER": "e:key-in-environment"}),
        (("f:***", "file"), ["--config", str(file)], {}),
    ):
        # All of the table, so that no key can stand in another row.
        table = await shown(*options, env=env)
        assert table["users"] == expected
        assert "key-in" not in str(table)


@pytest.mark.parametrize(
    ("size", "expected"),
    [("7", "7"), ("3 mib", "3145728"), ("1GiB", "1073741824")],
)
async def test_a_size_has_a_unit(size: str, expected: str) -> None:
    assert (await shown("--max-body", size))["max_body"] == (expected, "option")


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "99999"],
        ["--profile", "magento"],
        ["--max-body", "5 XB"],
        ["--max-body", "-1"],
        # To the HTTP library 0 is no limit at all.
        ["--max-body", "0"],
        ["--max-pixels", "0"],
        ["--user", "only-a-key-1"],
        ["--user", "only-a-name:"],
        ["--catalog", "nosuch.json"],
    ],
)
async def test_an_option_that_makes_no_sense_is_refused(options: list[str]) -> None:
    outcome = await run("settings", *options)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert "only-a-key-1" not in outcome.err


async def test_serve_refuses_what_settings_refuses(tmp_path: Path) -> None:
    for options in (["--port", "99999"], ["--user", "only-a-key-1"], ["--max-body", "5 XB"]):
        outcome = await run("serve", "--data", tmp_path / "d", *options)
        assert (outcome.code, outcome.out) == (2, "")
        assert "only-a-key-1" not in outcome.err
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1", "prot"),
        ('users = ["a:b"]', "users"),
        ("[serve]\nport = 1", "serve"),
        ("port = 1\nport = 2", "settings.toml"),
        ('port = "x"', "port"),
        ("port = 99999", "port"),
        ('max-body = "x"', "max-body"),
        ("max-body = true", "max-body"),
        ('user = "a:only-a-key-1"', "user"),
        ('user = ["only-a-key-1"]', "user"),
        ('user = [["a", "only-a-key-1"]]', "user"),
    ],
)
async def test_a_file_that_makes_no_sense_is_refused_with_the_name(
    tmp_path: Path, text: str, named: str
) -> None:
    outcome = await run("settings", "--config", config(tmp_path, text))
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert named in outcome.err
    assert "only-a-key-1" not in outcome.err


async def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nosuch.toml", tmp_path):
        outcome = await run("settings", "--config", path)
        assert outcome.code == 2
        assert str(path) in outcome.err
        assert "Traceback" not in outcome.err

"""The pytest plugin, in pytest runs of its own: fixtures, marker, what it costs, xdist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CALL = """
import json
import urllib.request

import pytest

IMAGE = {
    "content": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4IScHAAK2AQUKW6YG"
    "AAAAAElFTkSuQmCC",
    "mime": "image/png",
}


def call(server, path, *arguments):
    params = [None, path, list(arguments)]
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
    request = urllib.request.Request(server.url, body, {"Authorization": server.basic})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def login(server):
    params = [server.username, server.key]
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "login", "params": params}).encode()
    with urllib.request.urlopen(server.url, body) as answer:
        return json.load(answer)["result"]
"""


def run(folder: Path, suite: str, *options: str) -> tuple[int, str]:
    """Exit code and output of a run of pytest over one file, with warnings as errors."""
    (folder / "test_suite.py").write_text(CALL + suite)
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n"
        "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def passed(outcome: tuple[int, str]) -> int:
    """How many tests passed; fails if any did not."""
    code, output = outcome
    assert code == 0, output
    found = re.search(r"(\d+) passed", output)
    assert found, output
    return int(found[1])


def test_the_fixtures_give_a_server_and_its_control(tmp_path: Path) -> None:
    suite = """
def test_create(rpcmedia_server, rpcmedia_control):
    assert call(rpcmedia_server, "product_media.create", "product1", {"file": IMAGE})["result"]
    assert rpcmedia_control.count(method="product_media.create") == 1
    assert rpcmedia_control is rpcmedia_server.control

def test_the_next_test_has_a_server_of_its_own(rpcmedia_control, rpcmedia_server):
    assert call(rpcmedia_server, "product_media.list", "product1")["result"] == []
    assert rpcmedia_control.count() == 1

async def test_an_asynchronous_test_may_use_it(rpcmedia_server, rpcmedia_control):
    rpcmedia_control.inject("fault", number=101)
    assert call(rpcmedia_server, "product_media.list", "product1")["error"]["code"] == 101
"""
    assert passed(run(tmp_path, suite)) == 3


def test_the_marker_says_how_it_starts(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shop.json").write_text(
        '{"users": [{"username": "u", "key": "k", "permissions": ["all"]}]}'
    )
    (tmp_path / "data" / "session.jsonl").write_text(
        '{"tape": 1, "profile": "openmage", "catalog": "shop.json"}\n'
    )
    suite = """
pytestmark = pytest.mark.rpcmedia(profile="shipstream")

def test_of_the_module(rpcmedia_server):
    assert call(rpcmedia_server, "product_media.list", "absent")["error"]["code"] == -32101

@pytest.mark.rpcmedia(seed=4)
def test_what_stands_further_out_counts_too(rpcmedia_server):
    assert call(rpcmedia_server, "product_media.list", "absent")["error"]["code"] == -32101

@pytest.mark.rpcmedia(tape="data/session.jsonl", profile=None)
def test_tape(rpcmedia_server):
    assert (rpcmedia_server.username, len(login(rpcmedia_server))) == ("u", 64)

@pytest.mark.rpcmedia(catalog="data/shop.json", profile="documented", max_pixels=1)
def test_catalog(rpcmedia_server):
    assert call(rpcmedia_server, "product_media.list", "product1")["error"]["code"] == 101

@pytest.mark.rpcmedia(catalog={"users": []}, user=("name", "key"))
def test_members_of_a_catalog(rpcmedia_server):
    assert rpcmedia_server.username == "name"

IDS = []

@pytest.mark.rpcmedia(seed=4)
@pytest.mark.parametrize("time", [1, 2])
def test_seed(rpcmedia_server, time):
    IDS.append(login(rpcmedia_server))
    assert len(set(IDS)) == 1
"""
    # Paths are those of the test file, wherever pytest is started.
    (tmp_path / "suite").mkdir()
    (tmp_path / "data").rename(tmp_path / "suite" / "data")
    (tmp_path / "suite" / "test_suite.py").write_text(CALL + suite)

    assert passed(run(tmp_path, "", "suite")) == 7


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('"tape.jsonl"', "Name the arguments of the marker rpcmedia"),
        ('tape="absent.jsonl"', "absent.jsonl: No such file"),
        ('profile="magento3"', "There is no profile 'magento3'"),
        ('colour="red"', "colour"),
    ],
)
def test_a_marker_that_cannot_be_used_says_why(tmp_path: Path, marker: str, said: str) -> None:
    suite = f"""
@pytest.mark.rpcmedia({marker})
def test_server(rpcmedia_server):
    pass
"""
    code, output = run(tmp_path, suite)

    assert (code, "1 error" in output, said in output) == (1, True, True), output


def test_parallel_runs_do_not_collide(tmp_path: Path) -> None:
    suite = """
@pytest.mark.rpcmedia(seed=1)
@pytest.mark.parametrize("number", range(24))
def test_many(rpcmedia_server, rpcmedia_control, number):
    for position in range(3):
        answer = call(rpcmedia_server, "product_media.create", "product1", {"file": IMAGE})
        suffix = f"_{position}" if position else ""
        assert answer["result"] == [f"/i/m/image{suffix}.png"]
    assert rpcmedia_control.count() == 3
"""
    assert passed(run(tmp_path, suite, "-n", "2")) == 24


def test_it_is_listed_and_described(tmp_path: Path) -> None:
    assert "@pytest.mark.rpcmedia(tape=None" in run(tmp_path, "", "--markers")[1]
    fixtures = run(tmp_path, "", "--fixtures")[1]
    assert "rpcmedia_server" in fixtures
    assert "rpcmedia_control" in fixtures


def test_it_costs_other_projects_nothing(tmp_path: Path) -> None:
    suite = """
import sys

def test_nothing_is_imported():
    ours = sorted(name for name in sys.modules if name.split(".")[0] == "rpcmedia")
    assert ours == ["rpcmedia", "rpcmedia.pytest_plugin"]
    for heavy in ("aiosqlite", "argon2", "PIL", "marshmallow", "structlog", "prometheus_client"):
        assert heavy not in sys.modules

def test_it_comes_with_the_fixture(rpcmedia_server):
    assert {"rpcmedia.testing", "aiosqlite"} <= set(sys.modules)
"""
    # The plugin of another package that is installed here imports aiohttp by itself.
    assert passed(run(tmp_path, suite, "-p", "no:aiohttp", "-n", "0")) == 2


def test_importing_the_plugin_imports_no_library() -> None:
    script = (
        "import pytest, sys; before = set(sys.modules); import rpcmedia.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['rpcmedia', 'rpcmedia.pytest_plugin']"

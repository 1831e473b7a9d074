"""The scripts of contributors and of CI, as far as running them changes nothing here."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path
    for folder in ("scripts", ".ci")
    for path in (ROOT / folder).iterdir()
    if path.is_file() and b"bash" in path.read_bytes().partition(b"\n")[0]
)
INSTALLED = ROOT / ".venv" / "installed"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_bash_accepts_the_script(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    if Path(sys.prefix) != ROOT / ".venv" or not INSTALLED.is_file():
        pytest.skip("it would install the package; scripts/test has not done so yet")
    environment = os.environ | {"RPCMEDIA_DATA": str(tmp_path / "data"), "RPCMEDIA_PORT": "0"}
    server = subprocess.Popen(
        [ROOT / "scripts" / "serve", "--ephemeral"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        yield server
        server.kill()


def test_serve_shows_a_call_that_works_and_ends_when_it_is_told_to(
    served: subprocess.Popen[str],
) -> None:
    assert served.stdout
    ready, _, shown = (served.stdout.readline().strip() for _ in range(3))
    curl, user_option, user, data_option, body, url = shlex.split(shown)
    assert (curl, user_option, data_option) == ("curl", "-u", "-d")
    assert ready == f"Ready at {url}"

    name, key = user.split(":")
    answer = requests.post(url, body, auth=(name, key), timeout=10)
    assert answer.json() == {"jsonrpc": "2.0", "id": 1, "result": []}

    served.send_signal(signal.SIGTERM)
    assert served.wait(timeout=10) == 0
    # The end of the output is the end of every process that could write to it.
    assert served.stdout.read() == ""


def run_pytest(tests: Path, ci: str) -> subprocess.CompletedProcess[str]:
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", os.devnull]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", tests, tests],
        cwd=ROOT,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
    )


SKIPS = {
    "test_mark.py": "import pytest\n\n@pytest.mark.skip\ndef test_one(): pass\n",
    "test_call.py": "import pytest\n\ndef test_one(): pytest.skip('no')\n",
    "test_module.py": "import pytest\n\npytest.skip('no', allow_module_level=True)\n",
}


def test_a_skipped_test_fails_in_ci_and_only_there(tmp_path: Path) -> None:
    for name, text in SKIPS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "test_runs.py").write_text("def test_one(): pass\n")

    in_ci = run_pytest(tmp_path, ci="true")
    assert in_ci.returncode == pytest.ExitCode.TESTS_FAILED
    _, _, named = in_ci.stdout.partition("skipped, which fails in CI")
    assert all(name in named for name in SKIPS), in_ci.stdout

    elsewhere = run_pytest(tmp_path, ci="")
    assert elsewhere.returncode == pytest.ExitCode.OK, elsewhere.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    (tmp_path / "test_expected.py").write_text(
        "import pytest\n\n@pytest.mark.xfail\ndef test_one(): assert False\n"
    )
    assert run_pytest(tmp_path, ci="true").returncode == pytest.ExitCode.OK

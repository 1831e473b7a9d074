"""A short run of scripts/torture: what was acknowledged outlives SIGKILL."""

import asyncio
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ends import assert_cleans_up
from tests.torture.client import Client
from tests.torture.ledger import Broken, Ledger
from tests.torture.rounds import Torture


async def test_what_was_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    torture = Torture(tmp_path / "d", seed=1)
    result = await torture.run(3)
    assert result.acknowledged > 0
    assert result.images > 0


async def test_no_answer_before_the_kill_breaks_a_promise() -> None:
    client = Client(Ledger("product1", set()), random.Random(1))
    killed = asyncio.Event()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(Broken, match="create was not answered: ClientConnectorError"):
            await client.change_until_it_ends(url, killed)
        with pytest.raises(Broken, match="product1 was not shown: ClientConnectorError"):
            await client.verify(url)
        killed.set()
        await client.change_until_it_ends(url, killed)


def torture(folder: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.torture", "--rounds", "1", *options],
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_data_of_a_broken_promise_are_kept(tmp_path: Path) -> None:
    # With so small a limit every create is refused.
    done = torture(tmp_path, "--serve-option=--max-body=10")
    assert done.returncode == 1, done.stderr
    *_, broken, kept = done.stdout.splitlines()
    [folder] = tmp_path.iterdir()
    assert broken.startswith("BROKEN: ")
    assert kept == f"The data folder is kept: {folder / 'data'}"
    assert (folder / "data" / "rpcmedia.sqlite3").is_file()


def test_a_folder_that_is_there_is_not_touched(tmp_path: Path) -> None:
    done = torture(tmp_path, "--data", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"torture: {tmp_path} is there already; --data names a new folder.\n"
    assert list(tmp_path.iterdir()) == []


async def test_an_end_from_outside_leaves_nothing_behind(tmp_path: Path) -> None:
    await assert_cleans_up(tmp_path, "tests.torture", "--seed", "1")

"""`rpcmedia check`: rows against bytes, and what `--prune` may delete."""

import json
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.cli.process import BASIC, CATALOG, Outcome, Running, run, serve
from tests.faces.bodies import file_of, png
from tests.support import pictures

A, B, GONE = "/a/_/a.png", "/b/_/b.png", "/g/o/gone.png"


async def call(running: Running, name: str, *arguments: Any) -> Any:
    request = {"id": 1, "method": f"product_media.{name}", "params": [None, *arguments]}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{running.url}/api/jsonrpc", json=request, headers=BASIC) as answer,
    ):
        return (await answer.json(content_type=None))["result"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the images A and B, B with new bytes, and the file of a removed image."""
    data = tmp_path_factory.mktemp("served")
    async with serve("--data", data, "--catalog", CATALOG, "--ephemeral") as running:
        for name in ("a", "b", "gone"):
            await call(running, "create", "product1", png(name))
        await call(running, "update", "product1", B, {"file": file_of(pictures.png(2))})
        await call(running, "remove", "product1", GONE)
        await running.stop()
    return data


@pytest.fixture
def data(served: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be spoilt."""
    return shutil.copytree(served, tmp_path / "d")


def media(data: Path, file: str) -> Path:
    return data / "media" / "catalog" / "product" / file[1:]


def kept(data: Path) -> list[str]:
    root = media(data, "/")
    return sorted(f"/{path.relative_to(root)}" for path in root.rglob("*") if path.is_file())


async def check(data: Path, *options: str) -> Outcome:
    return await run("check", "--data", data, *options)


async def report(data: Path, *options: str) -> tuple[int, Any]:
    outcome = await check(data, "--json", *options)
    assert outcome.err == ""
    return outcome.code, json.loads(outcome.out)


CLEAN = {
    "images": 2,
    "missing": [],
    "damaged": [],
    "orphans": [],
    "removed": [GONE],
    "removed_bytes": len(pictures.png()),
    "pruned": 0,
    "clean": True,
}


async def test_a_clean_folder_is_exit_0(data: Path) -> None:
    assert await report(data) == (0, CLEAN)
    outcome = await check(data)
    assert (outcome.code, outcome.err) == (0, "")
    [line] = outcome.out.splitlines()
    assert line.startswith("2 images; 1 files of removed images")
    assert line.endswith("; clean")


async def test_findings_are_exit_1_and_told_by_file(data: Path) -> None:
    media(data, A).unlink()
    media(data, B).write_bytes(pictures.png(3))
    media(data, "/a/_/orphan.png").write_bytes(b"x")
    found = {"missing": [A], "damaged": [B], "orphans": ["/a/_/orphan.png"], "clean": False}
    assert await report(data) == (1, CLEAN | found)
    outcome = await check(data)
    assert (outcome.code, outcome.err) == (1, "")
    assert set(outcome.out.splitlines()[:-1]) == {
        f"no bytes: {A}",
        f"wrong checksum: {B}",
        "no row: /a/_/orphan.png",
    }
    assert outcome.out.splitlines()[-1].endswith("; not clean")


async def test_a_single_changed_byte_is_found(data: Path) -> None:
    content = bytearray(media(data, A).read_bytes())
    content[-20] ^= 1
    media(data, A).write_bytes(content)
    code, found = await report(data)
    assert (code, found["damaged"]) == (1, [A])


async def test_check_alone_deletes_nothing(data: Path) -> None:
    media(data, "/orphan").write_bytes(b"x")
    before = kept(data)
    await check(data)
    assert kept(data) == before


async def test_prune_deletes_orphans_and_removed_files_and_no_others(data: Path) -> None:
    media(data, "/a/_/orphan.png").write_bytes(b"x")
    media(data, "/a/_/pending-1").write_bytes(b"x")
    pruned = {"removed": [], "removed_bytes": 0, "pruned": 3}
    assert await report(data, "--prune") == (0, CLEAN | pruned)
    assert kept(data) == [A, B]
    assert await report(data, "--prune") == (0, CLEAN | pruned | {"pruned": 0})


async def test_prune_reclaims_bytes_and_never_names(data: Path) -> None:
    await check(data, "--prune")
    async with serve("--data", data, "--ephemeral") as running:
        assert await call(running, "create", "product1", png("gone")) == ["/g/o/gone_1.png"]
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{running.url}/media/catalog/product{GONE}") as answer,
        ):
            assert answer.status == 404


async def test_prune_does_not_hide_what_cannot_be_mended(data: Path) -> None:
    media(data, A).unlink()
    code, found = await report(data, "--prune")
    assert (code, found["missing"], found["clean"]) == (1, [A], False)


async def test_check_runs_beside_a_server_and_prune_does_not(data: Path) -> None:
    async with serve("--data", data, "--ephemeral"):
        assert await report(data) == (0, CLEAN)
        line = (await check(data, "--prune")).refused()
        assert str(data) in line
        assert kept(data) == [A, B, GONE]
        assert (await check(data, "--prune", "--json")).refused() == line


async def test_a_folder_that_cannot_be_checked_is_exit_2(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "rpcmedia.sqlite3").write_bytes(b"no database" * 1000)
    for data in (tmp_path / "nosuch", file, damaged, tmp_path):
        assert (await check(data, "--json")).refused().startswith("rpcmedia: ")
    assert not (tmp_path / "nosuch").exists()

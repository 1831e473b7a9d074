"""Folders that a start refuses in one line, and damage that only shows when it is read."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from rpcmedia.settings import Settings
from rpcmedia.wiring import CannotStart, check_folder, running
from tests.cli.process import BASIC, CATALOG, run
from tests.durability.mounts import read_only
from tests.support.server import KEY, USER
from tests.torture.ledger import Change, unique_pictures
from tests.torture.shop import connect

PAGE = 4096
PICTURES = unique_pictures(iter([100] * 10_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few images that was closed cleanly."""
    data = tmp_path_factory.mktemp("sound") / "d"
    settings = Settings(data=data, catalog=Path(CATALOG), port=0, ephemeral=True)
    async with running(settings) as server, connect(server.address) as shop:
        for number in range(30):
            change = Change("create", label=f"Label {number} " * 20, content=next(PICTURES))
            assert "result" in await shop.send(change, "product1")
    return data


@pytest.fixture
def data(sound: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be spoilt."""
    return shutil.copytree(sound, tmp_path / "d")


async def refusal(data: Path) -> str:
    """The one line with which a start on this folder is refused."""
    return (await run("serve", "--data", data, "--port", 0)).refused()


async def test_a_read_only_folder_is_refused(data: Path) -> None:
    with read_only(data):
        assert "Read-only" in await refusal(data)


async def test_a_database_that_lost_its_end_is_refused(data: Path) -> None:
    database = data / "rpcmedia.sqlite3"
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2 // PAGE * PAGE])
    assert "damaged" in await refusal(data)


async def test_a_lock_of_writers_that_cannot_be_opened_is_refused(data: Path) -> None:
    lock = data / "write.lock"
    lock.unlink()
    lock.mkdir()
    assert str(lock) in await refusal(data)


async def test_pictures_without_a_database_are_no_new_shop(data: Path) -> None:
    database = data / "rpcmedia.sqlite3"
    database.write_bytes(b"")
    assert "backup" in await refusal(data)
    database.unlink()
    assert "backup" in await refusal(data)
    assert not database.exists()


def pages(database: Path) -> Iterator[tuple[int, bytes]]:
    """Each page of a database but the first, by its number, and the bytes of the whole file."""
    content = database.read_bytes()
    for number in range(1, len(content) // PAGE):
        yield number, content


def test_the_database_has_pages_to_damage(sound: Path) -> None:
    with sqlite3.connect(sound / "rpcmedia.sqlite3") as rows:
        assert rows.execute("PRAGMA page_size").fetchone() == (PAGE,)
    rows.close()
    assert sum(1 for _ in pages(sound / "rpcmedia.sqlite3")) > 20


@pytest.mark.parametrize("filling", [b"\xff", b"\x00", b"\x0d\x07"], ids=["ff", "00", "a page"])
async def test_whatever_page_is_damaged_the_start_or_the_call_says_so(
    data: Path, capsys: pytest.CaptureFixture[str], filling: bytes
) -> None:
    database = data / "rpcmedia.sqlite3"
    refused = faults = 0
    for number, content in pages(database):
        spoilt = (filling * PAGE)[:PAGE]
        at = number * PAGE
        # A file of its own each time: SQLite keeps what it knows of an open one for the process.
        database.unlink()
        database.write_bytes(content[:at] + spoilt + content[at + PAGE :])
        for extra in ("-wal", "-shm"):
            database.with_name(database.name + extra).unlink(missing_ok=True)
        # Nothing may be pruned by what such rows say.
        with pytest.raises(CannotStart, match="damaged"):
            await check_folder(data, prune=True)
        try:
            async with running(Settings(data=data, port=0, ephemeral=True)) as server:
                faults += await use(server.address)
        except CannotStart as reason:
            assert len(str(reason).splitlines()) == 1
            assert "damaged" in str(reason), reason
            refused += 1
    assert refused > 0
    assert faults > 0
    assert "Traceback" not in "".join(capsys.readouterr())


async def use(url: str) -> int:
    """Call every operation; how many faults told that the database is damaged."""
    picture = Change("create", content=next(PICTURES)).arguments("product1")
    told = 0
    async with ClientSession(headers=BASIC) as http:
        for method, arguments in (
            ("login", [USER, KEY]),
            ("product_media.list", [None, "product1"]),
            ("product_media.list", [None, "product1", "german"]),
            ("product_media.types", [None, 4]),
            ("product_media.info", [None, "product1", "/i/m/image.jpg"]),
            ("product_media.create", [None, *picture]),
            ("product_media.update", [None, "product1", "/i/m/image.jpg", {"label": "New"}]),
            ("product_media.remove", [None, "product1", "/i/m/image_1.jpg"]),
        ):
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": arguments}
            async with http.post(f"{url}/api/jsonrpc", json=request) as answer:
                assert answer.status == 200
                fault = (await answer.json()).get("error")
            if fault:
                assert "/" not in fault["message"]
                told += "damaged" in fault["message"]
        async with http.get(f"{url}/media/catalog/product/i/m/image_2.jpg") as answer:
            assert answer.status in (200, 404, 503)
    return told

import shutil
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faces.bodies import file_of
from tests.support import pictures
from tests.support.server import Server, serving


class Shop:
    """A data folder, changed by a server that ends with each change."""

    def __init__(self, data: Path, first_seed: int = 1) -> None:
        self.data = data
        self._seeds = count(first_seed)

    def new_file(self, name: str = "") -> dict[str, object]:
        return {"file": file_of(pictures.png(next(self._seeds)), name=name)}

    async def create(self, *names: str) -> None:
        async with serving(self.data) as server:
            for name in names:
                assert await server.call(
                    "product_media.create", "product1", self.new_file(name)
                ) == [f"/{name[0]}/_/{name}.png"]

    async def change(self, change: str, *names: str) -> None:
        async with serving(self.data) as server:
            for name in names:
                await self.change_by(server, change, name)

    async def change_by(self, server: Server, change: str, name: str) -> None:
        data = [self.new_file()] if change == "update" else []
        await server.call(f"product_media.{change}", "product1", f"/{name}/_/{name}.png", *data)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the images a, b and c, b with new bytes, and the file of a removed image."""
    shop = Shop(tmp_path_factory.mktemp("made") / "data")
    await shop.create("a", "b", "c", "d")
    await shop.change("update", "b")
    await shop.change("remove", "d")
    return shop.data


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Shop:
    """A copy of that folder, to be changed."""
    return Shop(shutil.copytree(made, tmp_path / "data"), first_seed=100)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Where a backup may be made."""
    return tmp_path / "backup"

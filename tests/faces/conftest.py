"""A running server for the tests of faces."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.controlled import Controlled, controlling
from tests.support.rest import CATALOG as REST_CATALOG
from tests.support.rest import Rest
from tests.support.server import Server, serving


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def controlled(tmp_path: Path) -> AsyncIterator[Controlled]:
    async with controlling(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def rest(tmp_path: Path) -> AsyncIterator[Rest]:
    async with serving(tmp_path / "data", catalog=REST_CATALOG) as running:
        yield Rest(running)

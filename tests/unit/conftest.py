"""A small shop over real stores in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.catalogs import Shop, open_shop

# A busy machine makes an example slow, never wrong.
settings.register_profile("rpcmedia", deadline=None)
settings.load_profile("rpcmedia")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened

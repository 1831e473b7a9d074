from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.server import serving


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """The endpoint of a server that spells its answers as documented."""
    async with serving(tmp_path) as server:
        yield f"{server.url}/api/jsonrpc"

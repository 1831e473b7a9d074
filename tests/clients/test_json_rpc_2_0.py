"""The npm client json-rpc-2.0, run by node."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.clients.example import CHANGED, CHANGES, CREATED, FILE, NEW_IMAGE, NO_SKU, SKU
from tests.support.server import KEY, USER

HERE = Path(__file__).parent
PACKAGE = HERE / "node_modules" / "json-rpc-2.0"

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not PACKAGE.is_dir(),
    reason="node or its package json-rpc-2.0 is missing; scripts/services installs both",
)


async def run_session(url: str) -> Any:
    given = {
        "url": url,
        "user": USER,
        "key": KEY,
        "sku": SKU,
        "noSku": NO_SKU,
        "image": NEW_IMAGE,
        "changes": CHANGES,
    }
    process = await asyncio.create_subprocess_exec(
        "node",
        HERE / "session.mjs",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaint = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, complaint.decode()
    return json.loads(output)


@needs_node
async def test_json_rpc_2_0_can_manage_images_and_meet_faults(url: str) -> None:
    assert await run_session(url) == {
        "created": [FILE],
        "listed": [CREATED],
        "updated": 1,
        "changed": CHANGED,
        "removed": 1,
        "left": [],
        "noProduct": {"code": 101, "message": "Product not exists."},
        "noImage": {
            "code": 103,
            "message": "Requested image not exists in product images' gallery.",
        },
    }

"""The npm client json-rpc-2.0, run by node."""

import shutil

import pytest

from tests.clients.example import CHANGED, CHANGES, CREATED, FILE, NEW_IMAGE, NO_SKU, SKU
from tests.clients.scripts import HERE, run_script
from tests.support.server import KEY, USER

PACKAGE = HERE / "node_modules" / "json-rpc-2.0"

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not PACKAGE.is_dir(),
    reason="node or its package json-rpc-2.0 is missing; scripts/services installs both",
)


@needs_node
async def test_json_rpc_2_0_can_manage_images_and_meet_faults(url: str) -> None:
    given = {
        "url": url,
        "user": USER,
        "key": KEY,
        "sku": SKU,
        "noSku": NO_SKU,
        "image": NEW_IMAGE,
        "changes": CHANGES,
    }
    assert await run_script(given, "node", HERE / "session.mjs") == {
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

"""The npm client soap, run by node."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.clients.example import (
    FILE,
    NO_IMAGE,
    NO_PRODUCT,
    SPELLED_CHANGED,
    SPELLED_CREATED,
    TYPES,
)
from tests.clients.scripts import HERE, run_script
from tests.clients.soap_forms import GIVEN, describing

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (HERE / "node_modules" / "soap").is_dir(),
    reason="node or its package soap is missing; scripts/services installs both",
)


@needs_node
@pytest.mark.parametrize("form", ["v2", "wsi"])
async def test_npm_soap_can_manage_images_and_meet_faults(form: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        steps = await run_script({**GIVEN, "wsdl": wsdl, "form": form}, "node", HERE / "soap.mjs")

    print(steps)

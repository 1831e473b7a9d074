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


def read(value: Any) -> Any:
    """A value without the types that this client shows beside it, and lists as lists."""
    if isinstance(value, list):
        return [read(member) for member in value]
    if not isinstance(value, dict):
        return value
    members = {name: read(member) for name, member in value.items() if name != "attributes"}
    if members.keys() == {"$value"}:
        return members["$value"]
    if len(members) == 1 and members.keys() <= {"item", "complexObjectArray"}:
        (items,) = members.values()
        return items if isinstance(items, list) else [items]
    return members or []


@needs_node
@pytest.mark.parametrize("form", ["v2", "wsi"])
async def test_npm_soap_can_manage_images_and_meet_faults(form: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        steps = await run_script({**GIVEN, "wsdl": wsdl, "form": form}, "node", HERE / "soap.mjs")

    # An element without content is null for this client.
    left = steps.pop("left")
    assert left is None or read(left) == []
    done = 1 if form == "wsi" else True
    assert {name: read(value) for name, value in steps.items()} == {
        "types": TYPES,
        "created": FILE,
        "listed": [SPELLED_CREATED],
        "updated": done,
        "changed": SPELLED_CHANGED,
        "removed": done,
        "noProduct": NO_PRODUCT,
        "noImage": NO_IMAGE,
        "ended": True,
    }

"""The three forms of SOAP: where a server describes them, and what all clients are given."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.clients.example import CHANGES, NEW_IMAGE, NO_SKU, SET, SKU
from tests.support.server import KEY, USER, serving

PATHS = {"v1": "/api/soap", "v2": "/api/v2_soap", "wsi": "/api/v2_soap"}

GIVEN: dict[str, Any] = {
    "user": USER,
    "key": KEY,
    "sku": SKU,
    "noSku": NO_SKU,
    "set": SET,
    "image": {**NEW_IMAGE, "position": "7", "exclude": "0"},
    "changes": {**CHANGES, "position": "2"},
}


@contextlib.asynccontextmanager
async def describing(data: Path, form: str) -> AsyncIterator[str]:
    """The address of the document of a form, on a server that speaks it."""
    async with serving(data, soap_wsi=form == "wsi") as server:
        yield f"{server.url}{PATHS[form]}?wsdl=1"

"""PHP's own SoapClient, for which most of these programs were written."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.example import (
    FILE,
    NO_IMAGE,
    NO_PRODUCT,
    NO_SESSION,
    SPELLED_CHANGED,
    SPELLED_CREATED,
    TYPES,
)
from tests.clients.scripts import HERE, run_script
from tests.clients.soap_forms import GIVEN, describing

PHP_SPEAKS_SOAP = shutil.which("php") is not None and not subprocess.call(
    ["php", "-r", "exit(class_exists('SoapClient') ? 0 : 1);"]
)

needs_php = pytest.mark.skipif(
    not PHP_SPEAKS_SOAP, reason="PHP or its SOAP extension is missing; scripts/services installs it"
)


def listed(form: str, values: list[Any]) -> Any:
    """A list as PHP reads it in a form."""
    if form != "wsi":
        return values
    return {"complexObjectArray": values} if values else {}


def image(form: str, values: dict[str, Any]) -> Any:
    return {**values, "types": listed(form, values["types"])}


@needs_php
@pytest.mark.parametrize("soap_version", ["1.1", "1.2"])
@pytest.mark.parametrize("form", ["v1", "v2", "wsi"])
async def test_php_can_do_everything(form: str, soap_version: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        given = {**GIVEN, "wsdl": wsdl, "form": form, "soapVersion": soap_version}
        steps = await run_script(given, "php", HERE / "soap.php")

    resources, resource_faults, global_faults = (
        steps.pop(name) for name in ("resources", "resourceFaults", "globalFaults")
    )
    done = 1 if form == "wsi" else True
    several = {
        "several": [
            [image(form, SPELLED_CHANGED)],
            {"isFault": True, "faultCode": "101", "faultMessage": "Product not exists."},
        ]
    }
    assert steps == {
        "started": 32,
        "store": 2,
        "types": listed(form, TYPES),
        "empty": listed(form, []),
        "created": FILE,
        "listed": listed(form, [image(form, SPELLED_CREATED)]),
        "updated": done,
        "changed": image(form, SPELLED_CHANGED),
        **(several if form == "v1" else {}),
        "removed": done,
        "left": listed(form, []),
        "noProduct": NO_PRODUCT,
        "noImage": NO_IMAGE,
        "ended": True,
        "afterwards": NO_SESSION,
    }
    print(resources, resource_faults, global_faults)

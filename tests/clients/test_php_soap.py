"""PHP's own SoapClient, for which most of these programs were written."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.gallery.faults import GALLERY_FAULTS, Fault
from rpcmedia.operations.faults import GLOBAL_FAULTS
from rpcmedia.operations.product_media import RESOURCE
from tests.clients.example import (
    FILE,
    NO_IMAGE,
    NO_PRODUCT,
    NO_SESSION,
    SPELLED_CHANGED,
    SPELLED_CREATED,
    TYPES,
)
from tests.clients.scripts import HERE, needs_php, run_script
from tests.clients.soap_forms import GIVEN, describing
from tests.support.soap_messages import Described

METHODS = ["currentStore", "list", "info", "types", "create", "update", "remove"]


def listed(form: str, values: list[Any]) -> Any:
    """A list as PHP reads it in a form."""
    if form != "wsi":
        return values
    return {"complexObjectArray": values} if values else {}


def image(form: str, values: dict[str, Any]) -> Any:
    return {**values, "types": listed(form, values["types"])}


def faults(form: str, declared: tuple[type[Fault], ...]) -> Any:
    return listed(form, [{"code": str(it.number), "message": it.declared} for it in declared])


def names_of_methods(form: str, resources: Any) -> list[str]:
    """The methods in an answer to `resources`, which has one resource."""
    if form == "wsi":
        resources = resources["complexObjectArray"]
        resources[0]["methods"] = resources[0]["methods"]["complexObjectArray"]
    (resource,) = resources
    assert resource["name"] == RESOURCE
    return [method["name"] for method in resource["methods"]]


async def run(form: str, soap_version: str, **place: str) -> Any:
    """What PHP saw in each step, and all its messages; the place is a `wsdl` or a `location`."""
    given = {**GIVEN, **place, "form": form, "soapVersion": soap_version}
    return await run_script(given, "php", HERE / "soap.php")


@needs_php
@pytest.mark.parametrize("soap_version", ["1.1", "1.2"])
@pytest.mark.parametrize("form", ["v1", "v2", "wsi"])
async def test_php_can_do_everything(form: str, soap_version: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        steps = (await run(form, soap_version, wsdl=wsdl))["steps"]

    check_steps(form, steps)


@needs_php
@pytest.mark.parametrize("form", ["v1", "v2"])
async def test_php_can_do_without_a_document(form: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        steps = (await run(form, "1.1", location=wsdl.partition("?")[0]))["steps"]

    check_steps(form, steps)


def check_steps(form: str, steps: dict[str, Any]) -> None:
    """What each step must give."""
    assert names_of_methods(form, steps.pop("resources")) == METHODS
    done = 1 if form == "wsi" else True
    several = [
        [image(form, SPELLED_CHANGED)],
        {"isFault": True, "faultCode": "101", "faultMessage": "Product not exists."},
    ]
    assert steps == {
        "started": 32,
        "store": 2,
        "types": listed(form, TYPES),
        "empty": listed(form, []),
        "created": FILE,
        "listed": listed(form, [image(form, SPELLED_CREATED)]),
        "updated": done,
        "changed": image(form, SPELLED_CHANGED),
        **({"several": several} if form == "v1" else {}),
        "removed": done,
        "left": listed(form, []),
        "resourceFaults": faults(form, GALLERY_FAULTS),
        "globalFaults": faults(form, GLOBAL_FAULTS),
        "noProduct": NO_PRODUCT,
        "noImage": NO_IMAGE,
        "ended": True,
        "afterwards": NO_SESSION,
    }


@needs_php
@pytest.mark.parametrize("form", ["v1", "v2", "wsi"])
async def test_each_message_is_as_the_document_describes_it(form: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        described = await asyncio.to_thread(Described, wsdl)
        messages = (await run(form, "1.1", wsdl=wsdl))["messages"]

    seen = {described.operation_of(*message) for message in messages}

    assert seen == set(described.operations)

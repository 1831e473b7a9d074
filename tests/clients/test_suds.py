"""The client suds-community."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from suds import WebFault
from suds.client import Client
from suds.sudsobject import asdict

from tests.clients.soap_forms import GIVEN, describing


def manage(wsdl: str, form: str) -> None:
    service = Client(wsdl, cache=None).service
    session = service.login(GIVEN["user"], GIVEN["key"])
    media = lambda n: getattr(service, "catalogProductAttributeMedia" + n)
    print(media("Types")(session, "4"))
    im = dict(GIVEN["image"])
    if form == "wsi":
        im["types"] = {"complexObjectArray": im["types"]}
    f = media("Create")(session, GIVEN["sku"], im)
    print(f)
    print(media("List")(session, GIVEN["sku"]))
    print(media("Info")(session, GIVEN["sku"], f))
    print(media("Remove")(session, GIVEN["sku"], f))
    print(media("List")(session, GIVEN["sku"]))
    try:
        media("List")(session, "nope")
    except WebFault as e:
        print(e.fault)


@pytest.mark.parametrize("form", ["v2", "wsi"])
async def test_suds(form: str, tmp_path: Path) -> None:
    async with describing(tmp_path, form) as wsdl:
        await asyncio.to_thread(manage, wsdl, form)

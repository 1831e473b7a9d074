"""The client suds-community."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from suds import WebFault
from suds.client import Client
from suds.sudsobject import Object, asdict

from tests.clients.example import (
    FILE,
    NO_IMAGE,
    NO_PRODUCT,
    SPELLED_CHANGED,
    SPELLED_CREATED,
    TYPES,
)
from tests.clients.soap_forms import GIVEN, describing

SKU = GIVEN["sku"]


def plain(value: Any) -> Any:
    """A value of suds as lists and maps."""
    if isinstance(value, list):
        return [plain(member) for member in value]
    if not isinstance(value, Object):
        return value
    members = {name: plain(member) for name, member in asdict(value).items()}
    return members.get("complexObjectArray", members)


class Session:
    """A session over one form of SOAP."""

    def __init__(self, wsdl: str, form: str) -> None:
        self._client = Client(wsdl, cache=None)
        self._wsi = form == "wsi"
        self._id = self.own("login", GIVEN["user"], GIVEN["key"])

    def own(self, name: str, *arguments: Any) -> Any:
        """The answer of a method of the API itself."""
        return plain(getattr(self._client.service, name)(*arguments))

    def call(self, name: str, *arguments: Any) -> Any:
        """The answer of an operation."""
        return self.own(f"catalogProductAttributeMedia{name}", self._id, *arguments)

    def fault(self, name: str, *arguments: Any) -> dict[str, str]:
        """The fault of an operation."""
        with pytest.raises(WebFault) as caught:
            self.call(name, *arguments)
        fault = caught.value.fault
        return {"code": fault.faultcode, "message": fault.faultstring}

    def data(self, values: dict[str, Any]) -> Any:
        """The values of an image in the types of the document."""
        data = self._client.factory.create("catalogProductAttributeMediaCreateEntity")
        for name, value in values.items():
            setattr(data, name, value)
        if self._wsi:
            data.types = {"complexObjectArray": values["types"]}
        return data


def manage_images(session: Session, done: object, nothing: object) -> None:
    assert session.call("Types", GIVEN["set"]) == TYPES
    assert session.call("Create", SKU, session.data(GIVEN["image"])) == FILE
    assert session.call("List", SKU) == [SPELLED_CREATED]
    assert session.call("Update", SKU, FILE, session.data(GIVEN["changes"])) == done
    assert session.call("Info", SKU, FILE) == SPELLED_CHANGED
    assert session.call("Remove", SKU, FILE) == done
    assert session.call("List", SKU) == nothing
    assert session.fault("List", GIVEN["noSku"]) == NO_PRODUCT
    assert session.fault("Remove", SKU, FILE) == NO_IMAGE


@pytest.mark.parametrize(("form", "done", "nothing"), [("v2", True, []), ("wsi", 1, "")])
async def test_suds_can_manage_images_and_meet_faults(
    form: str, done: object, nothing: object, tmp_path: Path
) -> None:
    def run(wsdl: str) -> None:
        manage_images(Session(wsdl, form), done, nothing)

    async with describing(tmp_path, form) as wsdl:
        await asyncio.to_thread(run, wsdl)


async def test_suds_can_call_version_1(tmp_path: Path) -> None:
    def run(wsdl: str) -> None:
        service = Client(wsdl, cache=None).service
        session = service.login(GIVEN["user"], GIVEN["key"])
        assert service.call(session, "product_media.currentStore", "german") == 2
        # This client knows no maps, and shows their items.
        image_type = service.call(session, "product_media.types", GIVEN["set"])[0]
        assert {pair.key[0]: pair.value[0] for pair in image_type.item} == TYPES[0]
        with pytest.raises(WebFault, match=NO_PRODUCT["message"]):
            service.call(session, "product_media.list", GIVEN["noSku"])

    async with describing(tmp_path, "v1") as wsdl:
        await asyncio.to_thread(run, wsdl)

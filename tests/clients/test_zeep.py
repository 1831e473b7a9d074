"""The client zeep. It fills all parts of a call in version 2, and reads no maps of version 1."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from zeep import Client
from zeep.exceptions import Fault
from zeep.helpers import serialize_object

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


class Session:
    """A session over one form of SOAP, in which lists are written as elements of one name."""

    def __init__(self, wsdl: str, item: str) -> None:
        self._service = Client(wsdl).service
        self._item = item
        self._id = self._service.login(GIVEN["user"], GIVEN["key"])

    def call(self, name: str, *arguments: Any) -> Any:
        """The answer of an operation as lists and maps."""
        operation = self._service[f"catalogProductAttributeMedia{name}"]
        return self._plain(serialize_object(operation(self._id, *arguments), dict))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(member) for member in value]
        if not isinstance(value, dict):
            return value
        members = {name: self._plain(member) for name, member in value.items()}
        return members.get(self._item, members)

    def fault(self, name: str, *arguments: Any) -> dict[str, str]:
        """The fault of an operation."""
        with pytest.raises(Fault) as caught:
            self.call(name, *arguments)
        return {"code": caught.value.code, "message": caught.value.message}

    def data(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values of an image in the types of the document."""
        return {**values, "types": {self._item: values["types"]}}


def manage_images(session: Session, store: list[str], kind: list[str], done: object) -> None:
    """`store` and `kind` are what stands for a store view and for an identifier type."""
    assert session.call("Types", GIVEN["set"]) == TYPES
    image, changes = session.data(GIVEN["image"]), session.data(GIVEN["changes"])
    assert session.call("Create", SKU, image, *store, *kind) == FILE
    assert session.call("List", SKU, *store, *kind) == [SPELLED_CREATED]
    assert session.call("Update", SKU, FILE, changes, *store, *kind) == done
    assert session.call("Info", SKU, FILE, *store, *kind) == SPELLED_CHANGED
    assert session.call("Remove", SKU, FILE, *kind) == done
    assert not session.call("List", SKU, *store, *kind)
    assert session.fault("List", GIVEN["noSku"], *store, *kind) == NO_PRODUCT
    assert session.fault("Remove", SKU, FILE, *kind) == NO_IMAGE


async def test_zeep_can_manage_images_and_meet_faults(tmp_path: Path) -> None:
    def run(wsdl: str) -> None:
        manage_images(Session(wsdl, "item"), [""], [""], True)

    async with describing(tmp_path, "v2") as wsdl:
        await asyncio.to_thread(run, wsdl)


async def test_zeep_can_speak_the_wsi_form(tmp_path: Path) -> None:
    def run(wsdl: str) -> None:
        manage_images(Session(wsdl, "complexObjectArray"), [], [], 1)

    async with describing(tmp_path, "wsi") as wsdl:
        await asyncio.to_thread(run, wsdl)


async def test_zeep_can_call_what_answers_no_map_in_version_1(tmp_path: Path) -> None:
    def run(wsdl: str) -> None:
        service = Client(wsdl).service
        session = service.login(GIVEN["user"], GIVEN["key"])
        assert service.call(session, "product_media.currentStore", "german") == 2

    async with describing(tmp_path, "v1") as wsdl:
        await asyncio.to_thread(run, wsdl)

"""The client jsonrpcclient with requests as its transport."""

import asyncio
from typing import Any

import pytest
import requests
from jsonrpcclient import Error, Ok, parse, request

from tests.clients.example import CHANGED, CHANGES, CREATED, FILE, NEW_IMAGE, NO_SKU, SKU
from tests.support.server import KEY, USER


class Session:
    """A session over one connection."""

    def __init__(self, url: str, http: requests.Session) -> None:
        self._url = url
        self._http = http
        self.id = self.result(request("login", params=(USER, KEY)))

    def send(self, message: Any) -> Any:
        """The parsed answer, or answers, to a request."""
        answer = self._http.post(self._url, json=message, timeout=10)
        return parse(answer.json())

    def result(self, message: Any) -> Any:
        """The result of a request; fails for an error."""
        answer = self.send(message)
        assert isinstance(answer, Ok), answer
        assert answer.id == message["id"]
        return answer.result

    def message(self, path: str, *arguments: Any) -> Any:
        """A request for an operation in this session."""
        return request("call", params=(self.id, path, arguments))

    def call(self, path: str, *arguments: Any) -> Any:
        """The result of an operation; fails for an error."""
        return self.result(self.message(path, *arguments))


def manage_images(url: str) -> None:
    with requests.Session() as http:
        session = Session(url, http)
        assert session.call("product_media.create", SKU, NEW_IMAGE) == [FILE]
        assert session.call("product_media.list", SKU) == [CREATED]
        assert session.call("product_media.update", SKU, FILE, CHANGES) == 1
        assert session.call("product_media.info", SKU, FILE) == CHANGED
        assert session.call("product_media.remove", SKU, FILE) == 1
        assert session.call("product_media.list", SKU) == []


def meet_a_fault(url: str) -> None:
    with requests.Session() as http:
        session = Session(url, http)
        message = session.message("product_media.list", NO_SKU)
        answer = session.send(message)
        assert answer == Error(101, "Product not exists.", None, message["id"])


def send_a_batch(url: str) -> None:
    with requests.Session() as http:
        session = Session(url, http)
        batch = [
            session.message("product_media.create", SKU, NEW_IMAGE),
            session.message("product_media.list", NO_SKU),
            session.message("product_media.list", SKU),
        ]
        created, fault, listed = session.send(batch)
    assert created == Ok([FILE], batch[0]["id"])
    assert (fault.code, fault.id) == (101, batch[1]["id"])
    assert listed == Ok([CREATED], batch[2]["id"])


@pytest.mark.parametrize("use", [manage_images, meet_a_fault, send_a_batch])
async def test_jsonrpcclient_can(use: Any, url: str) -> None:
    await asyncio.to_thread(use, url)

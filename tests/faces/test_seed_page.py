"""The examples of the API page, played as they are printed against the documented profile."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import file_of, text_of
from tests.support import pictures
from tests.support.seed_page import CONTENT, EXAMPLES, SESSION, Example
from tests.support.server import FIXTURES, Server, serving

BLACKBERRY = "/b/l/blackberry8100_2.jpg"


@dataclass
class Shop:
    """A server in the state that the page starts from, and a session."""

    server: Server
    session: str

    async def play(self, example: Example) -> str:
        """The answer to an example's request as it is printed, with a real session and image."""
        request = example.request.replace(SESSION, self.session)
        # A PNG declared as a JPEG: the page answers image.png to exactly that.
        request = request.replace(CONTENT, text_of(pictures.png()))
        status, answer = await self.server.post(request)
        assert status == 200
        return answer

    async def call(self, path: str, *arguments: Any) -> Any:
        params = [self.session, f"product_media.{path}", arguments]
        request = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
        return (await self.server.send(request))["result"]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with serving(tmp_path, catalog=FIXTURES / "seed-catalog.json") as server:
        params = ["test-user", "test-key-for-tests-only"]
        login = await server.send({"jsonrpc": "2.0", "id": 1, "method": "login", "params": params})
        shop = Shop(server, login["result"])
        data = {
            "file": file_of(pictures.jpeg(), "image/jpeg", name="blackberry8100_2"),
            "types": ["image", "thumbnail"],
            "exclude": 0,
        }
        assert await shop.call("create", "product2", data) == [BLACKBERRY]
        yield shop


def normal(text: str) -> str:
    """JSON in one line, with the order of its members and the types of its numbers kept."""
    return json.dumps(json.loads(text))


async def test_every_example_is_answered_as_it_is_printed(shop: Shop) -> None:
    assert [example.name for example in EXAMPLES] == ["list", "types", "create", "update", "remove"]
    for example in EXAMPLES:
        assert normal(await shop.play(example)) == normal(example.response), example.name


async def test_the_examples_do_what_the_page_says(shop: Shop) -> None:
    for example in EXAMPLES:
        await shop.play(example)
    # Only the created image is left, as the update left it; it took over the thumbnail.
    assert await shop.call("list", "product2") == [
        {
            "file": "/i/m/image.png",
            "position": 100,
            "exclude": 1,
            "url": "http://magentohost/media/catalog/product/i/m/image.png",
            "types": ["thumbnail"],
        }
    ]
    assert await shop.call("list", "product1") == []


async def test_the_create_example_takes_the_thumbnail_from_the_older_image(shop: Shop) -> None:
    create = next(example for example in EXAMPLES if example.name == "create")
    await shop.play(create)
    older, newer = await shop.call("list", "product2")
    assert (older["file"], older["types"]) == (BLACKBERRY, ["image"])
    assert (newer["file"], newer["types"]) == ("/i/m/image.png", ["thumbnail"])
    assert (newer["position"], newer["exclude"]) == (100, 0)


async def test_a_real_jpeg_in_the_create_example_is_named_as_a_jpeg(shop: Shop) -> None:
    create = next(example for example in EXAMPLES if example.name == "create")
    request = create.request.replace(SESSION, shop.session)
    request = request.replace(CONTENT, text_of(pictures.jpeg()))
    _, answer = await shop.server.post(request)
    assert json.loads(answer)["result"] == ["/i/m/image.jpg"]


async def test_the_page_session_itself_is_expired(shop: Shop) -> None:
    for example in EXAMPLES:
        status, answer = await shop.server.post(example.request)
        assert status == 200
        assert normal(answer) == (
            '{"jsonrpc": 2.0, "id": 1234,'
            ' "error": {"code": 5, "message": "Session expired. Try to relogin."}}'
        )


ERRORS: list[tuple[str, list[Any], int, str]] = [
    ("list", ["product9"], 101, "Product not exists."),
    ("list", ["product2", "nowhere"], 100, "Requested store view not found."),
    ("create", ["product9", {}], 101, "Product not exists."),
    ("create", ["product2", {}, "nowhere"], 100, "Requested store view not found."),
    ("update", ["product9", BLACKBERRY, {}], 101, "Product not exists."),
    (
        "update",
        ["product2", "/n/o/no.jpg", {}],
        103,
        "Requested image not exists in product images' gallery.",
    ),
    ("remove", ["product9", BLACKBERRY], 101, "Product not exists."),
    (
        "remove",
        ["product2", "/n/o/no.jpg"],
        103,
        "Requested image not exists in product images' gallery.",
    ),
]


@pytest.mark.parametrize(("path", "arguments", "code", "message"), ERRORS)
async def test_the_faults_of_the_page_have_its_codes_and_messages(
    shop: Shop, path: str, arguments: list[Any], code: int, message: str
) -> None:
    params = [shop.session, f"product_media.{path}", arguments]
    request = {"jsonrpc": 2.0, "id": 1234, "method": "call", "params": params}
    assert await shop.server.send(request) == {
        "jsonrpc": 2.0,
        "id": 1234,
        "error": {"code": code, "message": message},
    }

"""Many connections at once on one product: each call has its effect, whole, and no other."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from rpcmedia.gallery.check import check_gallery
from tests.faces.bodies import file_of, png
from tests.support import pictures
from tests.support.server import Server

CONNECTIONS = 32
DONE = {"jsonrpc": "2.0", "id": 1, "result": 1}
GONE = 103
A, B = "/a/_/a.png", "/b/_/b.png"


async def create(server: Server, name: str, **values: Any) -> str:
    [file] = await server.call("product_media.create", "product1", png(name, **values))
    return str(file)


def update(server: Server, file: str, change: dict[str, Any]) -> Awaitable[Any]:
    return server.ask("product_media.update", "product1", file, change)


def remove(server: Server, file: str) -> Awaitable[Any]:
    return server.ask("product_media.remove", "product1", file)


async def media(server: Server, file: str) -> bytes:
    async with server.http.get(f"{server.url}/media/catalog/product{file}") as answer:
        assert answer.status == 200
        return await answer.read()


async def listed(server: Server) -> list[dict[str, Any]]:
    images = await server.call("product_media.list", "product1")
    assert isinstance(images, list)
    return images


async def assert_clean(server: Server) -> None:
    report = await check_gallery(server.folder.rows, server.folder.files)
    assert report.clean, report


def done(answers: list[Any]) -> int:
    """How many succeeded; all others were told that the image is gone."""
    refused = [answer["error"]["code"] for answer in answers if answer != DONE]
    assert refused == [GONE] * len(refused)
    return len(answers) - len(refused)


async def test_creates_of_one_name_have_names_positions_and_bytes_of_their_own(
    server: Server,
) -> None:
    contents = [pictures.png(seed) for seed in range(CONNECTIONS)]

    async def upload(content: bytes) -> str:
        data = {"file": file_of(content, name="crowd")}
        [file] = await server.call("product_media.create", "product1", data)
        return str(file)

    files = await asyncio.gather(*map(upload, contents))

    numbered = [f"/c/r/crowd_{number}.png" for number in range(1, CONNECTIONS)]
    assert sorted(files) == sorted(["/c/r/crowd.png", *numbered])
    assert [await media(server, file) for file in files] == contents
    images = await listed(server)
    assert sorted(image["file"] for image in images) == sorted(files)
    assert [image["position"] for image in images] == [*range(1, CONNECTIONS + 1)]
    await assert_clean(server)


async def test_creates_that_give_one_position_all_have_it(server: Server) -> None:
    names = [f"n{number}" for number in range(CONNECTIONS)]
    files = await asyncio.gather(*(create(server, name, position=7) for name in names))
    images = await listed(server)
    assert sorted(image["file"] for image in images) == sorted(files)
    assert {image["position"] for image in images} == {7}


async def test_one_of_many_removals_removes(server: Server) -> None:
    for file in (await create(server, "a"), await create(server, "a")):
        answers = await asyncio.gather(*(remove(server, file) for _ in range(CONNECTIONS)))
        assert done(answers) == 1
    assert await listed(server) == []
    await assert_clean(server)


async def test_an_update_beside_a_removal_is_done_before_it_or_told_that_the_image_is_gone(
    server: Server,
) -> None:
    contents = [pictures.png(seed) for seed in range(2, CONNECTIONS)]
    for _ in range(4):
        file = await create(server, "a")
        calls = [update(server, file, {"file": file_of(content)}) for content in contents]
        calls.insert(len(calls) // 2, remove(server, file))
        answers = await asyncio.gather(*calls)
        assert answers.pop(len(contents) // 2) == DONE
        pairs = zip(answers, contents, strict=True)
        kept = [content for answer, content in pairs if answer == DONE]
        assert done(answers) == len(kept)
        assert await media(server, file) in (kept or [pictures.png()])
        assert await listed(server) == []
    await assert_clean(server)


async def test_updates_of_different_values_all_stay(server: Server) -> None:
    file = await create(server, "a")
    changes = ({"label": "new"}, {"position": 9}, {"exclude": 0}, {"types": ["image"]})
    content = {"file": file_of(pictures.png(2))}
    updates = (update(server, file, change) for change in (*changes, content))
    assert await asyncio.gather(*updates) == [DONE] * 5
    [image] = await listed(server)
    del image["url"]
    values = {"label": "new", "position": 9, "exclude": 0, "types": ["image"]}
    assert image == {"file": file, **values}
    assert await media(server, file) == pictures.png(2)


async def test_bytes_and_label_of_the_last_of_many_updates_belong_together(server: Server) -> None:
    file = await create(server, "a")
    contents = {str(seed): pictures.png(seed) for seed in range(2, CONNECTIONS)}
    changes = [{"label": label, "file": file_of(made)} for label, made in contents.items()]
    answers = await asyncio.gather(*(update(server, file, change) for change in changes))
    assert answers == [DONE] * len(contents)
    [image] = await listed(server)
    assert await media(server, file) == contents[image["label"]]
    await assert_clean(server)


async def test_an_image_type_that_many_take_is_held_by_one_image_at_every_moment(
    server: Server,
) -> None:
    for name in ("a", "b"):
        await create(server, name, types=["image"])
    taking = [update(server, file, {"types": ["image"]}) for file in (A, B) * 16]
    looking = [listed(server) for _ in range(CONNECTIONS)]
    mixed = [call for pair in zip(taking, looking, strict=True) for call in pair]
    answers = await asyncio.gather(*mixed)
    assert answers[::2] == [DONE] * CONNECTIONS
    for images in (*answers[1::2], await listed(server)):
        assert sorted(image["types"] for image in images) == [[], ["image"]]


async def test_sessions_of_many_logins_are_distinct_and_all_work(server: Server) -> None:
    login = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": ["apiuser", "apikey123"]}
    answers = await asyncio.gather(*(server.send(login) for _ in range(CONNECTIONS)))
    ids = {answer["result"] for answer in answers}
    assert len(ids) == CONNECTIONS
    calls = (
        {"jsonrpc": "2.0", "id": 1, "method": "product_media.list", "params": [one, "product1"]}
        for one in ids
    )
    empty = {"jsonrpc": "2.0", "id": 1, "result": []}
    assert await asyncio.gather(*map(server.send, calls)) == [empty] * CONNECTIONS

"""What a store view sees and changes: values fall back to the default one by one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import file_of, png
from tests.support import pictures
from tests.support.server import Server, serving

A, B = "/a/_/a.png", "/b/_/b.png"
VIEWS = ("admin", "default", "german")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Server]:
    """A product with two images, in a profile that shows empty values as they are."""
    async with serving(tmp_path, profile="openmage") as server:
        for name, types in (("a", ["image", "thumbnail"]), ("b", ["small_image"])):
            data = png(name, label=name.upper(), exclude=0, types=types)
            await server.call("product_media.create", "product1", data)
        yield server


async def update(server: Server, file: str, change: dict[str, Any], *store: Any) -> None:
    assert await server.call("product_media.update", "product1", file, change, *store) is True


async def seen(server: Server, member: str, file: str = A) -> list[Any]:
    """One member of an image as admin, default and german see it."""
    return [
        (await server.call("product_media.info", "product1", file, view))[member] for view in VIEWS
    ]


async def test_store_views_follow_the_default(shop: Server) -> None:
    listings = [await shop.call("product_media.list", "product1", view) for view in VIEWS]
    assert listings[0] == listings[1] == listings[2]
    assert len(listings[0]) == 2
    await update(shop, A, {"label": "new", "position": 9, "exclude": 1, "types": []})
    for member, value in (("label", "new"), ("position", "9"), ("exclude", "1"), ("types", [])):
        assert await seen(shop, member) == [value] * 3


@pytest.mark.parametrize("store", [2, "2", "german"])
async def test_a_change_in_one_store_view_is_seen_there_only(shop: Server, store: Any) -> None:
    await update(shop, A, {"label": "deutsch", "position": 9, "exclude": 1}, store)
    assert await seen(shop, "label") == ["A", "A", "deutsch"]
    assert await seen(shop, "position") == ["1", "1", "9"]
    assert await seen(shop, "exclude") == ["0", "0", "1"]
    assert await seen(shop, "label", B) == ["B", "B", "B"]


async def test_a_change_in_a_store_view_writes_only_the_values_it_names(shop: Server) -> None:
    # The reference copies all others into the store view, where they no longer follow.
    await update(shop, A, {"label": "deutsch"}, "german")
    await update(shop, A, {"label": "new", "position": 9, "exclude": 1, "types": ["image"]})
    await update(shop, B, {"label": "too", "types": ["thumbnail"]})
    assert await seen(shop, "label") == ["new", "new", "deutsch"]
    assert await seen(shop, "position") == ["9"] * 3
    assert await seen(shop, "exclude") == ["1"] * 3
    assert await seen(shop, "types") == [["image"]] * 3
    assert await seen(shop, "label", B) == ["too"] * 3
    assert await seen(shop, "types", B) == [["thumbnail"]] * 3


async def test_an_empty_label_in_a_store_view_means_the_default_again(shop: Server) -> None:
    await update(shop, A, {"label": "deutsch"}, "german")
    await update(shop, A, {"label": ""}, "german")
    assert await seen(shop, "label") == ["A", "A", "A"]
    await update(shop, A, {"label": "deutsch"}, "german")
    await update(shop, A, {"label": None}, "german")
    assert await seen(shop, "label") == ["A", "A", "deutsch"]


async def test_a_store_view_has_its_own_types(shop: Server) -> None:
    await update(shop, B, {"types": ["image"]}, "german")
    assert await seen(shop, "types", A) == [["image", "thumbnail"]] * 2 + [["thumbnail"]]
    assert await seen(shop, "types", B) == [["small_image"]] * 2 + [["image"]]
    # What german decided stays, what it did not goes on following.
    await update(shop, B, {"types": ["image", "small_image", "thumbnail"]})
    assert await seen(shop, "types", A) == [[], [], []]
    every = ["image", "small_image", "thumbnail"]
    assert await seen(shop, "types", B) == [every, every, ["image", "thumbnail"]]


async def test_types_cleared_in_a_store_view_do_not_fall_back(shop: Server) -> None:
    await update(shop, A, {"types": []}, "german")
    assert await seen(shop, "types") == [["image", "thumbnail"]] * 2 + [[]]
    await update(shop, A, {"types": ["image"]})
    assert await seen(shop, "types") == [["image"]] * 2 + [[]]


async def test_each_store_view_has_its_own_order(shop: Server) -> None:
    await update(shop, A, {"position": 3}, "german")
    orders = [
        [image["file"] for image in await shop.call("product_media.list", "product1", view)]
        for view in VIEWS
    ]
    assert orders == [[A, B], [A, B], [B, A]]


async def test_an_image_made_in_a_store_view_has_values_only_there(shop: Server) -> None:
    data = png("g", label="G", position=5, exclude=0, types=["image"])
    assert await shop.call("product_media.create", "product1", data, "german") == "/g/_/g.png"
    for view in ("admin", "default"):
        images = await shop.call("product_media.list", "product1", view)
        # Without a position it comes first.
        assert [image["file"] for image in images] == ["/g/_/g.png", A, B]
        values = [images[0][name] for name in ("label", "position", "exclude", "types")]
        assert values == ["", "", "", []]
        assert images[1]["types"] == ["image", "thumbnail"]
    images = await shop.call("product_media.list", "product1", "german")
    assert [image["file"] for image in images] == [A, B, "/g/_/g.png"]
    values = [images[2][name] for name in ("label", "position", "exclude", "types")]
    assert values == ["G", "5", "0", ["image"]]
    assert images[0]["types"] == ["thumbnail"]


async def test_a_position_in_a_store_view_is_one_more_than_the_highest_seen_there(
    shop: Server,
) -> None:
    await update(shop, A, {"position": 50}, "german")
    await shop.call("product_media.create", "product1", png("g"), "german")
    assert await seen(shop, "position", "/g/_/g.png") == ["", "", "51"]
    await shop.call("product_media.create", "product1", png("h"))
    assert await seen(shop, "position", "/h/_/h.png") == ["3", "3", "3"]


async def test_documented_shows_values_that_are_nowhere_as_numbers(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        await server.call("product_media.create", "product1", png("g", label="G"), "german")
        [image] = await server.call("product_media.list", "product1")
    # A client of that profile reads integers; there is no label to show.
    assert image == {
        "file": "/g/_/g.png",
        "position": 0,
        "exclude": 0,
        "url": "http://address/media/catalog/product/g/_/g.png",
        "types": [],
    }


async def test_bytes_are_the_same_in_every_store_view(shop: Server) -> None:
    await update(shop, A, {"file": file_of(pictures.png(2)), "label": "deutsch"}, "german")
    async with shop.http.get(f"{shop.url}/media/catalog/product{A}") as answer:
        assert await answer.read() == pictures.png(2)
    assert await seen(shop, "label") == ["A", "A", "deutsch"]


async def test_remove_removes_from_every_store_view(shop: Server) -> None:
    # The reference keeps an image that another store view still uses, and answers true.
    await update(shop, A, {"types": ["image"], "label": "deutsch"}, "german")
    assert await shop.call("product_media.remove", "product1", A) is True
    for view in VIEWS:
        [left] = await shop.call("product_media.list", "product1", view)
        assert (left["file"], left["types"]) == (B, ["small_image"])


async def test_a_file_is_found_in_every_store_view(shop: Server) -> None:
    await shop.call("product_media.create", "product1", png("g"), "german")
    for view in VIEWS:
        await update(shop, "/g/_/g.png", {"label": view}, view)
    assert await seen(shop, "label", "/g/_/g.png") == ["admin", "default", "german"]

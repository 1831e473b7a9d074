"""How values are read: PHP's casts, clamps, defaults, and image types."""

from typing import Any

import pytest

from tests.faces.bodies import png
from tests.support.server import Server

FILE = "/a/_/a.png"


async def created(server: Server, **values: Any) -> Any:
    """The image map of a new image with these values."""
    await server.call("product_media.create", "product1", png("a", **values))
    return await server.call("product_media.info", "product1", FILE)


async def updated(server: Server, **values: Any) -> Any:
    """The image map of an image after an update to these values."""
    await server.call("product_media.create", "product1", png("a", label="L", position=77))
    assert await server.call("product_media.update", "product1", FILE, values) == 1
    return await server.call("product_media.info", "product1", FILE)


both = pytest.mark.parametrize("write", [created, updated])


@both
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (5, 5),
        ("5", 5),
        (" 9", 9),
        ("7abc", 7),
        ("abc", 0),
        ("", 0),
        ("NaN", 0),
        ("٣", 0),
        (0, 0),
        ("0", 0),
        (-3, 0),
        ("-4", 0),
        (1.5, 1),
        ("1.5", 1),
        (1e3, 1000),
        ("1e3", 1000),
        (True, 1),
        (False, 0),
        ([], 0),
        ([3], 1),
        ({}, 0),
        (2147483648, 2147483648),
        (4294967295, 4294967295),
        (4294967296, 4294967295),
        (99999999999999999999, 4294967295),
        ("9" * 5000, 4294967295),
    ],
)
async def test_a_position_is_cast_and_clamped(
    server: Server, write: Any, given: Any, kept: int
) -> None:
    assert (await write(server, position=given))["position"] == kept


@both
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1, 1),
        ("1", 1),
        (True, 1),
        ([1], 1),
        (1.9, 1),
        (0, 0),
        ("0", 0),
        (False, 0),
        ("", 0),
        ("abc", 0),
        ("true", 0),
        ("yes", 0),
        ([], 0),
        (2, 2),
        (-1, 0),
        (99999, 65535),
    ],
)
async def test_an_exclusion_is_cast_and_clamped(
    server: Server, write: Any, given: Any, kept: int
) -> None:
    assert (await write(server, exclude=given))["exclude"] == kept


@both
@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"disabled": 0}, 0),
        ({"disabled": 1}, 1),
        ({"disabled": 1, "exclude": 0}, 0),
        ({"exclude": 1, "disabled": 0}, 1),
        ({"disabled": 0, "exclude": None}, 0),
    ],
)
async def test_disabled_is_another_name_for_exclude(
    server: Server, write: Any, values: dict[str, Any], kept: int
) -> None:
    assert (await write(server, **values))["exclude"] == kept


@both
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("  not trimmed \n", "  not trimmed \n"),
        ("<b>bold</b> & \"q\" 's'", "<b>bold</b> & \"q\" 's'"),
        ("Ünï “ö” 漢字 😀", "Ünï “ö” 漢字 😀"),
        ("control \x01\x1f\t", "control \x01\x1f\t"),
        ("0", "0"),
        (12, "12"),
        (1.5, "1.5"),
        (1.0, "1"),
        (True, "1"),
        ([], "Array"),
        (["a"], "Array"),
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 255),
        ("😀" * 300, "😀" * 255),
        ("ä" * 5000, "ä" * 255),
    ],
)
async def test_a_label_is_a_string_of_at_most_255_characters(
    server: Server, write: Any, given: Any, kept: str
) -> None:
    assert (await write(server, label=given))["label"] == kept


@pytest.mark.parametrize("given", ["", False, None])
async def test_an_empty_label_is_no_label(server: Server, given: Any) -> None:
    assert "label" not in await created(server, label=given)


@pytest.mark.parametrize("given", ["", False])
async def test_a_label_can_be_emptied(server: Server, given: Any) -> None:
    assert "label" not in await updated(server, label=given)


async def test_a_new_image_comes_last_and_is_excluded_and_has_no_type(server: Server) -> None:
    for position in (1, 2):
        await server.call("product_media.create", "product1", png(f"n{position}"))
    await server.call("product_media.create", "product1", png("far", position=70))
    await server.call("product_media.create", "product1", png("near", position=3))
    await server.call("product_media.create", "product2", png("elsewhere"))
    last = await created(server, position=None, exclude=None, label=None, types=None)
    assert (last["position"], last["exclude"], last["types"]) == (71, 1, [])
    images = await server.call("product_media.list", "product1")
    assert [image["position"] for image in images] == [1, 2, 3, 70, 71]
    [other] = await server.call("product_media.list", "product2")
    assert other["position"] == 1


async def test_the_highest_position_stays_the_highest(server: Server) -> None:
    await server.call("product_media.create", "product1", png("end", position=4294967295))
    assert (await created(server))["position"] == 4294967295


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["image"], ["image"]),
        (["thumbnail", "image"], ["image", "thumbnail"]),
        (["thumbnail", "small_image", "image"], ["image", "small_image", "thumbnail"]),
        (["image", "image"], ["image"]),
        ({"a": "image", "b": "thumbnail"}, ["image", "thumbnail"]),
        (["Image", "nope", "", 5, None, True, ["image"], " image"], []),
        (["nope", "small_image"], ["small_image"]),
        ([], []),
        ({}, []),
        ({"image": 1}, []),
    ],
)
@both
async def test_types_are_the_known_codes_in_the_order_of_the_attribute_set(
    server: Server, write: Any, given: Any, kept: list[str]
) -> None:
    assert (await write(server, types=given))["types"] == kept


async def test_create_takes_one_type_as_a_string_and_update_does_not(server: Server) -> None:
    assert (await created(server, types="image"))["types"] == ["image"]
    await server.call("product_media.update", "product1", FILE, {"types": "thumbnail"})
    assert (await server.call("product_media.info", "product1", FILE))["types"] == ["image"]


@pytest.mark.parametrize("given", [None, 5, True, "nope"])
async def test_other_values_give_a_new_image_no_types(server: Server, given: Any) -> None:
    assert (await created(server, types=given))["types"] == []


async def types_by_file(server: Server, *arguments: Any) -> dict[str, list[str]]:
    images = await server.call("product_media.list", *arguments)
    return {image["file"]: image["types"] for image in images}


async def test_a_type_belongs_to_one_image_and_moves_to_the_last_that_claims_it(
    server: Server,
) -> None:
    every = ["image", "small_image", "thumbnail"]
    await server.call("product_media.create", "product1", png("a", types=every))
    await server.call("product_media.create", "product1", png("b", types=["image"]))
    b = "/b/_/b.png"
    assert await types_by_file(server, "product1") == {FILE: every[1:], b: ["image"]}
    await server.call("product_media.update", "product1", b, {"types": ["thumbnail"]})
    # The image type is free now: an update replaces all types of its image.
    assert await types_by_file(server, "product1") == {FILE: ["small_image"], b: ["thumbnail"]}
    await server.call("product_media.update", "product1", FILE, {"types": []})
    assert await types_by_file(server, "product1") == {FILE: [], b: ["thumbnail"]}
    await server.call("product_media.update", "product1", b, {"types": ["nope"]})
    assert await types_by_file(server, "product1") == {FILE: [], b: []}


async def test_an_attribute_set_without_types_gives_none(server: Server) -> None:
    await server.call("product_media.create", "notypes1", png("a", types=["image"]))
    assert await types_by_file(server, "notypes1") == {FILE: []}


async def test_types_of_one_product_say_nothing_of_another(server: Server) -> None:
    await server.call("product_media.create", "product1", png("a", types=["image"]))
    await server.call("product_media.create", "product2", png("b", types=["image"]))
    assert await types_by_file(server, "product1") == {FILE: ["image"]}

"""`rpcmedia catalog`: loading what must exist, and showing what does."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import CATALOG, run
from tests.support.server import FIXTURES

SMALL: dict[str, Any] = {
    "base_url": "https://shop.test",
    "store_views": [{"id": 0, "code": "admin"}, {"id": 7, "code": "seven"}],
    "attribute_sets": [
        {"id": 4, "name": "Set", "gallery": True, "image_types": [{"code": "a", "scope": "store"}]}
    ],
    "products": [{"id": 3, "sku": "ürün", "attribute_set_id": 4}],
    "users": [{"username": "one", "key": "key-1", "permissions": ["all"]}],
}


def file_with(folder: Path, content: object) -> Path:
    file = folder / "catalog.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return file


async def load(data: Path, file: Path | str) -> str:
    outcome = await run("catalog", "load", "--data", data, file)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


async def show(data: Path) -> Any:
    outcome = await run("catalog", "show", "--data", data)
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


@pytest.mark.parametrize("file", [CATALOG, str(FIXTURES / "seed-catalog.json")])
async def test_a_second_load_changes_nothing(tmp_path: Path, file: str) -> None:
    assert await load(tmp_path, file) != "0 changed\n"
    before = await show(tmp_path)
    assert await load(tmp_path, file) == "0 changed\n"
    assert await show(tmp_path) == before


async def test_show_tells_what_was_loaded_without_keys(tmp_path: Path) -> None:
    await load(tmp_path / "d", file_with(tmp_path, SMALL))
    expected = json.loads(json.dumps(SMALL))
    expected["users"] = [{"username": "one", "permissions": ["all"], "active": True}]
    assert await show(tmp_path / "d") == expected


async def test_what_show_prints_can_be_loaded(tmp_path: Path) -> None:
    await load(tmp_path / "d", file_with(tmp_path, SMALL))
    shown = await run("catalog", "show", "--data", tmp_path / "d")
    # Into the same folder it changes nothing: users without a key keep theirs.
    assert await load(tmp_path / "d", file_with(tmp_path, shown.out)) == "0 changed\n"
    # Into a new one, the users come first, for nobody knows their keys.
    await run("user", "add", "--data", tmp_path / "e", "one", stdin="key-1\n")
    await load(tmp_path / "e", file_with(tmp_path, shown.out))
    assert await show(tmp_path / "e") == json.loads(shown.out)


async def test_a_load_changes_what_it_names_and_removes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "d"
    await load(data, file_with(tmp_path, SMALL))
    change = {
        "attribute_sets": [{"id": 4, "name": "New", "image_types": [{"code": "b"}]}],
        "products": [{"id": 9, "sku": "nine", "attribute_set_id": 4}],
    }
    assert await load(data, file_with(tmp_path, change)) != "0 changed\n"
    found = await show(data)
    assert found["base_url"] == "https://shop.test"
    assert [product["sku"] for product in found["products"]] == ["ürün", "nine"]
    assert [view["code"] for view in found["store_views"]] == ["admin", "seven"]
    [attribute_set] = found["attribute_sets"]
    assert attribute_set["name"] == "New"
    assert attribute_set["image_types"] == [{"code": "b", "scope": "store"}]
    assert [user["username"] for user in found["users"]] == ["one"]


SETS = SMALL["attribute_sets"]
BAD: list[tuple[object, str]] = [
    ("nonsense", "catalog.json"),
    ("[]", "catalog.json"),
    ('{"products": 5}', "products"),
    ({"products": [{"id": 1, "attribute_set_id": 4}]}, "sku"),
    ({"products": [{"id": "1", "sku": "a", "attribute_set_id": 4}]}, "products[0].id"),
    ({"products": [{"id": 0, "sku": "a", "attribute_set_id": 4}]}, "products[0].id"),
    (
        {
            "attribute_sets": SETS,
            "products": [
                {"id": 1, "sku": "a", "attribute_set_id": 4},
                {"id": 1, "sku": "b", "attribute_set_id": 4},
            ],
        },
        "products[1].id",
    ),
    ({"store_views": [{"id": 1, "code": "a"}, {"id": 2, "code": "a"}]}, "store_views[1].code"),
    ({"users": [{"username": "", "key": "key-1", "permissions": []}]}, "users[0]"),
    ({"base_url": 5}, "base_url"),
    ({"store_views": [{"id": 2**70, "code": "a"}]}, "store_views"),
    ({"products": [{"id": 1, "sku": "a", "attribute_set_id": 99}]}, ""),
    (
        {
            "attribute_sets": SETS,
            "products": [
                {"id": 1, "sku": "A", "attribute_set_id": 4},
                {"id": 2, "sku": "a ", "attribute_set_id": 4},
            ],
        },
        "",
    ),
    ({"products": [], "users": [{"username": "new", "permissions": ["all"]}]}, "new"),
]


@pytest.mark.parametrize(("content", "place"), BAD)
async def test_a_catalog_that_makes_no_sense_is_refused_with_the_place(
    tmp_path: Path, content: object, place: str
) -> None:
    file = file_with(tmp_path, content)
    line = (await run("catalog", "load", "--data", tmp_path / "d", file)).refused()
    assert line.startswith("rpcmedia: ")
    assert place in line
    assert "key-1" not in line


async def test_a_refused_catalog_is_not_kept_in_part(tmp_path: Path) -> None:
    data = tmp_path / "d"
    await load(data, file_with(tmp_path, SMALL))
    before = await show(data)
    product = {"id": 9, "sku": "nine", "attribute_set_id": 4}
    for bad in (
        {"users": [{"username": "new", "permissions": ["all"]}]},
        {"store_views": [{"id": 8, "code": "admin"}]},
        {"attribute_sets": [{"id": 5, "name": "x"}], "store_views": [{"id": 9, "code": "seven"}]},
    ):
        file = file_with(tmp_path, {"products": [product], **bad})
        assert (await run("catalog", "load", "--data", data, file)).refused()
    assert await show(data) == before


async def test_a_server_does_not_start_with_a_bad_catalog(tmp_path: Path) -> None:
    file = file_with(tmp_path, '{"products": 5}')
    options = ("--data", tmp_path / "d", "--port", 0, "--catalog", file)
    assert "products" in (await run("serve", *options)).refused()


async def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for file in (tmp_path / "nosuch.json", tmp_path):
        outcome = await run("catalog", "load", "--data", tmp_path / "d", file)
        assert str(file) in outcome.refused()


async def test_show_refuses_a_folder_without_data_and_does_not_make_it(tmp_path: Path) -> None:
    outcome = await run("catalog", "show", "--data", tmp_path / "nosuch")
    assert str(tmp_path / "nosuch") in outcome.refused()
    assert not (tmp_path / "nosuch").exists()

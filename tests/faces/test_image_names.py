"""The file names that images get, step by step as the reference makes them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import file_of, png
from tests.support import pictures
from tests.support.server import Server, serving


async def name_of(server: Server, name: Any) -> str:
    [file] = await server.call("product_media.create", "names", png(name))
    return str(file)


NAMES = [
    ("", "/i/m/image.png"),
    ("0", "/i/m/image.png"),
    (0, "/i/m/image.png"),
    (False, "/i/m/image.png"),
    ([], "/i/m/image.png"),
    (True, "/1/_/1.png"),
    (12.5, "/1/2/12.5.png"),
    (["a"], "/A/r/Array.png"),
    ("a", "/a/_/a.png"),
    ("ab", "/a/b/ab.png"),
    ("Ab", "/A/b/Ab.png"),
    ("foo.png", "/f/o/foo.png.png"),
    ("foo.", "/f/o/foo..png"),
    ("foo.php", "/f/o/foo.php.png"),
    (".htaccess", "/_/h/.htaccess.png"),
    (".a", "/_/a/.a.png"),
    (".", "/_/_/..png"),
    ("..", "/_/_/...png"),
    ("-rf", "/-/r/-rf.png"),
    ("a\\b", "/a/_/a_b.png"),
    ("./x", "/x/_/x.png"),
    ("  lead", "/_/l/_lead.png"),
    ("trail  ", "/t/r/trail_.png"),
    ("müller", "/m/_/m_ller.png"),
    ("<b>", "/_/b/_b_.png"),
    ("日本語", "/f/i/file.png"),
    ("äöü", "/f/i/file.png"),
    ("_", "/f/i/file.png"),
    (" ", "/f/i/file.png"),
    ("日本語 a", "/_/a/_a.png"),
    ("a\nb", "/a/_/a_b.png"),
    ("%2e%2e%2fx", "/_/2/_2e_2e_2fx.png"),
    ("x" * 251, f"/x/x/{'x' * 251}.png"),
]


@pytest.mark.parametrize(("name", "file"), NAMES)
async def test_a_name_becomes_a_file(server: Server, name: Any, file: str) -> None:
    assert await name_of(server, name) == file
    async with server.http.get(f"{server.url}/media/catalog/product{file}") as answer:
        assert (answer.status, await answer.read()) == (200, pictures.png())


async def test_no_name_is_image(server: Server) -> None:
    assert await name_of(server, None) == "/i/m/image.png"


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a/b",
        "a/",
        "..\\x",
        "a\\..\\b",
        "..\\",
        "a\u0000b",
        "\u0000",
        "x" * 252,
        "ä" * 126,
        "x" * 100_000,
    ],
)
async def test_a_name_that_leads_elsewhere_or_is_too_long_is_fault_104(
    server: Server, name: str
) -> None:
    code, message = await server.fault("product_media.create", "names", png(name))
    assert code == 104
    assert message.startswith("Cannot create image.")
    assert len(message) < 200
    assert await server.call("product_media.list", "names") == []
    media = server.data / "media"
    assert [path for path in media.rglob("*") if path.is_file()] == []


async def test_a_taken_name_gets_the_next_free_number(server: Server) -> None:
    for file in ("same", "same_1", "same_2"):
        assert await name_of(server, "same") == f"/s/a/{file}.png"
    assert await name_of(server, "same_1") == "/s/a/same_1_1.png"
    # Another spelling of the same letters is another name.
    assert await name_of(server, "Same") == "/S/a/Same.png"


async def test_names_are_shared_by_all_products(server: Server) -> None:
    for product, file in (("names", "a"), ("names2", "a_1"), ("product1", "a_2")):
        created = await server.call("product_media.create", product, png("a"))
        assert created == [f"/a/_/{file}.png"]


async def test_a_name_never_comes_back(server: Server) -> None:
    for number in ("", "_1", "_2"):
        file = await name_of(server, "a")
        assert file == f"/a/_/a{number}.png"
        await server.call("product_media.remove", "names", file)


async def test_a_name_is_free_for_each_type(server: Server) -> None:
    for content, mime, extension in (
        (pictures.png(), "image/png", "png"),
        (pictures.jpeg(), "image/jpeg", "jpg"),
        (pictures.gif(), "image/gif", "gif"),
        (pictures.webp(), "image/webp", "webp"),
    ):
        data = {"file": file_of(content, mime, name="same")}
        created = await server.call("product_media.create", "names", data)
        assert created == [f"/s/a/same.{extension}"]


@pytest.mark.parametrize(
    ("profile", "file"),
    [("documented", "/a/_/a.png"), ("shipstream", "/a/_/a.jpg"), ("openmage", "/a/_/a.jpg")],
)
async def test_where_type_and_bytes_differ_the_profile_says_which_names_the_file(
    tmp_path: Path, profile: str, file: str
) -> None:
    data = {"file": file_of(pictures.png(), "image/jpeg", name="a")}
    async with serving(tmp_path, profile=profile) as server:
        created = await server.call("product_media.create", "names", data)
        assert created in (file, [file])


async def test_names_wished_at_the_same_time_are_all_different(server: Server) -> None:
    created = await asyncio.gather(*(name_of(server, "crowd") for _ in range(24)))
    expected = {"/c/r/crowd.png"} | {f"/c/r/crowd_{number}.png" for number in range(1, 24)}
    assert set(created) == expected
    images = await server.call("product_media.list", "names")
    assert {image["file"] for image in images} == expected
    # The reference gives some of them the same position.
    assert sorted(image["position"] for image in images) == list(range(1, 25))


async def test_a_file_that_only_lies_on_the_disk_is_not_overwritten(server: Server) -> None:
    orphan = server.data / "media" / "catalog" / "product" / "a" / "_" / "a.png"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"somebody's")
    assert await name_of(server, "a") == "/a/_/a_1.png"
    assert orphan.read_bytes() == b"somebody's"

"""REST: creating, changing and removing images, and who may."""

from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.rest import (
    CATALOG,
    IMAGES,
    NO_STORE_VIEW,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    UNKNOWN,
    Rest,
    new,
)
from tests.support.server import serving

ONE = f"{IMAGES}/1"
NOT_BASE64 = (400, "The image content must be valid base64 encoded data")
WRONG_TYPE = (400, "Unsuppoted image MIME type")
NO_FILE = [(400, "The image is not specified"), (400, "Resource data pre-validation error.")]
DENIED = (403, "Access denied")


@pytest.fixture
async def filled(rest: Rest) -> Rest:
    """A gallery of one image."""
    await rest.create(file_name="one", label="One", types=["image", "small_image"])
    return rest


async def media(rest: Rest, file: str = "/o/n/one.jpg") -> bytes:
    async with rest.server.http.get(f"{rest.server.url}/media/catalog/product{file}") as answer:
        assert answer.status == 200
        return await answer.read()


async def test_a_new_image_has_an_address_and_needs_no_more_than_a_file(rest: Rest) -> None:
    answer = await rest.ask("POST", IMAGES, new())

    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["Location"] == "/api/rest/products/1/images/1"
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    shown = await rest.get(ONE)
    assert shown.pop("url").endswith("/i/m/image.jpg")
    assert shown == {"id": "1", "label": "", "position": "1", "exclude": "0", "types": []}
    assert await media(rest, "/i/m/image.jpg") == pictures.jpeg()


@pytest.mark.parametrize("store", ["", "/store/2", "/store/german"])
@pytest.mark.parametrize("product", ["1", "product1", "01", "%201"])
async def test_the_address_names_the_product_as_the_client_did(
    rest: Rest, product: str, store: str
) -> None:
    answer = await rest.ask("POST", f"/products/{product}/images{store}", new())

    assert answer.headers["Location"] == f"/api/rest/products/{product}/images/1"


async def test_a_new_image_takes_all_its_values(rest: Rest) -> None:
    await rest.create(
        file_name="Ä b", label="L", position="4", exclude=True, types=["image", "nope"]
    )

    shown = await rest.get(ONE)
    assert shown.pop("url").endswith("/_/b/_b.jpg")
    assert shown == {
        "id": "1",
        "label": "L",
        "position": "4",
        "exclude": "1",
        "types": ["image"],
    }


@pytest.mark.parametrize(
    ("mime", "extension"),
    [
        ("image/jpeg", "jpg"),
        ("image/jpg", "jpg"),
        ("image/png", "png"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
    ],
)
async def test_a_file_is_named_after_its_declared_type(
    rest: Rest, mime: str, extension: str
) -> None:
    for name in ("image", "image_1"):
        await rest.create(file_mime_type=mime, file_content=text_of(pictures.png()))
        shown = (await rest.get())[-1]
        assert shown["url"].endswith(f"/i/m/{name}.{extension}")


async def test_a_new_image_needs_content_and_type(rest: Rest) -> None:
    missing: list[Any] = [None, "", "0", 0, False, [], {}]
    for field in ("file_content", "file_mime_type"):
        for value in missing:
            fields = {**new(), field: value}
            assert (await rest.ask("POST", IMAGES, fields)).errors == NO_FILE
        del fields[field]
        assert (await rest.ask("POST", IMAGES, fields)).errors == NO_FILE
    assert await rest.get() == []


REFUSED_UPLOADS: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"file_content": "%%%"}, NOT_BASE64),
    ({"file_content": ["x"]}, NOT_BASE64),
    ({"file_content": {"a": 1}}, NOT_BASE64),
    ({"file_content": True}, NOT_BASE64),
    ({"file_content": "%%%", "file_mime_type": "image/bmp"}, NOT_BASE64),
    ({"file_mime_type": "image/bmp"}, WRONG_TYPE),
    ({"file_mime_type": "IMAGE/JPEG"}, WRONG_TYPE),
    ({"file_mime_type": ["image/jpeg"]}, WRONG_TYPE),
    ({"file_mime_type": 5}, WRONG_TYPE),
    ({"file_content": text_of(b"text")}, UNKNOWN),
    ({"file_content": text_of(pictures.jpeg()[:-200])}, UNKNOWN),
]


async def test_a_wrong_upload_is_refused(filled: Rest) -> None:
    for fields, refusal in REFUSED_UPLOADS:
        before = await filled.get()

        assert (await filled.ask("POST", IMAGES, new(2, **fields))).error == refusal
        assert (await filled.ask("PUT", ONE, new(2, label="x", **fields))).error == refusal

        assert await filled.get() == before
        assert await media(filled) == pictures.jpeg()


async def test_base64_may_have_white_space_and_lack_its_padding(rest: Rest) -> None:
    content = text_of(pictures.jpeg()).rstrip("=")
    await rest.create(file_content=f" {content[:40]}\r\n{content[40:]}\n")

    assert await media(rest, "/i/m/image.jpg") == pictures.jpeg()


async def test_what_an_upload_is_for_is_looked_at_after_it(rest: Rest) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("/products/9999/images", {}),
        ("/products/7/images", {}),
        ("/products/1/images/store/99", {}),
        ("/products/9999/images/store/99", {}),
        (IMAGES, {"file_name": "a/b"}),
        (IMAGES, {"file_name": "x" * 300}),
    ]
    for path, fields in cases:
        assert (await rest.ask("POST", path, new(**fields))).error == UNKNOWN
        assert (await rest.ask("POST", path, new(file_content="%", **fields))).error == NOT_BASE64
        assert (await rest.ask("POST", path, {"file_name": "x"})).errors == NO_FILE


async def test_an_image_of_one_store_view_has_no_values_elsewhere(rest: Rest) -> None:
    await rest.create(f"{IMAGES}/store/2", label="L", exclude=1, types=["image"])

    shown = await rest.get(f"{ONE}/store/2")
    assert (shown["label"], shown["position"], shown["exclude"]) == ("L", "1", "1")
    assert shown["types"] == ["image"]
    shown = await rest.get(ONE)
    assert (shown["label"], shown["position"], shown["exclude"]) == ("", "", "")
    assert shown["types"] == []
    assert len(await rest.get(who="guest")) == 1
    assert await rest.get(f"{IMAGES}/store/2", "guest") == []


async def test_a_change_writes_what_it_names(filled: Rest) -> None:
    before = await filled.get(ONE)
    for change, seen in (
        ({"label": "New"}, {"label": "New"}),
        ({"label": None}, {}),
        ({"label": ""}, {"label": ""}),
        ({"label": 5}, {"label": "5"}),
        ({"position": "4"}, {"position": "4"}),
        ({"position": -1}, {"position": "0"}),
        ({"exclude": True}, {"exclude": "1"}),
        ({"exclude": "yes"}, {"exclude": "0"}),
        ({"types": ["thumbnail"]}, {"types": ["thumbnail"]}),
        ({"types": "image"}, {}),
        ({"types": {"x": "small_image"}}, {"types": ["small_image"]}),
        ({"types": []}, {"types": []}),
        ({"types": ["image", "image"]}, {"types": ["image"]}),
        ({"types": ["nope"]}, {"types": []}),
        ({"id": "99", "url": "http://x/", "label": "L"}, {"label": "L"}),
        ({"file_name": "renamed"}, {}),
    ):
        before |= seen
        await filled.put(ONE, **change)
        assert await filled.get(ONE) == before


async def test_a_change_of_content_keeps_the_name(filled: Rest) -> None:
    before = await filled.get(ONE)
    content = text_of(pictures.png(5))

    await filled.put(ONE, file_content=content, file_mime_type="image/png", file_name="renamed")

    assert await filled.get(ONE) == before
    assert await media(filled) == pictures.png(5)


@pytest.mark.parametrize("file_mime_type", [None, "", "absent"])
async def test_new_content_needs_no_type(filled: Rest, file_mime_type: str | None) -> None:
    fields: dict[str, Any] = {"file_mime_type": file_mime_type}
    if file_mime_type == "absent":
        fields = {}

    await filled.put(ONE, file_content=text_of(pictures.png(5)), **fields)
    refused = await filled.ask("PUT", ONE, {"file_content": text_of(b"no picture"), **fields})

    assert refused.error == (400, "Resource unknown error.")
    assert await media(filled) == pictures.png(5)


async def test_a_type_without_content_changes_nothing(filled: Rest) -> None:
    without: list[dict[str, Any]] = [
        {"file_mime_type": "image/png"},
        {"file_mime_type": "image/bmp", "file_name": "renamed"},
        {"file_content": "", "file_mime_type": "image/jpeg"},
        {"file_content": None},
    ]
    for fields in without:
        before = await filled.get(ONE)
        await filled.put(ONE, **fields)
        assert await filled.get(ONE) == before
        await filled.put(ONE, label="New", **fields)
        assert await filled.get(ONE) == {**before, "label": "New"}
        await filled.put(ONE, label="One")
    assert await media(filled) == pictures.jpeg()


async def test_a_change_of_one_store_view_leaves_the_others_alone(filled: Rest) -> None:
    before = await filled.get(ONE)
    content = text_of(pictures.jpeg(2))

    await filled.put(
        f"{ONE}/store/german", label="Eins", file_content=content, file_mime_type="image/jpeg"
    )
    await filled.put(ONE, position=9)

    assert await filled.get(ONE) == {**before, "position": "9"}
    assert await filled.get(f"{ONE}/store/2") == {**before, "label": "Eins", "position": "9"}
    # Bytes belong to the image in every store view.
    assert await media(filled) == pictures.jpeg(2)


async def test_a_removed_image_is_gone_everywhere_and_its_file_stays(filled: Rest) -> None:
    await filled.put(f"{ONE}/store/2", types=["thumbnail"])

    await filled.delete(ONE)

    for store in ("", "/store/1", "/store/2"):
        assert await filled.get(f"{IMAGES}{store}") == []
    assert (await filled.ask("DELETE", ONE)).error == NOT_FOUND
    assert await media(filled) == pictures.jpeg()


async def test_an_image_removed_from_one_store_view_stays_in_the_others(filled: Rest) -> None:
    before = await filled.get(ONE)

    for _ in range(2):
        await filled.delete(f"{ONE}/store/german")

    assert await filled.get(f"{IMAGES}/store/2", "guest") == []
    assert (await filled.ask("GET", f"{ONE}/store/2", who="customer")).error == NOT_FOUND
    assert await filled.get(f"{ONE}/store/2") == {**before, "exclude": "1", "types": []}
    for store in ("", "/store/0", "/store/1"):
        assert await filled.get(f"{ONE}{store}") == before
    assert len(await filled.get(who="guest")) == 1


async def test_an_image_removed_from_a_store_view_can_come_back(filled: Rest) -> None:
    await filled.delete(f"{ONE}/store/2")
    await filled.put(f"{ONE}/store/2", exclude=0, types=["image"])

    assert (await filled.get(f"{IMAGES}/store/2", "guest"))[0]["types"] == ["image"]


@pytest.mark.parametrize("store", ["0", "admin"])
async def test_the_default_scope_is_no_store_view_of_its_own(filled: Rest, store: str) -> None:
    await filled.delete(f"{ONE}/store/{store}")

    assert await filled.get(f"{IMAGES}/store/2") == []


async def test_there_must_be_something_to_change(filled: Rest) -> None:
    for path, refusal in [
        (f"{IMAGES}/999", NOT_FOUND),
        (f"{IMAGES}/abc", NOT_FOUND),
        ("/products/2/images/1", NOT_FOUND),
        ("/products/9999/images/1", NOT_FOUND),
        ("/products/7/images/1", NOT_FOUND),
        (f"{IMAGES}/999/store/2", NOT_FOUND),
        (f"{ONE}/store/99", NO_STORE_VIEW),
        ("/products/9999/images/1/store/99", NO_STORE_VIEW),
    ]:
        # What is changed is looked at before what it is changed to.
        assert (await filled.ask("PUT", path, new(file_content="%"))).error == refusal
        assert (await filled.ask("DELETE", path)).error == refusal


async def test_php_reads_the_number_of_an_image_to_change(filled: Rest) -> None:
    await filled.put(f"{IMAGES}/1abc", label="New")
    assert (await filled.get(ONE))["label"] == "New"
    await filled.delete("/products/product1/images/01")
    assert await filled.get() == []


async def test_only_who_has_the_right_may_change(filled: Rest) -> None:
    for method, path in [
        ("POST", IMAGES),
        ("POST", ONE),
        ("PUT", ONE),
        ("PUT", IMAGES),
        ("PUT", "/products/9999/images/1/store/99"),
        ("DELETE", ONE),
        ("DELETE", f"{ONE}/store/2"),
        ("DELETE", IMAGES),
    ]:
        for who in ["guest", "customer", "reader", "norole"]:
            before = await filled.get()
            for body in (new(), "nonsense"):
                assert (await filled.ask(method, path, body, who=who, sent="x/y")).error == DENIED
            assert await filled.get() == before


async def test_one_image_is_changed_and_all_are_added_to(filled: Rest) -> None:
    for method, path in [
        ("POST", ONE),
        ("POST", f"{ONE}/store/2"),
        ("POST", f"{IMAGES}/99"),
        ("POST", f"{ONE}?_method=PUT"),
        ("PUT", IMAGES),
        ("PUT", f"{IMAGES}/store/2"),
        ("DELETE", IMAGES),
        ("DELETE", "/products/9999/images/store/99"),
    ]:
        before = await filled.get()
        bodies: list[Any] = [new(), [], ""]
        for body in bodies:
            assert (await filled.ask(method, path, body)).error == NOT_IMPLEMENTED
        assert await filled.get() == before


async def test_a_method_cannot_be_overridden(filled: Rest) -> None:
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method"):
        answer = await filled.ask("POST", ONE, {"label": "New"}, **{name: "PUT"})
        assert answer.error == NOT_IMPLEMENTED


async def test_a_body_of_a_get_or_delete_is_not_looked_at(filled: Rest) -> None:
    assert (await filled.ask("GET", ONE, "nonsense", sent="x/y")).status == 200
    assert (await filled.ask("DELETE", ONE, "nonsense", sent="x/y")).status == 200


async def test_rights_of_writing_are_apart(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    rights = '"permissions": [\n     "catalog/product/media"\n    ]'
    text = CATALOG.read_text()
    assert rights in text
    more = '"permissions": ["catalog/product/media", "catalog/product/media/update"]'
    catalog.write_text(text.replace(rights, more))
    async with serving(tmp_path / "data", catalog=catalog) as server:
        rest = Rest(server)
        await rest.create()
        assert (await rest.ask("POST", IMAGES, new(), who="reader")).error == DENIED
        assert (await rest.ask("DELETE", ONE, who="reader")).error == DENIED
        assert (await rest.ask("PUT", ONE, {"label": "x"}, who="reader")).status == 200

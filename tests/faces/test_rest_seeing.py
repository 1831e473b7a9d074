"""REST: what guests, customers and admins see of the images of a product."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faces.bodies import exchange
from tests.support.rest import CATALOG, IMAGES, JSON, NO_STORE_VIEW, NOT_FOUND, Rest
from tests.support.server import serving

URL = "http://127.0.0.1:8088/media/catalog/product"
NO_IMAGE = (404, "Product image not found")
NO_ROUTE = (404, "Request does not match any route.")


@pytest.fixture
async def filled(rest: Rest) -> Rest:
    """A gallery of two images, the second of which is excluded."""
    await rest.create(file_name="one", label="One", types=["image", "thumbnail"])
    await rest.create(file_name="two", exclude=1, position=7)
    return rest


def ids(images: list[dict[str, Any]]) -> list[str]:
    return [image["id"] for image in images]


async def test_an_admin_sees_everything_and_every_value_is_a_string(filled: Rest) -> None:
    one = {
        "id": "1",
        "label": "One",
        "position": "1",
        "exclude": "0",
        "url": f"{URL}/o/n/one.jpg",
        "types": ["image", "thumbnail"],
    }
    two = {
        "id": "2",
        "label": "",
        "position": "7",
        "exclude": "1",
        "url": f"{URL}/t/w/two.jpg",
        "types": [],
    }

    for who in ("admin", "reader"):
        assert await filled.get(who=who) == [one, two]
        assert await filled.get(f"{IMAGES}/2", who) == two
    assert list((await filled.get())[0]) == list(one)


@pytest.mark.parametrize("who", ["guest", "customer"])
async def test_the_storefront_sees_neither_excluded_images_nor_the_field(
    filled: Rest, who: str
) -> None:
    one = {
        "id": "1",
        "label": "One",
        "position": "1",
        "url": f"{URL}/o/n/one.jpg",
        "types": ["image", "thumbnail"],
    }

    assert await filled.get(who=who) == [one]
    assert await filled.get(f"{IMAGES}/1", who) == one
    assert (await filled.ask("GET", f"{IMAGES}/2", who=who)).error == NOT_FOUND
    assert (await filled.ask("GET", f"{IMAGES}?attrs=exclude", who=who)).status == 400


async def test_what_changes_is_seen_at_once(filled: Rest) -> None:
    assert ids(await filled.get(who="guest")) == ["1"]
    await filled.put(f"{IMAGES}/2", exclude=0, position=0)
    assert ids(await filled.get(who="guest")) == ["2", "1"]
    await filled.delete(f"{IMAGES}/1")
    assert ids(await filled.get(who="guest")) == ["2"]


async def test_an_admin_without_permissions_sees_nothing(filled: Rest) -> None:
    for path in (IMAGES, f"{IMAGES}/1", "/products/9999/images"):
        assert (await filled.ask("GET", path, who="norole")).error == (403, "Access denied")


async def test_the_storefront_sees_its_own_store_view_and_admins_the_default_scope(
    filled: Rest,
) -> None:
    await filled.put(f"{IMAGES}/1/store/1", label="Shown", exclude=0)
    await filled.put(f"{IMAGES}/2/store/default", exclude=0)

    for who in ("guest", "customer"):
        assert [image["label"] for image in await filled.get(who=who)] == ["Shown", ""]
        assert ids(await filled.get(f"{IMAGES}/store/german", who)) == ["1"]
        assert ids(await filled.get(f"{IMAGES}/store/0", who)) == ["1"]
    assert [image["label"] for image in await filled.get()] == ["One", ""]
    assert (await filled.get(f"{IMAGES}/1/store/1"))["label"] == "Shown"


@pytest.mark.parametrize(
    ("views", "seen"),
    [
        ([("1", "other"), ("7", "default")], "7"),
        ([("1", "main"), ("7", "other")], "1"),
        ([("7", "other")], "0"),
    ],
)
async def test_the_store_view_of_the_storefront_is_called_default_or_is_the_first(
    tmp_path: Path, views: list[tuple[str, str]], seen: str
) -> None:
    content = json.loads(CATALOG.read_text())
    content["store_views"][1:] = [{"id": int(view), "code": code} for view, code in views]
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(content))
    async with serving(tmp_path / "data", catalog=catalog) as server:
        rest = Rest(server)
        await rest.create(label="0")
        for view, _ in views:
            await rest.put(f"{IMAGES}/1/store/{view}", label=view)
        assert [image["label"] for image in await rest.get(who="guest")] == [seen]


async def test_a_store_view_has_an_id_and_a_code(filled: Rest) -> None:
    for who in ["guest", "customer", "admin"]:
        for store in ["0", "admin", "1", "default", "2", "german"]:
            assert (await filled.get(f"{IMAGES}/1/store/{store}", who))["id"] == "1"


async def test_an_unknown_store_view_comes_before_the_product(rest: Rest) -> None:
    for path in ["/products/1/images", "/products/9999/images"]:
        for store in ["99", "nope", "-1", "GERMAN", "1.0", "%00"]:
            for who in ("guest", "admin"):
                assert (
                    await rest.ask("GET", f"{path}/store/{store}", who=who)
                ).error == NO_STORE_VIEW


async def test_a_product_has_an_id_and_a_sku(filled: Rest) -> None:
    for product in ["1", "product1", "PRODUCT1", "01", "1.5", "%201"]:
        assert ids(await filled.get(f"/products/{product}/images")) == ["1", "2"]


async def test_an_unknown_product(filled: Rest) -> None:
    for product in ["9999", "abc", "12345", "0", "-1", "1abc", "%FF", "9" * 5000]:
        for who in ("guest", "admin"):
            for path in (f"/products/{product}/images", f"/products/{product}/images/1"):
                assert (await filled.ask("GET", path, who=who)).error == NOT_FOUND


async def test_a_sku_in_other_letters(rest: Rest) -> None:
    await rest.create("/products/%C3%BCr%C3%BCn%201/images")

    assert ids(await rest.get("/products/6/images")) == ["1"]


async def test_only_admins_see_what_is_not_in_the_storefront(rest: Rest) -> None:
    for product in [33, 34, 35]:
        path = f"/products/{product}/images"
        image_id = await rest.create(path)

        assert ids(await rest.get(path)) == [str(image_id)]
        for who in ("guest", "customer"):
            for hidden in (path, f"{path}/{image_id}", f"{path}/{image_id}/store/1"):
                assert (await rest.ask("GET", hidden, who=who)).error == NOT_FOUND


async def test_an_image_has_a_number_as_php_reads_it(filled: Rest) -> None:
    for image in ["1", "01", "1abc", "1.9", "+1"]:
        assert (await filled.get(f"{IMAGES}/{image}"))["id"] == "1"


async def test_an_unknown_image(filled: Rest) -> None:
    for path in [
        f"{IMAGES}/999",
        f"{IMAGES}/abc",
        f"{IMAGES}/0",
        f"{IMAGES}/-1",
        f"{IMAGES}/%2Fo%2Fn%2Fone.jpg",
        f"{IMAGES}/store",
        f"{IMAGES}/store/",
        "/products/2/images/1",
        "/products/7/images/1",
        f"{IMAGES}/999/store/2",
    ]:
        assert (await filled.ask("GET", path)).error == NO_IMAGE
        for who in ("guest", "customer"):
            assert (await filled.ask("GET", path, who=who)).error == NOT_FOUND


async def test_a_product_that_can_have_no_images_has_none(rest: Rest) -> None:
    for who in ("guest", "admin"):
        assert await rest.get("/products/7/images", who) == []


async def test_any_other_path_fits_no_route(rest: Rest) -> None:
    for path in [
        "",
        "/",
        "/nosuch",
        "/products",
        "/products/1",
        "/products/1/image",
        "/Products/1/images",
        "/products/1/Images",
        "/products//images",
        "//products/1/images",
        f"{IMAGES}//",
        f"{IMAGES}/1/x",
        f"{IMAGES}/1/store",
        f"{IMAGES}/1/store/1/x",
        "/%0A",
        f"{IMAGES}/1/%0A/x",
    ]:
        assert (await rest.ask("GET", path)).error == NO_ROUTE
        assert (await rest.ask("PATCH", path, who="guest")).error == NO_ROUTE
    assert (await rest.ask("GET", "s/products/1/images")).content == b"Not Found\n"


async def test_a_line_break_is_white_space_before_a_number(filled: Rest) -> None:
    assert await filled.get("/products/%0A1/images/%0A1") == await filled.get(f"{IMAGES}/1")


async def test_slashes_before_the_path_are_told_by_rest(rest: Rest) -> None:
    doubled = Rest(rest.server)
    async with doubled.server.http.get(
        f"{rest.server.url}//api/rest{IMAGES}", headers={"Accept": "application/json"}
    ) as answer:
        assert (await answer.json())["messages"]["error"][0]["message"] == NO_ROUTE[1]


async def test_one_slash_at_the_end_is_fine(filled: Rest) -> None:
    for path in [f"{IMAGES}/", f"{IMAGES}/1/", f"{IMAGES}/store/2/"]:
        assert (await filled.ask("GET", path)).status == 200


async def test_other_methods_are_refused(filled: Rest) -> None:
    for method in ["PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"]:
        for path in (IMAGES, f"{IMAGES}/1"):
            for who in ("guest", "norole", "admin"):
                answer = await filled.ask(method, path, who=who)
                assert answer.status == 400
                assert method == "HEAD" or answer.error == (400, "Invalid request method")


async def test_a_query_chooses_fields_and_nothing_else(filled: Rest) -> None:
    for query, fields in [
        ("attrs=url", ["url"]),
        ("attrs=types,id", ["id", "types"]),
        ("attrs=exclude,file_name", ["exclude"]),
        ("attrs=nope&attrs=id", ["id"]),
        ("limit=1&page=2&order=position&dir=dsc&store=2&id=2", None),
    ]:
        whole = await filled.get()
        found = await filled.get(f"{IMAGES}?{query}")

        chosen = fields or list(whole[0])
        assert found == [{name: image[name] for name in chosen} for image in whole]
        assert await filled.get(f"{IMAGES}/1?{query}") == found[0]
        assert await filled.get() == whole


async def test_a_query_that_chooses_no_field_is_told_which_there_are(filled: Rest) -> None:
    for query in ["attrs=", "attrs=nope", "attrs=ID", "attrs=id%20"]:
        text = "attrs names no field; there are id, label, position, exclude, url, types."
        assert (await filled.ask("GET", f"{IMAGES}?{query}")).error == (400, text)
        text = "attrs names no field; there are id, label, position, url, types."
        assert (await filled.ask("GET", f"{IMAGES}?{query}", who="guest")).error == (400, text)


async def test_a_version_that_is_a_number_is_fine(filled: Rest) -> None:
    for version in ["1", "2", "10"]:
        assert (await filled.ask("GET", Version=version)).status == 200


async def test_another_version_is_refused_after_the_permission(filled: Rest) -> None:
    for version, shown in [
        ("0", "0"),
        ("x", "x"),
        ("1.0", "1.0"),
        ("", ""),
        ("01", "01"),
        ("<a&b\"c'>", "&lt;a&amp;b&quot;c&#039;&gt;"),
    ]:
        refused = (400, f'Invalid version "{shown}" requested.')
        for method, path in (("GET", IMAGES), ("PUT", IMAGES), ("POST", IMAGES)):
            assert (await filled.ask(method, path, Version=version)).error == refused
        for method in ("PUT", "POST", "DELETE"):
            answer = await filled.ask(method, f"{IMAGES}/1", who="guest", Version=version)
            assert answer.error == (403, "Access denied")


async def test_a_version_that_is_no_text(rest: Rest) -> None:
    head = f"GET /api/rest{IMAGES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: {JSON}\r\n"
    answer = await exchange(rest.server.url, head.encode() + b"Version: \xff\r\n\r\n")
    assert rb"Invalid version \"\ufffd\" requested." in answer


async def test_answers_are_not_to_be_kept_and_set_no_cookie(filled: Rest) -> None:
    for path in (IMAGES, f"{IMAGES}/1", f"{IMAGES}/9"):
        headers = (await filled.ask("GET", path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in headers


async def test_all_faces_see_the_same_gallery(filled: Rest) -> None:
    images = await filled.server.call("product_media.list", "product1")
    assert [image["url"] for image in images] == [image["url"] for image in await filled.get()]


async def test_a_large_gallery(rest: Rest) -> None:
    for number in range(102):
        await rest.create(file_name=f"many{number}")

    assert ids(await rest.get()) == [str(number) for number in range(1, 103)]
    assert ids(await rest.get(who="guest")) == [str(number) for number in range(1, 103)]

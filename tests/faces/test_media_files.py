"""Image files over HTTP: what is served, how it may be cached, and what is never served."""

from collections.abc import AsyncIterator, Mapping
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest

from tests.faces.bodies import file_of, get_raw, png
from tests.support import pictures
from tests.support.server import Server, serving

MEDIA = "/media/catalog/product"
FILE = f"{MEDIA}/a/_/a.png"


@pytest.fixture
async def shop(server: Server) -> Server:
    """A server with one image, at FILE."""
    await server.call("product_media.create", "product1", png("a"))
    return server


async def get(
    server: Server, path: str = FILE, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    async with server.http.get(server.url + path, headers=headers) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_an_image_is_served_under_the_url_that_list_tells(tmp_path: Path) -> None:
    async with serving(tmp_path, base_url="http://shop.test/") as server:
        await server.call("product_media.create", "product1", png("a"))
        [image] = await server.call("product_media.list", "product1")
        assert image["url"] == f"http://shop.test{FILE}"
        status, headers, body = await get(server, image["url"].removeprefix("http://shop.test"))
    assert (status, body) == (200, pictures.png())
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Length"] == str(len(body))


async def test_head_has_the_headers_of_get_and_no_body(shop: Server) -> None:
    _, expected, _ = await get(shop)
    async with shop.http.head(shop.url + FILE) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control"):
            assert answer.headers[name] == expected[name]


async def test_answers_may_be_kept_and_must_not_be_guessed(shop: Server) -> None:
    _, headers, _ = await get(shop)
    # An update replaces the bytes of a URL, so who keeps them must ask again.
    assert headers["Cache-Control"] == "public, no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["ETag"].startswith('"')
    assert parsedate_to_datetime(headers["Last-Modified"])
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("content", "declared", "real"),
    [
        (pictures.png(), "image/jpeg", "image/png"),
        (pictures.jpeg(), "image/png", "image/jpeg"),
        (pictures.gif(), "image/jpeg", "image/gif"),
        (pictures.webp(), "image/png", "image/webp"),
    ],
)
async def test_the_type_is_that_of_the_bytes_when_the_name_lies(
    tmp_path: Path, content: bytes, declared: str, real: str
) -> None:
    # This profile names files after the declared type.
    async with serving(tmp_path, profile="openmage") as server:
        data = {"file": file_of(content, declared)}
        file = await server.call("product_media.create", "product1", data)
        assert file.endswith({"image/jpeg": ".jpg", "image/png": ".png"}[declared])
        assert (await get(server, MEDIA + file))[1]["Content-Type"] == real
        await server.call("product_media.remove", "product1", file)
        status, headers, body = await get(server, MEDIA + file)
    assert (status, headers["Content-Type"], body) == (200, real, content)


async def test_the_type_follows_an_update(shop: Server) -> None:
    change = {"file": file_of(pictures.gif(), "image/gif")}
    await shop.call("product_media.update", "product1", "/a/_/a.png", change)
    status, headers, body = await get(shop)
    assert (status, headers["Content-Type"], body) == (200, "image/gif", pictures.gif())


async def test_a_known_file_is_not_sent_again(shop: Server) -> None:
    _, headers, _ = await get(shop)
    for condition in (
        {"If-None-Match": headers["ETag"]},
        {"If-None-Match": f'"other", {headers["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": headers["Last-Modified"]},
    ):
        assert (await get(shop, **condition))[::2] == (304, b"")
    for condition in (
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"},
    ):
        assert (await get(shop, **condition))[::2] == (200, pictures.png())


async def test_new_bytes_have_a_new_tag(shop: Server) -> None:
    _, before, _ = await get(shop)
    change = {"file": file_of(pictures.png(2))}
    await shop.call("product_media.update", "product1", "/a/_/a.png", change)
    status, after, body = await get(shop, **{"If-None-Match": before["ETag"]})
    assert (status, body) == (200, pictures.png(2))
    assert after["ETag"] != before["ETag"]


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [("bytes=0-3", 0, 4), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=9-9", 9, 10)],
)
async def test_a_part_of_a_file(shop: Server, asked: str, first: int, end: int | None) -> None:
    whole = pictures.png()
    status, headers, body = await get(shop, Range=asked)
    assert (status, body) == (206, whole[first:end])
    start = first % len(whole)
    assert headers["Content-Range"] == f"bytes {start}-{start + len(body) - 1}/{len(whole)}"


async def test_a_part_behind_the_end_is_refused(shop: Server) -> None:
    status, headers, _ = await get(shop, Range="bytes=9999999-")
    assert status == 416
    assert headers["Content-Range"] == f"bytes */{len(pictures.png())}"


async def test_a_part_of_another_version_is_the_whole(shop: Server) -> None:
    _, headers, _ = await get(shop)
    stamp = parsedate_to_datetime(headers["Last-Modified"])
    older = format_datetime(stamp.replace(year=1998), usegmt=True)
    condition = {"Range": "bytes=0-3", "If-Range": older}
    assert (await get(shop, **condition))[::2] == (200, pictures.png())
    condition = {"Range": "bytes=0-3", "If-Range": headers["Last-Modified"]}
    assert (await get(shop, **condition))[::2] == (206, pictures.png()[:4])


async def test_the_file_of_a_removed_image_is_still_served(shop: Server) -> None:
    await shop.call("product_media.remove", "product1", "/a/_/a.png")
    assert (await get(shop))[::2] == (200, pictures.png())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_allowed(shop: Server, method: str) -> None:
    async with shop.http.request(method, shop.url + FILE, data=b"x") as answer:
        assert answer.status == 405
        assert sorted(answer.headers["Allow"].replace(" ", "").split(",")) == ["GET", "HEAD"]
    assert (await get(shop))[::2] == (200, pictures.png())


@pytest.fixture
async def spread(shop: Server) -> AsyncIterator[Server]:
    """The same, with files on its disk that are no images of any product."""
    root = shop.data / "media"
    (shop.data / "secret.txt").write_text("secret")
    (root / "secret.txt").write_text("secret")
    (root / "catalog" / "product" / "a" / "_" / "orphan.png").write_bytes(pictures.png())
    (root / "catalog" / "product" / "link.png").symlink_to(shop.data / "secret.txt")
    yield shop


ELSEWHERE = [
    "/",
    "/media",
    "/media/",
    "/media/secret.txt",
    "/media/catalog/product",
    f"{MEDIA}/",
    f"{MEDIA}/a",
    f"{MEDIA}/a/",
    f"{MEDIA}/a/_",
    f"{MEDIA}/a/_/",
    f"{MEDIA}/a/_/nope.png",
    f"{MEDIA}/a/_/A.png",
    f"{MEDIA}/a/_/orphan.png",
    f"{MEDIA}/link.png",
    f"{FILE}/",
    f"{FILE}/x",
    f"{MEDIA}//a/_/a.png",
    f"{MEDIA}/../secret.txt",
    f"{MEDIA}/../../secret.txt",
    f"{MEDIA}/../../../secret.txt",
    f"{MEDIA}/../../../rpcmedia.sqlite3",
    f"{MEDIA}/a/../../../../rpcmedia.sqlite3",
    f"{MEDIA}/a/_/../_/a.png",
    f"{MEDIA}/./a/_/a.png",
    f"{MEDIA}/%2e%2e/%2e%2e/%2e%2e/rpcmedia.sqlite3",
    f"{MEDIA}/%2E%2E%2F%2E%2E%2F%2E%2E%2Frpcmedia.sqlite3",
    f"{MEDIA}/..%2f..%2f..%2frpcmedia.sqlite3",
    f"{MEDIA}/..%5c..%5c..%5crpcmedia.sqlite3",
    f"{MEDIA}/..\\..\\..\\rpcmedia.sqlite3",
    f"{MEDIA}/%252e%252e/%252e%252e/%252e%252e/rpcmedia.sqlite3",
    f"{MEDIA}/%c0%ae%c0%ae/%c0%ae%c0%ae/rpcmedia.sqlite3",
    f"{MEDIA}/....//....//....//rpcmedia.sqlite3",
    f"{MEDIA}/a/_/a.png%00",
    f"{MEDIA}/a/_/a.png%00.jpg",
    f"{MEDIA}/%00",
    f"{MEDIA}/%ff%fe",
    f"{MEDIA}/%",
    f"{MEDIA}/%zz",
    f"{MEDIA}/*",
    f"{MEDIA}/etc/passwd",
    f"{MEDIA}//etc/passwd",
    f"{MEDIA}/%2fetc%2fpasswd",
    f"{MEDIA}/{'a' * 5000}.png",
]


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_nothing_else_is_served(spread: Server, target: str) -> None:
    status, answer = await get_raw(spread.url, target)
    assert status == 404
    for secret in (b"secret\n", b"SQLite format", b"root:", pictures.png(), b"Traceback"):
        assert secret not in answer
    assert str(spread.data).encode() not in answer
    # No listing either.
    assert b"orphan" not in answer.split(b"\r\n\r\n", 1)[1]


async def test_the_raw_client_of_these_tests_can_reach_a_file(spread: Server) -> None:
    for target in (FILE, f"{FILE}?v=1", f"{MEDIA}/%61/_/a.png"):
        status, answer = await get_raw(spread.url, target)
        assert status == 200
        assert answer.endswith(pictures.png())


async def test_no_key_is_needed(shop: Server) -> None:
    async with shop.http.get(
        shop.url + FILE, headers={"Authorization": "Basic nonsense"}
    ) as answer:
        assert answer.status == 200

"""REST: how every fault is spelled, what operators and harnesses see, and stores that fail."""

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rpcmedia.faces import limits
from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.controlled import Controlled, controlling
from tests.support.rest import CATALOG, IMAGES, UNKNOWN, Rest, new

ONE = f"{IMAGES}/1"
INTERNAL = (500, "Resource internal error.")

FAULTS = {
    0: UNKNOWN,
    1: INTERNAL,
    2: (403, "Access denied"),
    3: (404, "Request does not match any route."),
    4: (405, "Resource method not implemented yet."),
    5: (401, "oauth_problem=token_rejected"),
    6: (401, "oauth_problem=parameter_absent"),
    100: (400, "Requested store is invalid"),
    101: (404, "Resource not found."),
    102: (400, "Resource data pre-validation error."),
    103: (404, "Resource not found."),
    104: UNKNOWN,
    105: INTERNAL,
    106: INTERNAL,
    107: (400, "Requested product does not support images"),
}
OPERATIONS = {
    "list": ("GET", IMAGES),
    "info": ("GET", ONE),
    "create": ("POST", IMAGES),
    "update": ("PUT", ONE),
    "remove": ("DELETE", ONE),
}


@pytest.fixture
async def controlled(tmp_path: Path) -> AsyncIterator[Controlled]:
    async with controlling(tmp_path / "data", catalog=CATALOG) as server:
        await Rest(server).create(file_name="one")
        await server.control("POST", "/reset", {"scope": "journal"})
        yield server


async def entries(server: Controlled) -> list[tuple[Any, ...]]:
    """Method, product, user and fault of each call in the journal."""
    found = (await server.control("GET", "/journal"))["entries"]
    return [(e["method"], e["product"], e["user"], e["fault"]) for e in found]


async def test_every_fault_has_a_status_and_a_message(controlled: Controlled) -> None:
    rest = Rest(controlled)
    for number, refusal in FAULTS.items():
        for name, (method, path) in OPERATIONS.items():
            rule = await controlled.inject(
                action="fault", number=number, message="Hidden.", method=f"product_images.{name}"
            )
            expected = refusal
            if name == "create" and number in (100, 101, 107):
                expected = UNKNOWN
            elif name == "info" and number == 103:
                expected = (404, "Product image not found")
            assert (name, (await rest.ask(method, path, new())).error) == (name, expected)
            await controlled.control("DELETE", f"/faults/{rule}")
    assert len(await rest.get()) == 1


async def test_the_journal_holds_every_call(controlled: Controlled) -> None:
    rest = Rest(controlled)
    await rest.get("/products/product1/images", "guest")
    await rest.ask("GET", f"{IMAGES}/9")
    await rest.create("/products/01/images")
    await rest.put(ONE, label="x")
    await rest.ask("POST", IMAGES, new(file_content="%"))
    await rest.ask("PUT", ONE, new(), who="customer")
    await rest.ask("DELETE", "/products/9999/images/1")
    await rest.delete(ONE)

    assert await entries(controlled) == [
        ("product_images.list", "product1", None, None),
        ("product_images.info", "1", None, 103),
        ("product_images.create", "01", None, None),
        ("product_images.update", "1", None, None),
        ("product_images.create", "1", None, 102),
        ("product_images.update", "1", None, 2),
        ("product_images.remove", "9999", None, 101),
        ("product_images.remove", "1", None, None),
    ]


async def test_a_rule_chooses_calls_of_rest_by_method_and_product(controlled: Controlled) -> None:
    rest = Rest(controlled)
    await controlled.inject(
        action="status", status=418, message="Tea.", method="product_images.*", sku="product1"
    )

    answer = await rest.ask("GET", "/products/product1/images")
    assert (answer.status, answer.content) == (418, b"Tea.\n")
    assert (await rest.ask("GET", "/products/1/images")).status == 200


@pytest.mark.parametrize(("when", "images"), [("before", 1), ("after", 2)])
async def test_a_fault_before_and_after_the_effect(
    controlled: Controlled, when: str, images: int
) -> None:
    rest = Rest(controlled)
    await controlled.inject(action="fault", number=104, when=when, method="product_images.create")

    assert (await rest.ask("POST", IMAGES, new())).error == UNKNOWN
    assert len(await rest.get()) == images


async def test_a_snapshot_takes_galleries_back(controlled: Controlled) -> None:
    rest = Rest(controlled)
    await controlled.control("PUT", "/snapshots/one")
    await rest.delete(ONE)
    assert await rest.get() == []
    await controlled.control("POST", "/snapshots/one/restore")
    assert len(await rest.get()) == 1


async def counted(rest: Rest, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """What a counter says of REST, by these labels."""
    async with rest.server.http.get(f"{rest.server.url}/metrics") as answer:
        text = await answer.text()
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels["face"] == "rest"
    }  # fmt: skip


async def test_every_call_and_every_refusal_is_counted(rest: Rest) -> None:
    await rest.get()
    await rest.get(who="guest")
    await rest.ask("GET", ONE)
    await rest.ask("GET", IMAGES, Version="x")
    await rest.ask("GET", "/nosuch")
    await rest.ask("PATCH", IMAGES)
    await rest.ask("GET", IMAGES, accept="image/png")
    await rest.ask("POST", IMAGES, new(), who="guest")
    await rest.ask("POST", IMAGES, "{")
    await rest.ask("GET", IMAGES, who="guest", Authorization="OAuth x")

    assert await counted(rest, "rpcmedia_calls_total", "method", "fault") == {
        ("product_images.list", ""): 2,
        ("product_images.list", "400"): 1,
        ("product_images.list", "406"): 1,
        ("product_images.list", "401"): 1,
        ("product_images.info", "103"): 1,
        ("other", "404"): 1,
        ("other", "400"): 1,
        ("product_images.create", "2"): 1,
        ("product_images.create", "400"): 1,
    }


async def test_the_bytes_of_bodies_are_counted(rest: Rest) -> None:
    body = json.dumps(new())
    sent = 0
    for method, path, status in (("POST", IMAGES, 200), ("GET", ONE, 200), ("GET", "/x", 404)):
        answer = await rest.ask(method, path, body if method == "POST" else None)
        assert answer.status == status
        sent += len(answer.content)

    assert await counted(rest, "rpcmedia_bytes_total", "direction") == {
        ("in",): len(body),
        ("out",): sent,
    }


async def test_an_unknown_signature_is_refused_in_the_type_asked_for(rest: Rest) -> None:
    for path in (IMAGES, "/nosuch"):
        answer = await rest.ask("GET", path, who="guest", Authorization="OAuth a=b")
        assert answer.error[0] == 401
        assert answer.error[1].startswith("oauth_problem=parameter_absent")
        answer = await rest.ask("PATCH", path, who="guest", Authorization="OAuth a=b", accept=None)
        assert answer.status == 401
        assert b"<message>oauth_problem=" in answer.content


@contextlib.contextmanager
def without_rows(rest: Rest) -> Iterator[None]:
    """No image can be read or written for the block."""
    with contextlib.closing(sqlite3.connect(rest.server.data / "rpcmedia.sqlite3")) as other:
        other.execute("ALTER TABLE image_value RENAME TO aside")
        try:
            yield
        finally:
            other.execute("ALTER TABLE aside RENAME TO image_value")


@contextlib.contextmanager
def without_files(rest: Rest) -> Iterator[None]:
    """No file can be written for the block."""
    media, aside = rest.server.data / "media", rest.server.data / "aside"
    media.rename(aside)
    media.write_text("no folder")
    try:
        yield
    finally:
        media.unlink()
        aside.rename(media)


async def test_reading_from_a_store_that_fails_can_be_tried_again(rest: Rest) -> None:
    await rest.create()
    before = await rest.get()

    with without_rows(rest):
        for path in (IMAGES, ONE):
            answer = await rest.ask("GET", path)
            assert answer.error == (503, "The storage does not answer; try again.")
            assert answer.headers["Retry-After"] == "1"
        for method, path in (("PUT", ONE), ("DELETE", ONE), ("DELETE", f"{ONE}/store/2")):
            assert (await rest.ask(method, path, {"label": "x"})).error == INTERNAL

    assert await rest.get() == before


async def test_files_that_cannot_be_kept_change_nothing(rest: Rest) -> None:
    await rest.create()
    before = await rest.get()

    with without_files(rest):
        assert (await rest.ask("POST", IMAGES, new())).error == INTERNAL
        content = text_of(pictures.jpeg(2))
        fields = {"label": "New", "file_content": content, "file_mime_type": "image/jpeg"}
        assert (await rest.ask("PUT", ONE, fields)).error == INTERNAL
        assert await rest.get() == before

    assert await rest.get() == before
    assert (await rest.ask("PUT", ONE, fields)).status == 200


async def test_a_busy_server_says_when_to_come_again(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_REQUESTS", 0)
    for method, path in (("GET", IMAGES), ("POST", IMAGES), ("DELETE", ONE)):
        answer = await rest.ask(method, path, new())
        assert answer.error == (503, "Server is busy, try again.")
        assert answer.headers["Retry-After"] == "1"

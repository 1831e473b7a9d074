"""What every face has in common: the same faults in its own spelling, and the same gallery."""

from pathlib import Path
from typing import Any

import pytest

from tests.model.declared import GLOBAL_FAULTS, RESOURCE_FAULTS
from tests.support import pictures
from tests.support.controlled import controlling
from tests.support.face_tapes import FACE_TAPES
from tests.support.server import Server
from tests.support.speakers import SPEAKERS, Refused, Speaker

CATALOG = FACE_TAPES / "catalog-rest.json"

FAULTS = GLOBAL_FAULTS | RESOURCE_FAULTS
REST = {
    0: (400, 400, "Resource unknown error."),
    1: (500, 500, "Resource internal error."),
    2: (403, 403, "Access denied"),
    3: (404, 404, "Request does not match any route."),
    4: (405, 405, "Resource method not implemented yet."),
    5: (401, 401, "oauth_problem=token_rejected"),
    6: (401, 401, "oauth_problem=parameter_absent"),
    100: (400, 400, "Requested store is invalid"),
    101: (404, 404, "Resource not found."),
    102: (400, 400, "Resource data pre-validation error."),
    103: (404, 404, "Resource not found."),
    104: (400, 400, "Resource unknown error."),
    105: (500, 500, "Resource internal error."),
    106: (500, 500, "Resource internal error."),
    107: (400, 400, "Requested product does not support images"),
}


async def test_every_fault_is_spelled_by_every_face(tmp_path: Path) -> None:
    async with controlling(tmp_path, catalog=CATALOG) as server:
        for number, text in FAULTS.items():
            expected = {
                "jsonrpc": (200, number, text),
                "xmlrpc": (200, number, text),
                "soap v1": (200, str(number), text),
                "soap v2": (200, str(number), text),
                "rest": REST[number],
            }
            spelled = {}
            for name, speak in SPEAKERS.items():
                speaker = speak(server)
                await speaker.log_in()
                method = "product_images.list" if name == "rest" else "product_media.list"
                await server.inject(action="fault", number=number, method=method, times=1)
                with pytest.raises(Refused) as refusal:
                    await speaker.images("product1")
                spelled[name] = refusal.value.args
            assert spelled == expected


async def play(speaker: Speaker) -> None:
    """Create, change and remove images of two products."""
    await speaker.log_in()
    png, jpeg = pictures.png(1), pictures.jpeg(2)
    front = await speaker.create(
        "product1", png, "image/png", name="front view", label="Front & <b>", position=3, exclude=0
    )
    back = await speaker.create("product1", jpeg, "image/jpeg", exclude=1, types=["image"])
    await speaker.create("product2", png, "image/png", label="ü€😀", exclude=0)
    await speaker.update("product1", front, None, types=["thumbnail", "small_image"])
    await speaker.update("product1", front, "german", label="Vorderseite", position=7)
    with pytest.raises(Refused):
        await speaker.create("product1", b"no picture", "image/png")
    await speaker.create("product1", jpeg, "image/jpeg", label="", exclude=0)
    await speaker.remove("product1", back)
    with pytest.raises(Refused):
        await speaker.remove("product1", back)
    assert [image.get("label", "") for image in await speaker.images("product1")] == [
        "Front & <b>",
        "",
    ]


async def galleries(server: Server) -> list[Any]:
    """The galleries in every store view, and the bytes of the first image."""
    found = [
        await server.call("product_media.list", sku, store)
        for sku in ("product1", "product2")
        for store in (0, "default", "german")
    ]
    async with server.http.get(f"{server.url}/media/catalog/product/f/r/front_view.png") as answer:
        return [*found, await answer.read()]


async def test_one_scenario_leaves_the_same_gallery_through_every_face(tmp_path: Path) -> None:
    left = {}
    for name, speak in SPEAKERS.items():
        async with controlling(tmp_path / name, catalog=CATALOG) as server:
            await play(speak(server))
            left[name] = await galleries(server)

    expected = left["jsonrpc"]
    assert [len(gallery) for gallery in expected[:6]] == [2, 2, 2, 1, 1, 1]
    assert {name: gallery for name, gallery in left.items() if gallery != expected} == {}

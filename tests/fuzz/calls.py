"""Requests that are right, or nearly: every method and operation, in every way to call it."""

from collections.abc import Sequence
from random import Random
from typing import Any

from tests.faces.bodies import file_of
from tests.support import hostile_pictures as hostile
from tests.support import pictures

OPERATIONS = ("currentStore", "list", "info", "types", "create", "update", "remove")
RESOURCES = ("product_media", "product_attribute_media", "catalog_product_attribute_media")
PICTURES = (
    *(pictures.png(), pictures.jpeg(), pictures.jpeg(progressive=True), pictures.gif()),
    *(pictures.gif(3), pictures.webp(), pictures.webp(3), pictures.webp(lossless=True)),
    *(pictures.animated_png(), pictures.multi_picture_jpeg(), pictures.jpeg_with_exif()),
    *(hostile.gif_and_script(), hostile.jpeg_of_scans(20), hostile.png_of_frames(5)),
    hostile.png_with_text(b"zTXt", 1),
)
_MIMES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_FILES = ("/i/m/image.png", "/i/m/image.jpg", "/i/m/image_1.png", "/b/a/back_view.png", "no")
_VIEWS = (None, 0, 1, "default", "german", "admin", "nosuch")


def arguments(operation: str, random: Random) -> list[Any]:
    """Arguments that the operation takes."""
    product = random.choice(["product1", "product2", "product3", 1, 2, "3", "nosuch", 99])
    view, kind = random.choice(_VIEWS), random.choice([None, "sku", "id"])
    file = random.choice(_FILES)
    match operation:
        case "currentStore":
            return [view]
        case "list":
            return [product, view, kind]
        case "info":
            return [product, file, view, kind]
        case "types":
            return [random.choice([4, "4", [4, 9], 999])]
        case "create":
            return [product, image_data(random), view, kind]
        case "update":
            return [product, file, image_data(random), view, kind]
        case _:
            return [product, file, kind]


def image_data(random: Random, content: bytes | None = None) -> dict[str, Any]:
    """Image data around this picture, or around any."""
    content = random.choice(PICTURES) if content is None else content
    data: dict[str, Any] = {"file": file_of(content, random.choice(_MIMES))}
    if random.random() < 0.5:
        data["file"]["name"] = random.choice(["back view", "a", "ü", "x.php", "a" * 200])
    if random.random() < 0.5:
        more = {"label": "Front", "position": 3, "types": ["image", "thumbnail"], "exclude": 0}
        data |= more
    return data


def request(random: Random, session: str | None) -> dict[str, Any]:
    """One request; `session` is None for HTTP Basic."""
    method, params = _method(random, session)
    message = {"jsonrpc": random.choice(["2.0", "2.0", 2.0, "1.0"]), "id": random.randrange(10**6)}
    if random.random() < 0.1:
        # A notification.
        del message["id"]
    return message | {"method": method, "params": params}


def _method(random: Random, session: str | None) -> tuple[str, Any]:
    path, given = _operation(random)
    match random.randrange(16):
        case 0:
            names = ["sessionId", "apiPath", "args"]
            return "call", dict(zip(names, [session, path, given], strict=True))
        case 1:
            calls = [[path, given], *(list(_operation(random)) for _ in range(random.randrange(4)))]
            return "multiCall", [session, calls, random.choice([None, {"break": 1}, []])]
        case 2:
            return random.choice(["resources", "globalFaults"]), [session]
        case 3:
            return "resourceFaults", [session, random.choice(RESOURCES)]
        case 4:
            return "startSession", []
        case 5:
            # Never the session of the others.
            return "endSession", ["0" * 32]
        case 6 | 7 | 8:
            return path, [session, *given]
        case _:
            return "call", [session, path, given]


def _operation(random: Random) -> tuple[str, Sequence[Any]]:
    operation = random.choice(OPERATIONS)
    return f"{random.choice(RESOURCES)}.{operation}", arguments(operation, random)

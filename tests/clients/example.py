"""What every client of these tests sends, and the answers that it must see."""

import base64
from typing import Any

from tests.support.pictures import jpeg

SKU = "product1"
NO_SKU = "nosuchproduct"
FILE = "/f/r/front.jpg"

NEW_IMAGE = {
    "file": {
        "mime": "image/jpeg",
        "content": base64.b64encode(jpeg()).decode(),
        "name": "front",
    },
    "label": "Vorderseite – “groß” 🚀",
    "position": 7,
    "types": ["thumbnail"],
    "exclude": 0,
}
CHANGES = {"label": "Front", "position": 2, "types": ["image", "small_image"]}

CREATED: dict[str, Any] = {
    "file": FILE,
    "label": NEW_IMAGE["label"],
    "position": 7,
    "exclude": 0,
    "url": f"http://address/media/catalog/product{FILE}",
    "types": ["thumbnail"],
}
CHANGED = {**CREATED, **CHANGES}

SPELLED_CREATED = {**CREATED, "position": "7", "exclude": "0"}
SPELLED_CHANGED = {**SPELLED_CREATED, **CHANGES, "position": "2"}
"""As the reference server spells them: every value is a string."""
TYPES = [{"code": code, "scope": "store"} for code in ("image", "small_image", "thumbnail")]
SET = "4"

NO_PRODUCT = {"code": "101", "message": "Product not exists."}
NO_IMAGE = {
    "code": "103",
    "message": "Requested image not exists in product images' gallery.",
}
NO_SESSION = {"code": "5", "message": "Session expired. Try to relogin."}

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

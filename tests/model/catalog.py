"""The shop that the model and the server begin with."""

from typing import Any

TYPES = ("image", "small_image", "thumbnail")

CATALOG: dict[str, Any] = {
    "base_url": "http://shop.example",
    "store_views": [
        {"id": 0, "code": "admin"},
        {"id": 1, "code": "default"},
        {"id": 2, "code": "german"},
    ],
    "attribute_sets": [
        {
            "id": 4,
            "name": "Default",
            "gallery": True,
            "image_types": [{"code": code, "scope": "store"} for code in TYPES],
        },
        {
            "id": 9,
            "name": "NoMedia",
            "gallery": False,
            "image_types": [{"code": "image", "scope": "store"}],
        },
        {"id": 10, "name": "NoTypes", "gallery": True, "image_types": []},
    ],
    "products": [
        {"id": number, "sku": sku, "attribute_set_id": set_id}
        for number, sku, set_id in (
            (1, "product1", 4),
            (2, "product2", 4),
            (5, "12345", 4),
            (6, "ürün 1", 4),
            (7, "nomedia1", 9),
            (8, "notypes1", 10),
            (9, "2", 4),
            (20, "0007", 4),
            (21, "SKU-Case", 4),
        )
    ],
    "users": [
        {"username": "apiuser", "key": "key of apiuser", "permissions": ["all"]},
        {"username": "reader", "key": "key:of:reader", "permissions": ["catalog/product/media"]},
        {
            "username": "Maker",
            "key": "key of maker",
            "permissions": ["catalog/product/media", "catalog/product/media/create"],
        },
        {
            "username": "editor",
            "key": "key of editor ü",
            "permissions": [
                "catalog/product/media",
                "catalog/product/media/update",
                "catalog/product/media/remove",
            ],
        },
        {"username": "elsewhere", "key": "key of elsewhere", "permissions": ["core/store"]},
        {
            "username": "inactive",
            "key": "key of inactive",
            "permissions": ["all"],
            "active": False,
        },
        {"username": "norole", "key": "key of norole", "permissions": []},
    ],
}

"""What the shop must do, in lists and dicts: galleries, their values and their file names.

Written from the README, the API page and what was measured of the reference, not from the server's
code: where the two differ, one of them is wrong.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.model import casts
from tests.model.values import Content, Sample, Words

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
HIGHEST_POSITION, HIGHEST_EXCLUDE, LONGEST_LABEL, LONGEST_NAME = 2**32 - 1, 2**16 - 1, 255, 255
ADMIN = 0


class Refused(Exception):
    """A fault of the API, or, with a negative number, an error of JSON-RPC."""

    def __init__(self, number: int, message: str | Words) -> None:
        super().__init__(number, message)
        self.number = number
        self.message = message


@dataclass
class Image:
    """One image; its values by store view, each with only what was written there."""

    file: str
    sample: Sample
    values: dict[int, dict[str, Any]] = field(default_factory=dict)

    def seen(self, store: int, name: str) -> Any:
        """A value as a store view sees it; None where it has none."""
        own = self.values.get(store, {}).get(name)
        return self.values.get(ADMIN, {}).get(name) if own is None else own


@dataclass(frozen=True)
class ImageMap:
    """What a client is told of an image, before a profile spells it."""

    file: str
    label: str
    position: int | None
    exclude: int | None
    url: str
    types: tuple[str, ...]


class Shop:
    """All galleries of a catalog."""

    def __init__(self, catalog: dict[str, Any], extension_as_found: bool) -> None:
        self._base_url = catalog["base_url"]
        self._views = {view["code"]: view["id"] for view in catalog["store_views"]}
        self._sets = {
            group["id"]: (group["gallery"], {one["code"]: one for one in group["image_types"]})
            for group in catalog["attribute_sets"]
        }
        self.products: dict[int, dict[str, Any]] = {
            product["id"]: product for product in catalog["products"]
        }
        self._extension_as_found = extension_as_found
        self.galleries: dict[int, list[Image]] = {number: [] for number in self.products}
        self.removed: dict[str, Sample] = {}
        self._names: set[str] = set()
        self._holders: dict[tuple[int, int, str], Image | None] = {}

    # What arguments mean.

    def store_view(self, store: Any, current: int) -> int:
        if store is None:
            return current
        if isinstance(store, bool) or store == "":
            return ADMIN
        if isinstance(store, list | dict):
            raise Refused(-32602, Words("store"))
        if casts.is_numeric(store) and casts.integer(store) in self._views.values():
            return casts.integer(store)
        if store not in self._views:
            raise Refused(100, "Requested store view not found.")
        return int(self._views[store])

    def product(self, product: Any, identifier_type: Any) -> int:
        plain = isinstance(product, str) and re.fullmatch(r"[+-]?[1-9][0-9]*|0", product)
        is_scalar = isinstance(product, str | int | float) and not isinstance(product, bool)
        sku_only = identifier_type == "sku" or identifier_type is True
        guess = identifier_type is None and isinstance(product, str) and not plain
        if (sku_only or guess) and is_scalar:
            wanted = casts.string(product).rstrip(" ").casefold()
            for number, known in self.products.items():
                if known["sku"].casefold() == wanted:
                    return number
        if not sku_only and casts.is_numeric(product) and casts.integer(product) in self.products:
            return casts.integer(product)
        raise Refused(101, "Product not exists.")

    def types_of_set(self, set_id: Any) -> list[dict[str, str]]:
        plain = isinstance(set_id, str) and re.fullmatch(r"[1-9][0-9]*", set_id)
        number = int(set_id) if plain else set_id
        if isinstance(number, bool) or not isinstance(number, int) or number not in self._sets:
            return []
        return list(self._sets[number][1].values())

    def _codes(self, product: int) -> list[str]:
        return list(self._sets[self.products[product]["attribute_set_id"]][1])

    # What can be read.

    def gallery(self, product: int, store: int) -> list[ImageMap]:
        if not self._sets[self.products[product]["attribute_set_id"]][0]:
            raise Refused(107, "Requested product doesn't support images")
        images = self.galleries[product]
        in_order = sorted(images, key=lambda image: self._place(image, store))
        return [self._map(product, image, store) for image in in_order]

    def _place(self, image: Image, store: int) -> int:
        position = image.seen(store, "position")
        return -1 if position is None else int(position)

    def _map(self, product: int, image: Image, store: int) -> ImageMap:
        return ImageMap(
            image.file,
            image.seen(store, "label") or "",
            image.seen(store, "position"),
            image.seen(store, "exclude"),
            f"{self._base_url}/media/catalog/product{image.file}",
            tuple(
                code for code in self._codes(product) if self._holder(product, store, code) is image
            ),
        )

    def info(self, product: int, file: Any, store: int) -> ImageMap:
        return self._map(product, self._image(product, file), store)

    def _image(self, product: int, file: Any) -> Image:
        self.gallery(product, ADMIN)
        for image in self.galleries[product]:
            if isinstance(file, str) and image.file == file:
                return image
        raise Refused(103, "Requested image not exists in product images' gallery.")

    def _holder(self, product: int, store: int, code: str) -> Image | None:
        key = (product, store, code)
        return self._holders.get(key if key in self._holders else (product, ADMIN, code))

    # What changes it.

    def create(self, product: int, data: Any, store: int) -> str:
        self.gallery(product, ADMIN)
        file = _file_of(data)
        if file is None:
            raise Refused(102, "The image is not specified.")
        mime, sample = _upload(file, "The image contents is not valid base64 data.")
        extension = EXTENSIONS[sample.mime if self._extension_as_found and sample.mime else mime]
        wished = casts.string(file.get("name")) if casts.truthy(file.get("name")) else "image"
        whole = f"{wished}.{extension}"
        path = self._free_name(whole)
        _check_picture(sample, whole)
        _check_length(path)
        self._names.add(path)
        given = _values_of(data)
        position = 1 + max(
            (image.seen(store, "position") or 0 for image in self.galleries[product]), default=0
        )
        values = {"position": min(position, HIGHEST_POSITION), "exclude": 1, **given}
        image = Image(path, sample)
        self.galleries[product].append(image)
        types = data.get("types")
        self._write(product, image, values, [types] if isinstance(types, str) else types, store)
        return path

    def update(self, product: int, file: Any, data: Any, store: int) -> None:
        image = self._image(product, file)
        sample = None
        upload = _file_of(data)
        if upload is not None:
            _, sample = _upload(upload, "Image content is not valid base64 data.")
            _check_picture(sample, image.file.rpartition("/")[2])
        image.sample = sample or image.sample
        types = data.get("types") if isinstance(data, dict) else None
        self._write(product, image, _values_of(data), types, store)

    def remove(self, product: int, file: Any) -> None:
        image = self._image(product, file)
        self.galleries[product].remove(image)
        self.removed[image.file] = image.sample
        for key, holder in self._holders.items():
            if holder is image:
                self._holders[key] = None
        self._save_default_scope(product)

    def _write(
        self, product: int, image: Image, values: dict[str, Any], types: Any, store: int
    ) -> None:
        image.values.setdefault(store, {}).update(values)
        if store == ADMIN:
            self._save_default_scope(product)
        if isinstance(types, dict):
            types = list(types.values())
        if not isinstance(types, list):
            return
        for code in self._codes(product):
            if code in types:
                self._holders[product, store, code] = image
            elif self._holder(product, store, code) is image:
                self._holders[product, store, code] = None

    def _save_default_scope(self, product: int) -> None:
        # Each change in the default scope gives zeros to what was made in another store view.
        for image in self.galleries[product]:
            shared = image.values.setdefault(ADMIN, {})
            for name in ("position", "exclude"):
                if shared.get(name) is None:
                    shared[name] = 0

    # Names of files.

    def _free_name(self, whole: str) -> str:
        if whole.startswith("./"):
            whole = whole[2:]
        if "\0" in whole or "/" in whole or ".." in whole.split("\\"):
            raise Refused(104, "Cannot create image.")
        _check_length(whole)
        name = re.sub(rb"[^A-Za-z0-9_.-]+", b"_", whole.encode()).decode()
        stem, _, extension = name.rpartition(".")
        if set(stem) == {"_"}:
            stem = "file"
        first, second = (character.replace(".", "_") for character in f"{stem}.{extension}"[:2])
        path, number = f"/{first}/{second}/{stem}.{extension}", 0
        while path in self._names:
            number += 1
            path = f"/{first}/{second}/{stem}_{number}.{extension}"
        return path


def _check_length(path: str) -> None:
    size = len(path.rpartition("/")[2].encode())
    if size > LONGEST_NAME:
        raise Refused(104, Words("Cannot create image.", str(size), str(LONGEST_NAME)))


def _check_picture(sample: Sample, shown: str) -> None:
    if sample.refusal:
        raise Refused(104, sample.refusal.format(name=shown))


def _file_of(data: Any) -> dict[str, Any] | None:
    file = data.get("file") if isinstance(data, dict) else None
    if isinstance(file, dict) and file.get("mime") is not None and file.get("content") is not None:
        return file
    return None


def _upload(file: dict[str, Any], refusal: str) -> tuple[str, Sample]:
    mime, content = file["mime"], file["content"]
    if not isinstance(mime, str) or mime not in EXTENSIONS:
        raise Refused(102, "Invalid image type.")
    if not isinstance(content, Content) or not content.is_base64:
        raise Refused(102, refusal)
    return mime, content.sample


def _values_of(data: Any) -> dict[str, Any]:
    """The values that image data names; an empty label is none."""
    data = data if isinstance(data, dict) else {}
    given: dict[str, Any] = {}
    if data.get("label") is not None:
        given["label"] = casts.string(data["label"])[:LONGEST_LABEL] or None
    if data.get("position") is not None:
        given["position"] = casts.clamped(data["position"], HIGHEST_POSITION)
    for name in ("disabled", "exclude"):
        if data.get(name) is not None:
            given["exclude"] = casts.clamped(data[name], HIGHEST_EXCLUDE)
    return given

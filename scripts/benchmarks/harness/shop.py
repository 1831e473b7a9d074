"""A shop to measure: a data folder with a catalog, and a real server on it."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.processes import RPCMEDIA, Process, serving
from harness.wire import Wire, body_of, request_of

USER, KEY = "bench", "a key for the benchmark"
BASE_URL = "http://shop.example"
PRODUCTS = 200


def catalog(products: int = PRODUCTS) -> dict[str, object]:
    """A catalog of products that are all alike."""
    types = [{"code": code} for code in ("image", "small_image", "thumbnail")]
    return {
        "store_views": [{"id": 0, "code": "admin"}],
        "attribute_sets": [{"id": 4, "name": "Default", "image_types": types}],
        "products": [
            {"id": number, "sku": sku(number), "attribute_set_id": 4}
            for number in range(1, products + 1)
        ],
        "users": [{"username": USER, "key": KEY, "permissions": ["all"]}],
    }


def sku(number: int) -> str:
    """The SKU of the n-th product, from 1 on."""
    return f"product{number}"


SKUS = tuple(sku(number) for number in range(1, PRODUCTS + 1))


@dataclass(frozen=True)
class Server:
    """A server under test, and a session on it."""

    process: Process
    session: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.process.url

    def ask(self, *requests: bytes) -> list[bytes]:
        """The answers to some bodies."""
        wire = Wire(self.url)
        answers = [wire.exchange(request_of(body)) for body in requests]
        wire.close()
        return answers


@dataclass(frozen=True)
class Shop:
    """A shop in a folder of its own."""

    folder: Path

    @property
    def database(self) -> Path:
        """Its rows."""
        return self.folder / "data" / "rpcmedia.sqlite3"

    @property
    def media(self) -> Path:
        """Its files."""
        return self.folder / "data" / "media" / "catalog" / "product"

    def command(self, tree: Path | None = None) -> list[str]:
        """What serves it, with default settings; `tree` is another checkout than this."""
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "catalog.json"
        file.write_text(json.dumps(catalog()))
        options = ["--data", str(self.folder / "data"), "--catalog", str(file)]
        serve = [*RPCMEDIA, "serve", "--port", "0", "--base-url", BASE_URL, *options]
        # Python looks for modules where it is started, before all else.
        return ["env", "-C", str(tree), f"PYTHONPATH={tree}", *serve] if tree else serve

    @contextlib.contextmanager
    def serving(self, tree: Path | None = None) -> Iterator[Server]:
        """A server on it, with a user logged in, for as long as the block lasts."""
        with serving(*self.command(tree)) as process:
            [answer] = Server(process, "").ask(body_of("login", [USER, KEY]))
            yield Server(process, result_of(answer))


def result_of(answer: bytes) -> Any:
    """The result in an answer."""
    value = json.loads(answer)
    assert "result" in value, answer
    return value["result"]

"""Plays requests against a real server and the model, and compares every answer in full."""

import base64
import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click.testing import CliRunner

from rpcmedia.cli import main
from rpcmedia.testing import Server
from tests.model.api import Api
from tests.model.catalog import CATALOG
from tests.model.spelling import NOTHING, Spelling
from tests.model.values import Content, NewSession, differs

_MEDIA = "/media/catalog/product"
_SECONDS = 60


def _text_of(content: object) -> str:
    assert isinstance(content, Content)
    return content.text


class Player:
    """A server over a folder, and the model of what it must hold."""

    def __init__(self, folder: Path, spelling: Spelling) -> None:
        self.api = Api(CATALOG, spelling)
        self.agree = True
        """Whether the last answer was that of the model."""
        self._spelling = spelling
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self._server = Server(CATALOG, profile=self._spelling.profile, data=self._folder)
        self._server.__enter__()
        self._http = http.client.HTTPConnection(
            urlsplit(self._server.address).netloc, timeout=_SECONDS
        )

    def stop(self) -> None:
        """Stop the server; nothing that it answered may get lost."""
        self._http.close()
        self._server.__exit__()

    def restart(self) -> None:
        """Stop the server and start another one over its folder, with the clock as it was."""
        self.stop()
        self._start()
        self._server.control.move(self.api.clock)

    def move_clock(self, lives: float) -> None:
        """Let so many lives of a session pass."""
        seconds = lives * self._spelling.session_life
        self._server.control.move(seconds)
        self.api.clock += seconds

    def ask(self, body: Any, basic: tuple[str, str] | None = None) -> None:
        """Send a JSON value, NOTHING for an empty body, and compare the answer."""
        expected = self.api.answer(body, basic if basic and all(basic) else None)
        text = "" if body is NOTHING else json.dumps(body, default=_text_of)
        self._compare(body, expected, self.send(text.encode(), basic))

    def send(self, body: bytes, basic: tuple[str, str] | None = None) -> bytes:
        """The bytes of the answer to raw bytes; its status must be 200."""
        headers = {}
        if basic:
            pair = base64.b64encode(":".join(basic).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        status, answer, _ = self._exchange("POST", "/api/jsonrpc", body, headers)
        assert status == 200, (status, answer)
        return answer

    def _exchange(self, *request: Any) -> tuple[int, bytes, str]:
        self._http.request(*request)
        response = self._http.getresponse()
        return response.status, response.read(), response.headers.get("Content-Type", "")

    def _compare(self, body: Any, expected: Any, text: bytes) -> None:
        actual: Any = json.loads(text) if text else NOTHING
        difference = differs(expected, actual)
        self.agree = difference is None
        assert self.agree, f"{difference}\nwas asked {body!r}\nand answered {actual!r}"
        if expected is NOTHING:
            return
        members = isinstance(expected, list)
        pairs = zip(expected, actual, strict=True) if members else [(expected, actual)]
        for wanted, got in pairs:
            if isinstance(wanted.get("result"), NewSession):
                assert got["result"] not in self.api.sessions
                self.api.opened(got["result"], wanted["result"])

    def look_at_everything(self) -> None:
        """Compare each gallery in each store view, and the bytes of each image, also removed."""
        user = CATALOG["users"][0]
        shop = self.api.shop
        calls = [
            ["product_media.list", [number, view["id"]]]
            for number, gallery in shop.galleries.items()
            for view in (CATALOG["store_views"] if gallery else [{"id": 0}])
        ]
        request = {"jsonrpc": "2.0", "id": 1, "method": "multiCall", "params": [None, calls]}
        self.ask(request, (user["username"], user["key"]))
        live = {image.file: image.sample for images in shop.galleries.values() for image in images}
        for file, sample in (live | shop.removed).items():
            status, content, mime = self._exchange("GET", _MEDIA + file)
            assert (status, content, mime) == (200, sample.content, sample.mime), file
        assert self._exchange("GET", f"{_MEDIA}/n/o/nosuch.jpg")[0] == 404

    def check(self) -> None:
        """`rpcmedia check` finds each image with its bytes, and no other file."""
        command = ["check", "--data", str(self._folder), "--json"]
        outcome = CliRunner().invoke(main, command)
        assert outcome.exit_code == 0, outcome.output
        report = json.loads(outcome.output)
        shop = self.api.shop
        assert report["images"] == sum(map(len, shop.galleries.values()))
        assert sorted(report["removed"]) == sorted(shop.removed)

"""A client of the REST face that speaks as one of the visitors of a catalog."""

import io
import json
from dataclasses import dataclass
from typing import Any

from yarl import URL

from tests.faces.bodies import text_of
from tests.support import pictures
from tests.support.face_tapes import FACE_TAPES
from tests.support.server import Server

CATALOG = FACE_TAPES / "catalog-rest.json"
"""A shop with tokens for visitors of every kind."""

IMAGES = "/products/1/images"
JSON, XML, QUERY = "application/json", "text/xml", "text/plain"

_CONSUMER = "consumerkey100000000000000000000"
_TOKENS = {
    token["token"].partition("token")[0]: token
    for token in json.loads(CATALOG.read_text())["oauth"]["tokens"]
}
_CONSUMER_SECRET = "consumersecret100000000000000000"

NOT_FOUND = (404, "Resource not found.")
UNKNOWN = (400, "Resource unknown error.")
NO_STORE_VIEW = (400, "Requested store is invalid")
NOT_IMPLEMENTED = (405, "Resource method not implemented yet.")
INVALID = (400, "The request data is invalid.")
"""Refusals that several tests expect: status and message."""


@dataclass(frozen=True)
class Answer:
    """One answer, as it came."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """What JSON says."""
        assert self.headers["Content-Type"] == "application/json; charset=utf-8"
        return json.loads(self.content)

    @property
    def error(self) -> tuple[int, str]:
        """Status and only message of a refusal in JSON; fails for anything else."""
        [error] = self.errors
        return error

    @property
    def errors(self) -> list[tuple[int, str]]:
        """Status and message of each error in JSON; fails for anything else."""
        assert list(self.json) == ["messages"]
        found = self.json["messages"]["error"]
        assert {error["code"] for error in found} == {self.status}
        return [(error["code"], error["message"]) for error in found]


@dataclass(frozen=True)
class Rest:
    """The REST face of a server. `who` is admin, reader, norole, customer or guest."""

    server: Server

    async def ask(
        self,
        method: str,
        path: str = IMAGES,
        body: Any = None,
        *,
        who: str = "admin",
        accept: str | None = JSON,
        sent: str | None = JSON,
        **headers: str,
    ) -> Answer:
        """The answer to a request. A body that is no text is sent as JSON."""
        headers |= {} if who == "guest" else {"Authorization": authorization(who)}
        headers |= {} if accept is None else {"Accept": accept}
        if body is not None:
            headers |= {} if sent is None else {"Content-Type": sent}
            text = body if isinstance(body, str | bytes) else json.dumps(body)
            body = io.BytesIO(text if isinstance(text, bytes) else text.encode())
        async with self.server.http.request(
            method,
            URL(f"{self.server.url}/api/rest{path}", encoded=True),
            data=body,
            headers=headers,
            skip_auto_headers=("Accept", "Content-Type"),
            allow_redirects=False,
        ) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())

    async def get(self, path: str = IMAGES, who: str = "admin", **more: Any) -> Any:
        """What JSON says; fails for a refusal."""
        answer = await self.ask("GET", path, who=who, **more)
        assert answer.status == 200, answer
        return answer.json

    async def create(self, path: str = IMAGES, **fields: Any) -> int:
        """Create an image; its id."""
        answer = await self.ask("POST", path, new(**fields))
        assert answer.status == 200, answer
        assert answer.content == b""
        return int(answer.headers["Location"].rpartition("/")[2])

    async def put(self, path: str, **fields: Any) -> None:
        """Change an image."""
        answer = await self.ask("PUT", path, fields)
        assert (answer.status, answer.content) == (200, b""), answer

    async def delete(self, path: str) -> None:
        """Remove an image."""
        answer = await self.ask("DELETE", path)
        assert (answer.status, answer.content) == (200, b""), answer


def authorization(who: str) -> str:
    """The header of a visitor who has a token."""
    token = _TOKENS[who]
    signature = f"{_CONSUMER_SECRET}%26{token['secret']}"
    return (
        f'OAuth oauth_consumer_key="{_CONSUMER}", oauth_token="{token["token"]}",'
        f' oauth_signature_method="PLAINTEXT", oauth_signature="{signature}"'
    )


def new(seed: int = 1, **fields: Any) -> dict[str, Any]:
    """The fields of a new image: a JPEG, and whatever is given."""
    content = text_of(pictures.jpeg(seed))
    return {"file_mime_type": "image/jpeg", "file_content": content, **fields}

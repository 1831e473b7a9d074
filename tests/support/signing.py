"""Signing requests with oauthlib's client, as programs do, for the consumers of a recorded shop."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from oauthlib.oauth1 import Client
from yarl import URL

from tests.support.server import FIXTURES, Server, serving

SHOP = FIXTURES / "tapes" / "openmage-faces" / "catalog-rest.json"

IMAGES = "/api/rest/products/1/images"
HIDDEN = "/api/rest/products/33/images"
"""What only an admin sees: for guests and customers the product is not there."""


def padded(start: str) -> str:
    """A key, token or secret of the shop: its first letters and zeros up to 32 characters."""
    return start.ljust(32, "0")


def problem(text: str) -> Any:
    """The answer of REST to a request whose signature has a problem."""
    return {"messages": {"error": [{"code": 401, "message": f"oauth_problem={text}"}]}}


@dataclass(frozen=True)
class Signer:
    """A program with its credentials."""

    token: str = "admin"
    consumer: str = "1"
    method: str = "HMAC-SHA1"
    token_secret: str | None = None
    consumer_secret: str | None = None
    nonce: str | None = None
    timestamp: str | None = None
    given: tuple[str, str] | None = None
    """Token and secret in place of one of the shop's."""
    program: tuple[str, str] | None = None
    """A consumer's key and secret in place of one of the shop's."""

    def header(self, url: str, verb: str = "GET") -> str:
        """The Authorization header of a request."""
        token, secret = self.given or (
            padded(f"{self.token}token"),
            self.token_secret or padded(f"{self.token}secret"),
        )
        program = self.program or (
            padded(f"consumerkey{self.consumer}"),
            self.consumer_secret or padded(f"consumersecret{self.consumer}"),
        )
        client = Client(
            *program,
            token,
            secret,
            signature_method=self.method,
            nonce=self.nonce,
            timestamp=self.timestamp,
        )
        header = client.sign(url, cast(Any, verb))[1]["Authorization"]
        assert isinstance(header, str)
        return header

    def but(self, **changes: Any) -> "Signer":
        """The same with other values."""
        return replace(self, **changes)


@dataclass
class Shop:
    """A server with the recorded shop, asked as a program asks it."""

    server: Server

    @property
    def url(self) -> str:
        return self.server.url

    async def send(
        self,
        path: str,
        header: str | None = None,
        verb: str = "GET",
        host: str | None = None,
        json: Any = None,
    ) -> tuple[int, Any]:
        """Status and JSON of the answer to a request with an Authorization header."""
        headers = {"Accept": "application/json"}
        headers |= {"Authorization": header} if header is not None else {}
        headers |= {"Host": host} if host else {}
        url = URL(self.url + path, encoded=True)
        async with self.server.http.request(verb, url, headers=headers, json=json) as answer:
            text = await answer.text()
            is_json = "json" in answer.headers["Content-Type"]
            return answer.status, await answer.json() if is_json else text

    async def ask(self, signer: Signer, path: str = HIDDEN, verb: str = "GET") -> tuple[int, Any]:
        """Status and JSON of the answer to a signed request."""
        return await self.send(path, signer.header(self.url + path, verb), verb)


@contextlib.asynccontextmanager
async def shop(data: Path, **settings: Any) -> AsyncIterator[Shop]:
    """A server with the recorded shop."""
    async with serving(data, catalog=SHOP, **settings) as server:
        yield Shop(server)

"""The client requests-oauthlib: from a consumer's key to a gallery that is changed in REST."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1Session  # type: ignore[import-untyped]
from requests_oauthlib.oauth1_session import (  # type: ignore[import-untyped]
    TokenRequestDenied,
)

from rpcmedia import wiring
from rpcmedia.settings import Settings
from tests.support import pictures
from tests.support.certificates import certify
from tests.support.server import KEY, USER
from tests.support.signing import IMAGES, SHOP, padded, shop

METHODS = ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"]
CONSUMER = {
    "client_key": padded("consumerkey1"),
    "client_secret": padded("consumersecret1"),
}
GIVEN = {
    "resource_owner_key": padded("admintoken"),
    "resource_owner_secret": padded("adminsecret"),
}
CALLBACK = "http://127.0.0.1:9/back?keep=1"


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a server with consumers."""
    async with shop(tmp_path) as running:
        yield running.url


def answer(page: str, **fields: str) -> requests.Response:
    """What somebody gets who fills in the page and sends it."""
    token = page.partition("oauth_token=")[2]
    data = {"oauth_token": token, "username": USER, "key": KEY, "answer": "allow", **fields}
    return requests.post(page, data=data, allow_redirects=False, timeout=10)


def dance(url: str, program: OAuth1Session) -> None:
    """Come to an access token by way of the page."""
    program.fetch_request_token(f"{url}/oauth/initiate")
    page = program.authorization_url(f"{url}/oauth/authorize")
    back = answer(page)
    assert back.status_code == 303
    assert back.headers["Location"].startswith(f"{CALLBACK}&oauth_token=")
    program.parse_authorization_response(back.headers["Location"])
    program.fetch_access_token(f"{url}/oauth/token")


def manage_images(url: str, program: OAuth1Session) -> None:
    images, headers = f"{url}{IMAGES}", {"Accept": "application/json"}
    content = base64.b64encode(pictures.jpeg()).decode()
    new = {"file_mime_type": "image/jpeg", "file_content": content, "label": "Vorne – ü 🚀"}
    created = program.post(images, json=new, headers=headers)
    assert created.status_code == 200
    image = f"{url}{created.headers['Location']}"
    assert program.get(f"{images}?attrs=label", headers=headers).json() == [{"label": new["label"]}]
    assert program.put(image, json={"label": "Front"}, headers=headers).status_code == 200
    assert program.get(image, headers=headers).json()["label"] == "Front"
    assert program.delete(image, headers=headers).status_code == 200
    assert program.get(images, headers=headers).json() == []


@pytest.mark.parametrize("method", METHODS)
async def test_a_program_is_let_in_by_a_user_and_acts_as_the_user(url: str, method: str) -> None:
    def use() -> None:
        with OAuth1Session(**CONSUMER, callback_uri=CALLBACK, signature_method=method) as program:
            dance(url, program)
            manage_images(url, program)

    await asyncio.to_thread(use)


async def test_a_program_without_an_address_is_given_the_code_by_hand(url: str) -> None:
    def use() -> None:
        with OAuth1Session(**CONSUMER, callback_uri="oob") as program:
            program.fetch_request_token(f"{url}/oauth/initiate")
            page = answer(program.authorization_url(f"{url}/oauth/authorize"))
            code = re.search(r"<code>(\w+)</code>", page.text)
            assert code
            program.fetch_access_token(f"{url}/oauth/token", verifier=code[1])
            manage_images(url, program)

    await asyncio.to_thread(use)


@pytest.mark.parametrize("place", ["AUTH_HEADER", "BODY", "QUERY"])
async def test_credentials_may_stand_in_header_body_or_query_of_the_endpoints(
    url: str, place: str
) -> None:
    def use() -> None:
        kind: Any = place
        with OAuth1Session(**CONSUMER, callback_uri="oob", signature_type=kind) as program:
            given = program.fetch_request_token(f"{url}/oauth/initiate")
            assert given["oauth_callback_confirmed"] == "true"

    await asyncio.to_thread(use)


async def test_tokens_that_were_given_out_need_no_page(url: str) -> None:
    def use() -> None:
        with OAuth1Session(**CONSUMER, **GIVEN) as program:
            manage_images(url, program)

    await asyncio.to_thread(use)


@pytest.mark.parametrize("method", METHODS)
async def test_over_tls_addresses_are_signed_with_their_scheme(tmp_path: Path, method: str) -> None:
    certified = certify(tmp_path)
    settings = Settings(
        data=tmp_path / "d",
        catalog=SHOP,
        port=0,
        ephemeral=True,
        tls_cert=certified.cert,
        tls_key=certified.key,
    )

    def use(url: str) -> None:
        with OAuth1Session(**CONSUMER, **GIVEN, signature_method=method) as program:
            # Whoever runs the tests may have another authority in the environment.
            program.trust_env = False
            program.verify = str(certified.authority)
            manage_images(url, program)

    async with wiring.running(settings) as running:
        assert running.address.startswith("https:")
        await asyncio.to_thread(use, running.address)


async def test_a_program_is_told_what_is_wrong(url: str) -> None:
    def use() -> None:
        wrong = {**CONSUMER, "client_secret": "wrong"}
        with (
            OAuth1Session(**wrong, callback_uri="oob") as program,
            pytest.raises(TokenRequestDenied, match="oauth_problem=signature_invalid"),
        ):
            program.fetch_request_token(f"{url}/oauth/initiate")
        with OAuth1Session(**CONSUMER, callback_uri="oob") as program:
            program.fetch_request_token(f"{url}/oauth/initiate")
            with pytest.raises(TokenRequestDenied, match="oauth_problem=verifier_invalid"):
                program.fetch_access_token(f"{url}/oauth/token", verifier="guessed")

    await asyncio.to_thread(use)

"""No log and no file of a server holds a key or a session id, wherever they were sent."""

from pathlib import Path

import aiohttp

from tests.cli.process import BASIC, CATALOG, serve
from tests.faces.bodies import png
from tests.support.clients import answer
from tests.support.server import KEY, USER

WRONG = "a-wrong-key-1"


async def test_keys_and_session_ids_are_in_no_log_and_no_file(tmp_path: Path) -> None:
    data = tmp_path / "d"
    async with serve("--ephemeral", "--data", data, "--catalog", CATALOG, "--log-calls") as running:
        url = running.url
        session = (await answer(url, "login", USER, KEY))["result"]
        assert "result" in await answer(url, "product_media.create", session, "product1", png())
        # In the wrong places, as a client does that mixes its arguments up.
        for secret in (session, KEY, WRONG):
            for method, params in (
                ("login", [secret, secret]),
                ("login", [USER, [secret]]),
                ("call", [secret, secret, [secret]]),
                ("call", [session, secret]),
                ("product_media.list", [session, secret, secret, secret]),
                ("product_media.info", [session, "product1", secret]),
                ("product_media.create", [session, "product1", {"file": secret}]),
                ("multiCall", [session, [[secret, secret]]]),
                (secret, [secret]),
                (f"product_media.{secret}", [session]),
            ):
                await answer(url, method, *params)
            await answer(url, "call", None, secret, basic=(USER, WRONG))
            await answer(url, "call", None, secret, basic=(secret, KEY))
            await fetch(f"{url}/media/catalog/product/{secret}", {})
            await fetch(f"{url}/{secret}?key={secret}", {"Cookie": secret, "X-Key": secret})
            await fetch(f"{url}/readyz", {"Authorization": f"Bearer {secret}"})
            await fetch(f"{url}/metrics", BASIC)
        assert await answer(url, "endSession", session)
        outcome = await running.stop()
    told = outcome.out + outcome.err
    kept = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert '"event": "call"' in told
    assert USER.encode() in kept
    for secret in (session, KEY, WRONG):
        assert secret not in told
        assert secret.encode() not in kept


async def fetch(url: str, headers: dict[str, str]) -> None:
    """Ask for a page and read the answer, whatever it is."""
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as response:
        await response.read()

"""Clients at several addresses of the loopback, which a server takes for several machines."""

import base64
from typing import Any

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(60)
"""Longer than any answer takes; only one that never comes reaches it."""


async def answer(
    url: str,
    method: str,
    *params: Any,
    address: str = "127.0.0.1",
    basic: tuple[str, str] | None = None,
    ssl: Any = True,
) -> Any:
    """The JSON answer of a server to one request from an address."""
    headers = {}
    if basic:
        pair = base64.b64encode(":".join(basic).encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with (
        aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as http,
        http.post(f"{url}/api/jsonrpc", json=request, headers=headers, ssl=ssl) as response,
    ):
        return await response.json(content_type=None)

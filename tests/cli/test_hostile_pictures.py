"""Bombs at a server process: each is refused with a reason, and none takes much memory."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import aiohttp

from tests.cli.process import BASIC, CATALOG, serve
from tests.support import hostile_pictures as hostile
from tests.support import pictures


def peak_kilobytes(process: int) -> int:
    """The most memory that a process ever had."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


async def create(http: aiohttp.ClientSession, url: str, content: bytes) -> Any:
    data = {"file": {"content": base64.b64encode(content).decode(), "mime": "image/png"}}
    request = {"id": 1, "method": "product_media.create", "params": [None, "product1", data]}
    body = io.BytesIO(json.dumps(request).encode())
    async with http.post(f"{url}/api/jsonrpc", data=body, headers=BASIC) as answer:
        return await answer.json(content_type=None)


async def test_bombs_are_refused_in_little_memory_and_the_server_goes_on(tmp_path: Path) -> None:
    arguments = ("--data", tmp_path / "d", "--catalog", CATALOG, "--ephemeral")
    async with serve(*arguments) as server, aiohttp.ClientSession() as http:
        # What reading any picture of this weight takes does not count.
        weight = max(len(content) for content, _ in hostile.BOMBS.values())
        assert "result" in await create(http, server.url, pictures.png() + bytes(weight))
        before = peak_kilobytes(server.process.pid)

        for content, words in hostile.BOMBS.values():
            error = (await create(http, server.url, content))["error"]
            assert error["code"] == 104
            assert words in error["message"]

        # Decoded or unpacked, the smallest of the large ones would take 169 MB.
        assert peak_kilobytes(server.process.pid) - before < 64 * 1024
        assert "result" in await create(http, server.url, pictures.png())
        stopped = await server.stop()
    assert stopped.code == 0
    assert "Traceback" not in stopped.err

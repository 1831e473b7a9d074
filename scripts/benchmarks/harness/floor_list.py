"""Floor (a): a bare aiohttp handler that parses a request and answers with ready-made bytes.

Takes the file of the bytes, prints its URL and serves until it is ended. Settings are aiohttp's
own; only the log of accesses is off.
"""

import asyncio
import sys
from pathlib import Path

import msgspec
from aiohttp import web


def build(answer: bytes) -> web.Application:
    """The application with its one handler."""

    async def handle(request: web.Request) -> web.Response:
        msgspec.json.decode(await request.read())
        return web.Response(body=answer, content_type="application/json", charset="utf-8")

    app = web.Application()
    app.router.add_post("/api/jsonrpc", handle)
    return app


async def serve(answer: bytes) -> None:
    """Serve until the end."""
    runner = web.AppRunner(build(answer), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]).read_bytes()))

"""The ports of a server: listening on them, answering there, and stopping in good order."""

import contextlib
import os
import socket

from aiohttp import web

from rpcmedia.faces import http
from rpcmedia.wiring import tls
from rpcmedia.wiring.folders import CannotStart

SHUTDOWN_SECONDS = 60.0
"""How long requests that are in flight may take once a server stops."""
_STALLED_MILLISECONDS = 60_000
"""How long a client may take none of an answer."""

_Stack = contextlib.ExitStack | contextlib.AsyncExitStack


def listen(stack: _Stack, host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A port that is listened on until the stack is left, alone or with others that share it.

    Raises CannotStart.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server(
            (host, port), family=family, backlog=1024, reuse_port=shared
        )
        # Only Linux has it. Connections have it from the socket that accepts them.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MILLISECONDS)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotStart(f"Cannot listen on {host}:{port}: {reason}.") from error
    stack.callback(listener.close)
    return listener


async def start(
    stack: contextlib.AsyncExitStack,
    app: web.Application,
    listener: socket.socket,
    certificate: tls.Certificate | None = None,
    shutdown_seconds: float = SHUTDOWN_SECONDS,
) -> None:
    """Answer on a listener until the stack is left, and then finish what is in flight."""
    runner = http.build_runner(app, shutdown_seconds)
    await runner.setup()
    context = certificate.context if certificate else None
    site = web.SockSite(runner, listener, ssl_context=context)

    async def stop() -> None:
        await site.stop()
        if http.IN_FLIGHT in app:
            await app[http.IN_FLIGHT].drain(shutdown_seconds)
        await runner.cleanup()

    stack.push_async_callback(stop)
    await site.start()


def address_of(
    host: str, listener: socket.socket, certificate: tls.Certificate | None = None
) -> str:
    """The URL of a listener on a host, without a path."""
    port = listener.getsockname()[1]
    if host in ("0.0.0.0", "::", ""):
        host = "localhost"
    scheme = "https" if certificate else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

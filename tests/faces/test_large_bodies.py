"""Large bodies are read in a thread, whatever the face, and others are answered meanwhile."""

import base64
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.faces.bodies import SMALL_BODY
from rpcmedia.faces.rest import endpoint as rest
from rpcmedia.faces.soap import endpoint as soap
from rpcmedia.faces.xmlrpc import endpoint as xmlrpc
from tests.support import pictures
from tests.support.rest import CATALOG, IMAGES, Rest
from tests.support.server import Server, serving
from tests.support.soap import envelope
from tests.support.xmlrpc import method_call


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path / "data", catalog=CATALOG) as server:
        yield server


def _watch(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> list[bool]:
    """Whether a function was called in the thread of the server, for each call."""
    seen: list[bool] = []
    read: Callable[..., Any] = place[name] if isinstance(place, dict) else getattr(place, name)

    def watched(*given: Any, **named: Any) -> Any:
        seen.append(threading.current_thread() is threading.main_thread())
        return read(*given, **named)

    if isinstance(place, dict):
        monkeypatch.setitem(place, name, watched)
    else:
        monkeypatch.setattr(place, name, watched)
    return seen


def _soap_call(text: str) -> str:
    return envelope(f"<resources><sessionId>{text}</sessionId></resources>")


@pytest.mark.parametrize(
    ("place", "name", "path", "message"),
    [
        (xmlrpc, "read_call", "/api/xmlrpc", lambda text: method_call("login", text)),
        (soap, "read_envelope", "/api/soap", _soap_call),
        (soap, "read_parameters", "/api/soap", _soap_call),
    ],
    ids=["XML-RPC", "SOAP envelope", "SOAP parameters"],
)
async def test_large_xml_is_read_in_a_thread(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    path: str,
    message: Callable[[str], str],
) -> None:
    seen = _watch(monkeypatch, place, name)

    for size in (10, SMALL_BODY + 1):
        async with server.http.post(server.url + path, data=message("x" * size)) as answer:
            assert answer.status == 200, await answer.text()

    assert seen == [True, False]


async def test_a_large_picture_in_rest_is_read_in_a_thread(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _watch(monkeypatch, rest._READERS, "create")
    content = base64.b64encode(pictures.png()).decode()

    for padding in ("", " " * SMALL_BODY):
        data = {"file_mime_type": "image/png", "file_content": content + padding}
        assert (await Rest(server).ask("POST", IMAGES, data)).status == 200

    assert seen == [True, False]

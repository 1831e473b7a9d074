"""Large XML is read while others are answered, and never takes many times its size in memory."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rpcmedia.faces import xml_reader
from rpcmedia.faces.soap import envelopes
from rpcmedia.faces.xmlrpc import messages
from tests.support.server import Server
from tests.support.soap import V1, V2, envelope, post

STARTS = {
    V1: (envelopes, envelope("<startSession/>")),
    V2: (envelopes, envelope("<startSession/>")),
    "/api/xmlrpc": (messages, "<methodCall><methodName>startSession</methodName></methodCall>"),
}


@pytest.mark.parametrize("path", STARTS)
async def test_large_xml_is_read_in_a_thread_of_its_own(
    server: Server, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, call = STARTS[path]
    readers: list[threading.Thread] = []
    monkeypatch.setattr(module, "read_xml", noting(readers))

    for size in (0, 100_000):
        answer = await post(server, f"<!--{' ' * size}-->{call}", path)
        assert answer.status == 200
        assert "Fault" not in answer.text

    small, large = readers
    assert small is threading.current_thread()
    assert large is not small


async def test_much_large_xml_at_once_takes_few_threads(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []
    monkeypatch.setattr(envelopes, "read_xml", noting(readers))
    body = envelope(f"<startSession/>{'<a/>' * 20_000}")

    answers = await asyncio.gather(*(post(server, body, V1) for _ in range(10)))

    assert {answer.status for answer in answers} == {200}
    assert len(readers) == 10
    assert len(set(readers)) <= 2


def noting(readers: list[threading.Thread]) -> Callable[[bytes], Any]:
    def read(body: bytes) -> Any:
        readers.append(threading.current_thread())
        return xml_reader.read_xml(body)

    return read

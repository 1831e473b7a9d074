"""Secrets in bodies that a recorder keeps in files of their own, and in bodies it cannot read."""

import contextlib
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcmedia.tapes import body_files
from rpcmedia.tapes.body_files import Body
from rpcmedia.tapes.recorder import Recorder
from rpcmedia.tapes.redaction import Redactor
from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeWriter
from tests.tapes.made_exchanges import KEY, OTHER_SESSION, SESSION, exchange, rpc

LARGE = "QUJD" * 20_000


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with contextlib.closing(TapeWriter(tmp_path / "session.jsonl", Header())) as writer:
        yield Recorder(writer, Redactor())


async def recorded(recorder: Recorder, given: Exchange) -> Exchange:
    """What is on the tape of an exchange whose bodies passed piece by piece."""
    bodies = [recorder.new_body(), recorder.new_body()]
    for body, content in zip(bodies, (given.request_body, given.response_body), strict=True):
        body.write(content or b"")
    await recorder.add(given, *bodies)
    assert (recorder.lost, recorder.reason) == (0, "")
    return list(TapeReader(recorder._writer.path))[-1]


def all_bytes(recorder: Recorder) -> bytes:
    files = [file for file in recorder._writer.path.parent.rglob("*") if file.is_file()]
    return b"".join(file.read_bytes() for file in files)


@pytest.mark.parametrize("key", [KEY, "12345678", "abc"])
@pytest.mark.parametrize("asked", ["", LARGE])
@pytest.mark.parametrize("answered", ["", LARGE])
async def test_a_large_batch_loses_keys_and_sessions(
    recorder: Recorder, key: str, asked: str, answered: str
) -> None:
    batch = [rpc("login", ["bob", key], 1), rpc("call", [OTHER_SESSION, "x", asked], 2)]
    answers = [{"id": 1, "result": SESSION}, {"id": 2, "result": answered}]

    found = await recorded(recorder, exchange(batch, answers))

    requests, results = (
        json.loads(found.request_body or b""),
        json.loads(found.response_body or b""),
    )
    assert requests[0]["params"] == ["bob", "{{key:bob}}"]
    assert requests[1]["params"] == ["{{session:1}}", "x", asked]
    assert results == [{"id": 1, "result": "{{session:2}}"}, {"id": 2, "result": answered}]
    for secret in (SESSION, OTHER_SESSION, json.dumps(key)):
        assert secret.encode() not in all_bytes(recorder)


@pytest.mark.parametrize("asked", ["", LARGE])
@pytest.mark.parametrize("answered", ["", LARGE])
async def test_large_xml_loses_keys_and_sessions(
    recorder: Recorder, asked: str, answered: str
) -> None:
    value = "<param><value><string>{}</string></value></param>"
    strings = "".join(map(value.format, ["bob", KEY, asked]))
    ask = f"<methodCall><methodName>login</methodName><params>{strings}</params></methodCall>"
    strings = "".join(map(value.format, [SESSION, answered]))

    found = await recorded(
        recorder, exchange(ask, f"<methodResponse><params>{strings}</params></methodResponse>")
    )

    assert b"<string>{{key:bob}}</string>" in (found.request_body or b"")
    assert b"<string>{{session:1}}</string>" in (found.response_body or b"")
    assert KEY.encode() not in all_bytes(recorder)
    assert SESSION.encode() not in all_bytes(recorder)


async def test_content_length_follows_a_large_body(recorder: Recorder) -> None:
    body = json.dumps([rpc("login", ["bob", KEY]), rpc("call", [SESSION, LARGE], 2)])

    found = await recorded(recorder, exchange(body, sent=[("Content-Length", str(len(body)))]))

    assert found.header("content-length") == str(len(found.request_body or b""))


@pytest.mark.parametrize(
    ("coding", "count"), [("br", 1), ("zstd", 1), ("gzip, br", 1), ("identity", 0), ("gzip", 0)]
)
async def test_bodies_that_cannot_be_read_are_counted(
    recorder: Recorder, coding: str, count: int
) -> None:
    content = gzip.compress(b"text") if coding == "gzip" else b"text"
    await recorded(recorder, exchange(None, content, got=[("Content-Encoding", coding)]))

    assert recorder.encoded == count


def test_a_body_with_too_much_in_it_is_kept_as_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_files, "_LARGEST_DECODED", 1_000_000)
    bomb = gzip.compress(bytes(1_000_001))
    for content, is_plain in ((bomb, False), (gzip.compress(bytes(1_000_000)), True)):
        body = Body(tmp_path)
        body.write(content)

        assert body.decode("gzip") is is_plain
        assert body.read() == (bytes(1_000_000) if is_plain else content)
        body.close()

"""XML made to harm a server process: each is refused, and none takes much memory."""

import io
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.cli.process import CATALOG, Running, serve
from tests.cli.test_hostile_pictures import peak_kilobytes

MIB = 1024**2

BILLION_LAUGHS = "".join(
    [
        '<!DOCTYPE a [<!ENTITY l0 "lol">',
        *(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)),
        "]><methodCall><methodName>&l9;</methodName></methodCall>",
    ]
).encode()
QUADRATIC = (
    f'<!DOCTYPE a [<!ENTITY l "{"l" * 100_000}">]>'
    f"<methodCall><methodName>{'&l;' * 100_000}</methodName></methodCall>"
).encode()
OUTSIDE = (
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<methodCall><methodName>&x;</methodName></methodCall>"
)
DEFAULTS = (
    "<!DOCTYPE a [<!ATTLIST b "
    + " ".join(f'c{number} CDATA "{"v" * 100}"' for number in range(1000))
    + f">]><methodCall>{'<b/>' * 150_000}</methodCall>"
).encode()
LEVELS = b"<value><array><data>" * 100_000


def attributes(size: int) -> bytes:
    body = io.BytesIO()
    body.write(b"<methodCall ")
    number = 0
    while body.tell() < size:
        number += 1
        body.write(b'a%d="" ' % number)
    body.write(b"/>")
    return body.getvalue()


def attacks() -> Iterator[tuple[str, bytes, int]]:
    yield "billion laughs", BILLION_LAUGHS, 631
    yield "quadratic blow-up", QUADRATIC, 631
    yield "an entity outside of the document", OUTSIDE, 631
    yield "attributes of every element by default", DEFAULTS, 631
    yield "100,000 levels", LEVELS, 631
    yield "31 MB of attributes", attributes(31 * MIB), 631
    yield "64 MB of attributes", attributes(64 * MIB), 631
    yield "64 MB of a name", b"<" + b"a" * 64 * MIB + b"/>", 631


async def post(http: aiohttp.ClientSession, server: Running, body: bytes) -> str:
    url = f"{server.url}/api/xmlrpc"
    async with http.post(url, data=io.BytesIO(body)) as answer:
        assert answer.status == 200
        return await answer.text()


@pytest.mark.parametrize(
    ("most", "growth"), [("32MiB", 48 * MIB), ("80MiB", 96 * MIB)], ids=["default", "raised"]
)
async def test_attacks_are_refused_in_bounded_memory_and_the_server_goes_on(
    tmp_path: Path, most: str, growth: int
) -> None:
    arguments = ("--data", tmp_path / "d", "--catalog", CATALOG, "--ephemeral")
    async with serve(*arguments, "--max-body", most) as server, aiohttp.ClientSession() as http:
        before = peak_kilobytes(server.process.pid)
        for name, body, code in attacks():
            answer = await post(http, server, body)
            too_large = len(body) > 32 * MIB and most == "32MiB"
            assert f"<int>{630 if too_large else code}</int>" in answer, name
            assert "root:" not in answer
        assert peak_kilobytes(server.process.pid) - before < growth // 1024
        started = b"<methodCall><methodName>startSession</methodName></methodCall>"
        assert "<string>" in await post(http, server, started)
        stopped = await server.stop()
    assert stopped.code == 0
    assert "Traceback" not in stopped.err

"""`rpcmedia serve --tls-cert FILE --tls-key FILE`."""

import asyncio
import json
import signal
import ssl
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from rpcmedia.testing import Server
from tests.cli.process import BASIC, CATALOG, Running, run, serve
from tests.faces.bodies import png
from tests.support.certificates import Certified, certify
from tests.support.clients import answer
from tests.support.controlled import eventually
from tests.support.server import KEY, USER


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return certify(tmp_path)


def options(tmp_path: Path, certified: Certified) -> tuple[Any, ...]:
    """A throw-away server with the certificate."""
    return ("--ephemeral", "--data", tmp_path / "d", "--catalog", CATALOG, *certified.options)


async def call(url: str, trusted: ssl.SSLContext, method: str, *arguments: Any) -> Any:
    """The result of a call with Basic."""
    return (await answer(url, "call", None, method, arguments, basic=(USER, KEY), ssl=trusted))[
        "result"
    ]


def events(running: Running) -> list[dict[str, Any]]:
    """What the server logged so far."""
    return [json.loads(line) for line in running.err.decode().splitlines()]


async def test_calls_and_media_go_over_tls(tmp_path: Path, certified: Certified) -> None:
    trusted = certified.client()
    async with serve(*options(tmp_path, certified)) as running:
        assert running.url.startswith("https://127.0.0.1:")
        [file] = await call(running.url, trusted, "product_media.create", "product1", png("kept"))
        [image] = await call(running.url, trusted, "product_media.list", "product1")
        assert image["url"] == f"{running.url}/media/catalog/product{file}"
        curl = await asyncio.create_subprocess_exec(
            *("curl", "-sS", "--cacert", str(certified.authority), image["url"]),
            stdout=asyncio.subprocess.PIPE,
        )
        content, _ = await curl.communicate()
        assert (curl.returncode, content[:4]) == (0, b"\x89PNG")
        # One that trusts others talks to nobody.
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await call(running.url, ssl.create_default_context(), "product_media.list", "product1")
        outcome = await running.stop()
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated:DeprecationWarning")
async def test_what_is_older_than_tls_1_2_is_refused(tmp_path: Path, certified: Certified) -> None:
    old = certified.client()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    new = certified.client()
    new.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serve(*options(tmp_path, certified)) as running:
        with pytest.raises(aiohttp.ClientConnectorError):
            await call(running.url, old, "product_media.list", "product1")
        assert await call(running.url, new, "product_media.list", "product1") == []


async def test_plain_http_on_its_port_is_hung_up_on_without_a_word(
    tmp_path: Path, certified: Certified
) -> None:
    async with serve(*options(tmp_path, certified)) as running:
        plain = running.url.replace("https", "http")
        with pytest.raises(aiohttp.ClientError):
            await answer(plain, "call", None, "product_media.list", ["product1"], basic=(USER, KEY))
        listed = await call(running.url, certified.client(), "product_media.list", "product1")
        assert listed == []
        outcome = await running.stop()
    # It says nothing either, for anybody can do so as often as they like.
    assert (outcome.code, outcome.err) == (0, "")


async def test_a_renewed_certificate_is_served_after_sighup_and_calls_go_on(
    tmp_path: Path, certified: Certified
) -> None:
    old = certified.client()
    async with (
        serve(*options(tmp_path, certified)) as running,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=old)) as kept_open,
    ):

        async def still_answers() -> bool:
            request = {"id": 1, "method": "call", "params": [None, "product_media.types", [10]]}
            url = f"{running.url}/api/jsonrpc"
            async with kept_open.post(url, json=request, headers=BASIC) as response:
                return bool((await response.json(content_type=None))["result"] == [])

        async def hang_up(times: int) -> None:
            running.process.send_signal(signal.SIGHUP)
            await eventually(lambda: asyncio.sleep(0, len(events(running)) == times))

        assert await still_answers()
        certified.key.write_text("half of a k")
        await hang_up(1)
        assert await call(running.url, old, "product_media.list", "product1") == []
        new = certify(tmp_path).client()
        await hang_up(2)
        assert await call(running.url, new, "product_media.list", "product1") == []
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await call(running.url, old, "product_media.list", "product1")
        # Whoever was connected stays so.
        assert await still_answers()
        refused, renewed = events(running)
    assert (refused["level"], renewed["level"]) == ("error", "info")
    assert str(certified.key) in refused["reason"]


async def test_a_certificate_that_expired_is_served_with_a_warning(tmp_path: Path) -> None:
    expired = certify(tmp_path, until=datetime(2021, 1, 1))
    async with serve(*options(tmp_path, expired)) as running:
        [warning] = events(running)
    assert (warning["level"], warning["file"]) == ("warning", str(expired.cert))
    assert "expired" in warning["why"]


def unusable(folder: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Options of `serve`, and what its refusal names."""
    good = certify(folder)
    key_bytes = good.key.read_bytes()
    (folder / "elsewhere").mkdir()
    other = certify(folder / "elsewhere")
    half = folder / "half.pem"
    half.write_bytes(good.cert.read_bytes()[:300] + b"\n-----END CERTIFICATE-----\n")
    locked = folder / "locked.pem"
    locked.write_bytes(
        load_pem_private_key(key_bytes, None).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        )
    )
    for cert, key, named in (
        (good.cert, None, "--tls-key"),
        (None, good.key, "--tls-cert"),
        (folder / "nosuch.pem", good.key, "nosuch.pem: No such file"),
        (good.cert, folder, f"{folder}: Is a directory"),
        (good.cert, other.key, "does not belong"),
        (good.key, good.key, "no certificate in PEM"),
        (good.cert, good.cert, "no private key in PEM"),
        (good.cert, Path(CATALOG), "no private key in PEM"),
        (half, good.key, "half.pem"),
        (good.cert, locked, "locked.pem asks for a password"),
    ):
        given = (("--tls-cert", cert), ("--tls-key", key))
        yield tuple(text for name, path in given if path for text in (name, str(path))), named


async def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    for given, named in unusable(tmp_path):
        outcome = await run("serve", "--data", tmp_path / "d", "--port", 0, *given)
        assert named in outcome.refused()
        assert "secret" not in outcome.err
    # Nothing was begun.
    assert not (tmp_path / "d").exists()


async def test_the_control_face_stays_plain(tmp_path: Path, certified: Certified) -> None:
    control = ("--control", "--control-token", "t")
    async with serve(*options(tmp_path, certified), *control) as running:
        [line] = [line for line in running.lines if line.startswith("Control at ")]
        headers = {"Authorization": "Bearer t"}
        url = f"{line.split()[2]}/openapi.json"
        async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as described:
            assert described.status == 200


def test_a_server_in_a_test_can_have_it_too(certified: Certified) -> None:
    with Server(tls_cert=certified.cert, tls_key=certified.key) as server:
        listed = asyncio.run(
            answer(
                server.address,
                *("call", None, "product_media.list", ["product1"]),
                basic=(server.username, server.key),
                ssl=certified.client(),
            )
        )
    assert listed["result"] == []


@pytest.mark.parametrize("warns", [True, False])
async def test_plain_http_for_other_machines_is_warned_of_at_the_start(
    tmp_path: Path, certified: Certified, warns: bool
) -> None:
    given = options(tmp_path, certified)[: -4 if warns else None]
    async with serve(*given, "--host", "0.0.0.0") as running:
        outcome = await running.stop()
    warned = [json.loads(line)["host"] for line in outcome.err.splitlines()]
    assert warned == (["0.0.0.0"] if warns else [])

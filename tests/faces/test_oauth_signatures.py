"""Who signed a request for a resource: right signatures, and what only looks like one."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from rpcmedia import wiring
from rpcmedia.operations.logins import Logins
from rpcmedia.operations.oauth import OAuth, OAuthProblem, SignedRequest
from tests.support.controlled import Controlled, controlling
from tests.support.signing import HIDDEN, IMAGES, SHOP, Shop, Signer, padded, problem, shop

ADMIN = Signer()
METHODS = ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"]
NOT_SEEN = 404
"""What guests and customers get for HIDDEN, and an admin does not."""


@pytest.fixture
async def rest(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as running:
        yield running


@pytest.mark.parametrize("method", METHODS)
async def test_a_signature_shows_whose_the_token_is(rest: Shop, method: str) -> None:
    signer = ADMIN.but(method=method)
    assert await rest.ask(signer) == (200, [])
    assert await rest.ask(signer.but(token="reader")) == (200, [])
    assert (await rest.ask(signer.but(token="customer")))[0] == NOT_SEEN
    assert await rest.ask(signer.but(token="customer"), IMAGES) == (200, [])
    assert (await rest.ask(signer.but(token="reader"), f"{IMAGES}/1", "DELETE"))[0] == 403
    assert (await rest.ask(signer.but(token="norole")))[0] == 403


@pytest.mark.parametrize("realm", ['realm="a, b"', 'realm=""', "realm=x"])
@pytest.mark.parametrize("method", METHODS)
async def test_a_realm_is_not_signed(rest: Shop, method: str, realm: str) -> None:
    header = ADMIN.but(method=method).header(f"{rest.url}{HIDDEN}")
    assert await rest.send(HIDDEN, header.replace("OAuth ", f"OAuth {realm}, ")) == (200, [])


@pytest.mark.parametrize("header", [None, "Bearer x", "Basic YXBpdXNlcjphcGlrZXkxMjM=", "x", ""])
async def test_who_does_not_sign_is_a_guest(rest: Shop, header: str | None) -> None:
    assert (await rest.send(HIDDEN, header))[0] == NOT_SEEN
    assert await rest.send(IMAGES, header) == (200, [])


async def test_credentials_in_the_query_are_nobodys(rest: Shop) -> None:
    header = ADMIN.but(method="PLAINTEXT").header(f"{rest.url}{HIDDEN}")
    query = "&".join(re.findall(r'(oauth_\w+="[^"]*)"', header)).replace('"', "")
    assert (await rest.send(f"{HIDDEN}?{query}"))[0] == NOT_SEEN


@pytest.mark.parametrize(
    "query", ["a=1&b=2", "a=2&a=1", "a", "a=", "a=%C3%BC%20%2B+b", "types%5B%5D=x", "a=b;c"]
)
@pytest.mark.parametrize("method", METHODS[:2])
async def test_a_signature_is_over_the_query_too(rest: Shop, query: str, method: str) -> None:
    signer, path = ADMIN.but(method=method), f"{HIDDEN}?{query}"
    assert await rest.ask(signer, path) == (200, [])
    header = signer.header(rest.url + path)
    assert await rest.send(f"{path}&x=1", header) == (401, problem("signature_invalid"))


@pytest.mark.parametrize("query", ["types[]=x", "a=%FF", "a=%", "=&&="])
async def test_odd_queries_under_a_signature_are_answered(rest: Shop, query: str) -> None:
    header = ADMIN.header(f"{rest.url}{HIDDEN}")
    assert await rest.send(f"{HIDDEN}?{query}", header) == (401, problem("signature_invalid"))


@pytest.mark.parametrize("method", METHODS)
async def test_forged_signatures_are_refused(rest: Shop, method: str) -> None:
    signer, url = ADMIN.but(method=method), f"{rest.url}{HIDDEN}"
    invalid = (401, problem("signature_invalid"))
    assert await rest.ask(signer.but(token_secret="x")) == invalid
    assert await rest.ask(signer.but(consumer_secret="x")) == invalid
    assert await rest.ask(signer.but(token_secret=padded("readersecret"))) == invalid
    for forged in ("x", "%00", "%C3%BC", "%FF", "A" * 4000):
        header = re.sub(
            r'oauth_signature="[^"]*"', f'oauth_signature="{forged}"', signer.header(url)
        )
        assert await rest.send(HIDDEN, header) == invalid
    header = signer.header(url).replace(padded("admintoken"), padded("readertoken"))
    assert await rest.send(HIDDEN, header) == invalid


@pytest.mark.parametrize("method", METHODS[:2])
async def test_a_signature_is_for_one_request(rest: Shop, method: str) -> None:
    signer, url = ADMIN.but(method=method), f"{rest.url}{HIDDEN}"
    invalid = (401, problem("signature_invalid"))
    assert await rest.send(HIDDEN, signer.header(url, "POST")) == invalid
    assert await rest.send(HIDDEN, signer.header(f"{url}/store/2")) == invalid
    assert await rest.send(HIDDEN, signer.header(url.replace("http:", "https:"))) == invalid
    assert await rest.send(HIDDEN, signer.header(url, "GET"), "DELETE") == invalid
    assert await rest.send(HIDDEN, signer.header(url), host="other.example") == invalid
    for name in ("oauth_nonce", "oauth_timestamp"):
        header = re.sub(f'({name}="[^"]*)"', r'\g<1>1"', signer.header(url))
        assert (await rest.send(HIDDEN, header))[0] == 401


@pytest.mark.parametrize(
    "name",
    [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature_method",
        "oauth_signature",
        "oauth_nonce",
        "oauth_timestamp",
    ],
)
@pytest.mark.parametrize("left", ["", ', {name}=""', ', {name}="0"', ", {name}"])
async def test_a_stripped_signature_is_none(rest: Shop, name: str, left: str) -> None:
    header = re.sub(f'(, |(?<=OAuth )){name}="[^"]*"', "", ADMIN.header(f"{rest.url}{HIDDEN}"))
    header = header.replace("OAuth ,", "OAuth").replace("OAuth  ", "OAuth ")
    answer = await rest.send(HIDDEN, header + left.format(name=name))
    assert answer == (401, problem(f"parameter_absent&oauth_parameters_absent={name}"))


@pytest.mark.parametrize("header", ["OAuth", "OAuth ", "OAuth x", "oauth =", 'OAuth "', "OAuth ,,"])
async def test_rubbish_behind_the_scheme_is_no_signature(rest: Shop, header: str) -> None:
    absent = problem("parameter_absent&oauth_parameters_absent=oauth_consumer_key")
    assert await rest.send(HIDDEN, header) == (401, absent)


async def test_bytes_that_are_no_text_are_no_signature(rest: Shop) -> None:
    header = ADMIN.but(method="PLAINTEXT").header(f"{rest.url}{HIDDEN}")
    for name, reason in (
        ("admintoken", "token_rejected"),
        ("consumerkey1", "consumer_key_rejected"),
        ("adminsecret", "signature_invalid"),
    ):
        for odd in (b"\xff", b"%FF", b"%00", "ü".encode()):
            changed = header.encode().replace(padded(name).encode(), odd)
            status, body = await send_bytes(rest, b"Host: x\r\nAuthorization: " + changed)
            assert (status, reason in body) == (401, True)


@pytest.mark.parametrize("host", ["[", "a b", "x:99999", "x:y", "\xff", "", "[::1", "x/../y"])
async def test_a_host_that_is_none_is_signed_by_nobody(rest: Shop, host: str) -> None:
    header = ADMIN.header(f"{rest.url}{HIDDEN}")
    head = f"Host: {host}\r\nAuthorization: {header}".encode("latin-1")
    status, body = await send_bytes(rest, head)
    assert status == 400 or (status == 401 and "signature_invalid" in body)


async def send_bytes(rest: Shop, headers: bytes) -> tuple[int, str]:
    """Status and rest of the answer to a request with such headers, byte for byte."""
    url = URL(rest.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    path = HIDDEN.encode()
    writer.write(
        b"GET %b HTTP/1.1\r\nConnection: close\r\nAccept: */*\r\n%b\r\n\r\n" % (path, headers)
    )
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer


@pytest.mark.parametrize("method", ["RSA-SHA1", "MD5", "hmac-sha1", "HMAC-SHA512", "x"])
async def test_other_methods_are_rejected(rest: Shop, method: str) -> None:
    header = ADMIN.header(f"{rest.url}{HIDDEN}").replace("HMAC-SHA1", method)
    assert await rest.send(HIDDEN, header) == (401, problem("signature_method_rejected"))


@pytest.mark.parametrize("version", ["1.0a", "2.0", "", "x", "0", "1.0.0", "nan"])
async def test_other_versions_are_rejected(rest: Shop, version: str) -> None:
    header = ADMIN.header(f"{rest.url}{HIDDEN}").replace('"1.0"', f'"{version}"')
    assert await rest.send(HIDDEN, header) == (401, problem("version_rejected"))


@pytest.mark.parametrize(
    ("signer", "reason"),
    [
        (ADMIN.but(token="revoked"), "token_revoked"),
        (ADMIN.but(token="request"), "token_rejected"),
        (ADMIN.but(token="fresh"), "token_rejected"),
        (ADMIN.but(token="ADMIN", token_secret=padded("adminsecret")), "token_rejected"),
        (ADMIN.but(token="nobody"), "token_rejected"),
        (ADMIN.but(consumer="2"), "token_rejected"),
        (ADMIN.but(consumer="3"), "consumer_key_rejected"),
        (ADMIN.but(consumer="x" * 5000, consumer_secret="x"), "consumer_key_rejected"),
    ],
)
@pytest.mark.parametrize("method", ["HMAC-SHA1", "PLAINTEXT"])
async def test_only_valid_access_tokens_of_the_consumer_count(
    rest: Shop, signer: Signer, reason: str, method: str
) -> None:
    assert await rest.ask(signer.but(method=method)) == (401, problem(reason))


async def test_who_is_revoked_is_out_at_once(rest: Shop) -> None:
    oauth = rest.server.folder.oauth
    assert (await rest.ask(ADMIN))[0] == 200
    await oauth.revoke_token(padded("admintoken"))
    assert await rest.ask(ADMIN) == (401, problem("token_revoked"))
    assert (await rest.ask(ADMIN.but(token="reader")))[0] == 200
    await oauth.revoke_consumer(padded("consumerkey1"))
    assert await rest.ask(ADMIN.but(token="reader")) == (401, problem("consumer_key_rejected"))


@pytest.mark.parametrize("method", METHODS[:2])
async def test_a_request_counts_once(rest: Shop, method: str) -> None:
    header = ADMIN.but(method=method).header(f"{rest.url}{HIDDEN}")
    assert await rest.send(HIDDEN, header) == (200, [])
    for _ in range(2):
        assert await rest.send(HIDDEN, header) == (401, problem("nonce_used"))


async def test_a_nonce_counts_once_for_each_token_whatever_its_time(clocked: Controlled) -> None:
    rest = Shop(clocked)
    signer = ADMIN.but(nonce="n" * 64, timestamp="1000000000")
    assert (await rest.ask(signer))[0] == 200
    assert await rest.ask(signer.but(timestamp="1000000001")) == (401, problem("nonce_used"))
    assert (await rest.ask(signer.but(nonce="n" * 63)))[0] == 200
    assert (await rest.ask(signer.but(token="reader")))[0] == 200


async def test_a_nonce_is_not_used_up_by_a_wrong_signature(rest: Shop) -> None:
    signer = ADMIN.but(nonce="once")
    for wrong in (signer.but(token_secret="x"), signer.but(token="revoked")):
        assert (await rest.ask(wrong))[0] == 401
    assert (await rest.ask(signer))[0] == 200


async def test_a_request_counts_once_among_all_processes_and_starts(tmp_path: Path) -> None:
    async with shop(tmp_path) as one, shop(tmp_path) as other:
        header = ADMIN.header(f"http://shop.example{HIDDEN}")
        assert (await one.send(HIDDEN, header, host="shop.example"))[0] == 200
        used = (401, problem("nonce_used"))
        assert await other.send(HIDDEN, header, host="shop.example") == used
    async with shop(tmp_path) as again:
        assert await again.send(HIDDEN, header, host="shop.example") == used


@pytest.fixture
async def clocked(tmp_path: Path) -> AsyncIterator[Controlled]:
    """A server whose clock stands still."""
    async with controlling(tmp_path / "data", catalog=SHOP) as running:
        await running.control("POST", "/clock", {"frozen_at": 1_000_000_000})
        yield running


@pytest.mark.parametrize("ahead", [-600, -1, 0, 1, 600])
async def test_timestamps_count_ten_minutes_before_and_after(
    clocked: Controlled, ahead: int
) -> None:
    signer = ADMIN.but(timestamp=str(1_000_000_000 + ahead))
    assert (await Shop(clocked).ask(signer))[0] == 200


@pytest.mark.parametrize(
    "timestamp",
    ["999999399", "1000000601", "1", "-5", "abc", "1e9", "1000000000.0", "٣", "9" * 400, " 1"],
)
async def test_other_timestamps_are_refused(clocked: Controlled, timestamp: str) -> None:
    answer = await Shop(clocked).ask(ADMIN.but(timestamp=timestamp))
    assert answer == (401, problem("timestamp_refused"))


async def test_a_nonce_is_kept_for_as_long_as_its_timestamp_counts(clocked: Controlled) -> None:
    rest = Shop(clocked)
    signer = ADMIN.but(nonce="n", timestamp="1000000000")
    assert (await rest.ask(signer))[0] == 200
    await clocked.control("POST", "/clock", {"move_by": 600})
    # Another request is what old nonces are cleared away by.
    assert (await rest.ask(ADMIN.but(nonce="m", timestamp="1000000600")))[0] == 200
    assert await rest.ask(signer) == (401, problem("nonce_used"))
    await clocked.control("POST", "/clock", {"move_by": 1})
    assert await rest.ask(signer) == (401, problem("timestamp_refused"))
    assert (await rest.ask(signer.but(timestamp="1000000601")))[0] == 200


@pytest.mark.parametrize("scope", ["sessions", "all"])
async def test_a_reset_lets_nonces_be_used_again(tmp_path: Path, scope: str) -> None:
    async with controlling(tmp_path, catalog=SHOP) as running:
        rest, header = Shop(running), ADMIN.header(f"{running.url}{HIDDEN}")
        assert (await rest.send(HIDDEN, header))[0] == 200
        await running.control("POST", "/reset", {"scope": scope})
        assert (await rest.send(HIDDEN, header))[0] == 200


async def test_going_back_to_a_snapshot_lets_nonces_be_used_again(tmp_path: Path) -> None:
    async with controlling(tmp_path, catalog=SHOP) as running:
        rest, header = Shop(running), ADMIN.header(f"{running.url}{HIDDEN}")
        await running.control("PUT", "/snapshots/clean")
        assert (await rest.send(HIDDEN, header))[0] == 200
        await running.control("POST", "/snapshots/clean/restore")
        assert (await rest.send(HIDDEN, header))[0] == 200


async def test_behind_a_proxy_the_address_of_the_proxy_is_signed(tmp_path: Path) -> None:
    async with shop(tmp_path, base_url="https://shop.example/media/") as rest:
        for signed, status in (
            (f"https://shop.example/media{HIDDEN}", 200),
            (f"{rest.url}{HIDDEN}", 200),
            (f"http://shop.example/media{HIDDEN}", 401),
            (f"https://shop.example{HIDDEN}", 401),
            (f"https://other.example/media{HIDDEN}", 401),
        ):
            assert (await rest.send(HIDDEN, ADMIN.header(signed)))[0] == status


async def test_a_user_who_is_shut_out_takes_the_tokens_along_and_brings_them_back(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as rest:
        folder = rest.server.folder
        given = await wiring.add_token(folder, padded("consumerkey1"), "readonly")
        signer = ADMIN.but(given=given)
        assert (await rest.ask(signer))[0] == 200
        assert (await rest.ask(signer, f"{IMAGES}/1", "DELETE"))[0] == 403
        # Permissions are the user's of the moment.
        user = await folder.accounts.user_by_name("readonly")
        assert user
        await folder.accounts.put_user("readonly", user.key_hash, user.key_index, ["all"], True)
        assert (await rest.ask(signer, f"{IMAGES}/1", "DELETE"))[0] == 404
        await folder.accounts.set_active("readonly", False)
        assert await rest.ask(signer) == (401, problem("token_revoked"))
        await folder.accounts.set_active("readonly", True)
        assert (await rest.ask(signer))[0] == 200


async def test_secrets_in_clear_are_refused_where_others_could_read_them(rest: Shop) -> None:
    folder = rest.server.folder
    oauth = OAuth(folder.oauth, folder.accounts, Logins(folder.accounts, folder.keys))
    parameters = {
        "oauth_consumer_key": padded("consumerkey1"),
        "oauth_token": padded("admintoken"),
        "oauth_signature_method": "PLAINTEXT",
        "oauth_signature": "x",
    }
    with pytest.raises(OAuthProblem, match=r"signature_method_rejected&message=PLAINTEXT%20needs"):
        await oauth.visitor(SignedRequest(parameters, False, lambda *secrets: True))
    assert await oauth.visitor(SignedRequest(parameters, True, lambda *secrets: True))

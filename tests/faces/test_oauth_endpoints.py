"""How a program comes to a token, and what those are told who are not to have one."""

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from oauthlib.oauth1 import SIGNATURE_TYPE_BODY, Client

from rpcmedia import wiring
from rpcmedia.operations.throttle import Throttle
from tests.support.controlled import controlling
from tests.support.server import KEY, USER, Server, serving
from tests.support.signing import HIDDEN, SHOP, Shop, Signer, padded, problem

CALLBACK = "https://program.example/back?keep=1"


class Dance:
    """A consumer's program and a user's browser at a server."""

    def __init__(self, server: Server, consumer: str = "1") -> None:
        self.server = server
        self.consumer = consumer

    def client(self, **values: Any) -> Client:
        key, secret = f"consumerkey{self.consumer}", f"consumersecret{self.consumer}"
        return Client(padded(key), padded(secret), **values)

    async def post(self, path: str, **values: Any) -> tuple[int, dict[str, str]]:
        """Status and members of the answer to a signed request."""
        url = f"{self.server.url}/oauth/{path}"
        _, headers, _ = self.client(**values).sign(url, "POST")
        async with self.server.http.post(url, headers=headers) as answer:
            assert answer.content_type == "application/x-www-form-urlencoded"
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, dict(parse_qsl(await answer.text()))

    async def initiate(self, callback: str = CALLBACK) -> tuple[str, str]:
        """A request token and its secret."""
        status, given = await self.post("initiate", callback_uri=callback)
        assert (status, given["oauth_callback_confirmed"]) == (200, "true")
        return given["oauth_token"], given["oauth_token_secret"]

    async def page(self, token: str, verb: str = "GET") -> tuple[int, str, Any]:
        """Status, text and headers of the page that asks."""
        url = f"{self.server.url}/oauth/authorize"
        async with self.server.http.request(verb, url, params={"oauth_token": token}) as answer:
            return answer.status, await answer.text(), answer.headers

    async def answer(self, token: str, **fields: str) -> tuple[int, str, Any]:
        """Status, text and headers of the answer to the filled in page."""
        fields = {"oauth_token": token, "username": USER, "key": KEY, "answer": "allow", **fields}
        url = f"{self.server.url}/oauth/authorize"
        async with self.server.http.post(url, data=fields, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers

    async def verifier(self, token: str, **fields: str) -> str:
        """What the program gets back when it was allowed."""
        status, _, headers = await self.answer(token, **fields)
        assert status == 303
        return str(parse_qs(urlsplit(headers["Location"]).query)["oauth_verifier"][0])

    async def change(
        self, token: str, secret: str, verifier: str | None
    ) -> tuple[int, dict[str, str]]:
        """Status and members of the answer of /oauth/token."""
        return await self.post(
            "token", resource_owner_key=token, resource_owner_secret=secret, verifier=verifier
        )

    async def access(self, **fields: str) -> tuple[str, str]:
        """An access token and its secret, after all three steps."""
        token, secret = await self.initiate()
        verifier = await self.verifier(token, **fields)
        status, given = await self.change(token, secret, verifier)
        assert status == 200
        return given["oauth_token"], given["oauth_token_secret"]

    async def status(self, access: tuple[str, str]) -> int:
        """The status of a list that only an admin sees."""
        return (await Shop(self.server).ask(Signer(given=access, consumer=self.consumer)))[0]


@pytest.fixture
async def dance(tmp_path: Path) -> AsyncIterator[Dance]:
    async with serving(tmp_path, catalog=SHOP) as server:
        yield Dance(server)


async def test_three_steps_lead_to_a_token_with_the_rights_of_the_user(dance: Dance) -> None:
    access = await dance.access()
    assert await dance.status(access) == 200
    reader = await dance.access(username="readonly")
    assert await dance.status(reader) == 200
    signer = Signer(given=reader)
    assert (await Shop(dance.server).ask(signer, f"{HIDDEN}/1", "DELETE"))[0] == 403
    # The tokens of users who are shut out are no good until they are let in again.
    await dance.server.folder.accounts.set_active("readonly", False)
    assert await Shop(dance.server).ask(signer) == (401, problem("token_revoked"))
    await dance.server.folder.accounts.set_active("readonly", True)
    assert await dance.status(reader) == 200


async def test_the_way_back_has_token_and_verifier_and_what_the_program_had_there(
    dance: Dance,
) -> None:
    for callback, start in (
        (CALLBACK, f"{CALLBACK}&"),
        ("http://[::1]:80/", "http://[::1]:80/?"),
        ("https://a.example", "https://a.example?"),
    ):
        token, _ = await dance.initiate(callback)
        _, _, headers = await dance.answer(token)
        pattern = f"{re.escape(start)}oauth_token={token}&oauth_verifier=[0-9a-f]{{32}}"
        assert re.fullmatch(pattern, headers["Location"])
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "callback",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "//a.example/",
        "/back",
        "http://",
        "http:///x",
        "http://user:pass@a.example/",
        "http://a.example\\@b.example/",
        "http://a.example/\r\nX: y",
        "http://a.example/ x",
        'http://a.example/"><script>',
        "http://a.example; script-src *",
        "http://a.example/#part",
        "http://ä.example/",
        "OOB",
        "http://a.example/" + "x" * 2000,
    ],
)
async def test_only_addresses_of_the_web_are_called_back(dance: Dance, callback: str) -> None:
    status, given = await dance.post("initiate", callback_uri=callback)
    assert (status, given["oauth_problem"]) == (400, "parameter_rejected")
    assert "oauth_callback must be oob or an address" in given["message"]


async def test_without_a_callback_there_is_no_request_token(dance: Dance) -> None:
    absent = {"oauth_problem": "parameter_absent", "oauth_parameters_absent": "oauth_callback"}
    assert await dance.post("initiate") == (400, absent)


@pytest.mark.parametrize(
    ("path", "query"), [("initiate", "?oauth_callback=oob"), ("initiate/", "?oauth_callback=oob")]
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_the_callback_may_stand_in_the_address(
    dance: Dance, path: str, query: str, verb: Any
) -> None:
    url = f"{dance.server.url}/oauth/{path}{query}"
    _, headers, _ = dance.client().sign(url, verb)
    async with dance.server.http.request(verb, url, headers=headers) as answer:
        assert answer.status == 200


async def test_a_form_is_signed_with_the_rest(dance: Dance) -> None:
    url = f"{dance.server.url}/oauth/initiate"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client = dance.client(callback_uri="oob", signature_type=SIGNATURE_TYPE_BODY)
    _, headers, body = client.sign(url, "POST", "a=%C3%BC+b&c=", form)
    for changed, status in ((f"{body}&d=1", 401), (body.replace("a=", "b="), 401), (body, 200)):
        async with dance.server.http.post(url, data=changed, headers=headers) as answer:
            assert answer.status == status


async def test_the_page_says_who_asks_and_holds_nothing_that_runs(dance: Dance) -> None:
    name = '<script>alert("x")</script> & Söhne'
    key, secret = await wiring.add_consumer(dance.server.folder, name)
    url = f"{dance.server.url}/oauth/initiate"
    _, signed, _ = Client(key, secret, callback_uri=CALLBACK).sign(url, "POST")
    async with dance.server.http.post(url, headers=signed) as answer:
        token = dict(parse_qsl(await answer.text()))["oauth_token"]

    status, text, headers = await dance.page(token)

    assert status == 200
    assert html.escape(name) in text
    assert "<script" not in text
    assert "https://program.example" in text
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none';"
        " form-action 'self' https://program.example"
    )
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers
    assert (await dance.page(token, "HEAD"))[:2] == (200, "")


async def test_a_program_without_an_address_gets_its_code_by_hand(dance: Dance) -> None:
    token, secret = await dance.initiate("oob")
    status, text, headers = await dance.answer(token)
    code = re.search(r"<code>([0-9a-f]{32})</code>", text)
    assert status == 200
    assert "Location" not in headers
    assert code
    assert (await dance.change(token, secret, code[1]))[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "wrong"},
        {"username": "nobody"},
        {"username": "", "key": ""},
        {"username": "inactive"},
        {"username": "norole"},
        {"username": "\x00", "key": "\ud7ff"},
    ],
)
async def test_who_cannot_log_in_allows_nothing_and_may_try_again(
    dance: Dance, fields: dict[str, str]
) -> None:
    token, secret = await dance.initiate()
    status, text, _ = await dance.answer(token, **fields)
    assert status == 403
    assert "User name and key do not fit" in text
    assert "wrong" not in text
    assert (await dance.change(token, secret, "x" * 32))[1] == {"oauth_problem": "verifier_invalid"}
    assert await dance.verifier(token)


async def test_failed_logins_are_slowed_here_as_everywhere(tmp_path: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    throttle = Throttle(sleep=sleep)
    async with serving(tmp_path, catalog=SHOP, throttle=throttle) as server:
        dance = Dance(server)
        token, _ = await dance.initiate()
        for _ in range(5):
            assert (await dance.answer(token, key="wrong"))[0] == 403
    assert waits


async def test_what_is_denied_comes_to_nothing(dance: Dance) -> None:
    token, secret = await dance.initiate()
    status, _, headers = await dance.answer(token, answer="deny", username="", key="")
    assert status == 303
    assert headers["Location"] == f"{CALLBACK}&oauth_token={token}&rejected=1"
    assert (await dance.page(token))[0] == 400
    assert (await dance.answer(token))[0] == 400
    assert await dance.change(token, secret, "x") == (401, {"oauth_problem": "token_rejected"})
    token, _ = await dance.initiate("oob")
    status, text, _ = await dance.answer(token, answer="deny")
    assert status == 200
    assert "Nothing was allowed" in text


@pytest.mark.parametrize("answer", ["", "ALLOW", "yes"])
async def test_an_answer_that_is_none_allows_nothing(dance: Dance, answer: str) -> None:
    token, _ = await dance.initiate()
    status, text, _ = await dance.answer(token, answer=answer)
    assert status == 200
    assert "Allow access?" in text


@pytest.mark.parametrize("token", ["", "x", padded("admintoken"), padded("requesttoken"), "\x00"])
async def test_nobody_asks_with_another_token(dance: Dance, token: str) -> None:
    for status, text, headers in (await dance.page(token), await dance.answer(token)):
        assert status == 400
        assert "Nobody asks" in text
        assert "Location" not in headers


async def test_a_question_is_answered_once(dance: Dance) -> None:
    token, _ = await dance.initiate()
    answers = await asyncio.gather(*(dance.answer(token) for _ in range(4)))
    assert sorted(status for status, _, _ in answers) == [303, 400, 400, 400]
    assert (await dance.answer(token, answer="deny"))[0] == 400


async def test_a_verifier_is_changed_once(dance: Dance) -> None:
    token, secret = await dance.initiate()
    verifier = await dance.verifier(token)
    changes = await asyncio.gather(*(dance.change(token, secret, verifier) for _ in range(4)))
    assert sorted(status for status, _ in changes) == [200, 401, 401, 401]
    assert {given.get("oauth_problem") for _, given in changes} == {None, "token_rejected"}


async def test_only_the_verifier_of_the_token_changes_it(dance: Dance) -> None:
    token, secret = await dance.initiate()
    other, _ = await dance.initiate()
    invalid = (401, {"oauth_problem": "verifier_invalid"})
    for verifier in ("x" * 32, "short", "%00", "ü"):
        assert await dance.change(token, secret, verifier) == invalid
    assert await dance.change(token, secret, await dance.verifier(other)) == invalid
    verifier = await dance.verifier(token)
    assert await dance.change(token, secret, verifier[:-1]) == invalid
    absent = {"oauth_problem": "parameter_absent", "oauth_parameters_absent": "oauth_verifier"}
    assert await dance.change(token, secret, None) == (400, absent)
    forged = await dance.change(token, "forged", verifier)
    assert forged == (401, {"oauth_problem": "signature_invalid"})
    thief = Dance(dance.server, "2")
    assert await thief.change(token, secret, verifier) == (401, {"oauth_problem": "token_rejected"})
    assert (await dance.change(token, secret, verifier))[0] == 200


async def test_who_may_not_sign_is_told_so(dance: Dance) -> None:
    rejected = (401, {"oauth_problem": "consumer_key_rejected"})
    await dance.server.folder.oauth.revoke_consumer(padded("consumerkey2"))
    for consumer in ("2", "3"):
        stranger = Dance(dance.server, consumer)
        assert await stranger.post("initiate", callback_uri="oob") == rejected
        assert await stranger.change("x", "y", "z") == rejected
    async with dance.server.http.post(f"{dance.server.url}/oauth/initiate") as answer:
        assert answer.status == 400
        assert await answer.text() == (
            "oauth_problem=parameter_absent&oauth_parameters_absent=oauth_consumer_key"
        )


async def test_a_consumer_that_is_revoked_meanwhile_is_let_in_by_nobody(dance: Dance) -> None:
    token, _ = await dance.initiate()
    await dance.server.folder.oauth.revoke_consumer(padded("consumerkey1"))
    assert (await dance.page(token))[0] == 400
    assert (await dance.answer(token))[0] == 400


async def test_a_question_lasts_an_hour(tmp_path: Path) -> None:
    async with controlling(tmp_path, catalog=SHOP) as server:
        dance = Dance(server)
        began = int(time.time())
        await server.control("POST", "/clock", {"frozen_at": began})
        first, secret = await dance.initiate()
        second, _ = await dance.initiate()
        await server.control("POST", "/clock", {"move_by": 3600})
        verifier = await dance.verifier(first)
        await server.control("POST", "/clock", {"move_by": 1})
        assert (await dance.page(second))[0] == 400
        assert (await dance.answer(second))[0] == 400
        expired = await dance.post(
            "token",
            resource_owner_key=first,
            resource_owner_secret=secret,
            verifier=verifier,
            timestamp=str(began + 3601),
        )
        assert expired == (401, {"oauth_problem": "token_expired"})


async def test_a_consumer_asks_a_thousand_at_most(dance: Dance) -> None:
    first, _ = await dance.initiate()
    await asyncio.gather(*(dance.initiate("oob") for _ in range(1000)))
    assert (await dance.page(first))[0] == 400
    # Nine are of the catalog.
    assert len(await dance.server.folder.oauth.tokens()) == 1007


@pytest.mark.parametrize("path", ["initiate", "authorize", "token"])
async def test_bodies_that_are_too_large_or_broken_are_refused(dance: Dance, path: str) -> None:
    url = f"{dance.server.url}/oauth/{path}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with dance.server.http.post(url, data=b"x" * 100_000, headers=form) as answer:
        assert answer.status == 413
    async with dance.server.http.post(
        url, data=b"x", headers={**form, "Content-Encoding": "gzip"}
    ) as answer:
        assert answer.status == 400
    odd = b"oauth_token=%FF&username=%FF%00&key=%ED%A0%80&answer=allow&&=&x" + b"\xff"
    async with dance.server.http.post(url, data=odd, headers=form) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["initiate", "authorize", "token"])
async def test_other_methods_are_refused(dance: Dance, path: str, verb: str) -> None:
    async with dance.server.http.request(verb, f"{dance.server.url}/oauth/{path}") as answer:
        assert answer.status == 405
        assert "POST" in answer.headers["Allow"]


async def test_calls_and_refusals_are_counted(dance: Dance) -> None:
    token, _ = await dance.initiate()
    await dance.page("unknown")
    await dance.change(token, "x", "y")
    async with dance.server.http.get(f"{dance.server.url}/metrics") as answer:
        counted = await answer.text()
    for method, fault in (("initiate", ""), ("authorize", "400"), ("token", "401")):
        expected = f'rpcmedia_calls_total{{face="oauth",fault="{fault}",method="{method}"}} 1.0'
        assert expected in counted
    assert 'rpcmedia_bytes_total{direction="out",face="oauth"}' in counted

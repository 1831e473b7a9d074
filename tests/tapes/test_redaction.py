"""Which placeholders stand for the secrets of an exchange, in every protocol."""

import json

import pytest

from tests.tapes.made_exchanges import (
    KEY,
    OTHER_SESSION,
    SESSION,
    basic,
    exchange,
    got,
    login,
    redacted,
    rpc,
    sent,
    with_basic,
)


def test_a_login_keeps_its_user_and_loses_its_key_and_session() -> None:
    [found] = redacted(login("bob", KEY))

    assert sent(found) == rpc("login", ["bob", "{{key:bob}}"])
    assert got(found) == {"id": 1, "result": "{{session:1}}"}


def test_named_parameters_are_redacted() -> None:
    named = exchange(rpc("login", {"username": "bob", "apiKey": KEY}), {"result": SESSION})
    later = exchange(rpc("call", {"sessionId": SESSION, "apiPath": "x"}), {"result": 1})

    first, second = redacted(named, later)

    assert sent(first)["params"] == {"username": "bob", "apiKey": "{{key:bob}}"}
    assert sent(second)["params"] == {"sessionId": "{{session:1}}", "apiPath": "x"}


def test_a_batch_is_redacted() -> None:
    batch = [
        rpc("login", ["bob", KEY], 1),
        rpc("login", ["eve", "another key"], 2),
        rpc("call", [SESSION, "x"], 3),
    ]
    answers = [{"id": 2, "result": OTHER_SESSION}, {"id": 1, "result": SESSION}]

    [found] = redacted(exchange(batch, answers))

    assert [request["params"] for request in sent(found)] == [
        ["bob", "{{key:bob}}"],
        ["eve", "{{key:eve}}"],
        ["{{session:1}}", "x"],
    ]
    assert [answer["result"] for answer in got(found)] == ["{{session:2}}", "{{session:1}}"]


SOAP = (
    '<?xml version="1.0"?><E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/">'
    "<E:Body>{}</E:Body></E:Envelope>"
)
XML = {
    "XML-RPC": (
        "<methodCall><methodName>login</methodName><params><param><value><string>bob</string>"
        "</value></param><param><value><string>{key}</string></value></param></params></methodCall>",
        "<methodResponse><params><param><value><string>{session}</string></value></param></params>"
        "</methodResponse>",
        "<methodCall><methodName>call</methodName><params><param><value><string>{session}</string>"
        "</value></param></params></methodCall>",
    ),
    "SOAP v1": (
        SOAP.format("<n:login><username>bob</username><apiKey>{key}</apiKey></n:login>"),
        SOAP.format("<n:loginResponse><loginReturn>{session}</loginReturn></n:loginResponse>"),
        SOAP.format(
            "<n:call><sessionId>{session}</sessionId><resourcePath>x</resourcePath></n:call>"
        ),
    ),
    "SOAP v2": (
        SOAP.format("<n:loginParam><username>bob</username><apiKey>{key}</apiKey></n:loginParam>"),
        SOAP.format("<n:loginResponseParam><result>{session}</result></n:loginResponseParam>"),
        SOAP.format(
            "<n:mediaList><sessionId>{session}</sessionId><product>1</product></n:mediaList>"
        ),
    ),
}


@pytest.mark.parametrize("key", ["plain-key", "key", "a&amp;b&lt;c", "<![CDATA[a<b]]>"])
@pytest.mark.parametrize("texts", XML.values(), ids=XML)
def test_xml_is_redacted(texts: tuple[str, str, str], key: str) -> None:
    ask, answer, call = texts

    first, second = redacted(
        exchange(ask.format(key=key), answer.format(session=SESSION), mime="text/xml"),
        exchange(call.format(session=SESSION), mime="text/xml"),
    )

    assert first.request_body == ask.format(key="{{key:bob}}").encode()
    assert first.response_body == answer.format(session="{{session:1}}").encode()
    assert second.request_body == call.format(session="{{session:1}}").encode()


def test_http_basic_keeps_its_user_and_scheme() -> None:
    first, second = redacted(
        with_basic("bob", KEY), exchange(sent=[("authorization", f"basic {basic('bob', KEY)}")])
    )

    assert first.request_headers == [("Authorization", "Basic {{basic:bob}}")]
    assert second.request_headers == [("authorization", "basic {{basic:bob}}")]


@pytest.mark.parametrize("key", ["", "0"])
def test_http_basic_without_a_key_has_no_secret(key: str) -> None:
    [found] = redacted(with_basic("bob", key))

    assert found.request_headers == [("Authorization", f"Basic {basic('bob', key)}")]


def test_other_authorization_is_numbered() -> None:
    oauth = 'OAuth oauth_token="abc", oauth_signature="x%3D"'
    headers = ["Bearer token-1", oauth, "Bearer token-1", "token-2", "Basic no-base64"]

    found = redacted(*[exchange(sent=[("Authorization", header)]) for header in headers])

    assert [each.header("authorization") for each in found] == [
        "Bearer {{authorization:1}}",
        "OAuth {{authorization:2}}",
        "Bearer {{authorization:1}}",
        "{{authorization:3}}",
        "Basic {{authorization:4}}",
    ]


def test_cookies_are_numbered_and_keep_their_names() -> None:
    [found] = redacted(
        exchange(
            sent=[("Cookie", "frontend=abcdefgh1234; lang=en")],
            got=[("Set-Cookie", "frontend=zyxwvuts9876; Path=/; HttpOnly"), ("SET-COOKIE", "x=")],
        )
    )

    assert found.request_headers == [("Cookie", "frontend={{cookie:1}}; lang={{cookie:2}}")]
    assert found.response_headers == [
        ("Set-Cookie", "frontend={{cookie:3}}; Path=/; HttpOnly"),
        ("SET-COOKIE", "x="),
    ]


def test_sessions_are_numbered_in_the_order_of_their_first_sight() -> None:
    found = redacted(
        exchange(rpc("call", [OTHER_SESSION, "x"])),
        login("bob", KEY),
        exchange(rpc("call", [OTHER_SESSION, "x"])),
        exchange(rpc("call", [SESSION, "x"])),
    )

    sessions = [sent(each)["params"][0] for each in found]
    assert sessions == ["{{session:1}}", "bob", "{{session:1}}", "{{session:2}}"]
    assert got(found[1])["result"] == "{{session:2}}"


@pytest.mark.parametrize("number", [12345678, 7])
def test_a_key_that_is_a_number_is_replaced(number: int) -> None:
    [found] = redacted(login("bob", number))

    assert sent(found)["params"] == ["bob", "{{key:bob}}"]


def test_other_members_of_a_rewritten_login_stay_as_they_are() -> None:
    text = '{"id":12345678901234567890,"jsonrpc":2.0,"method":"login","params":["bob","x"]}'

    [found] = redacted(exchange(text))

    assert sent(found) == json.loads(text) | {"params": ["bob", "{{key:bob}}"]}


def test_the_key_of_a_failed_login_has_a_placeholder_of_its_own() -> None:
    first, second, third = redacted(
        login("bob", "a wrong key", session=None),
        login("bob", KEY),
        exchange(None, "not a wrong key"),
    )

    assert sent(first)["params"] == ["bob", "{{key:bob:refused}}"]
    assert sent(second)["params"] == ["bob", "{{key:bob}}"]
    assert third.response_body == b"not {{key:bob:refused}}"


def test_http_basic_that_is_refused_has_a_placeholder_of_its_own() -> None:
    first, second = redacted(with_basic("bob", "wrong", status=401), with_basic("bob", KEY))

    assert first.header("authorization") == "Basic {{basic:bob:refused}}"
    assert second.header("authorization") == "Basic {{basic:bob}}"


def test_a_key_that_was_accepted_once_is_right_whatever_else_it_is_refused() -> None:
    found = redacted(with_basic("bob", KEY), with_basic("bob", KEY, status=403), login("bob", KEY))

    assert found[1].header("authorization") == "Basic {{basic:bob}}"
    assert sent(found[2])["params"] == ["bob", "{{key:bob}}"]


def test_users_may_share_a_key() -> None:
    found = redacted(
        login("bob", KEY), login("eve", KEY), login("nobody", KEY, session=None), login("bob", KEY)
    )

    assert [sent(each)["params"] for each in found] == [
        ["bob", "{{key:bob}}"],
        ["eve", "{{key:eve}}"],
        ["nobody", "{{key:nobody:refused}}"],
        ["bob", "{{key:bob}}"],
    ]


def test_what_is_redacted_already_stays_and_its_numbers_are_taken() -> None:
    given = [login("bob", KEY), exchange(rpc("call", [OTHER_SESSION])), with_basic("bob", KEY)]
    once = redacted(*given)

    assert redacted(*once) == once
    mixed = redacted(*once, exchange(rpc("call", [SESSION])))
    assert sent(mixed[-1])["params"] == ["{{session:3}}"]

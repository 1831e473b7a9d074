"""Known secrets in other places than where they are sent: what is replaced, what is left alone."""

import json

import pytest

from rpcmedia.tapes.redaction import Filler, Redactor
from tests.tapes.made_exchanges import (
    AWKWARD,
    KEY,
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


def test_known_secrets_are_replaced_wherever_they_occur() -> None:
    later = exchange(
        f"session={SESSION}&key=s3cret%2F%2Bkey",
        f"<b>{KEY}</b> in text, x{SESSION}x in a word",
        url=f"http://shop.example/{SESSION}?key=s3cret/%2Bkey#k",
        sent=[("X-Session", SESSION), ("Referer", f"/?{SESSION}")],
        got=[("X-Echo", f"key is {KEY}")],
        name=f"after {SESSION}",
        note=f"with {KEY}",
        error=f"no {SESSION}",
        extra={"comment": f"about {SESSION}"},
    )

    found = redacted(login("bob", KEY), later)[1]

    assert found.request_body == b"session={{session:1}}&key={{key:bob}}"
    assert found.response_body == b"<b>{{key:bob}}</b> in text, x{{session:1}}x in a word"
    assert found.url == "http://shop.example/{{session:1}}?key={{key:bob}}#k"
    assert found.request_headers == [("X-Session", "{{session:1}}"), ("Referer", "/?{{session:1}}")]
    assert found.response_headers == [("X-Echo", "key is {{key:bob}}")]
    assert (found.name, found.note) == ("after {{session:1}}", "with {{key:bob}}")
    assert found.error == "no {{session:1}}"
    assert found.extra == {"comment": "about {{session:1}}"}


@pytest.mark.parametrize(
    "text",
    [
        AWKWARD,
        json.dumps(AWKWARD),
        json.dumps(AWKWARD, ensure_ascii=False),
        json.dumps(AWKWARD).replace("/", "\\/"),
        'ä"b/c\\d&amp;&lt;é',
        "%C3%A4%22b%2Fc%5Cd%26%3C%C3%A9",
        "%C3%A4%22b/c%5Cd%26%3C%C3%A9",
        basic("bob", AWKWARD),
    ],
)
def test_a_secret_is_found_in_every_spelling(text: str) -> None:
    first, second = redacted(login("bob", AWKWARD), exchange(None, f"..{text}.."))

    assert sent(first)["params"] == ["bob", "{{key:bob}}"]
    body = (second.response_body or b"").decode().replace('"', "")
    assert body in ("..{{key:bob}}..", "..{{basic:bob}}..")


@pytest.mark.parametrize("key", ["abc", "1", "12345678", "bob", "ob"])
def test_a_key_that_may_be_any_word_is_replaced_only_where_keys_are(key: str) -> None:
    text = {"abc": 12345678, "id": 1, "a": "abc", "b": "bob", "c": "12345678", "2.0": 12.1}
    url = "http://shop.example/abc/bob?1=12345678"

    first, second = redacted(login("bob", key), exchange(text, text, url=url))

    assert sent(first) == rpc("login", ["bob", "{{key:bob}}"])
    assert (sent(second), got(second)) == (text, text)
    assert second.url == url
    [third] = redacted(with_basic("bob", key))
    assert third.request_headers == [("Authorization", "Basic {{basic:bob}}")]


@pytest.mark.parametrize("key", ["null", "true", '":"b'])
def test_a_key_never_costs_a_body_its_json(key: str) -> None:
    text = {"a": None, "b": True, "c": "b", "d": "e"}

    first, second = redacted(login("bob", key), exchange(text))

    assert sent(first)["params"] == ["bob", "{{key:bob}}"]
    assert sent(second) == text


def test_user_names_stay_where_they_hold_a_key() -> None:
    first, second, third = redacted(
        login("bob", "admin"), login("administrator", KEY), exchange(None, "by administrator")
    )

    assert sent(first)["params"] == ["bob", "{{key:bob}}"]
    assert sent(second)["params"] == ["administrator", "{{key:administrator}}"]
    assert third.response_body == b"by administrator"


def test_a_short_cookie_is_replaced_only_where_cookies_are() -> None:
    [found] = redacted(
        exchange({"store": "german"}, sent=[("Cookie", "store=german"), ("X-Store", "german")])
    )

    assert found.request_headers == [("Cookie", "store={{cookie:1}}"), ("X-Store", "german")]
    assert sent(found) == {"store": "german"}


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (f"\x89PNG\0{KEY}".encode("latin-1"), "image/png"),
        (f"\xff\xd8 {KEY}".encode("latin-1"), "image/jpeg"),
        (f"\0{KEY}".encode(), ""),
    ],
)
def test_binary_bodies_are_left_alone(body: bytes, mime: str) -> None:
    found = redacted(login("bob", KEY), exchange(body, body, mime=mime))[1]

    assert (found.request_body, found.response_body) == (body, body)


@pytest.mark.parametrize(
    "mime", ["text/xml; charset=iso-8859-1", "multipart/form-data; boundary=x"]
)
def test_text_that_is_no_utf_8_is_redacted(mime: str) -> None:
    body = f"\xfc {KEY} \xfc".encode("latin-1")

    found = redacted(login("bob", KEY), exchange(body, mime=mime))[1]

    assert found.request_body == b"\xfc {{key:bob}} \xfc"


def test_content_length_follows_the_body_where_it_named_it() -> None:
    request = json.dumps(rpc("login", ["bob", KEY]))
    given = exchange(
        request,
        {"result": SESSION},
        sent=[("content-length", str(len(request)))],
        got=[("Content-Length", "12345")],
    )

    [found] = redacted(given)

    assert found.request_headers == [("content-length", str(len(found.request_body or b"")))]
    assert found.response_headers == [("Content-Length", "12345")]
    assert Filler({"bob": KEY}).fill(found).request_headers == given.request_headers


def test_an_exchange_without_secrets_stays_as_it_is() -> None:
    given = exchange('{ "method" : "types" }', "\ufeff<x/>\r\n", sent=[("A", "1"), ("a", "2")])

    assert redacted(given) == [given]


def test_thousands_of_sessions_are_all_found() -> None:
    redactor = Redactor()
    sessions = [f"{number:032x}" for number in range(3_000)]
    for session in sessions:
        redactor.learn(login("bob", KEY, session=session))

    found = redactor.replaced(exchange(None, " ".join(sessions)))

    expected = " ".join(f"{{{{session:{number}}}}}" for number in range(1, 3_001))
    assert found.response_body == expected.encode()


def test_a_key_is_replaced_although_a_refused_login_had_it_for_a_name() -> None:
    found = redacted(
        login(KEY, "me", session=None), login("me", KEY), login(KEY, "me", session=None)
    )

    assert sent(found[1])["params"] == ["me", "{{key:me}}"]
    assert sent(found[2])["params"] == ["{{key:me}}", "{{key:unknown:refused}}"]


@pytest.mark.parametrize("name", ["X-Api-Key", "x-auth-token", "API-KEY"])
def test_headers_with_tokens_are_numbered(name: str) -> None:
    found = redacted(exchange(sent=[(name, "tok")]), exchange(sent=[(name, "a-token")]))

    assert [each.request_headers for each in found] == [
        [(name, "{{authorization:1}}")],
        [(name, "{{authorization:2}}")],
    ]


@pytest.mark.parametrize(
    "name", ["api_key", "apikey", "apiKey", "key", "token", "access_token", "password"]
)
def test_tokens_in_queries_and_forms_are_numbered(name: str) -> None:
    form = "application/x-www-form-urlencoded; charset=utf-8"
    first, second = redacted(
        exchange({"a": "tok en"}, url=f"http://shop.example/?a=1&{name}=tok%20en&b=%20"),
        exchange(f"{name}=other&monkey=1&c=%20", mime=form),
    )

    assert first.url == f"http://shop.example/?a=1&{name}={{{{authorization:1}}}}&b=%20"
    assert sent(first) == {"a": "tok en"}
    assert second.request_body == f"{name}={{{{authorization:2}}}}&monkey=1&c=%20".encode()


def test_thousands_of_cookies_are_found_as_words() -> None:
    redactor = Redactor()
    cookies = [f"cookie-{number:05}" for number in range(5_000)]
    for cookie in cookies:
        redactor.learn(exchange(sent=[("Cookie", f"frontend={cookie}")]))

    found = redactor.replaced(
        exchange(None, " ".join(cookies), sent=[("Cookie", f"frontend={cookies[0]}")])
    )

    expected = " ".join(f"{{{{cookie:{number}}}}}" for number in range(1, 5_001))
    assert found.response_body == expected.encode()
    assert found.request_headers == [("Cookie", "frontend={{cookie:1}}")]
    assert len(redactor._texts._recent) == 1_000


def test_what_oauth_gives_out_is_a_secret_wherever_it_comes_again() -> None:
    form = "application/x-www-form-urlencoded"
    token, secret, verifier = "a1" * 16, "b2" * 16, "c3" * 16
    given = exchange(None, f"oauth_token={token}&oauth_token_secret={secret}", mime=form)
    allowed = exchange(
        "username=bob&password=a+long+password",
        status=302,
        url=f"http://shop.example/oauth/authorize?oauth_token={token}",
        got=[("Location", f"http://client.example/?oauth_token={token}&oauth_verifier={verifier}")],
        mime=form,
    )
    later = exchange(f"{token} {secret} {verifier}")

    first, second, third = redacted(given, allowed, later)

    assert first.response_body == (
        b"oauth_token={{authorization:1}}&oauth_token_secret={{authorization:2}}"
    )
    assert second.url.endswith("?oauth_token={{authorization:1}}")
    assert b"password" in (second.request_body or b"")
    assert b"a+long" not in (second.request_body or b"")
    assert verifier not in str(second.response_headers)
    for name in (token, secret, verifier):
        assert name.encode() not in (third.request_body or b"")


def test_a_signature_is_a_secret_for_in_plaintext_it_is_one() -> None:
    secret = "d4" * 16
    sent = f"oauth_consumer_key=k&oauth_signature_method=PLAINTEXT&oauth_signature={secret}%26"
    by_form = exchange(sent, mime="application/x-www-form-urlencoded")
    by_query = exchange(None, url=f"http://shop.example/oauth/initiate?{sent}")

    for found in redacted(by_form, by_query):
        assert secret not in f"{found.url} {found.request_body!r}"

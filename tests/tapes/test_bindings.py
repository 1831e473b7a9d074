"""What a target gives in the place of recorded values is sent from then on, and put back."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from rpcmedia.tapes.bindings import Bindings
from rpcmedia.tapes.json_paths import PathRefused, Selection
from rpcmedia.tapes.tape import Exchange
from tests.tapes.made_tapes import HOST, call, got, result, rpc

TARGET = "http://127.0.0.1:4000"
RECORDED, ACTUAL = "0123456789abcdef" * 2, "fedcba9876543210" * 2
LOGIN = {"jsonrpc": "2.0", "id": 1, "method": "login", "params": ["apiuser", "secret"]}


def bindings(*, chosen: dict[str, str] | None = None, **options: Any) -> Bindings:
    selections = [(name, Selection(path)) for name, path in (chosen or {}).items()]
    return Bindings(HOST, TARGET, chosen=selections, **options)


def answered(exchange: Exchange, answer: Any, **members: Any) -> Exchange:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return replace(exchange, response_body=body, **members)


def logged_in(recorded: str = RECORDED, actual: str = ACTUAL) -> Bindings:
    bound = bindings()
    exchange = rpc(LOGIN, result(recorded))
    bound.learn(exchange, answered(exchange, result(actual)))
    return bound


def sent_body(bound: Bindings, exchange: Exchange) -> bytes:
    _, _, body = bound.request(exchange)
    return body or b""


def sent_headers(bound: Bindings, *headers: tuple[str, str]) -> list[tuple[str, str]]:
    _, sent, _ = bound.request(got("/", None, request_headers=headers))
    return list(sent)


def sent_url(bound: Bindings, url: str) -> str:
    url, _, _ = bound.request(replace(got("/", None), url=url))
    return url


@pytest.mark.parametrize("recorded", [RECORDED, "{{session:1}}", "any-other-token-of-a-login"])
def test_a_session_id_is_sent_as_the_target_gave_it(recorded: str) -> None:
    bound = logged_in(recorded)

    request = rpc(call("product_media.list", "product1", session=recorded), b"")
    assert json.loads(sent_body(bound, request))["params"][0] == ACTUAL


def test_a_session_id_is_put_back_in_answers() -> None:
    bound = logged_in()

    assert bound.put_back(f'{{"error": "no {ACTUAL}"}}'.encode()) == (
        f'{{"error": "no {RECORDED}"}}'.encode()
    )


def test_session_ids_of_xml_are_bound_too() -> None:
    def xml(session: str) -> bytes:
        return f"<loginReturn>{session}</loginReturn>".encode()

    bound = bindings()
    exchange = rpc(b"<login><username>a</username></login>", xml(RECORDED))
    bound.learn(exchange, answered(exchange, xml(ACTUAL)))

    request = rpc(f"<call><sessionId>{RECORDED}</sessionId></call>".encode(), b"")
    assert ACTUAL.encode() in sent_body(bound, request)


def test_the_ids_of_a_batch_are_bound_each_to_its_own() -> None:
    requests = [LOGIN | {"id": 1}, LOGIN | {"id": 2}]
    exchange = rpc(requests, [result("a" * 32, 1), result("b" * 32, 2)])
    bound = bindings()
    bound.learn(exchange, answered(exchange, [result("c" * 32, 1), result("d" * 32, 2)]))

    request = rpc([call("x", session="a" * 32), call("x", session="b" * 32)], b"")
    sent = json.loads(sent_body(bound, request))
    assert [member["params"][0] for member in sent] == ["c" * 32, "d" * 32]


def test_a_body_with_nothing_to_replace_is_sent_to_the_letter() -> None:
    body = b'{ "method":"call",\n "params" : ["\\u0078", "x", [ 1.0 ]] }'

    assert sent_body(logged_in(), rpc(body, b"")) == body


def test_no_body_is_sent_as_none() -> None:
    assert bindings().request(got("/", None))[2] is None


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (HOST, TARGET),
        (f"{HOST}/api/jsonrpc", f"{TARGET}/api/jsonrpc"),
        (f"{HOST}/a%20b//c?d=%C3%BC&&", f"{TARGET}/a%20b//c?d=%C3%BC&&"),
        (f"{HOST}?type=jsonrpc", f"{TARGET}?type=jsonrpc"),
        ("https://elsewhere.example/pay?now", f"{TARGET}/pay?now"),
        (f"{HOST}.example/x", f"{TARGET}/x"),
        (f"{HOST}:81/x", f"{TARGET}/x"),
    ],
)
def test_every_request_goes_to_the_target(url: str, sent: str) -> None:
    assert sent_url(bindings(), url) == sent


def test_a_base_url_may_have_a_path() -> None:
    bound = Bindings("https://shop.example/store/", f"{TARGET}/test/")

    assert sent_url(bound, "https://shop.example/store/api") == f"{TARGET}/test/api"


def test_a_tape_without_a_base_url_has_that_of_its_first_request() -> None:
    bound = Bindings("", TARGET)

    assert sent_url(bound, f"{HOST}/api") == f"{TARGET}/api"
    assert bound.put_back(f"{TARGET}/media".encode()) == f"{HOST}/media".encode()


@pytest.mark.parametrize("slash", ["/", "\\/"])
def test_the_address_of_the_target_is_put_back_in_answers(slash: str) -> None:
    def answer(base: str) -> bytes:
        return f'{{"url": "{base}/media/a.jpg"}}'.replace("/", slash).encode()

    assert bindings().put_back(answer(TARGET)) == answer(HOST)
    assert bindings().put_back(answer(f"{TARGET}0")) == answer(f"{TARGET}0")


def test_headers_are_sent_as_recorded_but_for_those_of_the_connection() -> None:
    kept = [("X-Two", "1"), ("x-two", "2"), ("Accept-Encoding", "gzip"), ("Expect", "")]
    dropped = [
        ("Host", "shop.invalid"),
        ("content-length", "5"),
        ("Connection", "close"),
        ("Keep-Alive", "timeout=5"),
        ("Transfer-Encoding", "chunked"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("Proxy-Authorization", "Basic eA=="),
        (":authority", "shop.invalid"),
    ]

    assert sent_headers(bindings(), *dropped, *kept) == kept


def test_a_cookie_is_sent_as_the_target_set_it() -> None:
    bound = bindings()
    exchange = got("/", None, response_headers=[("Set-Cookie", "frontend=recorded; path=/")])
    bound.learn(exchange, replace(exchange, response_headers=[("set-cookie", "frontend=actual")]))

    sent = sent_headers(bound, ("Cookie", "frontend=recorded; store=recorded; frontend=other"))
    assert sent == [("Cookie", "frontend=actual; store=recorded; frontend=other")]
    assert bound.put_back_headers([("Set-Cookie", "frontend=actual; path=/"), ("X", "actual")]) == [
        ("Set-Cookie", "frontend=recorded; path=/"),
        ("X", "actual"),
    ]


def test_keys_are_filled_in_where_placeholders_stand_for_them() -> None:
    bound = bindings(keys={"api user": 'a "key"'})
    login = LOGIN | {"params": ["api user", "{{key:api%20user}}"]}
    url, headers, body = bound.request(
        rpc(login, b"", request_headers=[("Authorization", "Basic {{basic:api%20user}}")])
    )

    assert json.loads(body or b"")["params"] == ["api user", 'a "key"']
    encoded = base64.b64encode(b'api user:a "key"').decode()
    assert list(headers) == [("Authorization", f"Basic {encoded}")]
    assert url == f"{TARGET}/api/jsonrpc"


def created(recorded: Any, actual: Any, path: str = "$.result") -> Bindings:
    bound = bindings(chosen={"file": path})
    exchange = rpc(call("product_media.create", "product1"), result(recorded))
    bound.learn(exchange, answered(exchange, result(actual)))
    return bound


def test_a_chosen_value_is_sent_as_the_target_gave_it() -> None:
    bound = created("/i/m/image.jpg", "/i/m/image_7.jpg")

    request = rpc(call("product_media.info", "product1", "/i/m/image.jpg"), b"")
    assert json.loads(sent_body(bound, request))["params"][2] == ["product1", "/i/m/image_7.jpg"]
    assert sent_url(bound, f"{HOST}/media/i/m/image.jpg") == f"{TARGET}/media/i/m/image_7.jpg"


def test_chosen_numbers_are_bound_as_numbers_and_as_text() -> None:
    bound = created({"id": 5}, {"id": 12}, "$.result.id")

    request = rpc(call("x", 5, "5", 55, 1.5), b"")
    assert json.loads(sent_body(bound, request))["params"][2] == [12, "12", 55, 1.5]


def test_a_wildcard_binds_several_values_in_their_order() -> None:
    bound = created([{"file": "/a"}, {"file": "/b"}], [{"file": "/c"}, {"file": "/d"}], "$..file")

    request = rpc(call("x", "/b", "/a"), b"")
    assert json.loads(sent_body(bound, request))["params"][2] == ["/d", "/c"]
    assert bound.bound == {"file": 2}


@pytest.mark.parametrize(("recorded", "actual"), [(True, False), (None, "x"), ({}, {"a": 1})])
def test_only_texts_and_numbers_are_bound(recorded: Any, actual: Any) -> None:
    assert created(recorded, actual).bound == {"file": 0}


def test_what_was_bound_counts_until_it_is_bound_anew() -> None:
    bound = created("/a", "/b")
    exchange = rpc(call("product_media.create", "product1"), result("/a"))
    bound.learn(exchange, answered(exchange, result("/a")))

    assert json.loads(sent_body(bound, rpc(call("x", "/a"), b"")))["params"][2] == ["/a"]


def test_a_bound_value_that_stands_elsewhere_by_chance_is_left_alone() -> None:
    bound = created({"id": 1}, {"id": 7}, "$.result.id")
    recorded = json.dumps({"id": 1, "position": 7, "of": [1, 7]}).encode()
    actual = json.dumps({"id": 7, "position": 7, "of": [7, 7]}).encode()

    assert json.loads(bound.as_recorded(recorded, actual)) == json.loads(recorded)


@pytest.mark.parametrize("actual", [b'{"id": 7, "more": [7]}', b"[7]", b"7", b"<p>7</p>"])
def test_values_are_put_back_also_where_an_answer_has_another_shape(actual: bytes) -> None:
    bound = created({"id": 1}, {"id": 7}, "$.result.id")

    put_back = bound.as_recorded(b'{"other": true}', actual)
    assert b"7" not in put_back
    assert b"1" in put_back


@pytest.mark.parametrize("path", ["", "result", "$.", "$.a[", "$..", "@.a"])
def test_what_is_no_json_path_is_refused_in_one_line(path: str) -> None:
    with pytest.raises(PathRefused) as refusal:
        Selection(path)

    assert str(refusal.value).startswith(f"{path!r} is no JSONPath: ")
    assert "\n" not in str(refusal.value)

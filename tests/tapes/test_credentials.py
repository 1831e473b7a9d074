"""Where keys, session ids and cookies are found in the protocols that tapes hold."""

import base64
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from rpcmedia.tapes import credentials
from rpcmedia.tapes.credentials import Key
from rpcmedia.tapes.tape import Exchange

SESSION = "be1c13ed4e03f0ed7f1e4053dfff9658"
LONG_SESSION = "6454d14fde3eaada623a6246d21ff64cb399ec417d38cac7e889f1fadf4776fc"


def exchange(
    request: object = None,
    response: object = None,
    *,
    status: int = 200,
    sent: Sequence[tuple[str, str]] = (),
    got: Sequence[tuple[str, str]] = (),
) -> Exchange:
    return Exchange(
        "POST", "http://shop.example/api", sent, encoded(request), status, got, encoded(response)
    )


def encoded(body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def basic(text: str, scheme: str = "Basic") -> list[tuple[str, str]]:
    return [("authorization", f"{scheme} {base64.b64encode(text.encode()).decode()}")]


def rpc(method: str, params: object, number: object = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def xml_login(*strings: str) -> str:
    params = "".join(f"<param><value>{s}</value></param>" for s in strings)
    return f"<methodCall><methodName>login</methodName><params>{params}</params></methodCall>"


def xml_calls(*calls: tuple[str, ...]) -> str:
    members = "".join(
        f"<value><struct><member><name>methodName</name><value><string>{name}</string></value>"
        "</member><member><name>params</name><value><array><data>"
        f"{''.join(f'<value><string>{s}</string></value>' for s in strings)}"
        "</data></array></value></member></struct></value>"
        for name, *strings in calls
    )
    return xml_login(f"<array><data>{members}</data></array>").replace(
        "login", "system.multicall", 1
    )


def xml_answer(text: str) -> str:
    return f"<methodResponse><params><param><value><string>{text}</string></value></param></params>"


XML_FAULT = "<methodResponse><fault><value><int>2</int> Access denied.</value></fault>"
SOAP = '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="urn:Magento">'
SOAP_LOGIN = (
    f"{SOAP}<E:Body><n:login><username xsi:type='xsd:string'>bob</username>"
    "<apiKey xsi:type='xsd:string'>a-key</apiKey></n:login></E:Body></E:Envelope>"
)
SOAP_WSI_LOGIN = (
    f"{SOAP}<E:Body><n:loginParam><apiKey>a-key</apiKey><username>bob</username></n:loginParam>"
    "</E:Body></E:Envelope>"
)
SOAP_SESSION = f"<n:loginResponse><loginReturn>{LONG_SESSION}</loginReturn></n:loginResponse>"


def in_base64(text: str) -> str:
    return f"<base64>{base64.b64encode(text.encode()).decode()}</base64>"


def soap_login(name: str, *parts: str, beside: str = "") -> str:
    return f"{SOAP}<E:Body><n:{name}>{''.join(parts)}</n:{name}>{beside}</E:Body></E:Envelope>"


LOGINS = {
    "a list": rpc("login", ["bob", "a-key"]),
    "names": rpc("login", {"apiKey": "a-key", "username": "bob"}),
    "positions": rpc("login", {"0": "bob", "1": "a-key"}),
    "a batch": [rpc("resources", [SESSION]), rpc("login", ["bob", "a-key"], 2)],
    "escapes": '{"method":"login","params":["b\\u006fb","a\\u002dkey"]}',
    "XML-RPC": xml_login("<string>bob</string>", "<string>a-key</string>"),
    "XML-RPC without types": xml_login("bob", "a-key"),
    "XML-RPC with CDATA": xml_login("<string>bob</string>", "<string><![CDATA[a-key]]></string>"),
    "XML-RPC with entities": xml_login("b&#111;b", "a&#x2d;key"),
    "XML-RPC in a row": xml_calls(("resources", SESSION), ("login", "bob", "a-key")),
    "XML-RPC with base64": xml_login(in_base64("bob"), in_base64("a-key")),
    "XML-RPC with a comment": xml_login("bob", "<string>a-<!-- c -->key</string>"),
    "XML-RPC with CDATA in part": xml_login("bob", "<string>a-<![CDATA[ke]]>y</string>"),
    "XML-RPC with a name in CDATA": xml_login("bob", "a-key").replace("login", "<![CDATA[login]]>"),
    "XML-RPC with a mark in front": "\ufeff" + xml_login("bob", "a-key"),
    "XML-RPC in UTF-16": xml_login("bob", "a-key").encode("utf-16"),
    "XML-RPC that is broken": xml_login("bob", "a-key") + "<",
    "XML-RPC in a row, parameters first": xml_login(
        "<array><data><value><struct><member><name>params</name><value><array><data>"
        "<value>bob</value><value>a-key</value></data></array></value></member>"
        "<member><name>methodName</name><value>login</value></member></struct></value></data></array>"
    ).replace("login", "system.multicall", 1),
    "SOAP": SOAP_LOGIN,
    "SOAP in capitals": soap_login("LOGIN", "<username>bob</username>", "<apiKey>a-key</apiKey>"),
    "SOAP with other names": soap_login("login", "<a>bob</a>", "<b>a-key</b>"),
    "SOAP with references": soap_login(
        "login",
        '<username href="#u"/><apiKey href="#k"/>',
        beside='<v id="u">bob</v><v id="k">a-key</v>',
    ),
    "SOAP of WS-I, a request": soap_login(
        "loginRequestParam", "<username>bob</username>", "<apiKey>a-key</apiKey>"
    ),
    "SOAP of WS-I": SOAP_WSI_LOGIN,
    "SOAP without names": SOAP_LOGIN.replace("username", "param0").replace("apiKey", "param1"),
}


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
def test_the_key_of_a_login_is_found(login: object) -> None:
    assert credentials.keys_sent(exchange(login)) == [Key("bob", "a-key")]


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
def test_the_key_of_a_login_is_replaced_in_its_place(login: object) -> None:
    body = credentials.replace_keys(encoded(login) or b"", lambda key: f"of {key.username}")

    assert credentials.keys_sent(exchange(body)) == [Key("bob", "of bob")]


def test_every_key_of_a_batch_is_found() -> None:
    batch = [rpc("login", ["bob", "one"], 1), rpc("login", ["eve", "two"], 2)]

    assert credentials.keys_sent(exchange(batch)) == [Key("bob", "one"), Key("eve", "two")]


def test_every_key_of_calls_in_a_row_is_found_and_replaced() -> None:
    body = xml_calls(("login", "bob", "one"), ("startSession",), ("login", "eve", "two")).encode()

    assert credentials.keys_sent(exchange(body)) == [Key("bob", "one"), Key("eve", "two")]
    replaced = credentials.replace_keys(body, lambda key: f"of {key.username}")
    found = credentials.keys_sent(exchange(replaced))
    assert found == [Key("bob", "of bob"), Key("eve", "of eve")]


def test_a_key_that_is_a_number_is_found() -> None:
    assert credentials.keys_sent(exchange(rpc("login", ["bob", 12345]))) == [Key("bob", "12345")]


@pytest.mark.parametrize(
    "request_body",
    [
        None,
        b"\xff\xd8\xff",
        "login",
        rpc("login", []),
        rpc("login", ["bob"]),
        rpc("login", ["bob", ""]),
        rpc("login", ["bob", "0"]),
        rpc("login", ["bob", ["a-key"]]),
        rpc("login", ["bob", None]),
        rpc("call", ["bob", "a-key"]),
        xml_login("bob"),
        xml_login("bob", ""),
        xml_login("bob", "a-key").replace("login", "call"),
        "<html><form action='login'><string>bob</string><string>key</string></form></html>",
    ],
)
def test_what_is_no_login_has_no_key(request_body: object) -> None:
    found = exchange(request_body)

    assert credentials.keys_sent(found) == []
    body = found.request_body or b""
    assert credentials.replace_keys(body, lambda key: "other") == body


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_key_of_http_basic_is_found(scheme: str) -> None:
    sent = basic("bob:a:key", scheme)

    assert credentials.keys_sent(exchange(sent=sent)) == [Key("bob", "a:key")]


@pytest.mark.parametrize("header", ["", "Basic", "Basic ?", "Basic Ym9i", "Bearer Ym9iOmtleQ=="])
def test_other_headers_have_no_key(header: str) -> None:
    assert credentials.keys_sent(exchange(sent=[("Authorization", header)])) == []


ERROR = {"id": 1, "error": {"code": 2, "message": "Access denied."}}

REFUSED = {
    "a fault": exchange(rpc("login", ["bob", "a-key"]), ERROR),
    "a fault in XML-RPC": exchange(xml_login("bob", "a-key"), XML_FAULT),
    "a fault in SOAP": exchange(SOAP_LOGIN, "<faultcode>2</faultcode>"),
    "status 401": exchange(status=401, sent=basic("bob:a-key")),
    "status 403": exchange(status=403, sent=basic("bob:a-key")),
    "a fault for Basic": exchange(rpc("call", [None, "x"]), ERROR, sent=basic("bob:a-key")),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_a_key_that_is_turned_down_is_known_to_be(refused: Exchange) -> None:
    assert credentials.keys_refused(refused) == [Key("bob", "a-key")]


ACCEPTED = {
    "a session": exchange(rpc("login", ["bob", "a-key"]), {"id": 1, "result": SESSION}),
    "error null": exchange(
        rpc("login", ["bob", "a-key"]), {"id": 1, "error": None, "result": SESSION}
    ),
    "XML-RPC": exchange(xml_login("bob", "a-key"), xml_answer(LONG_SESSION)),
    "SOAP": exchange(SOAP_LOGIN, SOAP_SESSION),
    "Basic": exchange(
        rpc("call", [None, "x"]),
        {"id": 1, "error": {"code": 101, "message": "Product not exists."}},
        sent=basic("bob:a-key"),
    ),
    "no answer": exchange(rpc("login", ["bob", "a-key"]), status=0),
}


@pytest.mark.parametrize("accepted", ACCEPTED.values(), ids=ACCEPTED)
def test_other_keys_are_not(accepted: Exchange) -> None:
    assert credentials.keys_refused(accepted) == []


def test_the_answers_of_a_batch_belong_to_their_requests() -> None:
    batch = [rpc("login", ["bob", "one"], "a"), rpc("login", ["eve", "two"], "b")]
    answers = [{"id": "b", "result": SESSION}, {"id": "a", "error": {"code": 2}}]

    assert credentials.keys_refused(exchange(batch, answers)) == [Key("bob", "one")]
    assert credentials.sessions_given(exchange(batch, answers)) == [SESSION]


SENDING = {
    "a list": rpc("call", [SESSION, "product_media.list"]),
    "names": rpc("call", {"apiPath": "x", "sessionId": SESSION}),
    "positions": rpc("call", {"0": SESSION}),
    "a method of its own": rpc("product_media.list", [SESSION, "sku"]),
    "XML-RPC": xml_login(f"<string>{SESSION}</string>").replace("login", "call"),
    "SOAP": SOAP_LOGIN.replace("login", "call").replace("a-key", SESSION),
}


@pytest.mark.parametrize("request_body", SENDING.values(), ids=SENDING)
def test_a_session_id_that_is_sent_is_found(request_body: object) -> None:
    assert credentials.sessions_sent(exchange(request_body)) == [SESSION]


def test_a_placeholder_is_a_session_id() -> None:
    assert credentials.sessions_sent(exchange(rpc("call", ["{{session:2}}"]))) == ["{{session:2}}"]


@pytest.mark.parametrize(
    "request_body",
    [
        None,
        rpc("login", [SESSION, "a-key"]),
        rpc("startSession", [SESSION]),
        rpc("call", ["bogus", "x"]),
        rpc("call", [None, SESSION]),
        rpc("call", [SESSION[1:], "x"]),
        rpc("call", []),
    ],
)
def test_what_is_no_session_id_is_not_found(request_body: object) -> None:
    assert credentials.sessions_sent(exchange(request_body)) == []


GIVING = {
    "login": (LOGINS["a list"], {"id": 1, "result": "any-text"}, "any-text"),
    "startSession": (rpc("startSession", []), {"id": 1, "result": SESSION}, SESSION),
    "XML-RPC": (LOGINS["XML-RPC"], xml_answer(LONG_SESSION), LONG_SESSION),
    "SOAP": (SOAP_LOGIN, SOAP_SESSION, LONG_SESSION),
    "SOAP in capitals": (LOGINS["SOAP in capitals"], SOAP_SESSION, LONG_SESSION),
    "SOAP of WS-I": (SOAP_WSI_LOGIN, f"<result>{SESSION}</result>", SESSION),
}


@pytest.mark.parametrize("case", GIVING.values(), ids=GIVING)
def test_a_session_id_that_is_given_is_found(case: tuple[object, object, str]) -> None:
    request, response, session = case

    assert credentials.sessions_given(exchange(request, response)) == [session]


def test_a_key_in_xml_that_a_client_wrote_in_lines_is_found_in_time() -> None:
    body = xml_login("bob", "a-key", f"<base64>{('A' * 76 + chr(10)) * 130_000}</base64>").encode()

    started = time.perf_counter()
    assert credentials.keys_sent(exchange(body)) == [Key("bob", "a-key")]
    assert time.perf_counter() - started < 5


def test_other_answers_give_no_session() -> None:
    answer = {"id": 1, "result": SESSION}

    assert credentials.sessions_given(exchange(rpc("call", [SESSION, "x"]), answer)) == []
    assert credentials.sessions_given(exchange(LOGINS["a list"], ERROR)) == []
    assert credentials.sessions_given(exchange(None, answer)) == []


def test_cookies_are_found_both_ways() -> None:
    found = exchange(
        sent=[("Cookie", "a=1; b=two=2;c="), ("COOKIE", "d=4")],
        got=[("Set-Cookie", "e=5; Path=/; HttpOnly"), ("set-cookie", "f=6")],
    )

    assert credentials.cookies(found) == ["1", "two=2", "4", "5", "6"]

"""What a request asks, and where two answers differ, whatever their spelling."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.tapes.meaning import (
    ABSENT,
    Difference,
    answer_differences,
    request_key,
    value_differences,
)
from rpcmedia.tapes.tape import Exchange
from tests.support import pictures
from tests.tapes.made_tapes import basic, call, got, result, rpc

SESSION, OTHER_SESSION = "0123456789abcdef" * 2, "fedcba9876543210" * 2
CONTENT = base64.b64encode(pictures.jpeg()).decode()


def asks(request: Any, **members: Any) -> Exchange:
    return rpc(request, b"", **members)


def create(content: str) -> Exchange:
    file = {"content": content, "mime": "image/jpeg"}
    return asks(call("product_media.create", "product1", {"file": file}))


def wrapped(text: str, line_break: str) -> str:
    return line_break.join(text[start : start + 76] for start in range(0, len(text), 76))


def login(*parameters: str) -> Exchange:
    return asks({"method": "login", "params": parameters})


LIST = call("product_media.list", "product1", session=SESSION)
SPELLINGS = {
    "key order": (asks(LIST), asks(dict(reversed(LIST.items())))),
    "white space": (asks(LIST), asks(json.dumps(LIST, indent=3).encode())),
    "id": (asks(LIST), asks(LIST | {"id": "another"})),
    "no id": (asks(LIST), asks({name: LIST[name] for name in ("jsonrpc", "method", "params")})),
    "escapes": (asks({"method": "ü/"}), asks(rb'{"method": "\u00fc\/"}')),
    "session id": (
        asks(LIST),
        asks(call("product_media.list", "product1", session=OTHER_SESSION)),
    ),
    "named session id": (
        asks({"method": "call", "params": {"sessionId": SESSION, "apiPath": "x"}}),
        asks({"method": "call", "params": {"apiPath": "x", "sessionId": OTHER_SESSION}}),
    ),
    "key of a login": (login("apiuser", "one"), login("apiuser", "two")),
    "key of HTTP Basic": (
        asks(LIST, request_headers=basic("apiuser", "one")),
        asks(LIST, request_headers=basic("apiuser", "two")),
    ),
    "line breaks of base64": (create(CONTENT), create(wrapped(CONTENT, "\r\n"))),
    "line breaks of base64 at its end": (create(CONTENT), create(wrapped(CONTENT, "\n") + "\n")),
    "number": (asks({"method": "a", "params": [1]}), asks(b'{"method": "a", "params": [1.0]}')),
    "order of the query": (got("/x?a=1&b=2", None), got("/x?b=2&a=1", None)),
    "host": (got("/x", None), replace(got("/x", None), url="http://elsewhere.invalid/x")),
    "space between tags": (asks(b"<a>\n <b>1 2</b>\n</a>\n"), asks(b"<a><b>1 2</b></a>")),
    "members of a batch": (asks([LIST]), asks([LIST | {"id": 7}])),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling_does_not_count_in_a_request(spelling: str) -> None:
    one, other = SPELLINGS[spelling]

    assert request_key(one) == request_key(other)


REQUESTS = {
    "list": asks(LIST),
    "another product": asks(call("product_media.list", "product2", session=SESSION)),
    "another operation": asks(call("product_media.info", "product1", session=SESSION)),
    "no session": asks(call("product_media.list", "product1", session=None)),
    "another path": asks(LIST, path="/api/jsonrpc/index"),
    "another method": asks(LIST, method="PUT"),
    "a user": asks(LIST, request_headers=basic("apiuser", "key")),
    "another user": asks(LIST, request_headers=basic("second", "key")),
    "a batch of one": asks([LIST]),
    "a batch of two": asks([LIST, LIST]),
    "a number": asks({"method": "a", "params": [None, 1]}),
    "a text of digits": asks({"method": "a", "params": [None, "1"]}),
    "true": asks({"method": "a", "params": [None, True]}),
    "null": asks({"method": "a", "params": [None, None]}),
    "login": login("apiuser", "key"),
    "login of another user": login("second", "key"),
    "content": create(CONTENT),
    "other content": create(base64.b64encode(pictures.png()).decode()),
    "a text of words": create("only some words and nothing else that has forty letters"),
    "the same words in one": create("onlysomewordsandnothingelsethathasfortyletters"),
    "no JSON": asks(b"{"),
    "XML": asks(b"<a>1 2</a>"),
    "XML with another text": asks(b"<a>12</a>"),
    "bytes": asks(b"\xff\x00"),
    "other bytes": asks(b"\xff\x01"),
    "nothing": asks(b""),
    "a query": got("/x?a=1", None),
    "another query": got("/x?a=2", None),
    "an empty query value": got("/x?a=", None),
}


def test_requests_that_ask_something_else_have_keys_of_their_own() -> None:
    assert len({request_key(exchange) for exchange in REQUESTS.values()}) == len(REQUESTS)


def multipart(boundary: str) -> Exchange:
    body = f"--{boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{boundary}--\r\n"
    mime = f"multipart/form-data; boundary={boundary}"
    return asks(body.encode(), request_headers=[("Content-Type", mime)])


def test_the_boundary_of_a_multipart_request_does_not_count() -> None:
    assert request_key(multipart("one")) == request_key(multipart("another"))


DIFFERENCES: list[tuple[Any, Any, list[tuple[str, Any, Any]]]] = [
    ({"a": 1}, {"a": 2}, [("$.a", 1, 2)]),
    ({"a": 1}, {}, [("$.a", 1, ABSENT)]),
    ({}, {"a": None}, [("$.a", ABSENT, None)]),
    ({"a": None}, {}, [("$.a", None, ABSENT)]),
    ([1, 2, 3], [1, 2], [("$[2]", 3, ABSENT)]),
    ([1], [1, {"b": 2}], [("$[1]", ABSENT, {"b": 2})]),
    ([{"a": [0, {"b": "x"}]}], [{"a": [0, {"b": "y"}]}], [("$[0].a[1].b", "x", "y")]),
    ({"a": 1, "b": 2}, {"a": 3, "b": 4}, [("$.a", 1, 3), ("$.b", 2, 4)]),
    (1, "1", [("$", 1, "1")]),
    ([], {}, [("$", [], {})]),
    ({"a b": 1}, {"a b": 2}, [("$['a b']", 1, 2)]),
    ({"it's": 1}, {"it's": 2}, [("$['it\\'s']", 1, 2)]),
    ({"1": 1}, {"1": 2}, [("$['1']", 1, 2)]),
    ({"größe": 1}, {"größe": 2}, [("$.größe", 1, 2)]),
    (True, 1, [("$", True, 1)]),
    ({"a": [False]}, {"a": [0]}, [("$.a[0]", False, 0)]),
    ([1, True], [True, 1], [("$[0]", 1, True), ("$[1]", True, 1)]),
    ("a\n", "a", [("$", "a\n", "a")]),
    ("é", "e\u0301", [("$", "é", "e\u0301")]),
]


@pytest.mark.parametrize(("expected", "got", "differences"), DIFFERENCES, ids=str)
def test_differences_are_named_by_their_place(
    expected: Any, got: Any, differences: list[tuple[str, Any, Any]]
) -> None:
    assert list(value_differences(expected, got)) == [Difference(*d) for d in differences]


@pytest.mark.parametrize(
    ("one", "other"), [(1.0, 1), ([0, -0.0], [0.0, 0]), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1.0})]
)
def test_values_that_json_does_not_tell_apart_are_equal(one: Any, other: Any) -> None:
    assert list(value_differences(one, other)) == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "a", "1", ABSENT])
    | st.sampled_from([0.5, 1.0]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "a b"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def plain(value: Any) -> str:
    def typed(inner: Any) -> Any:
        if isinstance(inner, list):
            return [typed(member) for member in inner]
        if isinstance(inner, dict):
            return {name: typed(member) for name, member in inner.items()}
        return float(inner) if type(inner) is int else inner

    return json.dumps(typed(value), sort_keys=True)


@given(VALUES, VALUES)
def test_there_are_differences_exactly_where_values_are_not_equal(one: Any, other: Any) -> None:
    assert (list(value_differences(one, other)) == []) == (plain(one) == plain(other))


def differing(recorded: Exchange, **members: Any) -> list[Difference]:
    return list(answer_differences(recorded, replace(recorded, **members)))


def test_an_answer_differs_in_its_status() -> None:
    recorded = rpc(LIST, result([]))

    assert differing(recorded, status=500) == [Difference("status", 200, 500)]


def test_an_answer_differs_in_a_field_of_its_json_and_not_in_its_spelling() -> None:
    recorded = rpc(LIST, result(["/a"]))

    assert differing(recorded, response_body=b'{"id":1,"result":["\\/a"],"jsonrpc":"2.0"}') == []
    assert differing(recorded, response_body=json.dumps(result(["/b"])).encode()) == [
        Difference("$.result[0]", "/a", "/b")
    ]


SOAP = """<?xml version="1.0"?>
<s:Envelope xmlns:s="urn:soap" xmlns:t="urn:types">
  <s:Body t:type="t:Map" a="1"><faultcode>s:Server</faultcode><label></label></s:Body>
</s:Envelope>"""
SAME_XML = {
    "another layout": SOAP.replace("><", ">\n\t<"),
    "another order of attributes": SOAP.replace('t:type="t:Map" a="1"', 'a="1" t:type="t:Map"'),
    "other prefixes": """<soap:Envelope xmlns:soap="urn:soap" xmlns:x="urn:types">
  <soap:Body x:type="x:Map" a="1"><faultcode>soap:Server</faultcode><label></label></soap:Body>
</soap:Envelope>""",
    "an empty element in short": SOAP.replace("<label></label>", "<label/>"),
    "no declaration": SOAP.partition("\n")[2],
}
OTHER_XML = {
    "text": SOAP.replace("s:Server", "s:Client"),
    "white space around a text": SOAP.replace("s:Server<", "s:Server <"),
    "an attribute": SOAP.replace('a="1"', 'a="2"'),
    "a namespace": SOAP.replace("urn:types", "urn:other"),
    "the name of a type": SOAP.replace('"t:Map"', '"t:Array"'),
    "an element": SOAP.replace("<label></label>", ""),
    "text between elements": SOAP.replace("<label>", "and<label>"),
}


@pytest.mark.parametrize("spelling", SAME_XML.values(), ids=SAME_XML)
def test_the_spelling_of_xml_does_not_count(spelling: str) -> None:
    assert spelling != SOAP
    recorded = got("/", SOAP.encode(), "text/xml")

    assert differing(recorded, response_body=spelling.encode()) == []


@pytest.mark.parametrize("answer", OTHER_XML.values(), ids=OTHER_XML)
def test_another_meaning_of_xml_is_a_difference(answer: str) -> None:
    recorded = got("/", SOAP.encode(), "text/xml")

    [difference] = differing(recorded, response_body=answer.encode())
    assert difference.field == "body"
    assert difference.expected != difference.got


def test_xml_that_cannot_be_read_is_compared_as_text() -> None:
    deep = "<a>" * 50_000 + "</a>" * 50_000
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    for text in (deep, bomb, "<a>"):
        [difference] = differing(got("/", text.encode()), response_body=f"{text} ".encode())
        assert difference.field == "body"


def test_pictures_are_compared_by_their_checksums() -> None:
    recorded = got("/a.png", pictures.png(1), "image/png")

    [difference] = differing(recorded, response_body=pictures.png(2))
    assert difference.field == "body"
    assert "sha256" in difference.expected
    assert "sha256" in difference.got
    assert difference.expected != difference.got


def test_of_long_texts_the_place_is_shown_where_they_part() -> None:
    page = "<p>same</p>" * 1000
    recorded = got("/", f"{page}one{page}".encode(), "text/html")

    [difference] = differing(recorded, response_body=f"{page}other{page}".encode())
    assert difference.field == "body"
    assert "one<p>" in difference.expected
    assert "other<p>" in difference.got
    assert len(difference.expected) < 500


def test_a_text_that_only_goes_on_differs_too() -> None:
    recorded = got("/", b"a" * 5000, "text/plain")

    [difference] = differing(recorded, response_body=b"a" * 5001)
    assert difference.expected != difference.got


def test_json_that_became_something_else_is_shown_as_text() -> None:
    recorded = rpc(LIST, result([]))

    [difference] = differing(recorded, response_body=b"<h1>Sorry</h1>")
    assert (difference.field, difference.got) == ("body", "<h1>Sorry</h1>")
    assert difference.expected == json.dumps(result([]))


def test_no_body_is_an_empty_one() -> None:
    recorded = got("/", None)

    assert differing(recorded, response_body=b"") == []
    [difference] = differing(recorded, response_body=b"x")
    assert (difference.expected, difference.got) == ("", "x")

"""What counts in a request, and what does not: HTTP method, types, white space, direct names."""

import json
from typing import Any

import pytest

from tests.faces.bodies import exchange
from tests.support.server import KEY, USER, Server

ASK = '{"jsonrpc":"2.0","id":1,"method":"endSession"}'
YES = '{"jsonrpc":"2.0","id":1,"result":true}'


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_the_http_method_is_not_looked_at(server: Server, method: str) -> None:
    async with server.http.request(method, f"{server.url}/api/jsonrpc", data=ASK) as answer:
        assert (answer.status, await answer.text()) == (200, YES)


async def test_head_gets_the_headers_without_a_body(server: Server) -> None:
    async with server.http.head(f"{server.url}/api/jsonrpc") as answer:
        assert (answer.status, await answer.text()) == (200, "")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "text/xml", "nonsense"],
)
async def test_the_content_type_is_not_looked_at(server: Server, content_type: str) -> None:
    assert await server.post(ASK, **{"Content-Type": content_type}) == (200, YES)


async def test_a_request_without_a_content_type_is_answered(server: Server) -> None:
    head = f"POST /api/jsonrpc HTTP/1.1\r\nHost: test\r\nContent-Length: {len(ASK)}\r\n"
    answer = await exchange(server.url, f"{head}Connection: close\r\n\r\n{ASK}".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(YES.encode())


async def test_the_answer_is_json_in_utf_8_with_a_request_id_and_no_cookie(server: Server) -> None:
    ids = set()
    for body in (ASK, "{", '{"id":1,"method":"resources"}'):
        async with server.http.post(f"{server.url}/api/jsonrpc", data=body) as answer:
            assert answer.status == 200
            assert answer.content_type == "application/json"
            assert (answer.charset or "").lower() == "utf-8"
            assert "Set-Cookie" not in answer.headers
            ids.add(answer.headers["X-Request-Id"])
    assert len(ids) == 3


async def test_a_chunked_body_is_read(server: Server) -> None:
    async def pieces() -> Any:
        for piece in (ASK[:5], ASK[5:30], ASK[30:]):
            yield piece.encode()

    async with server.http.post(f"{server.url}/api/jsonrpc", data=pieces()) as answer:
        assert await answer.text() == YES


@pytest.mark.parametrize(
    "body",
    [
        f" \r\n\t{ASK}\n\n",
        '{"method":"login","method":"endSession","id":7,"id":1,"jsonrpc":"2.0"}',
        '{"jsonrpc":"2.0","id":1,"method":"\\u0065ndSession"}',
        '{"jsonrpc":"2.0","id":1,"method":"endSession","extra":{"a":[1]}}',
        '{"jsonrpc":"2.0","id":1,"method":"endSession","params":null}',
        '{"jsonrpc":"2.0","id":1,"method":"endSession","params":{}}',
        '{"jsonrpc":"2.0","id":1,"method":"endSession","params":[null,1,[2],{"a":3}]}',
    ],
    ids=["space", "duplicates", "escapes", "extra member", "null", "empty map", "extra positions"],
)
async def test_what_does_not_matter_is_overlooked(server: Server, body: str) -> None:
    assert await server.post(body) == (200, YES)


@pytest.mark.parametrize(
    "method",
    [
        None,
        "",
        7,
        True,
        "a-b",
        "1ab",
        "a/b",
        "__construct",
        ".list",
        "list ",
        "list\n",
        "ünicode",
        [],
        ["endSession"],
        {"a": 1},
    ],
)
async def test_a_bad_method_name_is_an_invalid_request(server: Server, method: object) -> None:
    answer = await server.send({"jsonrpc": "2.0", "id": 1, "method": method})
    assert answer["error"]["code"] == -32600
    assert answer["id"] == 1


@pytest.mark.parametrize("params", ["x", "", 7, 1.5, True, False])
async def test_params_that_are_no_list_and_no_object_are_refused_by_name(
    server: Server, params: object
) -> None:
    answer = await server.send({"jsonrpc": "2.0", "id": 1, "method": "login", "params": params})
    assert answer["error"]["code"] == -32602
    assert "params" in answer["error"]["message"]


@pytest.mark.parametrize("method", ["startsession", "LOGIN", "Call", "processingRow", "handle"])
async def test_an_unknown_name_is_taken_for_a_path(server: Server, method: str) -> None:
    without = await server.send({"jsonrpc": "2.0", "id": 1, "method": method})
    assert without["error"]["code"] == 5
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}
    known = await server.send(request, Authorization=server.basic or "")
    assert known["error"] == {"code": 3, "message": "Invalid api path."}


DIRECT: list[tuple[str, Any, Any]] = [
    ("product_media.types", [None, 4], 3),
    ("product_media.list", [None, "product1"], 0),
    ("product_attribute_media.list", [None, "product1"], 0),
    ("catalog_product_attribute_media.list", [None, "product1"], 0),
    ("product_media.list.anything", [None, "product1"], 0),
    ("product_media.list", {"0": None, "1": "product1"}, 0),
    ("product_media.list", {"0": None, "productId": "product1", "store": "german"}, 0),
    ("product_media.list", {"productId": "product1", "0": None}, 0),
    ("product_media.list", [None, "product1", "german", "sku", "extra"], 0),
]


@pytest.mark.parametrize(("method", "params", "length"), DIRECT)
async def test_a_path_is_a_method_of_its_own(
    server: Server, method: str, params: Any, length: int
) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = await server.send(request, Authorization=server.basic or "")
    assert len(answer["result"]) == length


async def test_a_direct_name_takes_its_session_from_the_first_place_only(server: Server) -> None:
    login = await server.send({"id": 1, "method": "login", "params": [USER, KEY]})
    session = login["result"]
    request = {"jsonrpc": "2.0", "id": 1, "method": "product_media.list"}
    good = await server.send({**request, "params": [session, "product1"]})
    assert good == {"jsonrpc": "2.0", "id": 1, "result": []}
    for params in ({"sessionId": session, "productId": "product1"}, ["product1", session], []):
        assert (await server.send({**request, "params": params}))["error"]["code"] == 5


@pytest.mark.parametrize(
    ("params", "result"),
    [
        ({"sessionId": None, "apiPath": "product_media.types", "args": [10]}, []),
        ({"args": 10, "apiPath": "product_media.types", "sessionId": None}, []),
        ({"sessionId": None, "apiPath": "product_media.currentStore"}, 0),
        ({"sessionId": None, "apiPath": "product_media.currentStore", "nope": 1}, 0),
        ({"0": None, "1": "product_media.types", "2": [10]}, []),
    ],
)
async def test_parameters_go_by_name_in_any_order(
    server: Server, params: Any, result: object
) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
    answer = await server.send(request, Authorization=server.basic or "")
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": result}


@pytest.mark.parametrize(
    ("method", "params", "missing"),
    [
        ("login", {"apiKey": KEY}, "username"),
        ("call", {"apiPath": "product_media.list"}, "sessionId"),
        ("call", {"sessionId": None, "args": []}, "apiPath"),
    ],
)
async def test_a_missing_named_parameter_is_told_by_name(
    server: Server, method: str, params: Any, missing: str
) -> None:
    answer = await server.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert answer["error"]["code"] == -32602
    assert missing in answer["error"]["message"]


async def test_login_by_name_works(server: Server) -> None:
    params = {"apiKey": KEY, "username": USER, "other": 1}
    answer = await server.send({"id": 1, "method": "login", "params": params})
    assert len(answer["result"]) == 32


async def test_letters_outside_ascii_survive_the_way_in_and_out(server: Server) -> None:
    odd = 'ürün 日本 😀 </script> " \\ / \u2028 \x01'
    plain = json.dumps({"id": odd, "method": "endSession"}, ensure_ascii=False)
    escaped = json.dumps({"id": odd, "method": "endSession"}, ensure_ascii=True)
    assert plain != escaped
    for body in (plain, escaped):
        _, text = await server.post(body.encode())
        assert json.loads(text)["id"] == odd


async def test_many_requests_share_one_connection(server: Server) -> None:
    head = f"POST /api/jsonrpc HTTP/1.1\r\nHost: test\r\nContent-Length: {len(ASK)}\r\n"
    request = f"{head}\r\n{ASK}".encode()
    last = f"{head}Connection: close\r\n\r\n{ASK}".encode()
    answer = await exchange(server.url, request * 3 + last)
    assert answer.count(b"HTTP/1.1 200 ") == answer.count(YES.encode()) == 4

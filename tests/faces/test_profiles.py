"""The envelope of answers in each profile: codes, `data`, version, `"error": null` and ids."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, serving

PROFILES = ("documented", "shipstream", "openmage")
TWO = '"jsonrpc":"2.0"'


@pytest.fixture(params=PROFILES)
async def spoken(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path, profile=request.param) as server:
        yield server


def members(answer: str) -> dict[str, Any]:
    found = json.loads(answer)
    assert isinstance(found, dict)
    return found


CODES = {
    "documented": {2: 2, 5: 5, 6: 6, 3: 3, 100: 100, 101: 101, 107: 107},
    "shipstream": {2: -32002, 5: -32005, 6: -32006, 3: -32003, 100: -32100, 101: -32101}
    | {107: -32107},
    "openmage": dict.fromkeys((2, 5, 6, 3, 100, 101, 107), -32000),
}
REQUESTS = {
    2: ("login", ["apiuser", "wrong"], "Access denied."),
    3: ("call", [None, "nosuch.list", []], "Invalid api path."),
    5: ("call", ["bogus", "product_media.list", []], "Session expired. Try to relogin."),
    6: (
        "login",
        ["apiuser", ""],
        'Required parameter is missing, for more details see "exception.log".',
    ),
    100: (
        "call",
        [None, "product_media.list", ["product1", "nope"]],
        "Requested store view not found.",
    ),
    101: ("call", [None, "product_media.list", ["nosuch"]], "Product not exists."),
    107: (
        "call",
        [None, "product_media.list", ["nomedia1"]],
        "Requested product doesn't support images",
    ),
}


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_fault_has_the_code_of_its_profile_and_the_same_words(
    tmp_path: Path, profile: str
) -> None:
    expected_data: dict[str, Any] = {"data": {}} if profile == "openmage" else {}
    async with serving(tmp_path, profile=profile) as server:
        for number, (method, params, message) in REQUESTS.items():
            request = {"jsonrpc": "2.0", "id": "x", "method": method, "params": params}
            answer = await server.send(request, Authorization=server.basic or "")
            error = {"code": CODES[profile][number], "message": message, **expected_data}
            assert answer == {"jsonrpc": "2.0", "id": "x", "error": error}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"jsonrpc":"2.0","id":"x","method":"a-b"}', -32600),
        ('{"jsonrpc":"2.0","id":"x",', -32700),
        ('{"jsonrpc":"2.0","id":"x","method":"call","params":[null,"product_media.list"]}', -32602),
        ('{"jsonrpc":"2.0","id":"x","method":"call","params":"product_media.list"}', -32602),
    ],
)
async def test_codes_of_json_rpc_itself_are_the_same_in_every_profile(
    tmp_path: Path, profile: str, body: str, code: int
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        status, text = await server.post(body, Authorization=server.basic or "")
    assert status == 200
    answer = members(text)
    assert answer["error"]["code"] == code
    assert "result" not in answer
    if profile == "openmage":
        assert answer["error"]["data"] == (None if code == -32600 else {})
    else:
        assert "data" not in answer["error"]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ('"jsonrpc":2.0,', '"jsonrpc":2.0,'),
        ('"jsonrpc":"2.0",', '"jsonrpc":"2.0",'),
        ('"jsonrpc":2,', '"jsonrpc":2,'),
        ('"jsonrpc":"1.0",', '"jsonrpc":"1.0",'),
        ('"jsonrpc":null,', '"jsonrpc":null,'),
        ('"version":"1.1",', '"version":"1.1",'),
        ("", ""),
    ],
)
async def test_documented_spells_the_version_as_the_request_did(
    server: Server, asked: str, answered: str
) -> None:
    _, success = await server.post(f'{{{asked}"id":1,"method":"endSession"}}')
    _, fault = await server.post(f'{{{asked}"id":1,"method":"resources"}}')
    for text in (success, fault):
        assert answered in text
        assert ("jsonrpc" in text) == ("jsonrpc" in asked)
        assert ("version" in text) == ("version" in asked)


@pytest.mark.parametrize("asked", ['"jsonrpc":2.0,', '"jsonrpc":"1.0",', '"version":"1.1",', ""])
async def test_shipstream_always_answers_version_two(tmp_path: Path, asked: str) -> None:
    async with serving(tmp_path, profile="shipstream") as server:
        _, success = await server.post(f'{{{asked}"id":1,"method":"endSession"}}')
        _, fault = await server.post(f'{{{asked}"id":1,"method":"resources"}}')
        _, broken = await server.post("{")
    for text in (success, fault, broken):
        assert TWO in text
        assert "version" not in text


@pytest.mark.parametrize("name", ["jsonrpc", "version"])
@pytest.mark.parametrize(
    ("value", "is_two"),
    [
        ('"2.0"', True),
        ("2.0", True),
        ("2", True),
        ('"2"', True),
        ('"2.00"', True),
        ('" 2.0"', True),
        ("true", True),
        ('"1.0"', False),
        ("1.0", False),
        ("null", False),
        ('""', False),
        ('"2.1"', False),
        ("[]", False),
        ("{}", False),
    ],
)
async def test_openmage_answers_version_two_to_what_php_finds_equal_to_it(
    tmp_path: Path, name: str, value: str, is_two: bool
) -> None:
    async with serving(tmp_path, profile="openmage") as server:
        request = f'{{"{name}":{value},"id":1,"method":"endSession"}}'
        answer = members((await server.post(request))[1])
        without = members((await server.post('{"id":1,"method":"endSession"}'))[1])
    assert answer.pop("jsonrpc", None) == ("2.0" if is_two else None)
    # Nothing else depends on the version, and a request without one gets none.
    assert answer == without == {"id": "1", "result": True}


@pytest.mark.parametrize(
    ("asked", "carries_null"),
    [
        ('"jsonrpc":2.0,', True),
        ('"jsonrpc":2,', True),
        ('"jsonrpc":"1.0",', True),
        ('"version":"1.1",', True),
        ("", True),
        ('"jsonrpc":"2.0",', False),
    ],
)
async def test_documented_success_carries_a_null_error_unless_the_version_was_the_string(
    server: Server, asked: str, carries_null: bool
) -> None:
    _, text = await server.post(f'{{{asked}"id":1,"method":"endSession"}}')
    answer = members(text)
    assert answer["result"] is True
    assert ("error" in answer) == carries_null
    assert answer.get("error") is None


@pytest.mark.parametrize("profile", ["shipstream", "openmage"])
async def test_other_profiles_never_carry_a_null_error(tmp_path: Path, profile: str) -> None:
    async with serving(tmp_path, profile=profile) as server:
        for version in ('"jsonrpc":2.0,', '"jsonrpc":"2.0",', ""):
            _, text = await server.post(f'{{{version}"id":1,"method":"endSession"}}')
            answer = members(text)
            assert answer["result"] is True
            assert "error" not in answer


async def test_no_error_has_a_result_beside_it(spoken: Server) -> None:
    # Clients read `"result": null` as a success, whatever stands beside it.
    for body in ("{", "{}", "[]", '{"id":1,"method":"resources"}', '{"id":1,"method":"-"}'):
        _, text = await spoken.post(body)
        answer = members(text)
        assert "error" in answer
        assert "result" not in answer


EXACT_IDS = [
    "0",
    "1234",
    "-7",
    "9223372036854775807",
    "-9223372036854775808",
    "9007199254740993",
    "1.5",
    "0.1",
    '"1"',
    '""',
    '"a\\u0000b"',
    "null",
    "true",
]


@pytest.mark.parametrize("profile", ["documented", "shipstream"])
async def test_the_id_comes_back_with_its_exact_value_and_type(
    tmp_path: Path, profile: str
) -> None:
    async with serving(tmp_path, profile=profile) as server:
        for sent in EXACT_IDS:
            for method in ("endSession", "resources"):
                _, text = await server.post(f'{{"id":{sent},"method":"{method}"}}')
                # As text, for 9007199254740993 and 1 are easily taken for their neighbours.
                assert f'"id":{sent},' in text


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("1", "1"),
        ("1.5", "1.5"),
        ("1e3", "1000"),
        ("true", "1"),
        ("false", ""),
        ("null", ""),
        ('"abc"', "abc"),
        ("9223372036854775807", "9223372036854775807"),
        ("12345678901234567890", "1.2345678901235E+19"),
        ("[1]", "Array"),
        ('{"a":1}', "Array"),
    ],
)
async def test_openmage_answers_the_id_as_php_casts_it_to_a_string(
    tmp_path: Path, sent: str, answered: str
) -> None:
    async with serving(tmp_path, profile="openmage") as server:
        for method in ("endSession", "resources"):
            _, text = await server.post(f'{{"id":{sent},"method":"{method}"}}')
            assert members(text)["id"] == answered

"""Several calls in one request: order, faults, `break`, and the store view they share."""

from typing import Any

import pytest

from tests.faces.bodies import png
from tests.support.server import Server

TYPES = ["product_media.types", [10]]
UNKNOWN = ["product_media.list", ["nosuch"]]
FAULT_101 = {"isFault": True, "faultCode": "101", "faultMessage": "Product not exists."}
FAULT_3 = {"isFault": True, "faultCode": "3", "faultMessage": "Invalid api path."}


async def multi_answer(server: Server, *params: Any) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": "multiCall", "params": [None, *params]}
    return await server.send(request, Authorization=server.basic or "")


async def multi(server: Server, *params: Any) -> Any:
    return (await multi_answer(server, *params))["result"]


async def test_calls_run_in_order_and_a_fault_does_not_stop_them(server: Server) -> None:
    calls = [
        ["product_media.create", ["product1", png("a")]],
        UNKNOWN,
        ["product_media.list", ["product1"]],
        ["product_media.remove", ["product1", "/a/_/a.png"]],
        ["product_media.list", ["product1"]],
    ]
    created, fault, listed, removed, empty = await multi(server, calls)
    assert created == ["/a/_/a.png"]
    assert fault == FAULT_101
    assert [image["file"] for image in listed] == ["/a/_/a.png"]
    assert (removed, empty) == (1, [])


async def test_no_calls_are_no_answers(server: Server) -> None:
    assert await multi(server, []) == []
    assert await multi(server) == []


@pytest.mark.parametrize("options", [{"break": 1}, {"break": "1"}, {"break": True}])
async def test_break_ends_at_the_first_fault(server: Server, options: Any) -> None:
    assert await multi(server, [TYPES, UNKNOWN, TYPES], options) == [[], FAULT_101]
    assert await multi(server, [TYPES, TYPES], options) == [[], []]


@pytest.mark.parametrize(
    "options",
    [
        {"break": 0},
        {"break": "0"},
        {"break": False},
        {"break": None},
        {"break": "yes"},
        {"break": [1]},
        {"Break": 1},
        {},
        None,
        [],
        [1],
        "break",
        1,
        True,
    ],
)
async def test_any_other_option_goes_on(server: Server, options: Any) -> None:
    assert await multi(server, [TYPES, UNKNOWN, TYPES], options) == [[], FAULT_101, []]


async def test_break_stops_the_effects_too(server: Server) -> None:
    calls = [UNKNOWN, ["product_media.create", ["product1", png()]]]
    assert await multi(server, calls, {"break": 1}) == [FAULT_101]
    assert await server.call("product_media.list", "product1") == []


async def test_the_current_store_holds_for_the_calls_behind_it(server: Server) -> None:
    await server.call("product_media.create", "product1", png("a", label="plain"))
    await server.call("product_media.update", "product1", "/a/_/a.png", {"label": "deutsch"}, 2)
    listing = ["product_media.list", ["product1"]]
    calls = [
        listing,
        ["product_media.currentStore", ["german"]],
        ["product_media.currentStore", []],
        listing,
        # Its own argument goes before the current store.
        ["product_media.list", ["product1", "default"]],
        ["product_media.currentStore", ["nope"]],
        listing,
    ]
    answers = await multi(server, calls)
    assert answers[1:3] == [2, 2]
    assert answers[5]["faultCode"] == "100"
    labels = [answers[place][0]["label"] for place in (0, 3, 4, 6)]
    assert labels == ["plain", "deutsch", "plain", "deutsch"]
    assert await multi(server, [["product_media.currentStore"]]) == [0]


async def test_too_few_arguments_fail_their_own_call_only(server: Server) -> None:
    refused, named, fine = await multi(
        server, [["product_media.list", []], ["product_media.types"], TYPES]
    )
    assert fine == []
    for fault, name in ((refused, "productId"), (named, "setId")):
        assert fault["isFault"] is True
        assert fault["faultCode"] == "-32602"
        assert name in fault["faultMessage"]
    assert await multi(server, [["product_media.list", []], TYPES], {"break": 1}) == [refused]


async def test_calls_can_be_the_members_of_an_object(server: Server) -> None:
    assert await multi(server, {"a": TYPES, "b": UNKNOWN}) == [[], FAULT_101]
    assert await multi(server, [{"0": "product_media.types", "1": [10]}]) == [[]]


@pytest.mark.parametrize(
    "call",
    [
        "product_media.types",
        [],
        {},
        None,
        7,
        {"path": "product_media.types", "args": [10]},
        ["nosuch.x", []],
        ["product_media", []],
        [None, [10]],
        [["product_media.types"], [10]],
    ],
)
async def test_what_is_no_call_is_fault_3(server: Server, call: Any) -> None:
    assert await multi(server, [call, TYPES]) == [FAULT_3, []]


@pytest.mark.parametrize("arguments", [10, {"setId": 10}, [10], [10, "extra"], {"0": 10}])
async def test_arguments_are_read_as_in_a_call(server: Server, arguments: Any) -> None:
    assert await multi(server, [["product_media.types", arguments, "extra"]]) == [[]]


@pytest.mark.parametrize("calls", [None, "x", 7, True])
async def test_calls_that_are_no_list_are_refused_by_name(server: Server, calls: Any) -> None:
    error = (await multi_answer(server, calls))["error"]
    assert error["code"] == -32602
    assert "calls" in error["message"]


async def test_faults_of_each_kind_carry_their_number_as_a_string(server: Server) -> None:
    calls = [
        ["product_media.list", ["product1", "nope"]],
        UNKNOWN,
        ["product_media.create", ["product1", {}]],
        ["product_media.info", ["product1", "/x"]],
        ["product_media.create", ["product1", {"file": {"mime": "image/png", "content": "eHg="}}]],
        ["product_media.list", ["nomedia1"]],
    ]
    faults = await multi(server, calls)
    assert [fault["faultCode"] for fault in faults] == ["100", "101", "102", "103", "104", "107"]
    assert all(sorted(fault) == ["faultCode", "faultMessage", "isFault"] for fault in faults)


async def test_a_multi_call_cannot_be_nested(server: Server) -> None:
    assert await multi(server, [["multiCall", [[TYPES]]], ["login", ["a", "b"]]]) == [
        FAULT_3,
        FAULT_3,
    ]


async def test_results_are_spelled_as_in_a_call(server: Server) -> None:
    await server.call("product_media.create", "product1", png("a"))
    info = ["product1", "/a/_/a.png"]
    update = ["product_media.update", [*info, {}]]
    answers = await multi(server, [["product_media.info", info], update])
    assert answers == [await server.call("product_media.info", *info), 1]

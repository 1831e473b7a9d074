"""The methods of XML-RPC: sessions, calls one by one and in a row, and what it tells of itself."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from rpcmedia.faces.api_methods import Context
from rpcmedia.faces.xmlrpc.messages import MethodCall
from rpcmedia.faces.xmlrpc.methods import Methods
from rpcmedia.operations.product_media import CreateDefaults
from tests.faces.bodies import png
from tests.support.server import USER, Server, serving
from tests.support.xmlrpc import XmlRpc, logged_in

TYPES = [{"code": code, "scope": "store"} for code in ("image", "small_image", "thumbnail")]
FAULT_101 = {"isFault": True, "faultCode": "101", "faultMessage": "Product not exists."}
FAULT_3 = {"isFault": True, "faultCode": "3", "faultMessage": "Invalid api path."}
WRONG = {"faultCode": 623, "faultString": "Calling parameters do not match signature"}


@pytest.fixture
async def client(server: Server) -> XmlRpc:
    return await logged_in(server)


async def test_a_session_begins_and_ends(client: XmlRpc) -> None:
    assert await client.call("product_media.list", "product1") == []
    assert await client.ask("endSession", client.session) is True
    assert (await client.fault_of("call", client.session, "product_media.list", [1]))[0] == 5
    assert await client.ask("endSession", "bogus") is True

    started = await client.ask("startSession")
    assert (await client.fault_of("call", started, "product_media.list", [1]))[0] == 5


@pytest.mark.parametrize(
    ("parameters", "code"), [((USER, "bad"), 2), (("", ""), 6), ((USER,), 6), (("nosuch", "x"), 2)]
)
async def test_a_login_that_fails(client: XmlRpc, parameters: tuple[str, ...], code: int) -> None:
    assert (await client.fault_of("login", *parameters))[0] == code


async def test_session_ids_follow_the_profile(tmp_path: Path) -> None:
    async with serving(tmp_path, profile="openmage") as server:
        assert len((await logged_in(server)).session) == 64


async def test_images_are_managed(client: XmlRpc) -> None:
    file = await client.call("product_media.create", "product1", png("front", label="a"))
    assert file == "/f/r/front.png"
    assert await client.call("product_media.update", "product1", file, {"position": "7"}) is True
    image = await client.call("product_media.info", "product1", file)
    assert image == {
        "file": file,
        "label": "a",
        "position": "7",
        "exclude": "1",
        "url": f"http://address/media/catalog/product{file}",
        "types": [],
    }
    assert await client.call("product_media.list", "product1") == [image]
    assert await client.call("product_media.remove", "product1", file) is True
    assert await client.call("product_media.list", "product1") == []


@pytest.mark.parametrize("arguments", [[4], 4, "4", 4.0, [4, None]])
async def test_arguments_are_an_array_or_one_alone(client: XmlRpc, arguments: Any) -> None:
    assert await client.ask("call", client.session, "product_media.types", arguments) == TYPES


async def test_nil_as_arguments_is_one_that_is_nil(client: XmlRpc) -> None:
    assert await client.ask("call", client.session, "product_media.types", None) == []
    assert await client.ask("call", client.session, "product_media.currentStore", None) == 0
    assert await client.ask("call", client.session, "product_media.currentStore") == 0


CALLS = [
    ["product_media.types", [4]],
    ["product_media.list", ["nosuch"]],
    ["product_media.types", 4],
    ["product_media.types", {"setId": "4"}],
    ["product_media.list", {"nosuch": 1}],
    "product_media.types",
    ["nosuch.x"],
]


@pytest.mark.parametrize("calls", [CALLS, dict(zip("gfedcba", CALLS, strict=True))])
async def test_calls_in_a_row_are_an_array_or_a_struct(client: XmlRpc, calls: Any) -> None:
    *answers, unknown, text, path = await client.ask("multiCall", client.session, calls)
    assert answers == [TYPES, FAULT_101, TYPES, TYPES]
    assert unknown["isFault"] is True
    assert "there is no argument 'nosuch'" in unknown["faultMessage"]
    assert [text, path] == [FAULT_3, FAULT_3]


async def test_calls_in_a_row_may_be_none_and_may_end_at_a_fault(client: XmlRpc) -> None:
    assert await client.ask("multiCall", client.session) == []
    assert await client.ask("multiCall", client.session, []) == []
    for stop in (True, 1, "1"):
        answers = await client.ask("multiCall", client.session, CALLS, {"break": stop})
        assert answers == [TYPES, FAULT_101]
    assert len(await client.ask("multiCall", client.session, CALLS, {})) == len(CALLS)


async def test_calls_in_a_row_need_a_session(client: XmlRpc) -> None:
    assert (await client.fault_of("multiCall", "bogus", CALLS))[0] == 5


async def test_resources_and_faults_are_listed(client: XmlRpc) -> None:
    (resource,) = await client.ask("resources", client.session)
    assert resource["aliases"] == ["product_attribute_media", "product_media"]
    assert len(resource["methods"]) == 7
    faults = await client.ask("resourceFaults", client.session, "product_media")
    assert [fault["code"] for fault in faults] == [str(code) for code in range(100, 108)]
    assert (await client.fault_of("resourceFaults", client.session, "nosuch"))[0] == 3
    assert len(await client.ask("globalFaults", "bogus")) == 7
    assert (await client.fault_of("resources", "bogus"))[0] == 5


async def test_every_listed_method_is_there_and_is_described(client: XmlRpc) -> None:
    names = await client.ask("system.listMethods")
    assert names == [
        *(
            f"system.{name}"
            for name in ("listMethods", "methodHelp", "methodSignature", "multicall")
        ),
        *("startSession", "endSession", "login", "call", "multiCall"),
        *("resources", "resourceFaults", "globalFaults"),
    ]
    for name in names:
        assert await client.ask("system.methodHelp", name)
        assert await client.ask("system.methodSignature", name)
        # Four parameters are too many for each, but a name that is not there would be a 620.
        assert (await client.fault_of(name, 1, 2, 3, 4))[0] == 623


async def test_a_signature_tells_each_number_of_parameters(client: XmlRpc) -> None:
    assert await client.ask("system.methodSignature", "login") == [
        {"returnType": "string", "parameters": ["string"]},
        {"returnType": "string", "parameters": ["string", "string"]},
    ]
    assert await client.ask("system.methodSignature", "startSession") == [
        {"returnType": "string", "parameters": []}
    ]


@pytest.mark.parametrize("method", ["system.methodHelp", "system.methodSignature"])
async def test_a_method_that_is_not_there_cannot_be_described(client: XmlRpc, method: str) -> None:
    assert await client.fault_of(method, "nosuch") == (640, 'Method "nosuch" does not exist')


async def test_methods_are_called_several_at_once(client: XmlRpc) -> None:
    listing = [client.session, "product_media.types", [4]]
    members: list[Any] = [
        {"methodName": "startSession", "params": []},
        {"methodName": "call", "params": listing},
        {"methodName": "call", "params": [client.session, "product_media.list", ["nosuch"]]},
        {"methodName": "login", "params": [1, 2]},
        {"methodName": "nosuch", "params": []},
        "startSession",
        {"params": []},
        {"methodName": "startSession"},
        {"methodName": "startSession", "params": "x"},
        {"methodName": 1, "params": []},
        {"methodName": "system.multicall", "params": [[]]},
        {"methodName": "endSession", "params": [client.session]},
        {"methodName": "call", "params": listing},
    ]
    started, types, *faults, ended, expired = await client.ask("system.multicall", members)
    assert len(started) == 32
    assert (types, ended) == (TYPES, True)
    assert faults == [
        {"faultCode": 101, "faultString": "Product not exists."},
        WRONG,
        {"faultCode": 620, "faultString": 'Method "nosuch" does not exist'},
        {"faultCode": 601, "faultString": "system.multicall expects each method to be a struct"},
        {"faultCode": 602, "faultString": "Missing methodName"},
        {"faultCode": 603, "faultString": "Missing params"},
        {"faultCode": 604, "faultString": "Params must be an array"},
        {"faultCode": 634, "faultString": "Invalid method name"},
        {"faultCode": 605, "faultString": "Recursive system.multicall forbidden"},
    ]
    assert expired == {"faultCode": 5, "faultString": "Session expired. Try to relogin."}


async def test_so_many_methods_may_be_called_at_once_and_no_more(client: XmlRpc) -> None:
    member = {"methodName": "system.methodHelp", "params": ["login"]}
    assert len(await client.ask("system.multicall", [member] * 1000)) == 1000
    code, text = await client.fault_of("system.multicall", [member] * 1001)
    assert code == 623
    assert text.endswith("there are 1001 calls; send 1000")


async def test_others_have_their_turn_between_many_calls_that_wait_for_nothing() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    member = {"methodName": "system.methodHelp", "params": ["login"]}
    context = Context(Mock(), Mock(), CreateDefaults())
    counting = asyncio.create_task(count())
    call = MethodCall("system.multicall", [[member] * 1000])
    assert len(await Methods(Mock()).answer(context, call)) == 1000
    counting.cancel()
    assert turns > 5

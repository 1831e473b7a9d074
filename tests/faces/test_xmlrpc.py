"""The XML-RPC endpoint: its addresses, its faults, and what it makes of bad requests."""

import asyncio
import gzip
import xmlrpc.client
import zlib
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from rpcmedia.faces import bodies, limits
from rpcmedia.operations.throttle import Throttle
from tests.support.server import KEY, USER, Server, serving
from tests.support.xmlrpc import XmlRpc, logged_in, method_call

START = method_call("startSession")
NO_METHOD = "Invalid request, no method passed; request must contain a 'methodName' tag"
WRONG = (623, "Calling parameters do not match signature")


@pytest.fixture
async def client(server: Server) -> XmlRpc:
    return await logged_in(server)


@pytest.mark.parametrize(
    "path",
    [
        "/api/xmlrpc",
        "/api/xmlrpc/",
        "/api/xmlrpc/index",
        "/api/xmlrpc/index/",
        "/api/Xmlrpc",
        "/index.php/api/xmlrpc",
        "/index.php/api/xmlrpc/",
        "/api.php?type=xmlrpc",
        "/api/xmlrpc?anything=1",
    ],
)
async def test_the_endpoint_has_many_spellings(client: XmlRpc, path: str) -> None:
    assert len(await client.raw(START, path)) == 32


@pytest.mark.parametrize("path", ["/api/XmlRpc", "/api/xmlrpc/x", "/xmlrpc", "/api/xmlrpcx"])
async def test_other_paths_are_not_found(server: Server, path: str) -> None:
    async with server.http.post(server.url + path, data=START) as answer:
        assert answer.status == 404


async def test_the_method_and_the_content_type_of_a_request_do_not_matter(client: XmlRpc) -> None:
    for kind in ("text/xml", "application/json", "text/plain; charset=latin-1", "nonsense"):
        assert await client.raw(START, **{"Content-Type": kind})
    for method in ("PUT", "DELETE", "QUERY"):
        url = f"{client.server.url}/api/xmlrpc"
        async with client.server.http.request(method, url, data=START) as answer:
            assert b"<string>" in await answer.read()


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + START.encode(),
        f'<?xml version="1.0" encoding="UTF-16"?>{START}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="ISO-8859-1"?><!-- ü -->{START}'.encode("latin-1"),
        f"<!DOCTYPE methodCall>{START}",
        f"\n{START}\n",
        "<methodCall><methodName>startSession</methodName></methodCall>",
        "<any><methodName>startSession</methodName></any>",
        "<methodCall> <params/> <methodName>startSession</methodName> </methodCall>",
    ],
)
async def test_xml_of_many_kinds_is_read(client: XmlRpc, body: str | bytes) -> None:
    assert len(await client.raw(body)) == 32


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_compressed_body_is_read(client: XmlRpc, coding: str) -> None:
    body = gzip.compress(START.encode()) if coding == "gzip" else zlib.compress(START.encode())
    assert await client.raw(body, **{"Content-Encoding": coding})


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", (630, "Unable to read request")),
        ("0", (630, "Unable to read request")),
        ("x", (632, NO_METHOD)),
        ("<methodCall>", (632, NO_METHOD)),
        (f' <?xml version="1.0"?>{START}', (632, NO_METHOD)),
        (START.encode().replace(b"start", b"\xff"), (632, NO_METHOD)),
        (START + "x", (632, NO_METHOD)),
        ("<methodCall/>", (632, NO_METHOD)),
        ("<methodCall><methodName/></methodCall>", (632, NO_METHOD)),
        (
            '<x:methodCall xmlns:x="u"><x:methodName>a</x:methodName></x:methodCall>',
            (632, NO_METHOD),
        ),
        (f'<?xml version="1.0" encoding="nope"?>{START}', (632, NO_METHOD)),
        ('{"method": "login"}', (632, NO_METHOD)),
        (f'<!DOCTYPE a [<!ENTITY x "y">]>{START}', (631, "Failed to parse request")),
        (
            f'<!DOCTYPE a [<!ATTLIST methodCall x CDATA "y">]>{START}',
            (
                631,
                "Failed to parse request: the XML declares attributes; send it without a DOCTYPE",
            ),
        ),
        (
            "<a>" * 101,
            (631, "Failed to parse request: the XML is nested deeper than 100 levels"),
        ),
        (
            START.replace("<params>", "<params><param/>"),
            (633, "Param must contain a value"),
        ),
        (method_call("nosuch"), (620, 'Method "nosuch" does not exist')),
        (method_call(" login"), (620, 'Method " login" does not exist')),
        (method_call("product_media.list"), (620, 'Method "product_media.list" does not exist')),
        (method_call("handlePhpError"), (620, 'Method "handlePhpError" does not exist')),
        (method_call("x" * 1000), (620, f'Method "{"x" * 100}" does not exist')),
        (method_call("&lt;&#13;"), (620, 'Method "<\r" does not exist')),
    ],
)
async def test_a_bad_request_is_a_fault_with_the_codes_of_the_reference(
    client: XmlRpc, body: str | bytes, fault: tuple[int, str]
) -> None:
    assert await client.fault(body) == fault


async def test_a_form_is_lost_as_the_reference_loses_it(client: XmlRpc) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert await client.fault(START, **kind) == (630, "Unable to read request")


async def test_a_get_is_told_that_there_is_no_request(server: Server) -> None:
    async with server.http.get(f"{server.url}/api/xmlrpc") as answer:
        assert answer.status == 200
        assert "<int>630</int>" in await answer.text()


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("login", ()),
        ("login", (1, 2)),
        ("login", (None, None)),
        ("login", (USER, None)),
        ("login", (USER, KEY, "z")),
        ("login", ([USER], KEY)),
        ("login", (xmlrpc.client.Binary(b"\xff"), KEY)),
        ("startSession", ("x",)),
        ("endSession", ()),
        ("endSession", (1,)),
        ("call", ()),
        ("call", ("{}",)),
        ("call", (None, "product_media.list", ["product1"])),
        ("call", (5, "product_media.list", ["product1"])),
        ("call", ("{}", None)),
        ("call", ("{}", "product_media.types", {"setId": 4})),
        ("call", ("{}", "product_media.types", [4], "x")),
        ("multiCall", ()),
        ("multiCall", ("{}", "product_media.list")),
        ("multiCall", ("{}", None)),
        ("multiCall", ("{}", [], [])),
        ("multiCall", ("{}", [], None)),
        ("multiCall", ("{}", [], {}, {})),
        ("resources", ()),
        ("resources", (None,)),
        ("resourceFaults", ("{}",)),
        ("globalFaults", ()),
        ("system.listMethods", ("x",)),
        ("system.methodHelp", ()),
        ("system.methodSignature", (1,)),
        ("system.multicall", ()),
        ("system.multicall", ({},)),
    ],
)
async def test_parameters_that_a_method_does_not_take_are_a_fault(
    client: XmlRpc, method: str, parameters: tuple[Any, ...]
) -> None:
    given = [client.session if value == "{}" else value for value in parameters]
    assert await client.fault_of(method, *given) == WRONG


async def test_a_refusal_says_nothing_of_the_session(client: XmlRpc) -> None:
    assert await client.fault_of("call", "bogus", "product_media.list", ["product1"]) == (
        5,
        "Session expired. Try to relogin.",
    )
    assert (await client.fault_of("call", "", "product_media.list", ["product1"]))[0] == 5


async def test_basic_credentials_are_for_no_method(server: Server) -> None:
    # A session argument must be a string here, and only nil lets Basic count elsewhere.
    client = XmlRpc(server)
    for session, code in ((None, 623), ("", 5)):
        body = xmlrpc.client.dumps(
            (session, "product_media.list", ["product1"]), "call", allow_none=True
        )
        assert (await client.fault(body, Authorization=server.basic or ""))[0] == code


@pytest.mark.parametrize(
    ("path", "arguments", "text"),
    [
        ("product_media.list", [], "argument productId is missing"),
        ("product_media.info", ["product1"], "argument file is missing"),
        ("product_media.list", ["product1", ["x"]], "store must be the id or the code"),
    ],
)
async def test_arguments_that_an_operation_cannot_take_are_named(
    client: XmlRpc, path: str, arguments: list[Any], text: str
) -> None:
    code, message = await client.fault_of("call", client.session, path, arguments)
    assert code == 623
    assert text in message


async def test_a_body_over_the_limit_is_a_fault_that_names_it(tmp_path: Path) -> None:
    async with serving(tmp_path, max_body=1000) as server:
        client = await logged_in(server)
        large = method_call("endSession", f"<value>{'x' * 1000}</value>")
        refusal = (
            630,
            "Unable to read request: The request has more than 1000 bytes; send less.",
        )
        assert await client.fault(large) == refusal
        packed = gzip.compress(large.encode())
        assert await client.fault(packed, **{"Content-Encoding": "gzip"}) == refusal
        assert await client.fault(b"x", **{"Content-Encoding": "br"}) == (
            630,
            "Unable to read request: the Content-Encoding is unknown; send gzip, deflate or none",
        )


async def test_a_body_that_does_not_come_in_time_is_a_fault(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_PATIENCE_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(server.url).port)
    writer.write(b"POST /api/xmlrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<a")
    answer = await asyncio.wait_for(reader.readuntil(b"</methodResponse>"), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"<int>630</int>" in answer
    assert b"Unable to read request: the body came too slowly" in answer


async def test_a_server_with_enough_to_do_says_so(
    client: XmlRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_REQUESTS", 0)
    assert await client.fault(START) == (-32050, "Server is busy, try again")


async def test_many_logins_at_once_are_told_to_come_again(tmp_path: Path) -> None:
    async with serving(tmp_path, throttle=Throttle()) as server:
        client = XmlRpc(server)
        wrong = [client.fault_of("login", USER, "wrong") for _ in range(80)]
        codes = [code for code, _ in await asyncio.gather(*wrong)]
    assert set(codes) == {2, -32050}


async def samples(server: Server) -> list[Any]:
    async with server.http.get(f"{server.url}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    found = [sample for family in families for sample in family.samples]
    return [sample for sample in found if sample.labels.get("face") == "xmlrpc"]


async def bytes_counted(server: Server) -> dict[str, float]:
    return {
        sample.labels["direction"]: sample.value
        for sample in await samples(server)
        if sample.name == "rpcmedia_bytes_total"
    }


async def test_every_call_and_every_refusal_is_counted(client: XmlRpc) -> None:
    await client.call("product_media.list", "product1")
    await client.fault_of("call", client.session, "product_media.list", ["nosuch"])
    await client.fault_of("call", client.session, "nosuch.x", [])
    await client.fault("")
    await client.fault(method_call("nosuch"))
    await client.ask("system.multicall", [{"methodName": "startSession", "params": []}, 1])

    counts = {
        (sample.labels["method"], sample.labels["fault"]): sample.value
        for sample in await samples(client.server)
        if sample.name == "rpcmedia_calls_total"
    }
    assert counts == {
        ("login", ""): 1,
        ("product_media.list", ""): 1,
        ("product_media.list", "101"): 1,
        ("other", "3"): 1,
        ("other", "630"): 1,
        ("other", "620"): 1,
        ("other", "601"): 1,
        ("startSession", ""): 1,
        ("system.multicall", ""): 1,
    }


async def test_bytes_are_counted_of_refused_requests_too(client: XmlRpc) -> None:
    before = await bytes_counted(client.server)
    texts = [await client.post(body) for body in (START, "<broken>")]
    after = await bytes_counted(client.server)
    assert after["in"] - before["in"] == len(START) + len("<broken>")
    assert after["out"] - before["out"] == sum(map(len, texts))

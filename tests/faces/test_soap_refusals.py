"""What SOAP requests that cannot be called are answered, where SOAP is, and what it costs."""

import asyncio
import io
import re
import sys
from pathlib import Path

import aiohttp
import pytest

from rpcmedia.faces import limits
from tests.faces.test_limits import PEAK
from tests.support.server import CATALOG, Server, serving
from tests.support.soap import SOAP_1_1, SOAP_1_2, V1, V2, call, envelope, post, v2

GLOBAL_FAULTS = "<globalFaults><sessionId>x</sessionId></globalFaults>"
NEXT = 'e:actor="http://schemas.xmlsoap.org/soap/actor/next"'
NEXT_1_2 = 'e:role="http://www.w3.org/2003/05/soap-envelope/role/next"'
ENTITY = "Detected use of ENTITY in XML, disabled to prevent XXE/XEE attacks"


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", ("Sender", "Invalid XML")),
        ("nothing", ("Sender", "Invalid XML")),
        ("<a><b></a>", ("Sender", "Invalid XML")),
        (b"\xff\xfe\xff", ("Sender", "Invalid XML")),
        ("{}", ("Sender", "Invalid XML")),
        ("<a/>", ("env:VersionMismatch", "Wrong Version")),
        ('<Envelope xmlns="urn:x"><Body/></Envelope>', ("env:VersionMismatch", "Wrong Version")),
        (envelope("<nope/>"), ("SOAP-ENV:Server", "Procedure 'nope' not present")),
        (envelope("<nope/>", soap=SOAP_1_2), ("env:Receiver", "Procedure 'nope' not present")),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', ("Sender", ENTITY)),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', ("Sender", ENTITY)),
        ('<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/">%b;]><a/>', ("Sender", ENTITY)),
    ],
)
async def test_what_is_no_call_is_refused_as_by_the_reference(
    server: Server, path: str, body: str | bytes, fault: tuple[str, str]
) -> None:
    answer = await post(server, body, path)

    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert answer.fault == fault


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f'<e:Envelope xmlns:e="{SOAP_1_1}"/>', "The SOAP envelope has no Body"),
        (envelope(""), "The Body of the SOAP envelope is empty"),
        (envelope("<login/>"), "login takes username, apiKey."),
        (envelope("<login><username href='#x'/></login>"), "No element has the id 'x'"),
        (
            envelope("<call><args xsi:type='m:Map'><item><key>x</key></item></args></call>"),
            "An item of a Map needs a key and a value.",
        ),
        (
            envelope("<call><args xsi:type='xsd:int'>many</args></call>"),
            "'many' is no int; write a number.",
        ),
        (
            envelope("<call><args xsi:type='xsd:float'>1,5</args></call>"),
            "'1,5' is no float; write a number.",
        ),
    ],
)
async def test_an_envelope_without_sense_is_refused_with_what_to_change(
    server: Server, body: str, said: str
) -> None:
    answer = await post(server, body)

    assert answer.status == 500
    code, text = answer.fault
    assert code == "SOAP-ENV:Client"
    assert said in (text or "")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_a_request_without_a_body_is_no_xml(server: Server, method: str) -> None:
    async with server.http.request(method, f"{server.url}{V1}") as answer:
        assert answer.status == 500
        assert ("Invalid XML" in await answer.text()) == (method != "HEAD")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
async def test_neither_verb_nor_content_type_is_looked_at(server: Server, method: str) -> None:
    for content_type in ("text/plain", "application/json", "application/soap+xml"):
        body, kind = envelope(GLOBAL_FAULTS), {"Content-Type": content_type}
        assert len((await post(server, body, method=method, **kind)).value) == 7


@pytest.mark.parametrize(
    ("soap", "attributes", "understood"),
    [
        (SOAP_1_1, "", True),
        (SOAP_1_1, 'e:mustUnderstand="0"', True),
        (SOAP_1_1, 'mustUnderstand="1"', True),
        (SOAP_1_1, 'e:mustUnderstand="1"', False),
        (SOAP_1_1, 'e:mustUnderstand="1" e:actor="http://else"', True),
        (SOAP_1_1, f'e:mustUnderstand="1" {NEXT}', False),
        (SOAP_1_2, 'e:mustUnderstand="true"', False),
        (SOAP_1_2, 'e:mustUnderstand="1" e:role="http://else"', True),
        (SOAP_1_2, f'e:mustUnderstand="1" {NEXT_1_2}', False),
    ],
)
async def test_a_header_that_must_be_understood_is_refused(
    server: Server, soap: str, attributes: str, understood: bool
) -> None:
    header = f"<e:Header><h {attributes}/></e:Header>"
    answer = await post(server, envelope(GLOBAL_FAULTS, soap=soap, header=header))

    if understood:
        assert len(answer.value) == 7
    else:
        prefix = "env" if soap == SOAP_1_2 else "SOAP-ENV"
        assert answer.status == 500
        assert answer.fault == (f"{prefix}:MustUnderstand", "Header not understood")


@pytest.mark.parametrize(
    "path",
    [
        "/api/soap",
        "/api/soap/",
        "/api/soap/index",
        "/api/soap/index/index/",
        "/api/Soap",
        "//api/soap",
        "/index.php/api/soap",
        "/api/soap?a=b",
        "/api/",
        "/api",
        "/api/index",
        "/api/index/index",
        "/index.php/api",
        "/index.php/api/",
        "/api.php",
        "/api.php?type=soap",
    ],
)
async def test_version_1_answers_at_every_spelling(server: Server, path: str) -> None:
    answer = await post(server, envelope(GLOBAL_FAULTS), path)
    assert "FixedArray" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2_soap",
        "/api/v2_soap/",
        "/api/v2_soap/index",
        "/api/V2_Soap",
        "/index.php/api/v2_soap/",
        "/api.php?type=v2_soap",
    ],
)
async def test_version_2_answers_at_every_spelling(server: Server, path: str) -> None:
    answer = await post(server, envelope(GLOBAL_FAULTS), path)
    assert "ArrayOfExistsFaltures" in answer.text


@pytest.mark.parametrize("path", ["/API/soap", "/api/SOAP", "/api/soap/x", "/api/v2soap", "/soap"])
async def test_elsewhere_is_no_soap(server: Server, path: str) -> None:
    assert (await post(server, envelope(GLOBAL_FAULTS), path)).status == 404


async def test_a_body_that_is_too_large_or_coded_wrong_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", max_body=1000) as server:
        large = await post(server, envelope(f"<login><username>{'x' * 1000}</username></login>"))
        assert large.status == 413
        assert large.fault[0] == "SOAP-ENV:Client"
        assert "1000" in (large.fault[1] or "")
        coded = await post(server, envelope(GLOBAL_FAULTS), **{"Content-Encoding": "gzip"})
        assert (coded.status, coded.fault[0]) == (400, "SOAP-ENV:Client")


async def test_more_than_the_server_takes_on_is_told_to_come_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_REQUESTS", 0)
    answer = await post(server, envelope(GLOBAL_FAULTS))

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert answer.fault == ("SOAP-ENV:Server", "Server is busy, try again.")


async def test_a_long_name_is_not_told_back_in_full(server: Server) -> None:
    _, text = (await post(server, envelope(f"<{'n' * 100_000}/>"))).fault
    assert text == f"Procedure '{'n' * 100}' not present"


async def test_every_call_and_refusal_is_counted(server: Server) -> None:
    await v2(server, "List", product="product1")
    await v2(server, "List", product="nosuch")
    await call(server, "nope")
    await post(server, "")

    async with server.http.get(f"{server.url}/metrics") as answer:
        counted = re.findall(r"rpcmedia_calls_total{(.*soap.*)} ([\d.]+)", await answer.text())
    assert {
        ('face="v2_soap",fault="",method="product_media.list"', "1.0"),
        ('face="v2_soap",fault="101",method="product_media.list"', "1.0"),
        ('face="soap",fault="500",method="other"', "2.0"),
    } == set(counted)


def refers(targets: str) -> str:
    return envelope(f"<login><username href='#a0'/><apiKey>x</apiKey></login>{targets}")


COUNTLESS = (
    "Sender",
    "Invalid XML: the XML has more than 200000 elements and attributes; send it in parts.",
)
NESTED = ("SOAP-ENV:Client", "The values are nested deeper than 100 levels.")
DECLARED = " ".join(f"a{number} CDATA 'x'" for number in range(1000))
ATTACKS = {
    "bomb": (
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
        ("Sender", ENTITY),
    ),
    "levels": (
        envelope("<a>" * 99_000 + "</a>" * 99_000),
        ("Sender", "Invalid XML: the XML is nested deeper than 100 levels."),
    ),
    "more levels": ("<a>" * 100_001 + "</a>" * 100_001, COUNTLESS),
    "attributes": (f"<a {'b=1 ' * 201_000}/>", COUNTLESS),
    "elements": (envelope(f"<login>{'<a/>' * 201_000}</login>"), COUNTLESS),
    "declared attributes": (
        f"<!DOCTYPE a [<!ATTLIST b {DECLARED}>]><a>{'<b/>' * 20_000}</a>",
        (
            "Sender",
            "Invalid XML: the XML declares attributes; send it without a DOCTYPE.",
        ),
    ),
    "a long namespace": (
        f"<a xmlns='{'u' * 500_000}'>{'<b/>' * 90_000}</a>",
        ("Sender", "Invalid XML: a namespace in the XML has more than 200 characters."),
    ),
    "a circle": (refers("<m id='a0'><x href='#a0'/><x href='#a0'/></m>"), NESTED),
    "a chain": (
        refers("".join(f"<m id='a{n}' href='#a{n + 1}'/>" for n in range(20_000))),
        NESTED,
    ),
    "doubling": (
        refers(
            "".join(
                f"<m id='a{n}'><x href='#a{n + 1}'/><x href='#a{n + 1}'/></m>" for n in range(40)
            )
            + "<m id='a40'>x</m>"
        ),
        ("SOAP-ENV:Client", "login: username must be a string."),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_attacks_get_a_fault(server: Server, attack: str) -> None:
    body, fault = ATTACKS[attack]
    answer = await post(server, body)

    assert answer.fault == fault
    assert len((await post(server, envelope(GLOBAL_FAULTS))).value) == 7


def filling(start: str, piece: str, end: str) -> bytes:
    """A body of 30 MiB, a little less than the largest."""
    return f"{start}{piece * (30 * 1024**2 // len(piece))}{end}".encode()


LARGE = [
    filling("<a ", "a='' ", "/>"),
    filling("", "<a>", ""),
    filling("<a>", "<a/>", "</a>"),
    filling("<a>", "<!---->", "</a>"),
    filling("<a>", "x", "</a>"),
    filling("<a b='", "x", "'/>"),
    b"<a " + b"a='' " * (64 * 1024**2 // 5) + b"/>",
]


async def test_large_attacks_take_little_memory() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PEAK, str(CATALOG)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        url = f"{(await process.stdout.readline()).decode().strip()}{V1}"
        statuses = []
        async with aiohttp.ClientSession() as http:
            for body in LARGE:
                async with http.post(url, data=io.BytesIO(body)) as answer:
                    assert "Fault" in await answer.text()
                    statuses.append(answer.status)
        peak, _ = await process.communicate(b"\n")
    finally:
        if process.returncode is None:
            process.kill()
    assert statuses == [500] * 6 + [413]
    assert int(peak.split()[-1]) < 250 * 1024

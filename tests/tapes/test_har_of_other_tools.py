"""HAR files of other tools become tapes."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rpcmedia.tapes.conversion import convert
from rpcmedia.tapes.har import read_har, write_har
from rpcmedia.tapes.playback import playing
from rpcmedia.tapes.tape import Exchange, TapeRefused
from tests.tapes.har_rules import log_of
from tests.tapes.made_tapes import contents, send

SAMPLES = Path(__file__).parent / "samples"


def test_a_file_that_mitmproxy_wrote_becomes_a_tape(tmp_path: Path) -> None:
    convert(SAMPLES / "mitmproxy.har", tmp_path / "t.jsonl")

    header, exchanges = contents(tmp_path / "t.jsonl")
    assert header.source == "mitmproxy 11.0.2"
    assert [(e.method, e.url.partition("/")[2][1:].partition("/")[2]) for e in exchanges] == [
        ("POST", "api/jsonrpc"),
        ("GET", "img?a=1&b=&c=%C3%BC"),
        ("POST", "gz"),
        ("POST", "bin"),
        ("HEAD", "img"),
        ("GET", "redir"),
        ("POST", "empty"),
        ("POST", "mp"),
    ]
    assert exchanges[0].response_body == '{"jsonrpc":"2.0","id":1,"result":"ü"}'.encode()
    assert exchanges[1].response_body == b"\x89PNG\r\n\x1a\n\x00\xff"
    assert exchanges[3].request_body == b"\x00\xff\xfe"
    assert b"\r\n\r\n\x89PNG\r\n" in (exchanges[7].request_body or b"")
    assert all(e.started.startswith("2026-11-21T23:01:") and e.milliseconds for e in exchanges)
    cookies = [value for name, value in exchanges[0].response_headers if name == "Set-Cookie"]
    assert [cookie[:3] for cookie in cookies] == ["a=1", "b=2"]


async def test_a_file_that_mitmproxy_wrote_plays_back(tmp_path: Path) -> None:
    convert(SAMPLES / "mitmproxy.har", tmp_path / "t.jsonl")
    _, exchanges = contents(tmp_path / "t.jsonl")

    async with aiohttp.ClientSession() as http, playing([tmp_path / "t.jsonl"]) as playback:
        answers = [await send(http, playback.address, exchange) for exchange in exchanges]

    assert [(a.status, a.body) for a in answers] == [(e.status, e.response_body) for e in exchanges]


def test_what_other_tools_wrote_goes_back_into_a_har_file_the_same(tmp_path: Path) -> None:
    convert(SAMPLES / "mitmproxy.har", tmp_path / "t.jsonl")
    convert(tmp_path / "t.jsonl", tmp_path / "back.har")

    for theirs, ours in zip(
        log_of(SAMPLES / "mitmproxy.har")["entries"],
        log_of(tmp_path / "back.har")["entries"],
        strict=True,
    ):
        for name in ("startedDateTime", "time", "timings", "serverIPAddress", "cache"):
            assert ours[name] == theirs[name]
        for side, names in (
            ("request", ("method", "url", "headers", "queryString", "httpVersion", "bodySize")),
            ("response", ("status", "statusText", "headers", "redirectURL", "httpVersion")),
        ):
            assert {n: ours[side][n] for n in names} == {n: theirs[side][n] for n in names}


def har_of(tmp_path: Path, *entries: dict[str, Any], bom: bytes = b"", **log: Any) -> Path:
    path = tmp_path / "other.har"
    content = {"log": {"version": "1.2", "entries": entries, **log}}
    path.write_bytes(bom + json.dumps(content).encode())
    return path


def entry_of(request: dict[str, Any], response: dict[str, Any], **members: Any) -> dict[str, Any]:
    """As the specification has it; only what a test is about differs."""
    return {
        "startedDateTime": "2026-11-21T10:00:00.000Z",
        "time": 5,
        "request": {"method": "POST", "url": "http://shop.invalid/", "headers": [], **request},
        "response": {"status": 200, "headers": [], "content": {"mimeType": ""}, **response},
        **members,
    }


def only(path: Path) -> Exchange:
    [exchange] = read_har(path)[1]
    return exchange


def test_what_browsers_add_is_kept_or_left_out_as_it_makes_sense(tmp_path: Path) -> None:
    """The shape of an export of Chrome, over HTTP/2."""
    request = {
        "httpVersion": "http/2.0",
        "headers": [{"name": ":authority", "value": "shop.invalid"}, {"name": "a", "value": "b"}],
        "cookies": [{"name": "secret", "value": "1"}],
        "headersSize": -1,
        "postData": {"mimeType": "text/plain", "text": "x", "params": []},
    }
    response = {
        "content": {
            "size": 3,
            "mimeType": "x",
            "compression": 1,
            "text": "YWJj",
            "encoding": "base64",
        },
        "headers": [{"name": ":status", "value": "200"}],
        "_transferSize": 77,
        "_error": None,
    }
    path = har_of(
        tmp_path,
        entry_of(request, response, _resourceType="fetch", connection="1", pageref="page_1"),
        creator={"name": "WebInspector", "version": "537.36"},
        pages=[{"id": "page_1"}],
    )

    header, [exchange] = read_har(path)[0], list(read_har(path)[1])

    assert header.source == "WebInspector 537.36"
    assert (exchange.request_headers, exchange.response_headers) == ([("a", "b")], [])
    assert (exchange.request_body, exchange.response_body) == (b"x", b"abc")
    assert exchange.extra == {
        "_resourceType": "fetch",
        "connection": "1",
        "pageref": "page_1",
        "_har": {"request": {"httpVersion": "http/2.0"}, "response": {"_transferSize": 77}},
    }
    write_har(tmp_path / "back.har", header, [exchange])
    log = log_of(tmp_path / "back.har")
    assert log["pages"] == [{"id": "page_1"}]
    assert log["entries"][0]["request"]["httpVersion"] == "http/2.0"
    assert log["entries"][0]["response"]["_transferSize"] == 77
    assert "_har" not in log["entries"][0]


@pytest.mark.parametrize(
    ("post", "sent"),
    [
        ({"mimeType": "text/plain", "text": ""}, b""),
        ({"mimeType": "text/plain"}, None),
        ({"mimeType": "x", "text": "ü", "params": []}, "ü".encode()),
        (
            {
                "mimeType": "application/x-www-form-urlencoded",
                "params": [{"name": "a b", "value": "ü"}, {"name": "c"}],
            },
            b"a+b=%C3%BC&c=",
        ),
        (
            {
                "mimeType": "multipart/form-data; boundary=XX",
                "params": [
                    {"name": "a", "value": "1"},
                    {"name": "f", "fileName": "i.png", "contentType": "image/png", "value": "PNG"},
                ],
            },
            b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--XX\r\nContent-Disposition: form-data; name="f"; filename="i.png"\r\n'
            b"Content-Type: image/png\r\n\r\nPNG\r\n--XX--\r\n",
        ),
    ],
)
def test_a_form_without_its_text_is_put_together(
    post: dict[str, Any], sent: bytes | None, tmp_path: Path
) -> None:
    path = har_of(tmp_path, entry_of({"postData": post}, {}))

    assert only(path).request_body == sent


@pytest.mark.parametrize(
    ("size", "sent"), [(2, b"\xfc\xff"), (4, "üÿ".encode()), (-1, "üÿ".encode())]
)
def test_the_size_of_a_request_tells_bytes_from_characters(
    size: int, sent: bytes, tmp_path: Path
) -> None:
    post = {"mimeType": "", "text": "üÿ"}
    path = har_of(tmp_path, entry_of({"postData": post, "bodySize": size}, {}))

    assert only(path).request_body == sent


def test_a_request_that_failed_is_one_without_a_response(tmp_path: Path) -> None:
    response = {"status": 0, "_error": "net::ERR_CONNECTION_REFUSED"}

    exchange = only(har_of(tmp_path, entry_of({}, response)))

    assert (exchange.status, exchange.error) == (0, "net::ERR_CONNECTION_REFUSED")


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = har_of(tmp_path, entry_of({}, {}), bom=b"\xef\xbb\xbf")

    assert only(path).url == "http://shop.invalid/"


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"log": {}}', '{"log": {"entries": 1}}', "\xff", '{"log"']
)
def test_what_is_no_har_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "t.har"
    path.write_bytes(content.encode("latin-1"))

    with pytest.raises(TapeRefused, match="no HAR file"):
        read_har(path)


@pytest.mark.parametrize("entry", [{}, {"request": {"url": "/"}, "response": {"status": 200}}, []])
def test_an_entry_that_is_none_is_refused_by_its_number(entry: Any, tmp_path: Path) -> None:
    path = har_of(tmp_path, entry_of({}, {}), entry)

    with pytest.raises(TapeRefused, match="entry 2 is no HAR entry"):
        convert(path, tmp_path / "t.jsonl")

    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.har"]

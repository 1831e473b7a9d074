"""Tapes become HAR 1.2 files, and come back as they were."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.tapes.conversion import convert
from rpcmedia.tapes.har import read_har, write_har
from rpcmedia.tapes.tape import Exchange, Header, TapeRefused
from tests.support.tapes import all_tapes
from tests.tapes.har_rules import check, check_entry, log_of
from tests.tapes.made_tapes import contents, got, rpc, write_tape


def through_har(tmp_path: Path, *exchanges: Exchange, header: Header | None = None) -> Any:
    path = tmp_path / "t.har"
    write_har(path, header or Header(), exchanges)
    return log_of(path), list(read_har(path)[1])


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
def test_a_recorded_tape_comes_back_unchanged(path: Path, tmp_path: Path) -> None:
    har, back = tmp_path / "t.har", tmp_path / "back.jsonl"

    done = convert(path, har)
    convert(har, back)

    assert contents(back) == contents(path)
    assert (done.exchanges, done.remarks) == (len(contents(path)[1]), [])


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
def test_what_har_requires_is_filled_in(path: Path, tmp_path: Path) -> None:
    convert(path, tmp_path / "t.har")

    log = log_of(tmp_path / "t.har")
    check("log", log)
    assert log["version"] == "1.2"
    for entry in log["entries"]:
        check_entry(entry)
    started = [entry["startedDateTime"] for entry in log["entries"]]
    assert started == sorted(set(started)), "viewers sort by time"


def everything() -> Exchange:
    return rpc(
        {"method": "x.y"},
        {"result": 1},
        path="/api/jsonrpc?a=1&b=&a=%C3%BC",
        request_headers=[("Cookie", "one=1; two=2=2"), ("X", "1"), ("cookie", "three")],
        response_headers=[
            ("Set-Cookie", "a=b=c; Path=/x; Domain=shop.example; HttpOnly"),
            ("Location", "/elsewhere"),
            ("set-cookie", "d=; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT; SameSite=Lax"),
            ("set-cookie", "e=f; expires=never"),
        ],
        reason="Found",
        status=302,
        name="a name",
        note="a note",
        started="2026-11-21T10:00:00.123+01:00",
        milliseconds=12.5,
        extra={"comment": "of somebody", "_ours": [1]},
    )


def test_cookies_query_and_sizes_are_taken_from_url_headers_and_bodies(tmp_path: Path) -> None:
    log, _ = through_har(tmp_path, everything())

    [entry] = log["entries"]
    check_entry(entry)
    assert entry["time"] == entry["timings"]["wait"] == 12.5
    request, response = entry["request"], entry["response"]
    assert request["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": ""},
        {"name": "a", "value": "ü"},
    ]
    assert request["cookies"] == [
        {"name": "one", "value": "1"},
        {"name": "two", "value": "2=2"},
        {"name": "three", "value": ""},
    ]
    assert response["cookies"] == [
        {"name": "a", "value": "b=c", "path": "/x", "domain": "shop.example", "httpOnly": True},
        {"name": "d", "value": "", "secure": True, "expires": "2026-10-21T07:28:00+00:00"},
        {"name": "e", "value": "f"},
    ]
    assert response["redirectURL"] == "/elsewhere"
    assert request["bodySize"] == len(b'{"method": "x.y"}')
    assert response["bodySize"] == response["content"]["size"] == len(b'{"result": 1}')


@pytest.mark.parametrize(
    "exchange",
    [
        everything(),
        rpc(b"\xff\x00", b"\x89PNG\xfe"),
        rpc("ü☃😀\x00".encode(), "\u2028\r\n\x1f".encode()),
        rpc(b"", b""),
        got("/a", None),
        got("/a", None, status=0, error="connection refused"),
        got("/a", b"x" * 200_000, "text/plain"),
        got("/a", b"1", milliseconds=7.0),
    ],
    ids=["everything", "binary", "unicode", "empty", "none", "no response", "large", "no start"],
)
def test_an_exchange_comes_back_unchanged(exchange: Exchange, tmp_path: Path) -> None:
    log, back = through_har(tmp_path, exchange)

    assert back == [exchange]
    check_entry(log["entries"][0])


def test_the_header_of_the_tape_is_kept(tmp_path: Path) -> None:
    header = Header("a shop", "openmage", "http://shop.invalid", "catalog.json", {"more": [1]})

    log, _ = through_har(tmp_path, got("/a", b""), header=header)

    assert log["creator"]["name"] == "rpcmedia"
    assert read_har(tmp_path / "t.har")[0] == header


def test_a_compressed_body_is_decompressed_and_that_is_said(tmp_path: Path) -> None:
    headers = [("Content-Encoding", "gzip")]
    tape = write_tape(
        tmp_path / "t.jsonl",
        [
            got("/a", gzip.compress(b"text"), response_headers=headers),
            got("/b", b"\xff\xfe", response_headers=[("Content-Encoding", "br")]),
            got("/c", b"text", response_headers=headers),
            got("/d", b"\x1f\x8b broken", response_headers=headers),
        ],
    )

    done = convert(tape, tmp_path / "t.har")

    bodies = [exchange.response_body for exchange in read_har(tmp_path / "t.har")[1]]
    assert bodies == [b"text", b"\xff\xfe", b"text", b"\x1f\x8b broken"]
    assert done.remarks == [
        "line 2: the body was decompressed (gzip).",
        "line 3: the body stays compressed (br).",
        "line 5: the body stays compressed (gzip).",
    ]
    assert [e["response"]["bodySize"] for e in log_of(tmp_path / "t.har")["entries"]] == [-1] * 4


def test_nothing_is_left_of_an_export_that_failed(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "t.jsonl", [got("/a", b"")])
    with tape.open("ab") as file:
        file.write(b"broken\n{}\n")

    with pytest.raises(TapeRefused, match=r"t\.jsonl:3"):
        convert(tape, tmp_path / "t.har")

    assert [p.name for p in tmp_path.iterdir()] == ["t.jsonl"]


def test_times_that_are_known_stay(tmp_path: Path) -> None:
    exchange = replace(got("/a", b""), started="2026-11-21T10:00:00.5Z", milliseconds=3.25)

    log, _ = through_har(tmp_path, exchange)

    assert log["entries"][0]["startedDateTime"] == "2026-11-21T10:00:00.5Z"
    assert log["entries"][0]["time"] == 3.25

"""The tape as a file: what it looks like, what is read back, and what is refused."""

import base64
import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeRefused, TapeWriter

EXCHANGE = Exchange(
    method="POST",
    url="http://shop.example/api/jsonrpc?x=1",
    request_headers=[("Content-Type", "application/json"), ("X-Twice", "1"), ("x-twice", "2")],
    request_body=b'{"method": "login"}',
    request_mime="application/json",
    status=200,
    reason="Fine",
    response_headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    response_body='{"result": "schön"}'.encode(),
    response_mime="application/json; charset=utf-8",
    name="log in",
    note="by hand",
    error="none",
    started="2026-11-21T10:00:00.000+00:00",
    milliseconds=12.5,
    extra={"_initiator": {"type": "other"}},
)
PLAIN = Exchange("GET", "http://shop.example/", [], None, 204, [], None)
LARGE = b"x" * (64 * 1024 + 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def write(path: Path, *exchanges: Exchange, header: Header | None = None) -> None:
    with contextlib.closing(TapeWriter(path, header or Header())) as writer:
        for exchange in exchanges:
            writer.append(exchange)


def read(path: Path) -> list[Exchange]:
    return list(TapeReader(path))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def bodies(path: Path) -> list[str]:
    folder = path.with_name(path.name + ".bodies")
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_the_first_line_says_where_the_tape_comes_from(path: Path) -> None:
    header = Header("a shop", "openmage", "http://shop.example", "catalog.json", {"_ours": [1]})

    write(path, header=header)

    assert lines(path) == [
        {
            "tape": 1,
            "source": "a shop",
            "profile": "openmage",
            "base_url": "http://shop.example",
            "catalog": "catalog.json",
            "_ours": [1],
        }
    ]
    assert TapeReader(path).header == header


def test_a_header_may_leave_everything_but_its_format_out(path: Path) -> None:
    path.write_text('{"tape": 1, "source": null}\n')

    assert TapeReader(path).header == Header()


def test_an_exchange_is_one_line_and_a_har_entry(path: Path) -> None:
    write(path, EXCHANGE)

    assert lines(path)[1] == {
        "_name": "log in",
        "_note": "by hand",
        "_error": "none",
        "startedDateTime": "2026-11-21T10:00:00.000+00:00",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": "http://shop.example/api/jsonrpc?x=1",
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "X-Twice", "value": "1"},
                {"name": "x-twice", "value": "2"},
            ],
            "postData": {"mimeType": "application/json", "text": '{"method": "login"}'},
        },
        "response": {
            "status": 200,
            "statusText": "Fine",
            "headers": [
                {"name": "Set-Cookie", "value": "a=1"},
                {"name": "Set-Cookie", "value": "b=2"},
            ],
            "content": {
                "mimeType": "application/json; charset=utf-8",
                "text": '{"result": "schön"}',
            },
        },
        "_initiator": {"type": "other"},
    }


def test_what_is_written_is_read_back(path: Path) -> None:
    write(path, EXCHANGE, PLAIN)

    assert read(path) == [replace(EXCHANGE, line=2), replace(PLAIN, line=3)]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xd8\xff\xe0\0\x10", b"\0", "schön 😀".encode(), b"a\r\nb\x7f\n", LARGE, None],
)
def test_every_body_is_read_back(path: Path, body: bytes | None) -> None:
    write(path, replace(PLAIN, request_body=body, response_body=body))

    [exchange] = read(path)
    assert (exchange.request_body, exchange.response_body) == (body, body)


def test_an_inline_body_has_no_checksum_and_may_be_edited(path: Path) -> None:
    write(path, EXCHANGE)

    path.write_text(path.read_text().replace("login", "logout"))

    assert read(path)[0].request_body == b'{"method": "logout"}'


def test_the_largest_inline_body_has_64_kib(path: Path) -> None:
    write(path, replace(PLAIN, response_body=LARGE[1:]))

    assert bodies(path) == []


def test_a_large_body_is_a_file_of_its_own_and_only_one(path: Path) -> None:
    write(path, replace(PLAIN, request_body=LARGE), replace(PLAIN, response_body=LARGE))

    name = hashlib.sha256(LARGE).hexdigest()
    assert bodies(path) == [name]
    assert lines(path)[1]["request"]["postData"] == {"mimeType": "", "_file": name}
    assert lines(path)[2]["response"]["content"] == {"mimeType": "", "_file": name}


def test_each_exchange_can_be_read_before_the_tape_ends(path: Path) -> None:
    with contextlib.closing(TapeWriter(path, Header())) as writer:
        for count in range(1, 4):
            writer.append(PLAIN)
            assert len(read(path)) == count


def test_an_exchange_is_found_by_its_offset(path: Path) -> None:
    write(path, PLAIN, EXCHANGE, PLAIN)
    reader = TapeReader(path)

    number, offset, _ = list(reader.lines())[1]

    assert reader.at(number, offset) == replace(EXCHANGE, line=3)


def test_empty_lines_do_not_count(path: Path) -> None:
    write(path, PLAIN, PLAIN)
    path.write_text(path.read_text().replace("\n", "\n\n"))

    assert [exchange.line for exchange in read(path)] == [3, 5]


def test_an_existing_tape_is_not_written_to(path: Path) -> None:
    write(path, PLAIN)

    with pytest.raises(TapeRefused, match=r"session\.jsonl: File exists\.\Z"):
        TapeWriter(path, Header())

    assert len(read(path)) == 1


def test_a_tape_that_does_not_exist_is_refused(path: Path) -> None:
    with pytest.raises(TapeRefused, match=r"session\.jsonl: No such file or directory\.\Z"):
        TapeReader(path)


@pytest.mark.parametrize("number", ["2", '"1"', "null", "0", "[]"])
def test_an_unknown_format_number_is_refused(path: Path, number: str) -> None:
    path.write_text(f'{{"tape": {number}}}\n')

    with pytest.raises(TapeRefused, match=r"session\.jsonl:1: tape format .* is not known, only 1"):
        TapeReader(path)


@pytest.mark.parametrize("first", ["", "\n", "[1]\n", "GIF89a", '{"log": {}}\n', "\xff"])
def test_a_file_that_is_no_tape_is_refused(path: Path, first: str) -> None:
    path.write_text(first, "latin-1")

    with pytest.raises(TapeRefused, match=r"session\.jsonl:1: "):
        TapeReader(path)


@pytest.mark.parametrize("left", [1, 20, 100, -2, -1])
def test_a_last_line_that_a_crash_cut_off_is_skipped_with_a_warning(path: Path, left: int) -> None:
    write(path, PLAIN, EXCHANGE)
    whole = path.read_bytes()
    start = whole.rstrip(b"\n").rindex(b"\n") + 1
    path.write_bytes(whole[: start + left if left > 0 else left])
    reader = TapeReader(path)

    found = list(reader)

    if left == -1:
        # Only the line break is missing.
        assert (len(found), reader.warnings) == (2, [])
    else:
        assert found == [replace(PLAIN, line=2)]
        assert reader.warnings == [f"{path}:3: skipped, the last line is cut off."]


def test_a_line_in_the_middle_that_is_cut_off_is_refused(path: Path) -> None:
    write(path, PLAIN, EXCHANGE, PLAIN)
    first, second, third, fourth = path.read_text().splitlines(keepends=True)
    path.write_text(first + second + third[:50] + "\n" + fourth)

    with pytest.raises(TapeRefused, match=r"session\.jsonl:3: no JSON"):
        read(path)


Spoil = Callable[[dict[str, Any]], Any]
SPOILED: dict[str, Spoil] = {
    "no request": lambda entry: entry.pop("request"),
    "no response": lambda entry: entry.pop("response"),
    "a request that is a list": lambda entry: entry.update(request=[]),
    "a status that is a word": lambda entry: entry["response"].update(status="fine"),
    "headers that are a number": lambda entry: entry["request"].update(headers=5),
    "a header without a value": lambda entry: entry["request"].update(headers=[{"name": "X"}]),
    "a body that is no base64": lambda entry: entry["response"].update(
        content={"text": "?", "encoding": "base64"}
    ),
    "a body file that leads elsewhere": lambda entry: entry["response"].update(
        content={"_file": "../session.jsonl"}
    ),
    "a body file that is a number": lambda entry: entry["response"].update(content={"_file": 5}),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_line_that_is_no_entry_is_refused(path: Path, spoil: Spoil) -> None:
    write(path, PLAIN, PLAIN)
    members = lines(path)
    spoil(members[2])
    path.write_text("".join(json.dumps(line) + "\n" for line in members))

    with pytest.raises(TapeRefused, match=r"session\.jsonl:3: "):
        read(path)


def test_a_missing_body_file_is_refused_with_its_line(path: Path) -> None:
    write(path, PLAIN, replace(PLAIN, response_body=LARGE))
    [name] = bodies(path)
    (path.parent / "session.jsonl.bodies" / name).unlink()

    with pytest.raises(TapeRefused, match=rf"session\.jsonl:3: .*bodies/{name} is missing"):
        read(path)


def test_a_body_file_with_another_checksum_is_refused_with_its_line(path: Path) -> None:
    write(path, PLAIN, replace(PLAIN, response_body=LARGE))
    [name] = bodies(path)
    (path.parent / "session.jsonl.bodies" / name).write_bytes(LARGE + b"!")

    with pytest.raises(TapeRefused, match=rf"session\.jsonl:3: .*{name} has another checksum"):
        read(path)


def test_a_body_in_base64_is_read(path: Path) -> None:
    write(path, PLAIN)
    members = lines(path)
    text = base64.b64encode(b"\x89PNG").decode()
    members[1]["response"]["content"] = {"encoding": "base64", "text": text}
    path.write_text("".join(json.dumps(line) + "\n" for line in members))

    assert read(path)[0].response_body == b"\x89PNG"

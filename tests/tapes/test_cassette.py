"""Tapes become VCR cassettes, and come back as they were."""

import gzip
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.tapes.cassette import read_cassette, write_cassette
from rpcmedia.tapes.conversion import convert
from rpcmedia.tapes.tape import Exchange, Header, TapeRefused
from tests.support.tapes import all_tapes
from tests.tapes.made_tapes import HOST, contents, got, rpc, write_tape

BINARY = bytes(range(256))


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "t.yaml"


@pytest.mark.parametrize("path", all_tapes(), ids=lambda path: path.stem)
def test_a_recorded_tape_comes_back_unchanged(path: Path, cassette: Path, tmp_path: Path) -> None:
    done = convert(path, cassette)
    convert(cassette, tmp_path / "back.jsonl")

    assert contents(tmp_path / "back.jsonl") == contents(path)
    assert (done.exchanges, done.remarks) == (len(contents(path)[1]), [])


def through_cassette(cassette: Path, exchange: Exchange) -> Exchange:
    write_cassette(cassette, Header(), [exchange])
    [back] = read_cassette(cassette)[1]
    return back


@pytest.mark.parametrize(
    "exchange",
    [
        rpc(
            {"method": "x.y"},
            {"result": 1},
            request_headers=[("X", "1"), ("Y", "2"), ("X", "3"), ("x", "4")],
            response_headers=[("Set-Cookie", "a"), ("Date", "d"), ("Set-Cookie", "b")],
            reason="Made Here",
            name="a name",
            note="a note: 'quoted'\n# two lines",
            error="cut off",
            started="2026-11-21T10:00:00.123+01:00",
            milliseconds=12.5,
            request_mime="another/one",
            extra={"comment": "c", "_har": {"request": {"httpVersion": "h3"}}},
        ),
        rpc(BINARY, BINARY),
        rpc(b"", b""),
        got("/a", None),
        got("/a", b"x" * 100_000),
        got("/a", b"", "text/html; charset=UTF-8"),
    ],
    ids=["everything", "binary", "empty", "none", "large", "mime"],
)
def test_an_exchange_comes_back_unchanged(exchange: Exchange, cassette: Path) -> None:
    assert through_cassette(cassette, exchange) == exchange


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.one_of(TEXTS.map(str.encode), st.binary()), TEXTS)
def test_any_body_and_any_text_come_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, text: str
) -> None:
    exchange = rpc(body, body[::-1], note=text, response_headers=[("X", text)])

    assert through_cassette(tmp_path_factory.mktemp("any") / "t.yaml", exchange) == exchange


def test_the_header_of_the_tape_is_kept(cassette: Path) -> None:
    header = Header("a shop", "openmage", HOST, "catalog.json", {"more": [1]})

    write_cassette(cassette, header, [])

    assert read_cassette(cassette)[0] == header
    assert yaml.safe_load(cassette.read_text())["interactions"] == []


def test_a_header_that_was_edited_in_the_cassette_counts(cassette: Path) -> None:
    exchange = got("/a", b"", response_headers=[("X", "one"), ("Y", "two"), ("X", "three")])
    write_cassette(cassette, Header(), [exchange])
    content = yaml.safe_load(cassette.read_text())
    content["interactions"][0]["response"]["headers"]["X"] = ["edited"]
    cassette.write_text(yaml.safe_dump(content))

    [back] = read_cassette(cassette)[1]

    assert sorted(back.response_headers) == [("X", "edited"), ("Y", "two")]


def test_what_a_cassette_cannot_hold_is_said(cassette: Path, tmp_path: Path) -> None:
    encoded = [("Content-Encoding", "gzip")]
    exchanges = [
        got("/a", None, status=0, error="refused"),
        got("/b", gzip.compress(b"text"), response_headers=encoded),
    ]
    tape = write_tape(tmp_path / "t.jsonl", exchanges)

    done = convert(tape, cassette)

    assert done.exchanges == 1
    assert done.remarks == [
        "line 2: left out, for there was no response.",
        "line 3: the body was decompressed (gzip).",
    ]
    [left] = read_cassette(cassette)[1]
    assert left.response_body == b"text"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no cassette"),
        ("a: [", "no YAML"),
        ("- 1", "no cassette"),
        ("version: 1", "no cassette"),
        ("interactions:\n- 1", "interaction 1 is none"),
        ("interactions:\n- request: {}\n  response: {}", "interaction 1 is none"),
        ("interactions: [!!python/object/apply:os.getcwd []]", "no YAML"),
    ],
)
def test_what_is_no_cassette_is_refused(content: str, said: str, cassette: Path) -> None:
    cassette.write_text(content)

    with pytest.raises(TapeRefused, match=said) as refusal:
        list(read_cassette(cassette)[1])

    assert "\n" not in str(refusal.value)


def test_a_cassette_that_does_not_exist_is_refused(cassette: Path) -> None:
    with pytest.raises(TapeRefused, match="No such file"):
        read_cassette(cassette)

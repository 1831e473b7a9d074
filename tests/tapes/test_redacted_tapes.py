"""Keys put back into redacted exchanges, and whole tapes redacted."""

import contextlib
import json
from pathlib import Path

import pytest

from rpcmedia.tapes.redaction import Filler, redact_tape
from rpcmedia.tapes.tape import Exchange, Header, TapeReader, TapeRefused, TapeWriter
from tests.tapes.made_exchanges import (
    AWKWARD,
    KEY,
    SESSION,
    basic,
    exchange,
    login,
    redacted,
    rpc,
    sent,
    with_basic,
)


@pytest.mark.parametrize("username", ['o"brien', "a:b", "{{x}}", "jürgen", "a\\b", "<b>", "a b"])
def test_a_user_name_of_any_kind_stands_in_a_placeholder_and_is_read_back(username: str) -> None:
    given = [login(username, KEY), with_basic(username.replace(":", ""), KEY)]
    keys = {username: KEY, username.replace(":", ""): KEY}

    found = redacted(*given)
    filled = [Filler(keys).fill(each) for each in found]

    assert KEY not in str(sent(found[0]))
    assert sent(filled[0]) == sent(given[0])
    assert filled[1] == given[1]


def test_keys_are_put_back_where_they_were() -> None:
    given = [
        login("bob", AWKWARD),
        with_basic("bob", AWKWARD),
        exchange(f"<login><username>bob</username><apiKey>{'a&amp;b'}</apiKey></login>"),
        exchange(None, None, url="http://shop.example/?key=%C3%A4%22b%2Fc%5Cd%26%3C%C3%A9"),
    ]
    filler = Filler({"bob": AWKWARD})

    found = [filler.fill(each) for each in redacted(*given)]

    assert sent(found[0]) == sent(given[0])
    assert found[1] == given[1]
    assert found[2].request_body == (
        b"<login><username>bob</username>"
        b"<apiKey>" + "ä&quot;b/c\\d&amp;&lt;é".encode() + b"</apiKey></login>"
    )
    assert found[3].url == given[3].url
    assert filler.missing == set()


def test_a_key_that_was_refused_is_sent_as_one_that_will_be() -> None:
    given = [login("bob", "wrong key", session=None), with_basic("bob", "wrong", status=401)]
    filler = Filler({"bob": KEY})

    found = [filler.fill(each) for each in redacted(*given)]

    assert sent(found[0])["params"] == ["bob", "{{key:bob:refused}}"]
    assert found[1].header("authorization") == f"Basic {basic('bob', '{{key:bob:refused}}')}"
    assert filler.missing == set()


def test_the_users_of_missing_keys_are_told() -> None:
    filler = Filler({"BOB": KEY})
    given = redacted(login("bob", KEY), login("eve", "a key"), with_basic("dan", "a key"))

    found = [filler.fill(each) for each in given]

    assert sent(found[0])["params"] == ["bob", KEY]
    assert found[1:] == given[1:]
    assert filler.missing == {"eve", "dan"}


def write(path: Path, *exchanges: Exchange) -> None:
    header = Header("a shop", "openmage", "http://shop.example", "catalog.json", {"_ours": 1})
    with contextlib.closing(TapeWriter(path, header)) as writer:
        for each in exchanges:
            writer.append(each)


def test_a_tape_keeps_its_header_and_order_and_loses_its_secrets(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    large = json.dumps(rpc("call", [SESSION, "x" * 100_000]))
    # The key is seen before it is known to be one.
    write(path, exchange(None, f"it is {KEY}"), login("bob", KEY), exchange(large))

    assert redact_tape(path, out) == 3

    reader = TapeReader(out)
    first, second, third = reader
    assert reader.header == TapeReader(path).header
    assert first.response_body == b"it is {{key:bob}}"
    assert sent(second)["params"] == ["bob", "{{key:bob}}"]
    assert sent(third)["params"][0] == "{{session:1}}"


def test_a_tape_that_cannot_be_read_is_not_redacted_in_part(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write(path, login("bob", KEY))
    path.write_text(path.read_text() + "{}\n")

    with pytest.raises(TapeRefused, match=r"in\.jsonl:3: "):
        redact_tape(path, out)

    assert not out.exists()


def test_a_tape_is_not_redacted_over_another(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    write(path, login("bob", KEY))

    with pytest.raises(TapeRefused, match="File exists"):
        redact_tape(path, path)

    assert KEY in path.read_text()


def test_a_last_line_that_is_cut_off_is_told(tmp_path: Path) -> None:
    path, warnings = tmp_path / "in.jsonl", list[str]()
    write(path, login("bob", KEY))
    path.write_text(path.read_text() + '{"request": ')

    assert redact_tape(path, tmp_path / "out.jsonl", warnings.append) == 1

    assert warnings == [f"{path}:3: skipped, the last line is cut off."]


@pytest.mark.parametrize("key", [KEY, "a-long-key", "12345678", "abc"])
def test_a_key_that_stands_for_a_user_name_is_redacted(tmp_path: Path, key: str) -> None:
    """User name and key swapped, in every protocol, before the right login."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    xml = "<login><username>{}</username><apiKey>{}</apiKey></login>"
    write(
        path,
        login(key, "me", session=None),
        login(key, "me", session=None) if key == "abc" else with_basic(key, "me", status=401),
        exchange(xml.format(key, "me"), "<faultcode>2</faultcode>"),
        exchange(rpc("login", [key, "me"]), status=0, error="silent"),
        login("me", key),
    )

    redact_tape(path, out)

    assert key not in out.read_text()
    assert basic(key, "me") not in out.read_text()
    first, _, third, _, last = TapeReader(out)
    assert sent(first)["params"] == ["{{key:me}}", "{{key:unknown:refused}}"]
    assert third.request_body == xml.format("{{key:me}}", "{{key:unknown:refused}}").encode()
    assert sent(last)["params"] == ["me", "{{key:me}}"]

"""Many values are replaced in a text at once, each only where it stands as a whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.tapes.replacements import Replacements


def replaced(text: str, **known: str) -> str:
    replacements = Replacements()
    for old, new in known.items():
        replacements.put(old, new)
    return replacements.apply(text.encode()).decode()


def test_without_known_values_a_text_stays() -> None:
    assert replaced("any text") == "any text"


def test_every_occurrence_is_replaced() -> None:
    assert replaced("old, [old] and 'old'", old="new") == "new, [new] and 'new'"


@pytest.mark.parametrize("text", ["older", "bold", "old_1", "old-1", "x.old", "x-old", "old.5"])
def test_a_part_of_a_longer_word_or_number_is_not_the_value(text: str) -> None:
    assert replaced(text, old="new") == text


def test_the_end_of_a_sentence_is_the_end_of_a_value() -> None:
    assert replaced("It was old.", old="new") == "It was new."


def test_values_may_change_places() -> None:
    assert replaced("a b c", a="b", b="c", c="a") == "b c a"


def test_the_longest_of_several_is_replaced() -> None:
    replacements = Replacements()
    replacements.put("/i/m", "short")
    replacements.put("/i/m/image.jpg", "long")

    assert replacements.apply(b"/i/m/image.jpg /i/m") == b"long short"


def test_a_value_is_found_at_the_end_of_a_url() -> None:
    replacements = Replacements()
    replacements.put("/i/m/image.jpg", "/i/m/image_1.jpg")

    text = b"http://shop.example/media/i/m/image.jpg"
    assert replacements.apply(text) == b"http://shop.example/media/i/m/image_1.jpg"


def test_the_newest_replacement_of_a_value_counts() -> None:
    replacements = Replacements()
    replacements.put("a", "first")
    replacements.put("a", "second")

    assert replacements.apply(b"a") == b"second"


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("escape_slashes", [True, False])
def test_json_keeps_its_spelling(ensure_ascii: bool, escape_slashes: bool) -> None:
    def spelled(value: str) -> bytes:
        text = json.dumps([value], ensure_ascii=ensure_ascii)
        return (text.replace("/", "\\/") if escape_slashes else text).encode()

    replacements = Replacements()
    replacements.put('/ü/"old"', '/é/"new"')

    assert replacements.apply(spelled('/ü/"old"')) == spelled('/é/"new"')


@given(st.text())
def test_json_stays_json_whatever_comes_into_it(new: str) -> None:
    replacements = Replacements()
    replacements.put("/old/value", new)

    for text in (b'{"a": "/old/value"}', b'{"a": "\\/old\\/value"}'):
        assert json.loads(replacements.apply(text)) == {"a": new}


def test_thousands_of_values_are_kept_apart() -> None:
    replacements = Replacements()
    for number in range(20_000):
        replacements.put(f"{number:032x}", f"{number + 1:032x}")

    text = " ".join(f"{number:032x}" for number in range(20_000))
    following = " ".join(f"{number + 1:032x}" for number in range(20_000))
    assert replacements.apply(text.encode()) == following.encode()

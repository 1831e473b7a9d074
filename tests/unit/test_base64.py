"""Base64 as the reference reads it: strict, but with white space anywhere and padding optional."""

import base64
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rpcmedia.operations.arguments import decode_base64

LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def model(text: str) -> bytes | None:
    """The measured rule, one character after another; None for a refusal."""
    bits, digits, padding = 0, 0, 0
    for character in text:
        if character in " \t\r\n":
            continue
        if character == "=":
            padding += 1
        elif character not in LETTERS or padding:
            return None
        else:
            bits, digits = bits << 6 | LETTERS.index(character), digits + 1
    if digits % 4 == 1 or (padding and (padding > 2 or (digits + padding) % 4)):
        return None
    unused = digits * 6 % 8
    return (bits >> unused).to_bytes(digits * 6 // 8, "big")


def decoded(text: str) -> bytes | None:
    """What the server reads; None for a refusal."""
    try:
        return decode_base64(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("aGVsbG8=", b"hello"),
        ("aGVsbG8", b"hello"),
        (" aGVs\tbG8\r\n= \n", b"hello"),
        ("aGVsbG8h", b"hello!"),
        ("aGVsbA==", b"hell"),
        ("aGVsbA", b"hell"),
        ("aGVsbA= =", b"hell"),
        ("+/+/", b"\xfb\xff\xbf"),
        # Bits behind the last byte are not looked at.
        ("aGVsbB==", b"hell"),
        ("", b""),
        (" \n", b""),
    ],
)
def test_white_space_and_missing_padding_are_fine(text: str, content: bytes) -> None:
    assert decode_base64(text) == content


@pytest.mark.parametrize(
    "text",
    [
        "aGVsbA=",
        "aGVsbG8==",
        "aGVsbG8h=",
        "aGVsbG8h====",
        "aGVs=bG8",
        "aGVsbA==aGVsbA==",
        "=",
        "==",
        "====",
        "a",
        "aGVsb",
        "-_-_",
        "data:image/png;base64,aGVsbG8=",
        "aGVs\fbG8=",
        "aGVs\vbG8=",
        "aGVs\0bG8=",
        "aGVsbG8=!",
        "aGVsbG8=\u00a0",
        "aGVsbÖ8=",
        "\ufeffaGVsbG8=",
        "％",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    assert decoded(text) is None


@given(st.text(st.sampled_from("aB9+/=== \n\r\t\f-_\0é"), max_size=14))
@example("QQ=\n=")
@example("Q=Q=")
def test_any_text_is_read_or_refused_by_the_rule(text: str) -> None:
    assert decoded(text) == model(text)


@given(st.binary(max_size=100), st.data())
def test_bytes_survive_line_breaks_and_lost_padding(content: bytes, data: st.DataObject) -> None:
    text = base64.b64encode(content).decode()
    if data.draw(st.booleans()):
        text = text.rstrip("=")
    width = data.draw(st.integers(1, 80))
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    assert (
        decode_base64(data.draw(st.sampled_from(["\n", "\r\n", " ", "\t"])).join(lines)) == content
    )


@given(st.binary(min_size=1, max_size=60), st.data())
def test_one_wrong_character_is_found_wherever_it_stands(
    content: bytes, data: st.DataObject
) -> None:
    text = base64.b64encode(content).decode()
    at = data.draw(st.integers(0, len(text)))
    wrong = data.draw(st.characters(exclude_characters=LETTERS + "= \t\r\n"))
    assert decoded(text[:at] + wrong + text[at:]) is None

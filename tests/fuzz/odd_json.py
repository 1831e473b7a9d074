"""JSON with things in it that a JSON library would not write, and ways to make a value odd."""

import json
from random import Random
from typing import Any

from tests.faces.bodies import text_of
from tests.support import pictures


class Raw(bytes):
    """Bytes that stand in the text as they are."""


class Members(list[tuple[str, Any]]):
    """An object whose names may come twice."""


def write(value: Any) -> bytes:
    """The text of a value."""
    match value:
        case Raw():
            return bytes(value)
        case Members():
            members = (json.dumps(name).encode() + b":" + write(inner) for name, inner in value)
            return b"{" + b",".join(members) + b"}"
        case dict():
            return write(Members(value.items()))
        case list() | tuple():
            return b"[" + b",".join(map(write, value)) + b"]"
        case _:
            return json.dumps(value).encode()


def nested(depth: int, around: bytes = b"") -> Raw:
    """Lists in lists."""
    return Raw(b"[" * depth + around + b"]" * depth)


# What is no JSON spoils the whole request, so it is rarer than what is odd.
_BROKEN = [
    *(b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"01", b"0x10", b"+1", b".5", b"5."),
    *(b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff"', b'"\xed\xa0\x80"', b'"\\x41"', b"undefined"),
    *(b"", b"nul", b"tru", b"'x'", b'"', b"{", b"}", b"[", b"]", b",", b":", b"/*x*/1", b"[1,]"),
    *(b"{1:2}", b"\xef\xbb\xbf1"),
]
_LITERALS = [
    *(b"1e-400", b"0e99999", b"-0", b"-0.0", b"1e18", b"1.0", b"1e308", b"-1e308", b"4.0", b"4e0"),
    *(b"9" * 30, b"-" + b"9" * 30, b"9" * 5000, b"1." + b"1" * 5000, b"2147483648", b"4294967296"),
    *(b"9223372036854775807", b"-9223372036854775808", b"18446744073709551616", b"65536", b"256"),
    *(
        b'"\\u0000"',
        b'"\\ud83d\\ude00"',
        b'"\\/"',
        b'"\\u202e"',
        b'{"a":1,"a":2}',
        b'{"0":1,"0":2}',
    ),
]
_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 4, 1.5, 10**18, [], {}, [[]], [None], {"": ""}, {"0": 1}),
    *("", " ", "0", "00", "-1", "1", "01", "1.0", "1e1", "null", "true", "x", "é", "😀", "\0"),
    *("product1", "PRODUCT1 ", "default", "german", "admin", "sku", "id", "image", "thumbnail"),
    *("/i/m/image.png", "/i/m/image.jpg", "../../../etc/passwd", "/etc/passwd", "C:\\x", "a/b"),
    *("'; DROP TABLE image; --", "%s%n%x", "{{session}}", "${7*7}", "<script>", "\r\nX: y", "%00"),
    *("product_media.create", "call", "multiCall", "login", "__class__", "constructor", "a" * 300),
    *({"file": None}, {"file": {}}, {"file": []}, {"isFault": True}, {"break": 1}, ["call", []]),
]


def odd_value(random: Random) -> Any:
    """Something that does not belong there."""
    choice = random.random()
    if choice < 0.08:
        return Raw(random.choice(_BROKEN))
    if choice < 0.3:
        return Raw(random.choice(_LITERALS))
    if choice < 0.9:
        return random.choice(_VALUES)
    if choice < 0.93:
        return nested(random.choice([2, 50, 500, 1100, 20_000]), random.choice([b"", b"1", b"{}"]))
    if choice < 0.96:
        return "x" * random.choice([255, 256, 512, 65_536, 200_000])
    if choice < 0.98:
        return [random.choice(_VALUES)] * random.choice([10, 1000, 1001, 5000])
    return {"content": text_of(pictures.png()), "mime": "image/png"}


def mutate(value: Any, random: Random) -> Any:
    """The value with one to three places made odd."""
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        value = _change(value, random)
    return value


def _change(value: Any, random: Random) -> Any:
    # Deeper places are more: go down as long as the coin says so.
    if isinstance(value, dict):
        value = Members(value.items())
    if not value or not isinstance(value, list | tuple) or random.random() < 0.1:
        return odd_value(random)
    if isinstance(value, Members):
        return _change_member(value, random)
    return _change_item(list(value), random)


def _change_member(members: Members, random: Random) -> Members:
    changed = Members(members)
    # The last is the largest: the parameters of a request, the data of an image.
    at = random.choice([random.randrange(len(changed)), len(changed) - 1])
    name, inner = changed[at]
    match random.randrange(10):
        case 0:
            del changed[at]
        case 1:
            changed.insert(random.randrange(len(changed) + 1), (name, odd_value(random)))
        case 2:
            changed[at] = (str(random.choice(_VALUES)), inner)
        case 3:
            changed.append((random.choice(["0", "1", "id", "version", "sku", "x"]), inner))
        case _:
            changed[at] = (name, _change(inner, random))
    return changed


def _change_item(items: list[Any], random: Random) -> list[Any]:
    at = random.choice([random.randrange(len(items)), len(items) - 1])
    match random.randrange(10):
        case 0:
            del items[at]
        case 1:
            items.insert(at, odd_value(random))
        case 2:
            other = random.randrange(len(items))
            items[at], items[other] = items[other], items[at]
        case _:
            items[at] = _change(items[at], random)
    return items

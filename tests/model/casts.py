"""How the reference reads JSON values of another type, as it was measured: a second opinion."""

import re
from decimal import Decimal

_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


def truthy(value: object) -> bool:
    return value not in ("", "0", 0, 0.0, False, None, [], {})


def is_numeric(value: object) -> bool:
    if isinstance(value, str):
        number = _LEADING_NUMBER.match(value)
        return bool(number and not value[number.end() :].strip())
    return isinstance(value, int | float) and not isinstance(value, bool)


def integer(value: object) -> int:
    if isinstance(value, str):
        number = _LEADING_NUMBER.match(value)
        return int(Decimal(number[1])) if number else 0
    if isinstance(value, list | dict):
        return 1 if value else 0
    return int(value) if isinstance(value, int | float) else 0


def clamped(value: object, highest: int) -> int:
    return max(0, min(integer(value), highest))


def string(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list | dict):
        return "Array"
    if isinstance(value, int) and abs(value) < 2**63:
        return str(value)
    assert isinstance(value, int | float)
    text = f"{float(value):.14G}"
    if "E" not in text:
        return text
    mantissa, exponent = text.split("E")
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0')}"

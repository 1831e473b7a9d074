"""How PHP, which the reference server is written in, reads JSON values of another type.

Clients depend on these casts: they send "5" for a position and true for an exclusion.
"""

import math
import re

_NUMBER = re.compile(r"\A[ \t\n\r\v\f]*+([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_AROUND = " \t\n\r\v\f"
_LONGEST = 30


def is_falsy(value: object) -> bool:
    """Whether PHP takes the value for false: also the string "0"."""
    return value in (None, False, 0, "", "0") or value == [] or value == {}


def is_numeric(value: object) -> bool:
    """Whether PHP takes the value for a number: white space around a numeric string is fine."""
    if isinstance(value, str):
        number = _NUMBER.match(value)
        return number is not None and not value[number.end() :].strip(_AROUND)
    return isinstance(value, int | float) and not isinstance(value, bool)


def to_int(value: object) -> int:
    """The value as a PHP integer: "7abc" is 7, "abc" 0, 1.9 is 1, a list with members 1."""
    if isinstance(value, str):
        number = _NUMBER.match(value)
        if not number:
            return 0
        digits = number.group(1)
        if not digits.lstrip("+-").isdigit():
            exact = float(digits)
            return int(exact) if math.isfinite(exact) else int(math.copysign(10**_LONGEST, exact))
        # Longer numbers are far outside any column, and Python refuses to read very long ones.
        sign = -1 if digits.startswith("-") else 1
        return sign * int(digits.lstrip("+-0")[:_LONGEST] or "0")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = _to_float(value)
    if isinstance(value, float):
        return _wrap(int(value)) if math.isfinite(value) else 0
    if isinstance(value, list | dict):
        return int(bool(value))
    return int(value) if isinstance(value, int) else 0


def _wrap(value: int) -> int:
    # Floats wrap around as 64-bit numbers do; strings stop at the largest.
    return (value + 2**63) % 2**64 - 2**63


def to_string(value: object) -> str:
    """The value as a PHP string: 1.50 is "1.5", true "1", null and false "", a list "Array"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list | dict):
        return "Array"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return str(value)
    if isinstance(value, int):
        return _float_to_string(_to_float(value))
    return _float_to_string(value) if isinstance(value, float) else str(value)


def _to_float(value: int) -> float:
    if abs(value) < 10**308:
        return float(value)
    return math.inf if value > 0 else -math.inf


def _float_to_string(value: float) -> str:
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    text = f"{value:.14G}"
    mantissa, mark, exponent = text.partition("E")
    if not mark:
        return text
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0')}"

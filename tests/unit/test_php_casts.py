"""Casts of JSON values to another type, as the reference server was measured to do them."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rpcmedia.operations import php

WORD = 2**63

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # Measured as positions and exclusions of `create`.
        ("5", 5),
        ("7abc", 7),
        ("abc", 0),
        ("", 0),
        (-3, -3),
        (1.5, 1),
        (1.9, 1),
        ("1e3", 1000),
        (True, 1),
        (False, 0),
        ([3], 1),
        ([1], 1),
        ([], 0),
        (2**32, 4_294_967_296),
        (99999, 99999),
        ("true", 0),
        ("yes", 0),
        ("0", 0),
        ("1", 1),
        # The same rules at their edges.
        (None, 0),
        ({}, 0),
        ({"a": 0}, 1),
        ("-3", -3),
        ("+3", 3),
        (" \t\n5", 5),
        ("5 ", 5),
        ("- 5", 0),
        ("1.9", 1),
        ("-1.9", -1),
        (-1.9, -1),
        (".9", 0),
        ("12.", 12),
        (".", 0),
        ("1e", 1),
        ("1e-1", 0),
        ("2.5e2x", 250),
        ("0x1A", 0),
        ("1_000", 1),
        ("1,5", 1),
        (math.inf, 0),
        (-math.inf, 0),
        (math.nan, 0),
    ],
)
def test_a_value_becomes_an_integer_as_php_casts_it(value: object, expected: int) -> None:
    assert php.to_int(value) == expected


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert php.to_int("٣") == 0
    assert php.to_int("1٣") == 1
    assert not php.is_numeric("٣")


def test_leading_zeros_do_not_count_however_many() -> None:
    assert php.to_int("0" * 40 + "5") == 5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # Measured as the echo of the request's id.
        (1, "1"),
        (1.5, "1.5"),
        (1e3, "1000"),
        (True, "1"),
        (False, ""),
        (None, ""),
        (12345678901234567890, "1.2345678901235E+19"),
        (["a"], "Array"),
        ([], "Array"),
        ({"a": 1}, "Array"),
        # Measured as labels and names of files.
        (5, "5"),
        ("", ""),
        (" trim me ", " trim me "),
        ("0", "0"),
        # The same rules at their edges: 14 digits, and an exponent from 1.0E+14 on.
        (-3, "-3"),
        (0, "0"),
        (WORD - 1, "9223372036854775807"),
        (-WORD, "-9223372036854775808"),
        (WORD, "9.2233720368548E+18"),
        (-WORD - 1, "-9.2233720368548E+18"),
        (0.1, "0.1"),
        (1 / 3, "0.33333333333333"),
        (99999999999999.0, "99999999999999"),
        (100000000000000.0, "1.0E+14"),
        (1.5e300, "1.5E+300"),
        (0.0001, "0.0001"),
        (0.00001, "1.0E-5"),
        (-2.5e-10, "-2.5E-10"),
        (0.0, "0"),
        (math.inf, "INF"),
        (-math.inf, "-INF"),
        (math.nan, "NAN"),
    ],
)
def test_a_value_becomes_a_string_as_php_casts_it(value: object, expected: str) -> None:
    assert php.to_string(value) == expected


@pytest.mark.parametrize(("sign", "expected"), [(1, "INF"), (-1, "-INF")])
def test_an_integer_beyond_every_float_is_infinite(sign: int, expected: str) -> None:
    assert php.to_string(sign * 10**400) == expected


@pytest.mark.parametrize("value", [None, False, 0, 0.0, -0.0, "", "0", [], {}])
def test_php_takes_a_value_for_false(value: object) -> None:
    assert php.is_falsy(value)


@pytest.mark.parametrize("value", [True, 1, -1, 0.1, "00", "0.0", " ", "false", "a", [0], {"a": 0}])
def test_php_takes_every_other_value_for_true(value: object) -> None:
    assert not php.is_falsy(value)


@pytest.mark.parametrize(
    "value", [0, 1, -1, 1.5, "01", "1.0", "1e0", "1.5", "-1", "+1", ".5", "5.", " 1", "1 ", "\v1\f"]
)
def test_php_takes_a_value_for_a_number(value: object) -> None:
    assert php.is_numeric(value)


@pytest.mark.parametrize(
    "value",
    [None, True, False, [], [1], {}, "", " ", "abc", "7abc", "0x1A", ".", "e5", "1e", "+", "1 2"],
)
def test_php_takes_every_other_value_for_no_number(value: object) -> None:
    assert not php.is_numeric(value)


@given(st.integers(-WORD, WORD - 1))
def test_a_whole_number_survives_all_casts(number: int) -> None:
    text = php.to_string(number)
    assert text == f"{number:d}"
    assert php.is_numeric(text)
    assert php.to_int(text) == php.to_int(number) == number


@given(
    st.integers(-WORD, WORD - 1),
    st.text(" \t\n\r\v\f", max_size=3),
    st.text(st.characters(exclude_characters=".eE", exclude_categories=["N"]), max_size=5),
)
def test_only_the_number_at_the_beginning_of_a_string_counts(
    number: int, before: str, behind: str
) -> None:
    assert php.to_int(f"{before}{number}{behind}") == number


@given(st.floats(-1e15, 1e15))
def test_a_fraction_is_cut_towards_zero(number: float) -> None:
    whole = php.to_int(number)
    assert abs(whole) <= abs(number) < abs(whole) + 1
    assert whole == 0 or (whole < 0) == (number < 0)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7976931348623157e308)
def test_a_float_as_a_string_keeps_fourteen_digits(number: float) -> None:
    text = php.to_string(number)
    assert php.is_numeric(text)
    assert math.isclose(float(text), number, rel_tol=1e-13, abs_tol=5e-324)
    mantissa, _, exponent = text.partition("E")
    assert sum(character.isdigit() for character in mantissa.lstrip("-0.")) <= 14
    assert not exponent or ("." in mantissa and exponent[0] in "+-" and exponent[1] != "0")


@given(json_values)
@example(10**300)
def test_every_json_value_has_all_casts(value: Any) -> None:
    assert isinstance(php.to_int(value), int)
    assert isinstance(php.to_string(value), str)
    assert isinstance(php.is_numeric(value), bool)
    assert isinstance(php.is_falsy(value), bool)

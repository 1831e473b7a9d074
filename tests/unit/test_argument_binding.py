"""Arguments by position and by name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcmedia.operations.arguments import Arguments
from rpcmedia.operations.faults import InvalidArguments


def bind(given_arguments: object) -> dict[str, Any]:
    """How a method with two required and two optional arguments understands what was sent."""
    arguments = Arguments.read(given_arguments)
    return arguments.bind("media.info", ("productId", "file"), ("store", "identifierType"))


@pytest.mark.parametrize(
    ("sent", "bound"),
    [
        (
            ["p", "/f.jpg"],
            {"productId": "p", "file": "/f.jpg", "store": None, "identifierType": None},
        ),
        (
            ["p", "f", 2, "sku"],
            {"productId": "p", "file": "f", "store": 2, "identifierType": "sku"},
        ),
        # Extra positions are ignored.
        (
            ["p", "f", 2, "sku", "x", []],
            {"productId": "p", "file": "f", "store": 2, "identifierType": "sku"},
        ),
        # Null and false are arguments like others.
        (
            [None, False, None],
            {"productId": None, "file": False, "store": None, "identifierType": None},
        ),
        # An object names its arguments, in any order.
        (
            {"file": "f", "identifierType": "id", "productId": 1},
            {"productId": 1, "file": "f", "store": None, "identifierType": "id"},
        ),
        # Members named with numbers are positions, and may stand beside names.
        (
            {"0": "p", "1": "f"},
            {"productId": "p", "file": "f", "store": None, "identifierType": None},
        ),
        (
            {"0": "p", "file": "f", "store": "german"},
            {"productId": "p", "file": "f", "store": "german", "identifierType": None},
        ),
    ],
)
def test_arguments_are_found_by_position_and_by_name(sent: object, bound: dict[str, Any]) -> None:
    assert bind(sent) == bound


@pytest.mark.parametrize("sent", ["product1", 1, None, True, 1.5])
def test_anything_but_a_list_or_an_object_is_one_argument(sent: object) -> None:
    arguments = Arguments.read(sent)
    assert arguments.bind("media.list", ("productId",), ()) == {"productId": sent}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ([], "productId"),
        (["p"], "file"),
        ("p", "file"),
        ({}, "productId"),
        ({"productId": "p"}, "file"),
        ({"file": "f"}, "productId"),
    ],
)
def test_a_missing_argument_is_refused_by_its_name(sent: object, named: str) -> None:
    with pytest.raises(InvalidArguments) as refusal:
        bind(sent)
    text = str(refusal.value)
    assert f"argument {named} is missing" in text
    # The remedy: all arguments of the method, in their order.
    assert "media.info takes productId, file, store, identifierType." in text


def test_an_unknown_name_is_refused_and_shown() -> None:
    with pytest.raises(InvalidArguments, match="there is no argument 'product'"):
        bind({"product": 1, "file": "f"})


def test_a_long_unknown_name_is_not_shown_in_full() -> None:
    with pytest.raises(InvalidArguments) as refusal:
        bind({"x" * 5000: 1})
    assert "x" * 30 in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_an_argument_given_by_position_and_by_name_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="argument productId is given twice"):
        bind({"0": "p", "productId": "q", "file": "f"})


def test_a_method_without_arguments_ignores_positions() -> None:
    assert Arguments.read([1, 2]).bind("media.none", (), ()) == {}


def test_a_refusal_by_a_method_without_arguments_says_so() -> None:
    with pytest.raises(InvalidArguments, match=r"media\.none takes no arguments"):
        Arguments.read({"a": 1}).bind("media.none", (), ())


@given(st.permutations([("productId", "p"), ("file", "f"), ("store", 3), ("identifierType", "id")]))
def test_the_order_of_names_does_not_matter(members: list[tuple[str, object]]) -> None:
    assert bind(dict(members)) == {
        "productId": "p",
        "file": "f",
        "store": 3,
        "identifierType": "id",
    }

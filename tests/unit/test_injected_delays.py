"""How long an injected delay is: around what was asked for, never below 0, the same for a seed."""

import random
from statistics import mean, stdev
from typing import Literal

import pytest

from rpcmedia.operations.injection import Delay

Distribution = Literal["uniform", "normal"]
DISTRIBUTIONS: list[Distribution] = ["uniform", "normal"]


def draw(delay: Delay, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [delay.seconds(chance) for _ in range(2000)]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_without_spread_it_is_what_was_asked_for(distribution: Distribution) -> None:
    assert set(draw(Delay(250, distribution=distribution))) == {0.25}


def test_uniform_delays_fill_the_spread_to_both_sides() -> None:
    drawn = draw(Delay(200, 50, "uniform"))

    assert 0.150 <= min(drawn) < 0.155
    assert 0.245 < max(drawn) <= 0.250


def test_normal_delays_have_the_spread_as_their_deviation() -> None:
    drawn = draw(Delay(200, 50, "normal"))

    assert 0.195 < mean(drawn) < 0.205
    assert 0.045 < stdev(drawn) < 0.055
    assert max(drawn) > 0.300


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_no_delay_is_below_zero(distribution: Distribution) -> None:
    assert min(draw(Delay(10, 100, distribution))) == 0


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_seed_gives_the_same_delays(distribution: Distribution) -> None:
    delay = Delay(200, 50, distribution)

    assert draw(delay, 3) == draw(delay, 3) != draw(delay, 4)

"""How long an attempt waits, on a clock that the test moves."""

import asyncio
import os
from dataclasses import dataclass, field

import pytest

from rpcmedia.operations.faults import Busy
from rpcmedia.operations.throttle import Throttle
from tests.support.controlled import eventually

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
DELAYS = [0, 0, 0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]
"""Of one failure after another."""


@dataclass
class Attempts:
    """A throttle whose clock stands until it is moved, and attempts that tell how they waited."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.throttle = Throttle(lambda: self.now, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def attempt(
        self, name: str = "apiuser", address: str | None = HERE, *, right: bool = False
    ) -> float:
        """Try a key; the delay before it was looked at."""
        self.slept.clear()

        async def look() -> str | None:
            return "found" if right else None

        assert await self.throttle.attempt(name, address, look) == ("found" if right else None)
        return sum(self.slept)

    async def fail(self, times: int, name: str = "apiuser", address: str = HERE) -> list[float]:
        """Try wrong keys; their delays."""
        return [await self.attempt(name, address) for _ in range(times)]


async def test_the_delay_doubles_after_three_failures_up_to_two_seconds() -> None:
    assert await Attempts().fail(len(DELAYS)) == DELAYS


async def test_no_number_of_failures_makes_it_longer() -> None:
    attempts = Attempts()
    assert (await attempts.fail(3000))[-1] == 2.0
    assert await attempts.attempt(right=True) == 2.0


async def test_failures_count_for_their_user_from_anywhere() -> None:
    attempts = Attempts()
    await attempts.fail(5, "apiuserß")
    # Spelled in any way that finds the user.
    for number, name in enumerate(("apiuserß", "APIuserß", "apiuserSS", "apiuserß  "), start=5):
        assert await attempts.attempt(name, ELSEWHERE) == DELAYS[number]


async def test_failures_count_for_their_address_with_any_name() -> None:
    attempts = Attempts()
    assert [await attempts.attempt(f"user {n}") for n in range(6)] == DELAYS[:6]


async def test_the_longer_of_both_delays_counts() -> None:
    attempts = Attempts()
    await attempts.fail(4, "one", HERE)
    await attempts.fail(7, "other", ELSEWHERE)
    assert await attempts.attempt("one", ELSEWHERE) == DELAYS[7]
    assert await attempts.attempt("other", HERE) == DELAYS[7]


async def test_others_do_not_wait() -> None:
    attempts = Attempts()
    await attempts.fail(20)
    assert await attempts.attempt("another", ELSEWHERE) == 0


async def test_names_and_addresses_of_all_kinds_are_counted() -> None:
    attempts = Attempts()
    for name, address in (("\ud800", None), ("x" * 100_000, "2001:db8::1"), ("", "?")):
        assert [await attempts.attempt(name, address) for _ in range(4)] == DELAYS[:4]


async def test_a_right_key_ends_the_delay_of_its_user_and_not_of_its_address() -> None:
    attempts = Attempts()
    await attempts.fail(6)
    assert await attempts.attempt(right=True) == DELAYS[6]
    assert await attempts.attempt(address=ELSEWHERE, right=True) == 0
    # Neither more nor less than before the right key.
    assert await attempts.attempt("another", HERE) == DELAYS[6]


async def test_right_keys_count_nothing() -> None:
    attempts = Attempts()
    assert [await attempts.attempt(right=True) for _ in range(20)] == [0] * 20


async def test_failures_are_forgotten_five_minutes_after_the_last() -> None:
    attempts = Attempts()
    await attempts.fail(6)
    attempts.now += 299
    assert await attempts.attempt() == DELAYS[6]
    attempts.now += 299
    assert await attempts.attempt() == DELAYS[7]
    attempts.now += 300
    assert await attempts.attempt() == 0


async def test_an_attempt_is_counted_before_it_waits() -> None:
    waits: list[float] = []

    async def sleep_for_ever(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.Event().wait()

    async def look() -> None:
        return None

    throttle = Throttle(sleep=sleep_for_ever)
    for _ in range(3):
        await throttle.attempt("apiuser", HERE, look)
    for _ in range(4):
        # Who hangs up and comes again has lost by it.
        hung_up = asyncio.create_task(throttle.attempt("apiuser", HERE, look))
        await asyncio.sleep(0)
        hung_up.cancel()
        await asyncio.wait([hung_up])
    assert waits == DELAYS[3:7]


async def test_what_fails_for_another_reason_is_no_guess() -> None:
    attempts = Attempts()

    async def look() -> None:
        raise OSError

    for _ in range(10):
        with pytest.raises(OSError):
            await attempts.throttle.attempt("apiuser", HERE, look)
    assert await attempts.attempt() == 0


async def test_the_keys_of_one_address_are_looked_at_one_by_one() -> None:
    throttle = Throttle(sleep=lambda seconds: asyncio.sleep(0))
    at_once = {HERE: 0, ELSEWHERE: 0}
    seen = []

    async def attempt(address: str) -> None:
        async def look() -> None:
            at_once[address] += 1
            seen.append((at_once[HERE], at_once[ELSEWHERE]))
            await asyncio.sleep(0.001)
            at_once[address] -= 1

        await throttle.attempt("apiuser", address, look)

    await asyncio.gather(*(attempt(HERE) for _ in range(20)), attempt(ELSEWHERE))
    assert max(here for here, _ in seen) == 1
    # The one from elsewhere did not wait for the crowd.
    assert next(n for n, (_, elsewhere) in enumerate(seen) if elsewhere) < 5


async def test_a_crowd_of_one_address_is_bounded_and_others_come_through() -> None:
    throttle = Throttle(sleep=lambda seconds: asyncio.sleep(0))
    go = asyncio.Event()

    async def look() -> str:
        await go.wait()
        return "found"

    crowd = [asyncio.create_task(throttle.attempt("one", HERE, look)) for _ in range(70)]
    await eventually(lambda: asyncio.sleep(0, sum(task.done() for task in crowd) == 6))
    other = asyncio.create_task(throttle.attempt("two", ELSEWHERE, look))
    go.set()
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert await other == "found"
    assert answers.count("found") == 64
    assert sum(isinstance(answer, Busy) for answer in answers) == 6
    # Nothing is left of it.
    assert await throttle.attempt("one", HERE, look) == "found"


def test_forked_processes_count_together() -> None:
    attempts = Attempts()
    child = os.fork()
    if not child:
        try:
            asyncio.run(attempts.fail(4))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert asyncio.run(attempts.attempt()) == DELAYS[4]

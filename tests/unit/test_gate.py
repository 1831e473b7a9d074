"""The gate: calls go through side by side, and what must be alone is alone."""

import asyncio

import pytest

from rpcmedia.operations.gate import Gate

SECONDS = 20


async def let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def log() -> list[str]:
    return []


async def pass_through(gate: Gate, log: list[str], name: str, until: asyncio.Event) -> None:
    async with gate.passing():
        log.append(f"{name} in")
        await until.wait()
        log.append(f"{name} out")


async def close(gate: Gate, log: list[str], name: str, until: asyncio.Event) -> None:
    async with gate.closed():
        log.append(f"{name} alone")
        await until.wait()
        log.append(f"{name} done")


async def test_calls_go_through_side_by_side(log: list[str]) -> None:
    gate, until = Gate(), asyncio.Event()
    calls = [asyncio.create_task(pass_through(gate, log, n, until)) for n in "ab"]
    await let_others_run()

    assert log == ["a in", "b in"]
    until.set()
    await asyncio.gather(*calls)


async def test_closing_waits_for_all_who_are_inside(log: list[str]) -> None:
    gate, first, second = Gate(), asyncio.Event(), asyncio.Event()
    tasks = [
        asyncio.create_task(pass_through(gate, log, "a", first)),
        asyncio.create_task(pass_through(gate, log, "b", second)),
    ]
    await let_others_run()
    tasks.append(asyncio.create_task(close(gate, log, "reset", first)))
    first.set()
    await let_others_run()
    assert log == ["a in", "b in", "a out"]

    second.set()
    await asyncio.gather(*tasks)

    assert log[3:] == ["b out", "reset alone", "reset done"]


async def test_calls_that_come_while_it_is_closed_wait(log: list[str]) -> None:
    gate, until = Gate(), asyncio.Event()
    tasks = [asyncio.create_task(close(gate, log, "reset", until))]
    await let_others_run()
    tasks += [asyncio.create_task(pass_through(gate, log, n, until)) for n in "ab"]
    await let_others_run()
    assert log == ["reset alone"]

    until.set()
    await asyncio.gather(*tasks)

    assert log[:2] == ["reset alone", "reset done"]
    assert set(log[2:]) == {"a in", "a out", "b in", "b out"}


async def test_calls_do_not_keep_it_from_closing(log: list[str]) -> None:
    gate, first, rest = Gate(), asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(pass_through(gate, log, "a", first))]
    await let_others_run()
    tasks.append(asyncio.create_task(close(gate, log, "reset", rest)))
    await let_others_run()
    tasks.append(asyncio.create_task(pass_through(gate, log, "b", rest)))
    rest.set()
    first.set()
    await asyncio.gather(*tasks)

    assert log == ["a in", "a out", "reset alone", "reset done", "b in", "b out"]


async def test_two_who_close_it_are_alone_one_after_the_other(log: list[str]) -> None:
    gate, until = Gate(), asyncio.Event()
    tasks = [asyncio.create_task(close(gate, log, n, until)) for n in ("save", "reset")]
    await let_others_run()
    assert log == ["save alone"]

    until.set()
    await asyncio.gather(*tasks)

    assert log == ["save alone", "save done", "reset alone", "reset done"]


async def test_it_opens_again_after_a_failure() -> None:
    gate = Gate()
    with pytest.raises(ZeroDivisionError):
        async with gate.closed():
            1 / 0  # noqa: B018
    with pytest.raises(ZeroDivisionError):
        async with gate.passing():
            1 / 0  # noqa: B018

    async with asyncio.timeout(SECONDS):
        async with gate.closed():
            pass
        async with gate.passing():
            pass


async def test_who_gives_up_waiting_leaves_nothing_closed(log: list[str]) -> None:
    gate, until = Gate(), asyncio.Event()
    call = asyncio.create_task(pass_through(gate, log, "a", until))
    await let_others_run()
    closing = asyncio.create_task(close(gate, log, "reset", until))
    await let_others_run()
    closing.cancel()
    await let_others_run()

    async with asyncio.timeout(SECONDS), gate.passing():
        assert log == ["a in"]
    until.set()
    await call

"""Session ids that come from a seed, so that they are the same in each run."""

from pathlib import Path

import pytest

from tests.support.controlled import Controlled, controlling


async def ids(server: Controlled) -> list[str]:
    start = {"jsonrpc": "2.0", "id": 1, "method": "startSession"}
    return [await server.login(), (await server.send(start))["result"], await server.login()]


@pytest.mark.parametrize("control", [True, False])
async def test_a_seed_gives_the_same_ids_in_each_run(tmp_path: Path, control: bool) -> None:
    runs = []
    for number, seed in enumerate((7, 7, 8)):
        async with controlling(tmp_path / str(number), seed=seed, control=control) as server:
            runs.append(await ids(server))

    assert runs[0] == runs[1]
    assert len({*runs[0], *runs[2]}) == 6
    assert [len(session) for session in runs[0]] == [32, 32, 32]


async def test_without_a_seed_they_differ(tmp_path: Path) -> None:
    async with controlling(tmp_path / "a") as one, controlling(tmp_path / "b") as other:
        assert len({*await ids(one), *await ids(other)}) == 6


async def test_a_reset_starts_them_again(tmp_path: Path) -> None:
    async with controlling(tmp_path, seed=7) as server:
        first = await ids(server)
        await server.control("POST", "/reset", {"scope": "all"})

        assert await ids(server) == first


async def test_an_id_in_use_is_not_given_again(tmp_path: Path) -> None:
    async with controlling(tmp_path, seed=7) as server:
        first = [await server.login(), await server.login()]
    async with controlling(tmp_path, seed=7) as server:
        assert await server.login() not in first
        assert [await server.fault_of(session) for session in first] == [None, None]


async def test_the_seed_of_a_profile_with_longer_ids(tmp_path: Path) -> None:
    async with controlling(tmp_path, seed=7, profile="openmage") as server:
        session = await server.login()

        assert len(session) == 64
        assert await server.fault_of(session) is None

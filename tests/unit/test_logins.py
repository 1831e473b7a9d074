"""Users by name and key: what costs nothing, what costs the same, and what is warned of."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from rpcmedia import wiring
from rpcmedia.operations.faults import AccessDenied
from rpcmedia.operations.keys import Keys
from rpcmedia.operations.logins import Logins
from tests.support.server import CATALOG, KEY, USER

Events = list[MutableMapping[str, Any]]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Events]:
    # A logger that has written once keeps to where it wrote.
    monkeypatch.setattr("rpcmedia.operations.logins.log", structlog.get_logger())
    with capture_logs() as events:
        yield events
    # Other tests look at whether logs were set up.
    structlog.reset_defaults()


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[wiring.Folder]:
    async with wiring.open_folder(tmp_path, ephemeral=True) as opened:
        await wiring.load_catalog(opened, CATALOG)
        yield opened


async def test_a_name_that_nobody_has_costs_a_hash_as_a_wrong_key_does(
    folder: wiring.Folder,
) -> None:
    logins = Logins(folder.accounts, folder.keys)
    with pytest.raises(AccessDenied):
        await logins.user("nobody", KEY, None)
    # Without its threads nothing can be hashed any more.
    folder.keys.close()
    for name in ("nobody", USER):
        with pytest.raises(RuntimeError):
            await logins.user(name, "wrong", None)


async def test_a_hash_of_less_work_is_renewed_with_the_next_right_key(
    folder: wiring.Folder,
) -> None:
    before = await folder.accounts.user_by_name(USER)
    assert before
    keys = Keys(await folder.accounts.folder_secret())
    try:
        assert keys.is_outdated(before.key_hash)
        logins = Logins(folder.accounts, keys)
        with pytest.raises(AccessDenied):
            await logins.user(USER, "wrong", None)
        assert await folder.accounts.user_by_name(USER) == before
        for _ in range(2):
            assert (await logins.user(USER, KEY, None)).id == before.id
        after = await folder.accounts.user_by_name(USER)
        assert after
        assert not keys.is_outdated(after.key_hash)
        assert await keys.is_right(after, KEY)
    finally:
        keys.close()


def warned_of(logged: Events) -> list[str]:
    return [event["of"] for event in logged if event["log_level"] == "warning"]


async def test_the_first_key_from_each_other_machine_is_warned_of(
    folder: wiring.Folder, logged: Events
) -> None:
    logins = Logins(folder.accounts, folder.keys, in_clear=True)
    for address in ("192.0.2.1", "127.0.0.1", "2001:db8::1", "::1", None, "192.0.2.1"):
        await logins.user(USER, KEY, address)
    with pytest.raises(AccessDenied):
        await logins.user(USER, "wrong", "192.0.2.2")
    assert warned_of(logged) == ["192.0.2.1", "2001:db8::1", "192.0.2.2"]
    assert KEY not in str(logged)


async def test_no_number_of_addresses_fills_the_log_or_the_memory(
    folder: wiring.Folder, logged: Events
) -> None:
    logins = Logins(folder.accounts, folder.keys, in_clear=True)
    for number in range(1100):
        await logins.user(USER, KEY, f"192.0.{number // 250}.{number % 250}")
    assert len(warned_of(logged)) == 1000


async def test_over_tls_nobody_is_warned_of(folder: wiring.Folder, logged: Events) -> None:
    await Logins(folder.accounts, folder.keys).user(USER, KEY, "192.0.2.1")
    assert warned_of(logged) == []

"""A server without TLS warns of keys from other machines; here 127.0.0.2 is taken for one."""

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from rpcmedia import wiring
from rpcmedia.settings import Settings
from tests.support.certificates import certify
from tests.support.clients import answer
from tests.support.server import CATALOG, KEY, USER

OTHER_MACHINES = ("127.0.0.2", "127.0.0.3")


Events = list[MutableMapping[str, Any]]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Events]:
    monkeypatch.setattr(
        "rpcmedia.operations.logins.is_loopback", lambda address: address not in OTHER_MACHINES
    )
    # A logger that has written once keeps to where it wrote.
    monkeypatch.setattr("rpcmedia.operations.logins.log", structlog.get_logger())
    with capture_logs() as events:
        yield events
    # Other tests look at whether logs were set up.
    structlog.reset_defaults()


async def send_keys(data: Path, logged: Events, *, tls: bool) -> list[str]:
    """Send keys from several addresses; those that were warned of."""
    settings: dict[str, Any] = {"data": data / "d", "port": 0, "catalog": CATALOG}
    trusted: Any = True
    if tls:
        certified = certify(data)
        settings |= {"tls_cert": certified.cert, "tls_key": certified.key}
        trusted = certified.client()
    async with wiring.running(Settings(ephemeral=True, **settings)) as server:
        call = ("call", None, "product_media.types", [10])
        for address in ("127.0.0.1", OTHER_MACHINES[0], OTHER_MACHINES[0]):
            login = ("login", USER, KEY)
            assert "result" in await answer(server.address, *login, address=address, ssl=trusted)
        for basic in (None, (USER, KEY), (USER, "wrong")):
            address = OTHER_MACHINES[1]
            await answer(server.address, *call, address=address, basic=basic, ssl=trusted)
            if basic is None:
                assert OTHER_MACHINES[1] not in str(logged)
    return [event["of"] for event in logged if event["log_level"] == "warning"]


async def test_a_login_or_basic_from_another_machine_is_warned_of_once(
    tmp_path: Path, logged: Events
) -> None:
    assert await send_keys(tmp_path, logged, tls=False) == list(OTHER_MACHINES)


async def test_over_tls_there_is_nothing_to_warn_of(tmp_path: Path, logged: Events) -> None:
    assert await send_keys(tmp_path, logged, tls=True) == []

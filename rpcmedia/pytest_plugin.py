"""The pytest plugin: fixtures `rpcmedia_server` and `rpcmedia_control`, marker `rpcmedia`.

Every project that has this package installed imports this file: it imports nothing of its own
until a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rpcmedia.testing import Control, Server


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "rpcmedia(tape=None, profile=None, catalog=None, seed=None, ...): how rpcmedia_server"
        " starts; paths are relative to the test file, and any setting of `serve` may be given.",
    )


@pytest.fixture
def rpcmedia_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of its own for this test; see rpcmedia.testing.Server."""
    from rpcmedia.testing import Server

    # Markers add up: what stands nearest to the test wins.
    arguments: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("rpcmedia"))):
        arguments |= _arguments(request, marker)
    with Server(**arguments) as server:
        yield server


@pytest.fixture
def rpcmedia_control(rpcmedia_server: Server) -> Control:
    """What controls rpcmedia_server; see rpcmedia.testing.Control."""
    return rpcmedia_server.control


def _arguments(request: pytest.FixtureRequest, marker: pytest.Mark) -> dict[str, Any]:
    if marker.args:
        raise pytest.UsageError("Name the arguments of the marker rpcmedia: tape=, profile=, …")
    arguments = dict(marker.kwargs)
    for name in ("tape", "catalog"):
        if arguments.get(name) is not None and not isinstance(arguments[name], dict):
            arguments[name] = request.path.parent / arguments[name]
    return arguments

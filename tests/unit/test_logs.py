"""Logs: JSON lines, or text on a terminal, and never a secret in them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from rpcmedia.logs import set_up_logs

SESSION = "0123456789abcdef" * 2
LONG_SESSION = "0123456789ABCDEF" * 4
CONTENT = "QUJD" * 60
"""An image's content, shorter than any real one."""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    # Logs are set up for the whole process: other tests must not write into this one's stream.
    handlers, level = logging.root.handlers, logging.root.level
    logging.root.handlers = []
    yield
    logging.root.handlers, logging.root.level = handlers, level
    structlog.reset_defaults()


def logged(stream: io.StringIO) -> dict[str, Any]:
    """The one line that was logged."""
    (line,) = stream.getvalue().splitlines()
    entry: dict[str, Any] = json.loads(line)
    return entry


@pytest.fixture
def stream() -> io.StringIO:
    """Where JSON lines go."""
    target = io.StringIO()
    set_up_logs(target)
    return target


def test_away_from_a_terminal_an_event_is_one_json_line(stream: io.StringIO) -> None:
    structlog.get_logger().info("server started", port=8080)
    entry = logged(stream)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "server started", "port": 8080, "level": "info"}


def test_on_a_terminal_an_event_is_readable_text() -> None:
    stream = Terminal()
    set_up_logs(stream)
    structlog.get_logger().info("server started", port=8080)
    assert "server started" in stream.getvalue()
    assert "8080" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_debug_events_are_not_logged(stream: io.StringIO) -> None:
    structlog.get_logger().debug("too much")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "name", ["key", "api_key", "session", "session_id", "authorization", "content"]
)
def test_values_with_the_name_of_a_secret_are_hidden(stream: io.StringIO, name: str) -> None:
    structlog.get_logger().info("event", **{name: "short"})
    assert logged(stream)[name] == "[hidden]"


@pytest.mark.parametrize(
    "secret", [SESSION, SESSION.upper(), LONG_SESSION, CONTENT, f"{CONTENT}=="]
)
@pytest.mark.parametrize("around", ["{}", "for {}.", '"{}"', "/media/{}/x.jpg", "session={}&a=1"])
def test_session_ids_and_content_are_hidden_by_their_shape(
    stream: io.StringIO, secret: str, around: str
) -> None:
    structlog.get_logger().info(around.format(secret), told=around.format(secret))
    assert secret not in stream.getvalue()
    assert logged(stream)["told"].count("[hidden]") == 1


@pytest.mark.parametrize("secret", [SESSION, LONG_SESSION, CONTENT])
def test_secrets_are_hidden_on_a_terminal_too(secret: str) -> None:
    stream = Terminal()
    set_up_logs(stream)
    structlog.get_logger().warning(f"bad {secret}", key="apikey123", told=secret)
    assert secret not in stream.getvalue()
    assert "apikey123" not in stream.getvalue()
    assert stream.getvalue().count("[hidden]") == 3


def test_secrets_inside_lists_and_objects_are_hidden(stream: io.StringIO) -> None:
    structlog.get_logger().info("event", params=[SESSION], request={"api_key": "apikey123"})
    assert SESSION not in stream.getvalue()
    assert "apikey123" not in stream.getvalue()


def test_short_hex_and_plain_text_are_shown(stream: io.StringIO) -> None:
    digits = "0123456789abcdef0123456789abcde"
    structlog.get_logger().info("event", request_id=digits, sku="product1", file="/i/m/image.jpg")
    entry = logged(stream)
    assert entry["request_id"] == digits
    assert (entry["sku"], entry["file"]) == ("product1", "/i/m/image.jpg")


def test_secrets_in_the_text_of_an_exception_are_hidden(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"no session {SESSION}")
    except ValueError:
        structlog.get_logger().exception("operation failed")
    entry = logged(stream)
    assert SESSION not in stream.getvalue()
    assert "ValueError: no session [hidden]" in entry["exception"]


def test_an_exception_on_a_terminal_is_shown_without_secrets() -> None:
    stream = Terminal()
    set_up_logs(stream)
    try:
        raise ValueError(f"no session {SESSION}")
    except ValueError:
        structlog.get_logger().exception("operation failed")
    assert SESSION not in stream.getvalue()
    assert "no session [hidden]" in stream.getvalue()


def test_logs_of_libraries_have_the_same_shape_and_hide_the_same(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").warning("bad request of %s", SESSION)
    entry = logged(stream)
    assert (entry["event"], entry["level"]) == ("bad request of [hidden]", "warning")


def test_exceptions_in_logs_of_libraries_are_logged_with_the_event(stream: io.StringIO) -> None:
    try:
        raise ValueError(SESSION)
    except ValueError:
        logging.getLogger("aiohttp.server").exception("unhandled")
    entry = logged(stream)
    assert entry["event"] == "unhandled"
    assert "ValueError: [hidden]" in entry["exception"]


def test_chatter_of_libraries_is_not_logged(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").info("using selector")
    assert stream.getvalue() == ""

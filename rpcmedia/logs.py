"""Structured logs on standard error: readable on a terminal, JSON lines anywhere else.

Nothing that looks like a session id or a key gets through, whoever logs it.
"""

import logging
import re
import sys
from typing import Any, TextIO

import structlog

_SECRET_NAMES = {
    *("key", "api_key", "apiKey", "session", "session_id", "sessionId", "authorization"),
    "content",
}
_SECRET_SHAPE = re.compile(
    r"[0-9a-fA-F]{32,}|[A-Za-z0-9+/]{200,}={0,2}|(?<=Basic )\s*[\w+/=]+|(?<=Bearer )\s*\S+",
    re.IGNORECASE,
)
_HIDDEN = "[hidden]"


def set_up_logs(stream: TextIO | None = None) -> None:
    """Send the logs of this program and of its libraries to a stream, standard error by default."""
    stream = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(_without_bad_requests)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def log_through_logging() -> None:
    """Hand logs to the module logging, unless the program at hand has set structlog up itself."""
    if structlog.is_configured():
        return
    processors: list[Any] = [
        structlog.stdlib.filter_by_level,
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _without_bad_requests(record: logging.LogRecord) -> bool:
    # aiohttp shows what it could not read as HTTP, and that may be the body of a login.
    if record.name == "aiohttp.server" and str(record.msg).startswith("Error handling request"):
        record.msg, record.args, record.exc_info = "bad HTTP request", (), None
    return True


def hide_secrets(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide values by their name, and session ids and image content by their shape."""
    return {name: _hide(name, value) for name, value in event.items()}


def _hide(name: object, value: Any) -> Any:
    if name in _SECRET_NAMES:
        return _HIDDEN
    if isinstance(value, str):
        return _SECRET_SHAPE.sub(_HIDDEN, value)
    if isinstance(value, dict):
        return {inner: _hide(inner, member) for inner, member in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(None, member) for member in value]
    return value

"""Structured logs on standard error: readable on a terminal, JSON lines anywhere else.

Nothing that looks like a session id or a key gets through, whoever logs it.
"""

import logging
import re
import sys
from typing import Any, TextIO

import structlog

_SECRET_NAMES = {"key", "api_key", "session", "session_id", "authorization", "content"}
_SECRET_SHAPE = re.compile(r"\b[0-9a-fA-F]{32,}\b|[A-Za-z0-9+/]{200,}={0,2}")
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
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def hide_secrets(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide values by their name, and session ids and image content by their shape."""
    for name, value in event.items():
        if name in _SECRET_NAMES:
            event[name] = _HIDDEN
        elif isinstance(value, str):
            event[name] = _SECRET_SHAPE.sub(_HIDDEN, value)
    return event

"""Metrics and logs of requests. The only door to prometheus-client.

Neither holds a key, a session id or image content: labels are names this program knows, and logs
get only what is handed to them here.
"""

from functools import cache

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

log = structlog.get_logger(__name__)


class Telemetry:
    """Counts calls by method and fault, their time and the bytes in and out."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, *, log_calls: bool = False) -> None:
        self._log_calls = log_calls
        self._registry = CollectorRegistry()
        self._calls = Counter(
            "rpcmedia_calls",
            "Calls by face, method and fault; the fault of a success is empty.",
            ("face", "method", "fault"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "rpcmedia_call_seconds",
            "Time from a call read to its answer made.",
            ("face", "method"),
            registry=self._registry,
        )
        self._bytes = Counter(
            "rpcmedia_bytes",
            "Bytes of bodies by face and direction.",
            ("face", "direction"),
            registry=self._registry,
        )
        # Finding the counter of some labels costs more than counting.
        self._call_counter = cache(
            lambda face, method, fault: self._calls.labels(
                face, method, "" if fault is None else str(fault)
            )
        )
        self._call_timer = cache(lambda face, method: self._seconds.labels(face, method))
        self._byte_counter = cache(lambda face, way: self._bytes.labels(face, way))

    def call(self, face: str, method: str, fault: int | None, seconds: float) -> None:
        """Count one call; `fault` is the number or JSON-RPC code, None for a success."""
        self._call_counter(face, method, fault).inc()
        self._call_timer(face, method).observe(seconds)
        if fault is not None:
            log.info("fault", face=face, method=method, fault=fault, ms=round(seconds * 1000, 1))
        elif self._log_calls:
            log.info("call", face=face, method=method, ms=round(seconds * 1000, 1))

    def traffic(self, face: str, received: int, sent: int) -> None:
        """Count the bytes of one exchange."""
        self._byte_counter(face, "in").inc(received)
        self._byte_counter(face, "out").inc(sent)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

"""Metrics and logs of requests. The only door to prometheus-client.

Neither holds a key, a session id or image content: labels are names this program knows, and logs
get only what is handed to them here.
"""

import os
from collections import defaultdict
from functools import cache
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, values
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_MOST_UNCOUNTED = 200

log = structlog.get_logger(__name__)


class Telemetry:
    """Counts calls by method and fault, their time and the bytes in and out."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, shared: Path | None = None, *, log_calls: bool = False) -> None:
        """Count for this process alone, or in a folder for all processes that are given it."""
        self._log_calls = log_calls
        self._shared = shared
        if shared:
            # The library looks at the environment when it is imported, and that was before the
            # workers were forked; the folder itself it looks up later.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(shared)
            values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # has no types
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
        # Counting many in a row takes half the time of counting each between other work. Workers
        # count at once, for any of them may be asked for the counts of all.
        self._uncounted: list[tuple[str, str, int | None, float]] = []
        self._uncounted_bytes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
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
        self._uncounted.append((face, method, fault, seconds))
        if self._shared or len(self._uncounted) >= _MOST_UNCOUNTED:
            self._count()
        if fault is not None:
            log.info("fault", face=face, method=method, fault=fault, ms=round(seconds * 1000, 1))
        elif self._log_calls:
            log.info("call", face=face, method=method, ms=round(seconds * 1000, 1))

    def traffic(self, face: str, received: int, sent: int) -> None:
        """Count the bytes of one exchange."""
        uncounted = self._uncounted_bytes[face]
        uncounted[0] += received
        uncounted[1] += sent
        if self._shared:
            self._count()

    def _count(self) -> None:
        for face, method, fault, seconds in self._uncounted:
            self._call_counter(face, method, fault).inc()
            self._call_timer(face, method).observe(seconds)
        self._uncounted.clear()
        for face, (received, sent) in self._uncounted_bytes.items():
            self._byte_counter(face, "in").inc(received)
            self._byte_counter(face, "out").inc(sent)
        self._uncounted_bytes.clear()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        self._count()
        if self._shared is None:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, str(self._shared))  # type: ignore[no-untyped-call]  # no types
        return generate_latest(everyone)

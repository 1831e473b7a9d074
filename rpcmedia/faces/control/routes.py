"""The routes of the control face: one table, for the router and for the OpenAPI document."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rpcmedia.faces.control import bodies, handlers


@dataclass(frozen=True, slots=True)
class Route:
    """One request: what it takes, with an example of each, and what it answers."""

    method: str
    path: str
    handler: Callable[[handlers.Request], Awaitable[Any]]
    answers: Any = None
    """The type of the answer; None for none."""
    status: int = 200
    takes: Any = None
    """The type of the body; None for none."""
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Bodies by a name in words."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """An example of each part of the path."""
    filters: Mapping[str, tuple[str, str | int]] = field(default_factory=dict)
    """What each member of the query means, and an example."""
    refusals: tuple[int, ...] = ()
    """Statuses of refusals, beside 401."""


_FILTERS: dict[str, tuple[str, str | int]] = {
    "method": ("A method, or a pattern with * and ?.", "product_media.*"),
    "sku": ("The product argument; case does not count.", "product1"),
    "fault": ("A fault number, or any, or none.", "103"),
    "since": ("Calls after the one of this number.", 0),
}
_LIMIT: dict[str, tuple[str, str | int]] = {
    "limit": ("How many of the last calls at most; 100 if absent.", 20)
}
_NAME = {"name": "one-image"}
_RULE = {"id": "1"}

_RULES: dict[str, dict[str, Any]] = {
    "the third create fails after its image was made": {
        "action": "fault",
        "method": "product_media.create",
        "nth": 3,
        "when": "after",
        "number": 104,
        "message": "Cannot create image. The disk is full.",
    },
    "a busy server, for one product": {"action": "status", "sku": "product1", "status": 503},
    "every second call takes 0.2 s, more or less": {
        "action": "delay",
        "milliseconds": 200,
        "spread": 50,
        "distribution": "normal",
        "chance": 0.5,
    },
    "one lost answer": {
        "action": "drop",
        "method": "product_media.*",
        "times": 1,
        "when": "after",
    },
    "one answer cut off": {"action": "truncate", "after_bytes": 20, "times": 1},
}

_CLOCK: dict[str, dict[str, Any]] = {
    "stand still": {"frozen_at": "2026-01-01T00:00:00Z"},
    "stand still now": {"frozen_at": None},
    "a day later": {"move_by": 86400},
    "go on from a time": {"set_to": 1767225600},
    "the real time": {"release": True},
}

ROUTES = (
    Route(
        "POST",
        "/reset",
        handlers.reset,
        bodies.Reset,
        takes=bodies.Reset,
        examples={"as after the start": {"scope": "all"}, "log out": {"scope": "sessions"}},
        refusals=(400,),
    ),
    Route("GET", "/snapshots", handlers.list_snapshots, bodies.SnapshotList),
    Route(
        "PUT",
        "/snapshots/{name}",
        handlers.save_snapshot,
        bodies.SnapshotInfo,
        parts=_NAME,
        refusals=(400,),
    ),
    Route(
        "GET",
        "/snapshots/{name}",
        handlers.show_snapshot,
        bodies.SnapshotInfo,
        parts=_NAME,
        refusals=(404,),
    ),
    Route(
        "POST",
        "/snapshots/{name}/restore",
        handlers.restore_snapshot,
        bodies.SnapshotInfo,
        parts=_NAME,
        refusals=(400, 404),
    ),
    Route(
        "DELETE",
        "/snapshots/{name}",
        handlers.delete_snapshot,
        status=204,
        parts=_NAME,
        refusals=(400, 404),
    ),
    Route(
        "GET",
        "/journal",
        handlers.list_calls,
        bodies.CallList,
        filters=_FILTERS | _LIMIT,
        refusals=(400,),
    ),
    Route(
        "GET",
        "/journal/count",
        handlers.count_calls,
        bodies.CallCount,
        filters=_FILTERS,
        refusals=(400,),
    ),
    Route("GET", "/faults", handlers.list_rules, bodies.RuleList),
    Route(
        "POST",
        "/faults",
        handlers.add_rule,
        bodies.RuleState,
        status=201,
        takes=bodies.AnyRule,
        examples=_RULES,
        refusals=(400,),
    ),
    Route("DELETE", "/faults", handlers.delete_rules, status=204),
    Route(
        "GET", "/faults/{id}", handlers.show_rule, bodies.RuleState, parts=_RULE, refusals=(404,)
    ),
    Route("DELETE", "/faults/{id}", handlers.delete_rule, status=204, parts=_RULE, refusals=(404,)),
    Route("GET", "/clock", handlers.show_clock, bodies.ClockState),
    Route(
        "POST",
        "/clock",
        handlers.change_clock,
        bodies.ClockState,
        takes=bodies.ClockChange,
        examples=_CLOCK,
        refusals=(400,),
    ),
)

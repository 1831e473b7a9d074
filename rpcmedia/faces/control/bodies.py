"""The JSON of the control face: what it takes and answers, and the schemas of both.

A door to msgspec. What is decoded here is what the OpenAPI document describes.
"""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from rpcmedia.operations import injection
from rpcmedia.operations.control import Scope
from rpcmedia.operations.injection import FAULT_NUMBERS, ActiveRule, Rule

LAST_MOMENT = 250_000_000_000
"""The end of the year 9999 in Unix seconds: dates end there."""

_LONGEST_DELAY = 600_000


class BodyRefused(Exception):
    """A body that cannot be used; the text says where and why."""


class Reset(Struct, forbid_unknown_fields=True):
    """What to reset; `all` is also faults, clock and seeded session ids."""

    scope: Scope = "all"


class SnapshotInfo(Struct):
    """A saved state."""

    name: str
    saved_at: datetime


class SnapshotList(Struct):
    """All saved states by name."""

    snapshots: list[SnapshotInfo]


class CallEntry(Struct):
    """One call. `product` is the argument as it came, `duration_ms` real time."""

    number: int
    time: datetime
    method: str
    product: str | int | float | None
    user: str | None
    fault: int | None
    duration_ms: float
    request_id: str
    injected: list[str]


class CallCount(Struct):
    """How many calls match, and how many were forgotten that might have."""

    matched: int
    dropped: int


class CallList(CallCount):
    """The last of the calls that match, the oldest first."""

    entries: list[CallEntry]


Moment = Annotated[float, Meta(ge=0, le=LAST_MOMENT)] | Annotated[datetime, Meta(tz=True)]
"""Unix seconds, or ISO 8601 with a time zone."""


class ClockChange(Struct, forbid_unknown_fields=True):
    """Exactly one member: stand still (null: now), show a time, move by seconds, be real again."""

    frozen_at: Moment | UnsetType | None = UNSET
    set_to: Moment | UnsetType = UNSET
    move_by: float | UnsetType = UNSET
    release: Literal[True] | UnsetType = UNSET


class ClockState(Struct):
    """What the clock shows."""

    now: datetime
    frozen: bool


class _Rule(Struct, kw_only=True, forbid_unknown_fields=True, tag_field="action"):
    method: Annotated[str, Meta(description="A method, or a pattern with * and ?.")] = "*"
    sku: Annotated[str | None, Meta(description="The product argument; case does not count.")] = (
        None
    )
    nth: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="The first matching call that it is for, from 1."),
    ] = None
    chance: Annotated[float, Meta(ge=0, le=1)] = 1.0
    times: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="How often at most; once with nth, else without end."),
    ] = None
    when: Annotated[
        Literal["before", "after"], Meta(description="Before the effect of the call, or after it.")
    ] = "before"
    seed: Annotated[int | None, Meta(description="Where its chance starts.")] = None


class FaultRule(_Rule, tag="fault", kw_only=True):
    """Answer with a numbered fault; its usual text if there is no message."""

    number: Annotated[int, Meta(extra_json_schema={"enum": list(FAULT_NUMBERS)})]
    message: str | None = None


class StatusRule(_Rule, tag="status", kw_only=True):
    """Answer with an HTTP status."""

    status: Annotated[int, Meta(ge=200, le=599)]
    message: str = "An injected fault."


class DelayRule(_Rule, tag="delay", kw_only=True):
    """Wait; spread is half the width if uniform, the standard deviation if normal."""

    milliseconds: Annotated[float, Meta(ge=0, le=_LONGEST_DELAY)]
    spread: Annotated[float, Meta(ge=0, le=_LONGEST_DELAY)] = 0.0
    distribution: Literal["uniform", "normal"] = "uniform"


class DropRule(_Rule, tag="drop", kw_only=True):
    """Close the connection without an answer."""


class TruncateRule(_Rule, tag="truncate", kw_only=True):
    """Announce the whole answer, send this many bytes of it, close the connection."""

    after_bytes: Annotated[int, Meta(ge=0)]


AnyRule = FaultRule | StatusRule | DelayRule | DropRule | TruncateRule

# Members of a rule's body have the names of the fields of the rule and of its action.
_ACTIONS: dict[type[AnyRule], Any] = {
    FaultRule: injection.RaiseFault,
    StatusRule: injection.AnswerStatus,
    DelayRule: injection.Delay,
    DropRule: injection.DropConnection,
    TruncateRule: injection.TruncateAnswer,
}


class RuleState(Struct):
    """A rule at work; how many calls it matched, and to how many it was applied."""

    id: str
    matched: int
    applied: int
    rule: AnyRule


class RuleList(Struct):
    """The rules at work in their order."""

    faults: list[RuleState]


class Refusal(Struct):
    """Why a request was refused, and what to change."""

    error: str


def decode(body: bytes, kind: Any) -> Any:
    """The value of a body. Raises BodyRefused."""
    if not body:
        raise BodyRefused("The body is empty; send JSON.")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BodyRefused(f"The body cannot be used: {error}.") from error


def encode(answer: Any) -> bytes:
    """The body of an answer."""
    return msgspec.json.encode(answer)


def schemas(kinds: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The JSON Schema of each kind, and of what they refer to by name."""
    found, named = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return list(found), named


def members_of(body: ClockChange) -> list[str]:
    """The names of the members that a body has."""
    return [name for name in body.__struct_fields__ if getattr(body, name) is not UNSET]


def read_rule(body: AnyRule) -> Rule:
    """The rule that a body describes. Raises BodyRefused."""
    if isinstance(body, FaultRule) and body.number not in FAULT_NUMBERS:
        known = ", ".join(map(str, FAULT_NUMBERS))
        raise BodyRefused(f"There is no fault {body.number}; use one of {known}.")
    values = msgspec.structs.asdict(body)
    action = _ACTIONS[type(body)]
    return Rule(
        action(**{field.name: values.pop(field.name) for field in fields(action)}), **values
    )


def show_rule(active: ActiveRule) -> RuleState:
    """A rule at work as a body shows it."""
    values = {field.name: getattr(active.rule, field.name) for field in fields(Rule)}
    action = values.pop("action")
    body = next(kind for kind, made in _ACTIONS.items() if made is type(action))
    return RuleState(active.id, active.matched, active.applied, body(**asdict(action), **values))


def moment(seconds: float) -> datetime:
    """Unix seconds as a date."""
    return datetime.fromtimestamp(seconds, UTC)

"""What each request of the control face does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rpcmedia.faces.control import bodies
from rpcmedia.faces.control.bodies import BodyRefused, moment
from rpcmedia.operations.control import Control
from rpcmedia.operations.journal import Entry, Filter
from rpcmedia.operations.ports import Snapshot

_DEFAULT_LIMIT = 100


class NothingThere(Exception):
    """There is no snapshot or rule of this name; the text says so."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler needs of a request: parts of its path, its query, and its decoded body."""

    control: Control
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any


async def reset(request: Request) -> bodies.Reset:
    """Forget galleries, sessions, calls, or all."""
    await request.control.reset(request.body.scope)
    return bodies.Reset(request.body.scope)


async def list_snapshots(request: Request) -> bodies.SnapshotList:
    """All saved states."""
    found = await request.control.snapshots()
    return bodies.SnapshotList([_show_snapshot(snapshot) for snapshot in found])


async def save_snapshot(request: Request) -> bodies.SnapshotInfo:
    """Save the state, in place of one of the same name."""
    return _show_snapshot(await request.control.save(request.path["name"]))


async def show_snapshot(request: Request) -> bodies.SnapshotInfo:
    """One saved state."""
    name = request.path["name"]
    for snapshot in await request.control.snapshots():
        if snapshot.name == name:
            return _show_snapshot(snapshot)
    raise _no_snapshot(name)


async def restore_snapshot(request: Request) -> bodies.SnapshotInfo:
    """Go back to a saved state: rows, bytes, users and sessions."""
    if not await request.control.restore(request.path["name"]):
        raise _no_snapshot(request.path["name"])
    return await show_snapshot(request)


async def delete_snapshot(request: Request) -> None:
    """Delete a saved state."""
    if not await request.control.forget(request.path["name"]):
        raise _no_snapshot(request.path["name"])


async def list_calls(request: Request) -> bodies.CallList:
    """The last calls that match the filters."""
    query = dict(request.query)
    limit = _number("limit", query.pop("limit", str(_DEFAULT_LIMIT)), least=1)
    wanted = _read_filter(query)
    journal = request.control.journal
    found = list(journal.search(wanted))
    entries = [_show_entry(entry) for entry in found[-limit:]]
    return bodies.CallList(len(found), journal.dropped(wanted), entries)


async def count_calls(request: Request) -> bodies.CallCount:
    """How many calls match the filters."""
    wanted = _read_filter(request.query)
    journal = request.control.journal
    return bodies.CallCount(sum(1 for _ in journal.search(wanted)), journal.dropped(wanted))


async def list_rules(request: Request) -> bodies.RuleList:
    """All rules at work."""
    return bodies.RuleList([bodies.show_rule(rule) for rule in request.control.faults.all()])


async def add_rule(request: Request) -> bodies.RuleState:
    """Inject a fault into the calls that a rule chooses."""
    return bodies.show_rule(request.control.faults.add(bodies.read_rule(request.body)))


async def show_rule(request: Request) -> bodies.RuleState:
    """One rule at work."""
    rule = request.control.faults.find(request.path["id"])
    if rule is None:
        raise _no_rule(request.path["id"])
    return bodies.show_rule(rule)


async def delete_rule(request: Request) -> None:
    """Take one rule away."""
    if not request.control.faults.remove(request.path["id"]):
        raise _no_rule(request.path["id"])


async def delete_rules(request: Request) -> None:
    """Take all rules away."""
    request.control.faults.clear()


async def show_clock(request: Request) -> bodies.ClockState:
    """What the clock shows."""
    clock = request.control.clock
    return bodies.ClockState(moment(clock.now()), clock.is_frozen)


async def change_clock(request: Request) -> bodies.ClockState:
    """Freeze, set, move or release the clock that sessions and images are dated by."""
    change: bodies.ClockChange = request.body
    clock = request.control.clock
    match bodies.members_of(change):
        case ["frozen_at"]:
            clock.freeze(None if change.frozen_at is None else _seconds(change.frozen_at))
        case ["set_to"]:
            clock.set(_seconds(change.set_to))
        case ["move_by"]:
            seconds = _seconds(change.move_by)
            if not 0 <= clock.now() + seconds <= bodies.LAST_MOMENT:
                raise BodyRefused("move_by leads out of the years 1970 to 9999; move less.")
            clock.move(seconds)
        case ["release"]:
            clock.release()
        case _:
            raise BodyRefused("Give exactly one of frozen_at, set_to, move_by, release.")
    return await show_clock(request)


def _seconds(at: Any) -> float:
    return at.timestamp() if isinstance(at, datetime) else float(at)


def _show_snapshot(snapshot: Snapshot) -> bodies.SnapshotInfo:
    return bodies.SnapshotInfo(snapshot.name, moment(snapshot.saved_at))


def _show_entry(entry: Entry) -> bodies.CallEntry:
    return bodies.CallEntry(
        number=entry.number,
        time=moment(entry.at),
        method=entry.method,
        product=entry.product,
        user=entry.user,
        fault=entry.fault,
        duration_ms=entry.milliseconds,
        request_id=entry.request_id,
        injected=list(entry.injected),
    )


def _read_filter(query: Mapping[str, str]) -> Filter:
    unknown = set(query) - {"method", "sku", "fault", "since"}
    if unknown:
        raise BodyRefused(f"There is no filter {min(unknown)!r}; use method, sku, fault and since.")
    fault = query.get("fault")
    failed = {"any": True, "none": False}.get(fault or "")
    return Filter(
        method=query.get("method"),
        sku=query.get("sku"),
        fault=None if fault is None or failed is not None else _number("fault", fault),
        failed=failed,
        since=_number("since", query.get("since", "0"), least=0),
    )


def _number(name: str, text: str, least: int | None = None) -> int:
    try:
        number = int(text)
    except ValueError:
        number = None
    if number is None or (least is not None and number < least):
        hint = f" of {least} or more" if least is not None else ", any or none"
        raise BodyRefused(f"{name} must be a number{hint}, not {text!r}.")
    return number


def _no_snapshot(name: str) -> NothingThere:
    return NothingThere(f"There is no snapshot {name!r}; GET /snapshots lists them.")


def _no_rule(rule_id: str) -> NothingThere:
    return NothingThere(f"There is no fault {rule_id!r}; GET /faults lists them.")

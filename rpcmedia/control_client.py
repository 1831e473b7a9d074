"""Clients of the control face, for tests: `Control` waits for answers, `AsyncControl` awaits them.

Times are Unix seconds, dates with a time zone, or ISO 8601 texts with one.
"""

import asyncio
import http.client
import json
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

Moment = float | str | datetime

_SECONDS = 60.0


class ControlRefused(Exception):
    """The server refused a request, and says why; or its journal is too short for an answer."""


class Calls(NamedTuple):
    """Calls that match: the last of them, how many in all, and how many calls were forgotten."""

    entries: list[dict[str, Any]]
    matched: int
    dropped: int


class Control:
    """The control face of a server. Methods raise ControlRefused."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.token = token

    def reset(self, scope: str = "all") -> None:
        """Forget `galleries`, `sessions`, the `journal`, or be as after the start: `all`."""
        self._ask("POST", "/reset", {"scope": scope})

    def snapshot(self, name: str) -> None:
        """Save the state under a name, in place of an earlier one."""
        self._ask("PUT", _place(name))

    def restore(self, name: str) -> None:
        """Go back to a saved state."""
        self._ask("POST", f"{_place(name)}/restore")

    def delete_snapshot(self, name: str) -> None:
        """Forget a saved state."""
        self._ask("DELETE", _place(name))

    def snapshots(self) -> list[str]:
        """The names of all saved states."""
        return [saved["name"] for saved in self._ask("GET", "/snapshots")["snapshots"]]

    def journal(self, **filters: Any) -> Calls:
        """The last calls, the oldest first; filters are method, sku, fault, since and limit."""
        return Calls(**self._ask("GET", f"/journal?{_query(filters)}"))

    def count(self, **filters: Any) -> int:
        """How many calls match; refused if the journal forgot some that might."""
        answer = self._ask("GET", f"/journal/count?{_query(filters)}")
        if answer["dropped"]:
            raise ControlRefused(
                f"The journal forgot {answer['dropped']} calls, so the count of"
                f" {answer['matched']} may be too low: reset it, or give it a larger journal_size."
            )
        return int(answer["matched"])

    def inject(self, action: str, **rule: Any) -> str:
        """Inject a fault; the id of its rule. The OpenAPI document tells actions and members."""
        return str(self._ask("POST", "/faults", {"action": action, **rule})["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The rules at work, with how often each matched and was applied."""
        return list(self._ask("GET", "/faults")["faults"])

    def clear_faults(self) -> None:
        """Take all rules away."""
        self._ask("DELETE", "/faults")

    def now(self) -> datetime:
        """What the server's clock shows."""
        return _date(self._ask("GET", "/clock"))

    def freeze(self, at: Moment | None = None) -> datetime:
        """Stop the clock at a time, or now."""
        return _date(self._ask("POST", "/clock", {"frozen_at": _moment(at)}))

    def set_clock(self, at: Moment) -> datetime:
        """Let the clock show a time."""
        return _date(self._ask("POST", "/clock", {"set_to": _moment(at)}))

    def move(self, seconds: float) -> datetime:
        """Move the clock on, or back."""
        return _date(self._ask("POST", "/clock", {"move_by": seconds}))

    def release(self) -> datetime:
        """Let the clock show the real time."""
        return _date(self._ask("POST", "/clock", {"release": True}))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=_SECONDS)
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        try:
            answer: Any = json.loads(text) if text else None
        except ValueError:
            answer = {"error": f"The answer is no JSON: {text[:200]!r}."}
        if response.status >= 400:
            raise ControlRefused(f"{answer['error']}")
        return answer


class AsyncControl:
    """The same as Control, to be awaited."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.token = token
        self._control = Control(address, token)

    async def reset(self, scope: str = "all") -> None:
        """See Control."""
        await asyncio.to_thread(self._control.reset, scope)

    async def snapshot(self, name: str) -> None:
        """See Control."""
        await asyncio.to_thread(self._control.snapshot, name)

    async def restore(self, name: str) -> None:
        """See Control."""
        await asyncio.to_thread(self._control.restore, name)

    async def delete_snapshot(self, name: str) -> None:
        """See Control."""
        await asyncio.to_thread(self._control.delete_snapshot, name)

    async def snapshots(self) -> list[str]:
        """See Control."""
        return await asyncio.to_thread(self._control.snapshots)

    async def journal(self, **filters: Any) -> Calls:
        """See Control."""
        return await asyncio.to_thread(self._control.journal, **filters)

    async def count(self, **filters: Any) -> int:
        """See Control."""
        return await asyncio.to_thread(self._control.count, **filters)

    async def inject(self, action: str, **rule: Any) -> str:
        """See Control."""
        return await asyncio.to_thread(self._control.inject, action, **rule)

    async def faults(self) -> list[dict[str, Any]]:
        """See Control."""
        return await asyncio.to_thread(self._control.faults)

    async def clear_faults(self) -> None:
        """See Control."""
        await asyncio.to_thread(self._control.clear_faults)

    async def now(self) -> datetime:
        """See Control."""
        return await asyncio.to_thread(self._control.now)

    async def freeze(self, at: Moment | None = None) -> datetime:
        """See Control."""
        return await asyncio.to_thread(self._control.freeze, at)

    async def set_clock(self, at: Moment) -> datetime:
        """See Control."""
        return await asyncio.to_thread(self._control.set_clock, at)

    async def move(self, seconds: float) -> datetime:
        """See Control."""
        return await asyncio.to_thread(self._control.move, seconds)

    async def release(self) -> datetime:
        """See Control."""
        return await asyncio.to_thread(self._control.release)


def _place(name: str) -> str:
    return f"/snapshots/{quote(name, safe='')}"


def _query(filters: dict[str, Any]) -> str:
    return urlencode({name: value for name, value in filters.items() if value is not None})


def _moment(at: Moment | None) -> float | str | None:
    return at.isoformat() if isinstance(at, datetime) else at


def _date(clock: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["now"])

"""Faults on purpose: rules that choose calls, and what is done to the calls that they choose.

What an answer over HTTP suffers (a status, a cut, a dropped connection) is left in a `Damage` that
the HTTP face put into the context of the request; everything else happens here.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from rpcmedia.gallery.faults import GALLERY_FAULTS
from rpcmedia.operations.faults import GLOBAL_FAULTS, InternalError
from rpcmedia.operations.journal import Call

_FAULTS = {fault.number: fault for fault in (*GLOBAL_FAULTS, *GALLERY_FAULTS)}


@dataclass(frozen=True, slots=True)
class RaiseFault:
    """Answer with a numbered fault of the API; its declared text if there is no message."""

    number: int
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait. `spread` is half the width if uniform, else the standard deviation, never below 0."""

    milliseconds: float
    spread: float = 0.0
    distribution: Literal["uniform", "normal"] = "uniform"

    def seconds(self, chance: random.Random) -> float:
        """How long to wait this time."""
        if self.distribution == "normal":
            drawn = chance.gauss(self.milliseconds, self.spread)
        else:
            drawn = self.milliseconds + chance.uniform(-self.spread, self.spread)
        return max(drawn, 0.0) / 1000


@dataclass(frozen=True, slots=True)
class AnswerStatus:
    """Answer with an HTTP status in place of the answer."""

    status: int
    message: str = "An injected fault."


@dataclass(frozen=True, slots=True)
class DropConnection:
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class TruncateAnswer:
    """Announce the whole answer, send this many bytes of it, and close the connection."""

    after_bytes: int


HttpAction = AnswerStatus | DropConnection | TruncateAnswer
Action = RaiseFault | Delay | HttpAction
When = Literal["before", "after"]


@dataclass(slots=True)
class Damage:
    """What one HTTP answer shall suffer."""

    action: HttpAction | None = None


damage: ContextVar[Damage | None] = ContextVar("damage", default=None)
"""Where rules leave what the HTTP answer of the present request shall suffer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which calls, how often, and what is done to them before or after their effect."""

    action: Action
    method: str = "*"
    """A method, or a pattern with `*` and `?`."""
    sku: str | None = None
    """The product argument as the client gives it; case and trailing spaces do not count."""
    nth: int | None = None
    """The first matching call, counted from 1, that it may be applied to."""
    chance: float = 1.0
    times: int | None = None
    """How often it is applied at most; once if there is an `nth`, else without end."""
    when: When = "before"
    seed: int | None = None
    """Where its own chance starts; by default with the seed of the server and the rule's id."""


@dataclass(slots=True)
class ActiveRule:
    """A rule at work, with the calls that it matched and those that it was applied to."""

    id: str
    rule: Rule
    chance: random.Random
    matched: int = 0
    applied: int = 0
    _taken_away: asyncio.Event = field(default_factory=asyncio.Event)
    _abandons: bool = False

    def chooses(self, call: Call) -> bool:
        """Whether it would be applied to this call, which counts as matched if it is meant."""
        rule = self.rule
        if not fnmatchcase(call.method, rule.method):
            return False
        if rule.sku is not None and not call.is_for(rule.sku):
            return False
        self.matched += 1
        # Drawn for every call, so that what one rule draws does not hang on any other.
        lucky = self.chance.random() < rule.chance
        times = 1 if rule.times is None and rule.nth is not None else rule.times
        return lucky and self.matched >= (rule.nth or 1) and (times is None or self.applied < times)

    async def apply(self) -> None:
        """Do what the rule says. Raises Fault for what ends the call, or prevents its effect."""
        match self.rule.action:
            case Delay() as delay:
                await self._hold(delay.seconds(self.chance))
            case RaiseFault(number, message):
                raise _FAULTS[number](message)
            case action:
                suffers = damage.get()
                if suffers and suffers.action is None:
                    suffers.action = action
                if self.rule.when == "before":
                    raise InternalError

    async def _hold(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._taken_away.wait()
        if self._abandons:
            raise InternalError

    def end(self, *, abandon: bool = False) -> None:
        """Hold no call up any more. Those that it holds go on, or are abandoned with a fault."""
        self._abandons = abandon
        self._taken_away.set()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rules that are applied to one call."""

    rules: Sequence[ActiveRule]

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(active.id for active in self.rules)

    async def apply(self, when: When) -> None:
        """Apply those that come before the effect, or after it. Raises Fault."""
        for active in self.rules:
            if active.rule.when == when:
                await active.apply()


@dataclass(slots=True)
class Faults:
    """The rules at work, in the order in which they came."""

    seed: int | None = None
    _active: dict[str, ActiveRule] = field(default_factory=dict)
    _given: int = 0

    def add(self, rule: Rule) -> ActiveRule:
        """Let a rule work from now on."""
        self._given += 1
        rule_id = str(self._given)
        server_seed = secrets.token_hex(16) if self.seed is None else self.seed
        seed = f"{server_seed} {rule_id}" if rule.seed is None else rule.seed
        active = self._active[rule_id] = ActiveRule(rule_id, rule, random.Random(seed))
        return active

    def all(self) -> Sequence[ActiveRule]:
        """All rules."""
        return list(self._active.values())

    def find(self, rule_id: str) -> ActiveRule | None:
        """The rule with this id."""
        return self._active.get(rule_id)

    def remove(self, rule_id: str) -> bool:
        """Take a rule away; False if there is none."""
        active = self._active.pop(rule_id, None)
        if active is None:
            return False
        active.end()
        return True

    def clear(self, *, abandon: bool = False) -> None:
        """Take all rules away. Calls that they hold up go on, or are abandoned with a fault."""
        for active in self._active.values():
            active.end(abandon=abandon)
        self._active.clear()

    def restart(self) -> None:
        """Take all rules away, abandon the calls that they hold up, and give their ids again."""
        self.clear(abandon=True)
        self._given = 0

    def choose(self, call: Call) -> Chosen:
        """The rules for a call: all delays up to the first rule that decides the answer."""
        chosen: list[ActiveRule] = []
        decided = False
        for active in self._active.values():
            if active.chooses(call) and not decided:
                active.applied += 1
                chosen.append(active)
                decided = not isinstance(active.rule.action, Delay)
        return Chosen(chosen)


FAULT_NUMBERS = tuple(sorted(_FAULTS))
"""The faults that can be injected."""

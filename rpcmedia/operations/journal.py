"""What was called: a bounded list to search and to count, which says how much it forgot.

It holds no key, no session id and no content.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

_LONGEST_PRODUCT = 64
"""Characters of a SKU in the reference's database."""

_SESSION_SHAPE = re.compile(r"\A(?:[0-9a-fA-F]{32}){1,2}\Z")
_HIDDEN = "[hidden]"

Product = str | int | float | None


@dataclass(slots=True)
class Call:
    """One call of the API: its method, the product argument as it came, and who calls.

    A member of a multiCall is a call of its own. `user` is None until somebody is known to call.
    """

    method: str
    product: Product = None
    user: str | None = None

    def is_for(self, sku: str) -> bool:
        """Whether the product argument is this one; case and trailing spaces do not count."""
        return self.product is not None and _key(str(self.product)) == _key(sku)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as it went. `at` is in Unix seconds by the server's clock, its duration is real."""

    number: int
    """1 for the first call since the start or the last reset."""
    at: float
    method: str
    product: Product
    user: str | None
    fault: int | None
    """The number of its fault, -32602 for wrong arguments, None for a success."""
    milliseconds: float
    request_id: str
    injected: tuple[str, ...]
    """Ids of the rules that were applied to it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are meant; a member that is None does not count."""

    method: str | None = None
    """A method, or a pattern with `*` and `?`."""
    sku: str | None = None
    fault: int | None = None
    failed: bool | None = None
    """Any fault (True), or none (False)."""
    since: int = 0
    """The number of the last entry that is not meant."""

    def accepts(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return (
            entry.number > self.since
            and (self.method is None or fnmatchcase(entry.method, self.method))
            and (self.sku is None or Call("", entry.product).is_for(self.sku))
            and (self.fault is None or entry.fault == self.fault)
            and (self.failed is None or (entry.fault is not None) == self.failed)
        )


class Journal:
    """The last calls, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._added = 0

    def add(
        self,
        call: Call,
        *,
        at: float,
        fault: int | None,
        milliseconds: float,
        request_id: str,
        injected: tuple[str, ...],
    ) -> None:
        """Write a call down; the oldest one is forgotten if there is no room."""
        self._added += 1
        entry = Entry(
            self._added,
            at,
            call.method,
            _without_secrets(call.product),
            call.user,
            fault,
            milliseconds,
            request_id,
            injected,
        )
        self._entries.append(entry)

    def search(self, wanted: Filter) -> Iterator[Entry]:
        """The entries that are meant, the oldest first."""
        return filter(wanted.accepts, self._entries)

    def dropped(self, wanted: Filter) -> int:
        """How many forgotten calls a search cannot see, whether they would be meant or not."""
        return max(self._added - len(self._entries) - wanted.since, 0)

    def clear(self) -> None:
        """Forget all calls and count from 1 again."""
        self._entries.clear()
        self._added = 0


def _key(sku: str) -> str:
    return sku.rstrip(" ").casefold()


def _without_secrets(product: Product) -> Product:
    if not isinstance(product, str):
        return product
    return _HIDDEN if _SESSION_SHAPE.match(product) else product[:_LONGEST_PRODUCT]

"""Who asks a resource: a guest, a customer, or somebody of the shop with permissions."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a visitor is to the shop."""

    GUEST = "guest"
    CUSTOMER = "customer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who asks; `permissions` are those of an admin, and `name` is for the journal."""

    role: Role = Role.GUEST
    permissions: frozenset[str] = frozenset()
    name: str | None = None


GUEST = Visitor()

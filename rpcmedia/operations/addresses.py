"""What the address of a client tells: whether it is this machine, and whose it is."""

from ipaddress import IPv4Address, IPv6Address, ip_address

_HOST_BITS = 64
"""One customer of a provider holds at least this much of IPv6, so it counts as one address."""


def is_loopback(address: str | None) -> bool:
    """Whether what comes from there does not leave this machine; so it is without an address."""
    if not address:
        return True
    read = _read(address)
    return read is not None and read.is_loopback


def network_of(address: str | None) -> str:
    """What stands for everybody who can take this address: itself, or its /64 of IPv6."""
    read = _read(address or "")
    if isinstance(read, IPv6Address):
        return f"{IPv6Address(int(read) >> _HOST_BITS << _HOST_BITS)}/{_HOST_BITS}"
    return str(read or address or "")


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        read = ip_address(address)
    except ValueError:
        return None
    # A socket for both families shows IPv4 as ::ffff:192.0.2.1.
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read

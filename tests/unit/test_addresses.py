"""Addresses of clients: which are this machine, and which count as one."""

import pytest

from rpcmedia.operations.addresses import is_loopback, network_of


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "::ffff:127.0.0.1", "", None]
)
def test_the_loopback_is_this_machine_and_so_is_a_socket_without_address(
    address: str | None,
) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "::", "10.0.0.1", "192.168.1.7", "192.0.2.1", "128.0.0.1", "169.254.1.1"),
        *("2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1", "::127.0.0.1", "shop.example"),
    ],
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8:1:2::1", "2001:DB8:1:2:0::1"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        (None, None),
        ("no address", "no address"),
    ],
)
def test_addresses_that_one_client_can_take_count_as_one(one: str | None, other: str) -> None:
    assert network_of(one) == network_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::1", "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
def test_others_count_by_themselves(one: str | None, other: str) -> None:
    assert network_of(one) != network_of(other)

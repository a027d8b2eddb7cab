"""What may be dialled: the tables of special addresses, and the networks an operator opened."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.addresses import AddressPolicy, is_global, read_networks

NOWHERE_IPV4 = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.255",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]

NOWHERE_IPV6 = [
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "3ffe::1",
    "3000::1",
    "2d00::1",
    "2e00::1",
    "2f00::1",
    "5f00::1",
    "4000::1",
    "1fff::1",
    "fe80::1%eth0",
    "2400:cb00::1%eth0",
]

GLOBAL = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7:ffff::1",
    "2001:db9::1",
    "2003::1",
    "2400:cb00::1",
    "2606:4700::1111",
    "2a00::1",
    "2c0f:ffff::1",
]


@pytest.mark.parametrize("text", NOWHERE_IPV4 + NOWHERE_IPV6)
def test_what_is_not_global_is_refused(text: str) -> None:
    assert AddressPolicy().refusal(text) is not None


@pytest.mark.parametrize("text", GLOBAL)
def test_what_is_global_may_be_dialled(text: str) -> None:
    assert AddressPolicy().refusal(text) is None


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "1.2.3.4 ", "[::1]"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert AddressPolicy().refusal(text) is not None


def test_an_operator_opens_networks_exactly() -> None:
    policy = AddressPolicy(read_networks(["127.0.0.0/8", "10.1.2.3", "fd00::/64"]))
    for text in ("127.0.0.1", "127.255.0.1", "10.1.2.3", "fd00::1", "8.8.8.8"):
        assert policy.refusal(text) is None
    for text in ("10.1.2.4", "::1", "::ffff:127.0.0.1", "fd00:0:0:1::1", "fd00::1%eth0", "169.254.169.254"):
        assert policy.refusal(text) is not None


def test_a_network_with_host_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="host bits"):
        read_networks(["127.0.0.1/8"])


@given(st.ip_addresses(v=4))
def test_ipv4_is_never_more_open_than_the_standard_library(address: IPv4Address) -> None:
    if is_global(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=6))
def test_ipv6_is_never_more_open_than_the_standard_library(address: IPv6Address) -> None:
    if is_global(address):
        assert address.is_global
        assert int(address) >> 125 == 0b001
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None

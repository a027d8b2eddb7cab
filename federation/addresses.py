"""Which IP addresses may be dialled: those known to be global, and the networks an operator names.

Deny-lists of private ranges fail again and again (`ipaddress.is_global` is True for `::127.0.0.1` and
`64:ff9b::7f00:1`), so IPv6 is allowed only inside 2000::/3. Pure; `federation.client` asks at each dial.
Sources: the IANA IPv4 and IPv6 special-purpose address registries, IANA IPv6 global unicast assignments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

NOT_GLOBAL_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # "this network"; 0.0.0.0 reaches this machine
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

GLOBAL_IPV6 = IPv6Network("2000::/3")
"""All of global unicast; what is mapped, embedded, local or multicast lies outside."""

NOT_GLOBAL_IPV6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo (an IPv4 address inside), ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2d00::/8",  # reserved by IANA
        "2e00::/7",  # reserved by IANA
        "3000::/4",  # reserved by IANA; documentation (3fff::/20), the old 6bone
    )
)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be dialled. `allowed` are networks that an operator opened, beside everything global."""

    allowed: tuple[Network, ...] = ()

    def refusal(self, text: str) -> str | None:
        """Return why the address `text` may not be dialled, or None where it may."""
        try:
            address = ip_address(text)
        except ValueError:
            return f"{text!r} is not an IP address"
        if _has_scope(address):
            return f"{text} has a scope"
        if is_global(address) or any(address in network for network in self.allowed):
            return None
        return f"{text} is not a global address"


def is_global(address: IPv4Address | IPv6Address) -> bool:
    """Whether packets to `address` leave for the public internet, by the registries named above."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_GLOBAL_IPV4)
    return address in GLOBAL_IPV6 and not any(address in network for network in NOT_GLOBAL_IPV6)


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Parse networks such as `127.0.0.0/8` or `10.1.2.3`; raises `ValueError` where host bits are set."""
    return tuple(ip_network(text) for text in texts)


def _has_scope(address: IPv4Address | IPv6Address) -> bool:
    return isinstance(address, IPv6Address) and address.scope_id is not None

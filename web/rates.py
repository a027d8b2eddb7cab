"""How often one client may do a thing, in memory: a bucket each, the least used forgotten first.

What must survive a restart is counted in the database instead.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from federation.client.recent import Recent
from federation.errors import TooOften
from federation.vocabulary import Millis

REMEMBERED: Final = 20_000
"""Clients; each bucket has some 100 bytes."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: Millis


class Rate:
    """At most `burst` at once, and `per_hour` in the long run, for each client."""

    def __init__(self, burst: int, per_hour: int) -> None:
        self._burst = burst
        self._per_millisecond = per_hour / 3_600_000
        self._buckets: Recent[str, _Bucket] = Recent(REMEMBERED)

    def take(self, client: str, now: Millis) -> None:
        """Raise `TooOften` when the client has done it too often."""
        key = find_household(client)
        bucket = self._buckets.get(key)
        tokens = float(self._burst)
        if bucket is not None:
            tokens = min(tokens, bucket.tokens + max(0, now - bucket.at) * self._per_millisecond)
        if tokens < 1:
            wait = int((1 - tokens) / self._per_millisecond / 1000) + 1
            raise TooOften("a client does this too often", retry_after=wait)
        self._buckets.put(key, _Bucket(tokens - 1, now))


def find_household(client: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that an IPv6 household has for itself."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return address.exploded[:19]
    return client


def find_network(client: str) -> str:
    """The neighbourhood of a client, for what a guesser spreads over addresses: an IPv4 /24, an IPv6 /64."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        return address.exploded[:19]
    return str(address).rpartition(".")[0]

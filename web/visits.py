"""What the guard found out about a request: which of our origins it addresses, and who asks.

Nothing else reads the `Host` or an `X-Forwarded-*` header.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from starlette.requests import HTTPConnection

from actors.records import ActorRecord, OriginRecord
from federation import iris
from federation.addresses import Network
from federation.errors import MalformedDocument

SCOPE_KEY = "kairanban.visit"


@dataclass(frozen=True, slots=True)
class Site:
    """An origin that we serve, and the actor that signs fetches for it; its name is the town's."""

    origin: OriginRecord
    actor: ActorRecord


@dataclass(frozen=True, slots=True)
class Visit:
    """`site` is None only for probes that may come with any host; `client` is an address, or empty."""

    site: Site | None
    client: str


class Sites:
    """The origins of this node by host, replaced whole when the database has other ones."""

    def __init__(self, sites: Iterable[Site] = ()) -> None:
        self._by_host: dict[str, Site] = {}
        self.origins: set[str] = set()
        """All origins, as `iris.origin` writes them; one set for ever, so that it can be handed on."""
        self.replace(sites)

    def replace(self, sites: Iterable[Site]) -> None:
        """Serve these from now on."""
        self._by_host = {site.origin.host: site for site in sites}
        present = {site.origin.origin for site in self._by_host.values()}
        self.origins |= present
        self.origins &= present

    def find(self, host: str) -> Site | None:
        """The site that a `Host` header names; case, a trailing dot and the default port do not matter."""
        found = self._by_host.get(host)
        if found is not None:
            return found
        for scheme in ("https", "http"):
            site = self._by_host.get(_canonical(scheme, host))
            if site is not None and site.origin.origin.startswith(f"{scheme}:"):
                return site
        return None

    @property
    def primary(self) -> Site:
        """Where sessions, mail links and the client API live."""
        return next(site for site in self._by_host.values() if site.origin.is_primary)


def _canonical(scheme: str, host: str) -> str:
    try:
        return iris.host(f"{scheme}://{host}") if "/" not in host else ""
    except MalformedDocument:
        return ""


def visit_of(connection: HTTPConnection) -> Visit:
    """What the guard left in the scope."""
    visit = connection.scope[SCOPE_KEY]
    assert isinstance(visit, Visit)
    return visit


def origin_of(connection: HTTPConnection) -> OriginRecord:
    """The origin that was addressed."""
    site = visit_of(connection).site
    assert site is not None  # probes do not ask
    return site.origin


def find_client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Who asks: the peer, or the last address in `X-Forwarded-For` that no trusted proxy vouches for itself.

    `forwarded` are the lines of the header in wire order. A peer that is not trusted speaks for itself alone.
    An address comes back in its one spelling, without the zone that means something on one machine only.
    """
    client = _read_address(peer) or peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _is_trusted(client, trusted):
        hop = _read_address(hops.pop())
        if hop is None:
            break
        client = hop
    return client


def _is_trusted(client: str, trusted: Sequence[Network]) -> bool:
    if not trusted or _read_address(client) is None:
        return False
    return any(ip_address(client) in network for network in trusted)


@lru_cache(maxsize=1024)
def _read_address(text: str) -> str | None:
    try:
        return str(ip_address(text)).partition("%")[0]
    except ValueError:
        return None

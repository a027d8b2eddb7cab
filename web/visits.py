"""What the guard found out about a request: which of our origins it addresses, and who asks.

Nothing else reads the `Host` or an `X-Forwarded-*` header.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    """
    client = peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _is_trusted(client, trusted):
        hop = hops.pop()
        if not _is_address(hop):
            break
        client = hop
    return client


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    return bool(trusted) and _is_address(text) and any(ip_address(text) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

"""The one door to other servers: the only code in the project that talks to the network.

`open_client` gives a `Client`. What it may reach, how it asks and how much it bears is decided here; what an
answer means for the town is decided by who asks.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

from federation.client import discovery
from federation.client.content import Accept
from federation.client.documents import read_document
from federation.client.exchange import Exchange, Sink
from federation.client.fetching import Fetched, Fetcher
from federation.client.knocks import Knocks, RecentSchemes
from federation.client.options import (
    ClientOptions,
    Deadlines,
    Limits,
    Lookup,
    Purpose,
    SchemeMemory,
    Signer,
    own_version,
    read_clock,
)
from federation.client.posting import Poster, PostResult
from federation.client.signing import SigningThreads
from federation.client.targets import Targets
from federation.client.transport import GuardedTransport
from federation.nodeinfo import Software
from federation.signatures import Scheme
from federation.vocabulary import Thing
from federation.webfinger import Jrd

__all__ = [
    "Accept",
    "Client",
    "ClientOptions",
    "Deadlines",
    "Fetched",
    "Limits",
    "Lookup",
    "PostResult",
    "Purpose",
    "RecentSchemes",
    "SchemeMemory",
    "Signer",
    "open_client",
    "own_version",
    "read_clock",
]


class Client:
    """Fetches and posts. One for a node: the pools, budgets and memories are shared by all who use it."""

    def __init__(self, options: ClientOptions, transport: httpx.AsyncBaseTransport) -> None:
        schemes = options.schemes or RecentSchemes(options.limits.remembered, options.clock)
        targets, exchange = Targets(options), Exchange(transport, options)
        self._transport = transport
        self._signing = SigningThreads(options.clock)
        knocks = Knocks(exchange, self._signing, schemes, options)
        self._fetcher = Fetcher(options, targets, exchange, knocks)
        self._poster = Poster(options, targets, knocks, exchange)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is under way and close every connection."""
        await self._fetcher.close()
        await self._transport.aclose()
        self._signing.close()

    async def fetch(
        self,
        iri: str,
        *,
        accept: Accept = "activity",
        signer: Signer | None = None,
        purpose: Purpose = Purpose.FETCH,
        fresh: bool = False,
    ) -> Fetched:
        """GET a document of at most 1 MiB, following up to 3 redirects; the fragment of `iri` is not sent.

        The same fetch under way is joined, and a recent failure is raised again unless `fresh`. Raises
        `Unreachable` (permanent where our own rules forbid the URL), `Gone` on 410, and `MalformedDocument`
        when `iri` is none.
        """
        return await self._fetcher.fetch(iri, accept=accept, signer=signer, purpose=purpose, fresh=fresh)

    async def fetch_document(
        self, iri: str, signer: Signer | None = None, *, purpose: Purpose = Purpose.FETCH, fresh: bool = False
    ) -> Thing:
        """Fetch an ActivityStreams document whose id is the URL that it came from (FEP-fe34).

        Where it claims another id on the same origin, that id is fetched once, and must then be what it
        says. Raises as `fetch` does, `Gone` for a Tombstone, and `MalformedDocument`.
        """

        async def fetch(wanted: str) -> Fetched:
            return await self.fetch(wanted, signer=signer, purpose=purpose, fresh=fresh)

        return await read_document(iri, fetch)

    async def fetch_file(self, iri: str, sink: Sink, *, cap: int) -> Fetched:
        """GET a picture of at most `cap` bytes into `sink`, within 30 s, with the guards of every other fetch.

        The answer has no body; its type is what the server says, and only the bytes tell what it is. Raises as
        `fetch` does; what is in the sink is then no picture.
        """
        return await self._fetcher.fetch_file(iri, sink, cap=cap)

    async def fetch_webfinger(self, name: str, host: str) -> Jrd:
        """Ask `host` who `name` is (RFC 7033); raises as `fetch` does, and `MalformedDocument`.

        The subject must be who was asked for, and the one actor must live on the host that was asked or on
        the one that answered.
        """
        return await discovery.fetch_webfinger(name, host, self.fetch)

    async def fetch_nodeinfo(self, host: str) -> Software:
        """Ask `host` which software it runs; raises as `fetch` does, and `MalformedDocument`.

        Every link must stay on the origin that answered. What the server's own actor implements comes with
        it where it has one (FEP-2677, FEP-844e).
        """
        return await discovery.fetch_nodeinfo(host, self.fetch, self.fetch_document)

    async def post(
        self, url: str, body: bytes, signer: Signer, *, scheme: Scheme | None = None
    ) -> PostResult:
        """Sign an activity and POST it to an inbox, within 10 s. Never raises for what a peer does.

        `scheme` is the first knock; without it the memory of schemes decides.
        """
        return await self._poster.post(url, body, signer, scheme)

    async def push(self, url: str, body: bytes, headers: Mapping[str, str]) -> PostResult:
        """POST a message to a push service (RFC 8030), within 10 s. Never raises for what it does."""
        return await self._poster.push(url, body, headers)

    def find_refusal(self, url: str) -> str | None:
        """Why a URL will never be asked for, by our own rules; None says nothing about where its name leads."""
        return self._poster.refusal(url)


def open_client(options: ClientOptions, *, transport: httpx.AsyncBaseTransport | None = None) -> Client:
    """Return a client on the network, or on `transport`, which then is the caller's own network."""
    return Client(options, transport or GuardedTransport(options))

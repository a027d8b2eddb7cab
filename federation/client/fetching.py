"""Fetch one document, or one file: redirects by hand, media types, and bounded in every direction."""

import asyncio
from collections.abc import Hashable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from federation.client.bounds import Budgets, Busy, Failures, Places
from federation.client.content import EXPECTATIONS, Accept, Expectation
from federation.client.exchange import IDENTITY, Answer, Exchange, NotConnected, Sink
from federation.client.flights import Flights
from federation.client.knocks import Knocks
from federation.client.options import ClientOptions, Purpose, Signer
from federation.client.targets import Target, Targets
from federation.errors import Gone, Unreachable
from federation.vocabulary import Iri

MAX_REDIRECTS = 3
"""Lemmy follows one, Mastodon ten; a document and its server's alias need two."""

_OK, _GONE = 200, 410
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as served. `final_url` is the URL it came from, after redirects, as it left."""

    final_url: Iri
    content_type: str
    body: bytes
    headers: Mapping[str, str]
    status: int = _OK


@dataclass(frozen=True, slots=True)
class Wish:
    """One fetch that was asked for."""

    target: Target
    accept: Accept
    signer: Signer | None
    purpose: Purpose
    cap: int
    sink: Sink | None = None

    @property
    def key(self) -> Hashable:
        """What makes two fetches the same: the answer may depend on the signer."""
        return (self.target.url, self.accept, self.signer.key_id if self.signer else None)


class Fetcher:
    """Fetches documents and files."""

    def __init__(self, options: ClientOptions, targets: Targets, exchange: Exchange, knocks: Knocks) -> None:
        limits, deadlines, clock = options.limits, options.deadlines, options.clock
        self._targets = targets
        self._exchange = exchange
        self._knocks = knocks
        self._cap = limits.body_bytes
        self._deadlines = {
            Purpose.VERIFY: deadlines.verify,
            Purpose.FETCH: deadlines.fetch,
            Purpose.FILE: deadlines.file,
        }
        self._pools = {
            Purpose.VERIFY: asyncio.Semaphore(limits.verifying),
            Purpose.FETCH: asyncio.Semaphore(limits.fetching),
            Purpose.FILE: asyncio.Semaphore(limits.files),
        }
        self._places = Places(limits.connections_per_host, limits.waiting_per_host)
        self._budgets = Budgets(limits.fetches_per_minute, limits.remembered, clock)
        self._documents = Failures(limits.remembered, clock)
        self._servers = Failures(limits.remembered, clock)
        self._flights: Flights[Fetched] = Flights()

    async def fetch(
        self, iri: str, *, accept: Accept, signer: Signer | None, purpose: Purpose, fresh: bool
    ) -> Fetched:
        """Return what `iri` leads to; raises `Unreachable`, `Gone`, or `MalformedDocument` for a bad IRI."""
        wish = Wish(self._targets.admit(iri), accept, signer, purpose, self._cap)
        if not fresh:
            self._recall(wish)
        return await self._flights.join((purpose, wish.key), lambda: self._fly(wish))

    async def fetch_file(self, iri: str, sink: Sink, *, cap: int) -> Fetched:
        """Pour what `iri` leads to into `sink`; raises as `fetch` does, and then the sink has a part of it."""
        wish = Wish(self._targets.admit(iri), "picture", None, Purpose.FILE, cap, sink)
        self._recall(wish)
        return await self._fly(wish)

    def _recall(self, wish: Wish) -> None:
        self._documents.recall(wish.key)
        self._servers.recall(wish.target.origin)

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.cancel()

    async def _fly(self, wish: Wish) -> Fetched:
        until = asyncio.get_running_loop().time() + self._deadlines[wish.purpose]
        async with AsyncExitStack() as stack:
            await self._queue(stack, wish, until)
            try:
                fetched = await self._follow_until(wish, until)
            except Busy:
                raise
            except (Unreachable, Gone) as fault:
                self._documents.note(wish.key, fault)
                raise
        self._documents.clear(wish.key)
        return fetched

    async def _queue(self, stack: AsyncExitStack, wish: Wish, until: float) -> None:
        """Take a place of the host, then one of the pool: a slow host holds its own places only.

        Half of the time is the peer's: who is blamed for being slow has had as much.
        """
        try:
            async with asyncio.timeout_at(until - self._deadlines[wish.purpose] / 2):
                await stack.enter_async_context(self._places.hold(_share(wish.purpose, wish.target)))
                await stack.enter_async_context(self._pools[wish.purpose])
        except TimeoutError:
            raise Busy(f"{wish.target.host}: no place became free in time") from None

    async def _follow_until(self, wish: Wish, until: float) -> Fetched:
        try:
            async with asyncio.timeout_at(until):
                return await self._follow(wish)
        except TimeoutError:
            fault = Unreachable(f"{wish.target.host}: no answer within {self._deadlines[wish.purpose]:g} s")
            # One slow page is no slow server.
            self._servers.note(wish.target.origin, fault, grace=1)
            raise fault from None

    async def _follow(self, wish: Wish) -> Fetched:
        target, signer, expectation = wish.target, wish.signer, EXPECTATIONS[wish.accept]
        for _hop in range(MAX_REDIRECTS + 1):
            answer = await self._ask(target, signer, expectation, wish)
            location = answer.header("location") if answer.status in _REDIRECTS else None
            if location is None:
                return _accept(answer, target, expectation, asked=wish.target)
            target = self._targets.follow(target, location)
            if target.origin != wish.target.origin:
                signer = None  # a signature says who asks; whoever is redirected to was not to know
        raise Unreachable(f"{wish.target.url}: more than {MAX_REDIRECTS} redirects")

    async def _ask(
        self, target: Target, signer: Signer | None, expectation: Expectation, wish: Wish
    ) -> Answer:
        self._budgets.take(_share(wish.purpose, target))
        try:
            answer = await self._knock(target, signer, expectation.accept, wish)
        except NotConnected as fault:
            self._servers.note(target.origin, fault)
            raise
        self._servers.clear(target.origin)
        return answer

    async def _knock(self, target: Target, signer: Signer | None, accept: str, wish: Wish) -> Answer:
        if signer is None:
            return await self._exchange.get(target, {"accept": accept}, cap=wish.cap, sink=wish.sink)
        return await self._knocks.get(target, signer, accept, cap=wish.cap)


def _share(purpose: Purpose, target: Target) -> str:
    """What has a budget and places of its own: one origin, for one purpose."""
    return f"{purpose.value} {target.origin}"


def _accept(answer: Answer, target: Target, expectation: Expectation, *, asked: Target) -> Fetched:
    """Return the document in a last answer, or raise what the answer means."""
    if answer.status == _GONE and target.origin == asked.origin:
        raise Gone(f"{target.url}: HTTP 410")
    if answer.status != _OK:
        raise Unreachable(f"{target.url}: HTTP {answer.status}", status=answer.status)
    if not answer.whole:
        raise Unreachable(f"{target.url}: longer than we read", status=answer.status)
    if (answer.header("content-encoding") or IDENTITY).strip().lower() != IDENTITY:
        raise Unreachable(f"{target.url}: encoded, though identity was asked for", status=answer.status)
    content_type = answer.header("content-type") or ""
    if not expectation.is_satisfied_by(content_type):
        raise Unreachable(f"{target.url}: content type {content_type[:100]!r}", status=answer.status)
    return Fetched(target.url, content_type, answer.body, answer.headers)

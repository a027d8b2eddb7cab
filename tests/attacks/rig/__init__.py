"""The rig: an honest peer P, an attacker E, a server under test, and ways to say that something had no effect."""

import asyncio
import itertools
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.attacks.rig.adapters import Adapter
from tests.attacks.rig.clock import CLOCK
from tests.attacks.rig.dials import Dial, Dials
from tests.attacks.rig.fronts import Front
from tests.attacks.rig.peers import Actor, Json, Peer, is_boost
from tests.attacks.rig.places import PORT, SERVER, Address, Authority, Place
from tests.attacks.rig.resolver import Resolver
from tests.attacks.rig.wire import ACTIVITY_JSON, Answer, Request

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a listener does with a connection."""

Papers = Callable[[Authority, str], ssl.SSLContext]

Play = Callable[["Rig"], Coroutine[Any, Any, Any]]

EFFECT_SECONDS = 20.0
ATTEMPTS = 5
FAILURE = 500
MOST_SKEW = 5.0
_PERIOD = 0.02
_OPEN_PATHS = ("/.well-known/", "/nodeinfo/")
"""What any server may ask of another at any time."""


@dataclass(frozen=True)
class Picture:
    """What could be seen of the server at one moment."""

    timeline: list[str]
    outbox: list[str]
    shown: set[str]
    """Posts that it has taken: it may read them again whenever it likes."""
    owed: dict[Peer, list[str]]
    """Posts in the timeline that a server has not got yet: what an earlier row did may still be on its way."""
    requests: dict[Peer, int]
    dials: int


@dataclass
class Rig:
    """Everything a row needs. `front` is the way in that this row takes."""

    place: Place
    adapter: Adapter
    fronts: dict[str, Front]
    front: Front
    stack: AsyncExitStack
    resolver: Resolver | None = None
    dials: Dials | None = None
    peers: dict[str, Peer] = field(default_factory=dict)
    listeners: set[Address] = field(default_factory=set)
    area: Json = field(default_factory=dict)
    strangers: Iterator[int] = field(default_factory=itertools.count)
    begun: dict[Play, asyncio.Task[Any]] = field(default_factory=dict)
    """What rows began when the rig was ready, so that others need not wait for it (`pytest.mark.begins`)."""
    booster: Actor | None = None
    """Whom a resident follows (`doors.find_booster`)."""
    visitors: int = 0
    """How many readers have come by a door."""

    @property
    def p(self) -> Peer:
        """The honest peer: it follows the area, and canaries are boosted to it."""
        return self.peers["p"]

    @property
    def e(self) -> Peer:
        """The attacker, who follows the area as well."""
        return self.peers["e"]

    @property
    def inbox(self) -> str:
        """The area's own."""
        return str(self.area["inbox"])

    @property
    def shared_inbox(self) -> str:
        """The server's, or the area's own where it has no other."""
        return str(self.area.get("endpoints", {}).get("sharedInbox", self.inbox))

    async def peer(self, name: str, *, context: Papers = Authority.context, **how: Any) -> Peer:
        """One more server, at a name of its own; the same one when asked again. `context` makes its certificate."""
        if name not in self.peers:
            host, address = self.place.find(name)
            peer = Peer(host, context(self.place.authority, host), **how)
            await peer.listen(*address)
            self.stack.push_async_callback(peer.close)
            if self.resolver is not None:
                self.resolver.records |= {host: [address[0]], f"*.{host}": [address[0]]}
            self.peers[name] = peer
        peer = self.peers[name]
        peer.area, peer.area_inbox = self.adapter.area, self.area.get("inbox", "")
        return peer

    async def listen(self, name: str, serve: Handler) -> str:
        """Something that takes connections and is no peer, without TLS; returns its host."""
        host, address = self.place.find(name)
        server = await asyncio.start_server(serve, *address)
        self.stack.callback(server.close)
        self.listeners.add(address)
        if self.resolver is not None:
            self.resolver.records[host] = [address[0]]
        return host

    @property
    def origin(self) -> str:
        """Where pages and the client API are."""
        return "/".join(self.adapter.area.split("/")[:3])

    def stranger(self) -> str | None:
        """An address in a network where nobody else is; None where it cannot be chosen."""
        number = next(self.strangers)
        first = {"namespace": 46, "loopback": 127}.get(self.place.form)
        return None if first is None else f"{first}.{64 + number // 256}.{number % 256}.7"

    def source(self, peer: Peer | str | None) -> str | None:
        """From where a peer's requests come, or those of an address."""
        if isinstance(peer, str):
            return peer
        found = peer or self.peers.get("p")
        return found.address[0] if found and self.place.form == "namespace" else None

    async def send(
        self, request: Request, *, via: Peer | str | None = None, allowed: Collection[int] = ()
    ) -> Answer:
        """Send a request as it is, on a connection of its own, from P's address, another peer's, or any.

        A status of 500 and more fails the row, but for those that are `allowed`: 502 tells of somebody else.
        """
        connection = await self.front.connect(self.source(via))
        try:
            answer = await connection.ask(request)
        finally:
            connection.close()
        assert answer.status < FAILURE or answer.status in allowed, (
            f"{request.method} {request.target}: {answer}"
        )
        return answer

    async def post(self, actor: Actor, activity: Json | bytes, inbox: str = "") -> Answer:
        """Sign an activity and send it, as an honest server does."""
        return await self.send(actor.signed(activity, inbox), via=actor.peer)

    async def local_post(self, text: str) -> Json:
        """A public post by somebody on the server, once everybody has it; its document."""
        iri = await self.adapter.post(text)
        await self.has_effect({"id": iri})
        found: Json = (await self.get(iri)).json()
        return found

    async def time_honest(self, front: Front | None = None) -> float:
        """Seconds that an honest server waits for an answer now, the middle of a few; nothing comes of it again."""
        taken = []
        for _ in range(ATTEMPTS):
            connection = await (front or self.front).connect(self.source(None))
            began = time.monotonic()
            answer = await connection.ask(self.canary.signed(self.heard))
            taken.append(time.monotonic() - began)
            connection.close()
            assert answer.status // 100 == 2, answer
        return sorted(taken)[ATTEMPTS // 2]

    async def get(self, url: str, accept: str = ACTIVITY_JSON) -> Answer:
        """Read something of the server, unsigned."""
        _, _, host, target = url.split("/", 3)
        return await self.send(Request("GET", f"/{target}", [("Host", host), ("Accept", accept)]))

    async def later(self, *, minutes: float) -> None:
        """Move the server's clock on (that of signatures with it), or skip the row where that cannot be done."""
        CLOCK.ahead += minutes * 60
        if not self.adapter.move_clock(CLOCK.ahead):
            CLOCK.ahead -= minutes * 60
            pytest.skip("the clock of the server cannot be moved")
        async with asyncio.timeout(EFFECT_SECONDS):
            while await self._skew() > MOST_SKEW:
                await asyncio.sleep(_PERIOD)

    async def _skew(self) -> float:
        """By how many seconds the server's clock is behind."""
        date = (await self.get(self.adapter.area)).header("date")
        return CLOCK.now() - parsedate_to_datetime(date).timestamp()

    async def has_effect(self, note: Json) -> None:
        """Wait until a post that was sent has been taken: boosted to P and E, shown in the timeline."""
        iri = note["id"]
        if self.adapter.boosts:
            for peer in (self.p, self.e):
                await peer.until(lambda peer=peer: bool(boosts(peer, iri)), EFFECT_SECONDS)  # type: ignore[misc]
        async with asyncio.timeout(EFFECT_SECONDS):
            while iri not in await self.adapter.timeline():
                await asyncio.sleep(_PERIOD)

    @asynccontextmanager
    async def no_effect(
        self, *, fetches: Collection[str] = (), inbox: str = "", told: Collection[str] = ()
    ) -> AsyncIterator[None]:
        """Let the block have no effect: nothing new in timeline and outbox, nothing delivered, nothing fetched.

        After the block a canary goes the same way (`inbox`); once it has been boosted, whatever came before it
        has had its time. Documents of actors may be fetched, posts that are shown, and the URLs in `fetches`; the
        actors in `told` may get a private message (what they sent waits).
        """
        before = await self._look()
        yield
        canary = await self._send_canary(inbox)
        after = await self._look()
        assert set(after.timeline) - set(before.timeline) <= {canary}
        assert set(before.timeline[:5]) <= set(after.timeline), "something has gone"
        strange = [each for each in after.outbox if each not in before.outbox and canary not in each]
        assert not strange, strange
        allowed = {*fetches, *before.shown}
        for peer in self.peers.values():
            new = peer.requests[before.requests.get(peer, 0) :]
            self._check_deliveries(new, [canary, *before.owed.get(peer, [])], told)
            self._check_fetches(peer, new, allowed)
        strange_dials = [dial for dial in self.new_dials(before.dials) if not self._is_known(dial)]
        assert not strange_dials, strange_dials

    def new_dials(self, since: int = 0) -> list[Dial]:
        """The TCP connections that the server has tried to open since then."""
        if self.dials is None:
            return []
        self.dials.read()
        return [dial for dial in self.dials.log[since:] if self._is_own(dial)]

    async def _look(self) -> Picture:
        timeline = await self.adapter.timeline()
        outbox = await self.get(self.area["outbox"])
        items = outbox.json().get("orderedItems", [])
        if self.dials is not None:
            self.dials.read()
        return Picture(
            timeline=timeline,
            outbox=[json.dumps(each) for each in items],
            shown={
                *timeline,
                *(str(each["object"]) for each in self.p.received if each["type"] == "Announce"),
            },
            owed={peer: [iri for iri in timeline if not boosts(peer, iri)] for peer in self.peers.values()},
            requests={peer: len(peer.requests) for peer in self.peers.values()},
            dials=0 if self.dials is None else len(self.dials.log),
        )

    async def _send_canary(self, inbox: str) -> str:
        note = self.canary.note()
        answer = await self.post(self.canary, self.canary.create(note), inbox)
        assert answer.status // 100 == 2, f"the canary: {answer}"
        await self.has_effect(note)
        return str(note["id"])

    @staticmethod
    def _check_deliveries(new: list[Request], expected: list[str], told: Collection[str]) -> None:
        for activity in (request.json() for request in new if request.method == "POST"):
            is_private = (
                activity["type"] == "Create" and set(activity["to"]) <= set(told) and not activity["cc"]
            )
            if not is_private and not any(is_boost(activity, iri) for iri in expected):
                raise AssertionError(f"delivered: {json.dumps(activity, ensure_ascii=False)}")

    @staticmethod
    def _check_fetches(peer: Peer, new: list[Request], allowed: Collection[str]) -> None:
        for request in new:
            url = f"https://{request.host}{request.path}"
            is_open = peer.is_busy or request.path.startswith(_OPEN_PATHS) or url in allowed
            if request.method == "GET" and not is_open:
                assert "publicKey" in peer.documents.get(url, {}), f"fetched: {url}"

    @staticmethod
    def _is_own(dial: Dial) -> bool:
        """Whether the server dials, or nginx on its machine, which dials nothing but the server."""
        is_upstream = dial.address == "127.0.0.1" and dial.port == PORT
        is_here = dial.source.startswith("127.") or dial.source in {SERVER, "::1", dial.address}
        return is_here and not is_upstream

    def _is_known(self, dial: Dial) -> bool:
        address = (dial.address, dial.port)
        return address in self.listeners or any(address == peer.address for peer in self.peers.values())

    async def meet(self) -> None:
        """Read who the area is, make P and E, and let both follow it."""
        self.area = (await self.get(self.adapter.area)).json()
        self.canary = (await self.peer("p")).actor("canary")
        for peer in (self.p, await self.peer("e")):
            follower = peer.actor("follower")
            follow = follower.activity("Follow", self.adapter.area)
            answer = await self.post(follower, follow)
            assert answer.status // 100 == 2, answer
            await peer.until(lambda peer=peer: any(each["type"] == "Accept" for each in peer.received))  # type: ignore[misc]
        note = self.canary.note()
        self.heard = self.canary.create(note)
        await self.post(self.canary, self.heard)
        await self.has_effect(note)


def boosts(peer: Peer, iri: str) -> list[Json]:
    """The announcements of an object that a peer has got."""
    return [each for each in peer.received if is_boost(each, iri)]

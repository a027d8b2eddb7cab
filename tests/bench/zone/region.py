"""The region itself: real nodes in one process, each let to work when something is due there, on a simulated clock.

Requests take no time; what takes time is what the delivery contract says it takes: pauses, retries, outages.
"""

import heapq
import itertools
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from actors.records import ActorKind, ActorRecord
from actors.tables import jobs
from areas.zones.progress import CATCH_UP
from inbox import parking
from outbox import claims
from outbox.tables import log
from tests.bench.zone.geography import Place as Site
from tests.bench.zone.tally import Tally
from tests.bench.zone.weather import FOREVER, Weather
from tests.testrig.databases import SqliteTemplates
from tests.testrig.peers import Peer
from tests.testrig.region import Place, ask, follow
from tests.testrig.world import Town, World
from web.background import catch_up, plan_catching_up, run_due

Deed = Callable[[], Awaitable[None]]
ACCEPTS: Final = (("alert", "notice"), ("alert", "notice"), ("alert",), (), ("alert", "notice", "post"))
"""What an area agrees to boost unasked, one of these."""
KINDS: Final[tuple[ActorKind, ...]] = ("resident", "official", "alert")
ROUNDS: Final = 200
"""Turns in one moment after which something goes round in circles."""
READERS: Final = 3
LEAST: Final = 1_000
"""Milliseconds between two times at which something happens."""
AGREED: Final = 0.35
"""Of neighbours outside of the Sapporo zone, where all have agreed; else a resident of the one follows the other."""


@dataclass(frozen=True, slots=True)
class Home:
    """An area and those who write there."""

    place: Place
    site: Site
    people: dict[ActorKind, ActorRecord]


@dataclass(frozen=True, slots=True)
class Link:
    """Posts of `giver` come to `taker`, which boosts some categories unasked."""

    taker: Home
    giver: Home
    accepts: tuple[str, ...]


@dataclass
class Region:
    """All nodes, what they have agreed on, and what is still to happen."""

    world: World
    weather: Weather
    chance: random.Random
    tally: Tally
    homes: list[Home] = field(default_factory=list)
    readers: list[Peer] = field(default_factory=list)
    """Servers of other software."""
    audience: dict[str, set[str]] = field(default_factory=dict)
    """Which areas each of them follows."""
    links: list[Link] = field(default_factory=list)
    followed: list[tuple[Home, Home]] = field(default_factory=list)
    """A resident of the first follows the area of the second."""
    script: list[tuple[int, int, Deed]] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    agendas: dict[str, "Agenda"] = field(default_factory=dict)

    # Before it begins

    async def settle(self, sites: list[Site], templates: SqliteTemplates) -> None:
        """Open all nodes, with areas and people; servers of other software follow."""
        for site in sites:
            town = await self.world.town(site.host, templates.new(self.world.folder))
            for number, name in enumerate(site.areas):
                people = {kind: await town.person(f"p{number}_{kind}", kind) for kind in KINDS}
                self.homes.append(Home(Place(town, await town.area(name)), site, people))
        for number in range(READERS):
            reader = self.world.peer(f"m{number}.example")
            self.readers.append(reader)
            homes = self.homes if not number else self.chance.sample(self.homes, len(self.homes) // 3)
            self.audience[reader.host] = {home.place.area.iri for home in homes}
            await follow(reader, "gina", [home.place for home in homes])
        await self.work(self.world.towns)

    async def agree(self) -> None:
        """Neighbours with neighbours, and within a town the town's own area with each of its others."""
        first = {home.site.code: home for home in reversed(self.homes)}
        for taker in first.values():
            for giver in (first[code] for code in taker.site.near if code in first):
                if taker.site.region == "札幌" or self.chance.random() < AGREED:
                    self._link(taker, giver)
                else:
                    self.followed.append((taker, giver))
        for home in self.homes:
            if home is not first[home.site.code]:
                self._link(home, first[home.site.code])
                self._link(first[home.site.code], home)
        await self._talk()

    def _link(self, taker: Home, giver: Home) -> None:
        self.links.append(Link(taker, giver, self.chance.choice(ACCEPTS)))

    async def _talk(self) -> None:
        for link in self.links:
            await ask(link.taker.place, link.giver.place, link.accepts)
        for one, two in self.followed:
            await one.place.do("follow", name=one.people["resident"].username, target=two.place.area.handle)
        await self.work(self.world.towns)
        for link in self.links:
            await link.giver.place.peer("accept", link.taker.place)
        await self.work(self.world.towns)

    # How time passes

    def at(self, when: int, deed: Deed) -> None:
        """Let something happen then."""
        heapq.heappush(self.script, (when, next(self.numbers), deed))

    async def run(self, until: int) -> None:
        """Go from one thing that is due to the next, until then."""
        while True:
            times = [each.next for each in self.agendas.values()]
            now = min([*times, *(when for when, *_ in self.script[:1])], default=until)
            now = min(max(now, self.world.clock() + LEAST), until)
            self.world.clock.now = self.weather.now = now  # type: ignore[assignment]
            while self.script and self.script[0][0] <= now:
                await heapq.heappop(self.script)[2]()
            await self.work([host for host, each in self.agendas.items() if each.next <= now])
            if now >= until:
                return

    async def work(self, hosts: Iterable[str]) -> None:
        """Let nodes work at what they have heard, and those to whom they speak, until nobody has anything to do now."""
        waiting = set(hosts)
        for _ in range(ROUNDS):
            heard: set[str] = set()
            for host in sorted(waiting):
                if not self.weather.is_away(host):
                    heard |= await self._work_at(host)
                else:
                    self.agendas.pop(host, None)
            if not heard:
                return
            waiting = heard
        self.tally.wrong.append(f"loop: {', '.join(sorted(waiting))} do not come to rest")

    async def _work_at(self, host: str) -> set[str]:
        """Do what is due at a node, and nothing else: asking for work that is not there costs the most."""
        node, now = self.world.towns[host].node, self.world.clock()
        agenda = self.agendas.get(host)
        if agenda is None or agenda.next > now:  # it is asked to work, and what for is not known
            agenda = await node.database.read(_find_agenda)
        if agenda.planned <= now:
            await run_due(node)
        if agenda.asking <= now:
            await catch_up(node)
        agenda = await node.database.read(_find_agenda)
        if agenda.sending <= now:
            await node.worker.drain()
            agenda = await node.database.read(_find_agenda)
        heard = self.tally.take(self.world.network.carried, now)
        self.world.network.carried.clear()
        self.agendas[host] = agenda
        return heard | ({host} if agenda.planned <= now else set())

    async def start_again(self, host: str) -> None:
        """A node was away: what it kept in memory is gone, and it asks its peers what it has missed."""
        await self.world.restart(host)
        await plan_catching_up(self.world.towns[host].node)
        await self.work({host})

    def town(self, home: Home) -> Town:
        """Where an area lives."""
        return self.world.towns[home.site.host]


_FREE: Final = sa.case((jobs.c.leased_until > jobs.c.due_at, jobs.c.leased_until), else_=jobs.c.due_at)
_JOBS: Final = sa.select(jobs.c.kind == CATCH_UP, sa.func.min(_FREE)).group_by(jobs.c.kind == CATCH_UP)
_UNNUMBERED: Final = sa.select(log.c.id).where(log.c.seq.is_(None)).limit(1)


@dataclass(frozen=True, slots=True)
class Agenda:
    """When a node has something to do: what was planned, the asking of peers, the sending."""

    planned: int
    asking: int
    sending: int

    @property
    def next(self) -> int:
        """When there is something to do at all."""
        return min(self.planned, self.asking, self.sending)


def _find_agenda(tx: sa.Connection) -> Agenda:
    due: dict[bool, int] = dict(tx.execute(_JOBS).all())
    sending = 0 if tx.execute(_UNNUMBERED).first() else claims.find_next_due(tx)
    parked = parking.find_next_due(tx)
    planned = min(due.get(False, FOREVER), FOREVER if parked is None else parked)
    return Agenda(planned, due.get(True, FOREVER), FOREVER if sending is None else sending)

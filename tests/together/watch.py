"""What must hold in a region of towns, whatever people and the network do there; for `test_topologies`."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from areas.records import Visibility
from federation.vocabulary import Iri
from tests.testrig.network import Carried
from tests.testrig.peers import Peer
from tests.testrig.region import NOTHING, Brought, Pair, Place, Sight, look, standing
from tests.testrig.world import World

OPEN: tuple[Visibility, ...] = ("public", "unlisted")
ACCEPTED = 202


def host_of(url: str) -> str:
    return httpx.URL(url).host


@dataclass
class Said:
    """A post: who may read it, as its author last said, and which areas it names."""

    iri: Iri
    visibility: str
    named: frozenset[Iri]
    parent: Iri | None
    place: int | None = None
    """Where its author lives; None = elsewhere."""
    number: int | None = None
    note: dict[str, Any] = field(default_factory=dict)
    is_as_written: bool = True
    """It has always been for the same readers and areas."""
    was_open: bool = False
    was_public: bool = False
    is_over: bool = False
    ever_named: set[Iri] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.become(self.visibility, self.named)

    def become(self, visibility: str, named: frozenset[Iri]) -> None:
        self.is_as_written = self.is_as_written and (visibility, named) == (self.visibility, self.named)
        self.visibility, self.named = visibility, named
        self.was_open = self.was_open or visibility in OPEN
        self.was_public = self.was_public or visibility == "public"
        self.ever_named |= named


@dataclass
class Watch:
    """Looks at all nodes, and at everything that was carried, after each step."""

    world: World
    places: list[Place]
    reader: Peer
    said: list[Said] = field(default_factory=list)
    decided: set[Pair] = field(default_factory=set)
    """What people have decided to boost since the last look."""
    owed: dict[Pair, set[Iri]] = field(default_factory=dict)
    """The areas to which a peer's boost is to come."""
    sights: dict[str, Sight] = field(default_factory=dict)
    _taken: set[tuple[str, str, str]] = field(default_factory=set)
    _checked: int = 0

    async def look(self) -> None:
        """Look at every node, and at what was sent since the last look."""
        now = self.world.clock()
        before, self.sights = self.sights, {}
        for host, town in self.world.towns.items():
            self.sights[host] = await town.read(partial(look, now=now))
        self._check_what_was_brought(before)
        self._check_what_was_carried()
        for key, ids in standing(self.reader).items():
            assert len(ids) == 1, f"{key} stands more than once"
        self._note_owed(before)
        self.decided.clear()

    def _check_what_was_brought(self, before: dict[str, Sight]) -> None:
        for host, sight in self.sights.items():
            earlier = before.get(host, NOTHING)
            for key, brought in sight.brought.items():
                self._check_brought(key, brought, earlier, sight)

    def _check_brought(self, key: Pair, brought: Brought, earlier: Sight, sight: Sight) -> None:
        was = earlier.brought.get(key)
        pair = (key[0], brought.home)
        accepted = {*earlier.agreed.get(pair, ()), *sight.agreed.get(pair, ())}
        is_agreed = pair in earlier.agreed or pair in sight.agreed
        if was is None or (brought.stands and was.state == "gone"):
            assert is_agreed, "only what was agreed on"
        if brought.generation > (0 if was is None else was.generation):
            assert is_agreed
            assert brought.category in accepted or key in self.decided, "boosted by category or by decision"
        said = self.find(key[1])
        assert said.was_public, "what is unlisted stays where it was sent"
        assert said.parent is None, "the beginning of a thread"
        assert brought.home in said.ever_named, "a post goes one step far"
        if brought.state == "boosted":
            assert key not in sight.own, "at most one boost"

    def _check_what_was_carried(self) -> None:
        new = self.world.network.carried[self._checked :]
        self._checked += len(new)
        for each in new:
            if each.method == "POST" and each.source in self.world.towns:
                self._check_carried(each)

    def _check_carried(self, carried: Carried) -> None:
        activity = json.loads(carried.body)
        key = (carried.source, carried.url, activity["id"])
        assert key not in self._taken, "said no more to whoever has taken it"
        if carried.status == ACCEPTED:
            self._taken.add(key)
        self._check_secret(carried, activity)
        if activity["type"] == "Announce" and isinstance(activity["object"], str):
            self._check_boost(activity)

    def _check_secret(self, carried: Carried, activity: dict[str, Any]) -> None:
        """What is not for everyone goes from its author to whom she names or answers, and no further."""
        if b"secret-" in carried.body:
            said = self.find(activity["object"]["id"])
            assert activity["type"] in {"Create", "Update"}
            assert host_of(said.iri) == carried.source
            assert host_of(carried.url) in {*map(host_of, said.ever_named), host_of(said.parent or said.iri)}

    def _check_boost(self, announce: dict[str, Any]) -> None:
        said = self.find(announce["object"])
        assert said.was_open, "for everyone"
        assert said.parent is None, "the beginning of a thread"
        if "homeGroup" in announce:
            assert said.was_public
            assert announce["homeGroup"] in said.ever_named

    def _note_owed(self, before: dict[str, Sight]) -> None:
        """What a peer boosts while both agree, without a break from before it until the end, is to come."""
        held = _list_held(before) & _list_held(self.sights)
        for host, sight in self.sights.items():
            for home, post in sight.own - before.get(host, NOTHING).own:
                self.owed[(home, post)] = {one for one, two in held if two == home}
        for (home, _), areas in self.owed.items():
            areas &= {one for one, two in held if two == home}

    async def judge(self) -> None:
        """When all could be reached for days, and nothing waits."""
        own = frozenset[Pair]().union(*(sight.own for sight in self.sights.values()))
        boosted = set(own)
        for sight in self.sights.values():
            for key, brought in sight.brought.items():
                assert not brought.stands or (brought.home, key[1]) in own, "taken back with its own area"
                if brought.state == "boosted":
                    boosted.add(key)
        assert set(standing(self.reader)) == boosted, "what is shown elsewhere is what stands"
        for home, post in own:
            self._judge_owed(home, post)
        await self._judge_pages()

    def _judge_owed(self, home: Iri, post: Iri) -> None:
        said = self.find(post)
        if said.visibility != "public" or not said.is_as_written or said.is_over:
            return  # what it was when the others read it is another question
        for area in self.owed.get((home, post), set()) - said.named:
            brought = self.sights[host_of(area)].brought.get((area, post))
            assert brought is not None, f"{area} never got {post} of {home}"
            assert brought.stands or brought.state == "hidden"

    async def _judge_pages(self) -> None:
        async with httpx.AsyncClient(transport=self.world.network.transport(self.reader.host)) as client:
            for place in self.places:
                for path in ("", "?show=zone", "/outbox"):
                    accept = "application/activity+json" if path == "/outbox" else "text/html"
                    page = await client.get(f"{place.area.iri}{path}", headers={"accept": accept})
                    assert page.status_code == 200
                    assert "secret-" not in page.text

    def find(self, iri: str) -> Said:
        return next(said for said in self.said if said.iri == iri)


def _list_held(sights: dict[str, Sight]) -> set[Pair]:
    """Pairs of whom both sides say that posts of the second come to the first."""
    given = {(two, one) for sight in sights.values() for one, two in sight.given}
    return {pair for sight in sights.values() for pair in sight.agreed if pair in given}

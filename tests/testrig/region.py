"""Areas of several nodes, what each node has agreed on and shows, and somebody elsewhere who follows every area."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.tables import actors
from areas.records import AreaRecord
from areas.tables import boosts, posts
from areas.zones import agreements
from areas.zones.records import STANDING, Agreement
from areas.zones.tables import zone_posts
from federation.vocabulary import Iri, Millis
from tests.testrig.peers import Peer
from tests.testrig.world import Town
from web.cli import run_command

Pair = tuple[Iri, Iri]
"""An area, and its peer or a post."""
ROOMY = 1_000
"""Posts in an hour: more than any test has."""


@dataclass(frozen=True, slots=True)
class Place:
    """An area and the node where it lives."""

    town: Town
    area: AreaRecord

    async def do(self, command: str, **words: Any) -> Any:
        """Run a command of the node."""
        return (await run_command(self.town.node, command, words)).data

    async def peer(self, act: str, other: "Place", **words: Any) -> Any:
        """`ask` that posts of the other come here; `accept` or `reject` what it asks; `end` one direction."""
        command = f"peer {'request' if act == 'ask' else act}"
        return await self.do(command, area=self.area.username, other=other.area.handle, **words)


async def ask(place: Place, other: Place, accepts: Iterable[str], **words: Any) -> None:
    """Ask that posts of `other` come to `place`, and those of some categories be boosted unasked."""
    terms = {"max_per_hour": ROOMY, **words}
    await place.peer("ask", other, accepts=",".join(accepts) or "none", **terms)


@dataclass(frozen=True, slots=True)
class Brought:
    """A peer's post as an area has it."""

    home: Iri
    category: str
    state: str
    generation: int

    @property
    def stands(self) -> bool:
        """Whether it is shown."""
        return self.state in STANDING


@dataclass(frozen=True, slots=True)
class Sight:
    """What areas of a node have agreed on, what peers have brought to them, and what they boost of their own."""

    agreed: dict[Pair, tuple[str, ...]]
    """In force now, posts of the second come to the first: the categories that are boosted unasked."""
    given: frozenset[Pair]
    """In force now, posts of the first go to the second."""
    brought: dict[Pair, Brought]
    own: frozenset[Pair]


_OWN = (
    sa.select(boosts.c.area_id, posts.c.iri)
    .join(posts, posts.c.id == boosts.c.post_id)
    .where(boosts.c.undone_at.is_(None))
)
NOTHING = Sight({}, frozenset(), {}, frozenset())


def look(tx: sa.Connection, now: Millis) -> Sight:
    """All that a node has, by the ids of areas and posts."""
    names = dict(tx.execute(sa.select(actors.c.id, actors.c.iri).where(actors.c.type == "Group")).all())
    held = [each for each in agreements.list_all(tx) if _is_in_force(tx, each, now)]
    pairs = [(each, (names[each.area_id], names[each.peer_id])) for each in held]
    return Sight(
        agreed={pair: each.terms.accepts for each, pair in pairs if each.direction == "in"},
        given=frozenset(pair for each, pair in pairs if each.direction == "out"),
        brought=dict(_list_brought(tx, names)),
        own=frozenset((names[area_id], iri) for area_id, iri in tx.execute(_OWN)),
    )


def _is_in_force(tx: sa.Connection, agreement: Agreement, now: Millis) -> bool:
    pair = agreement.area_id, agreement.peer_id
    return agreements.find_in_force(tx, *pair, agreement.direction, now) is not None


def _list_brought(tx: sa.Connection, names: dict[int, Iri]) -> Iterable[tuple[Pair, Brought]]:
    query = sa.select(zone_posts, posts.c.iri.label("post")).join(posts, posts.c.id == zone_posts.c.post_id)
    for row in tx.execute(query):
        brought = Brought(names[row.home_id], row.category, row.state, row.generation)
        yield (names[row.area_id], row.post), brought


async def follow(reader: Peer, name: str, places: Iterable[Place]) -> None:
    """Let an actor of other software follow areas."""
    actor = reader.actor(name)
    for number, place in enumerate(places):
        follows = reader.activity("Follow", actor, f"{name}-follows-{number}", place.area.iri)
        await reader.send(follows, f"{place.area.iri}/inbox")


def standing(reader: Peer) -> dict[Pair, set[str]]:
    """What a server of other software shows as boosted: for each area and post the ids of its boosts."""
    undone = {each["object"]["id"] for each in reader.received if each["type"] == "Undo"}
    found: dict[Pair, set[str]] = {}
    for each in reader.received:
        if each["type"] == "Announce" and each["id"] not in undone:
            found.setdefault((each["actor"], each["object"]), set()).add(each["id"])
    return found

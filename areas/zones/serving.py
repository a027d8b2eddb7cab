"""What a peer that was away is told: all that an area has said since, in order and in short; and its digest.

Each entry is the area's own `Announce` as followers of the activity dialect got it. What it carries is named by its id
alone: peers read posts at their origin anyway, and so nothing is said here that may not be read there now.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.tables import actors
from areas.reading.visibility import for_anyone
from areas.records import AreaRecord
from areas.tables import boosts, posts
from areas.zones import agreements, cursors
from areas.zones.cursors import Cursor
from areas.zones.digests import Digest, Window, digest
from federation import iris, rendering
from federation.rendering import Document
from federation.vocabulary import Iri, Millis
from outbox import collection, epochs
from outbox.collection import Said

PAGE: Final = 50
"""Entries of a page: some 30 kB, seldom more than 100."""
SPAN: Final = 10_000
"""Numbers of a page, whoever's they are: what a page costs does not depend on how much others have said."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A page of what an area has said. `has_more`: there is something behind `cursor` already.

    `restarted_from` is set where the cursor that was asked for is not known.
    """

    items: tuple[Document, ...]
    cursor: Cursor
    has_more: bool
    restarted_from: Millis | None


def is_peer(tx: sa.Connection, area: AreaRecord, signer: ActorRecord, now: Millis) -> bool:
    """Whether posts of an area go to a Group by an agreement in force; its server's own actor may ask for it."""
    for each in agreements.list_in_force(tx, "out", now, area_id=area.actor_id):
        if each.peer_id == signer.id:
            return True
        peer = find_actor_by_id(tx, each.peer_id)
        if signer.type == "Application" and peer is not None and iris.same_origin(peer.iri, signer.iri):
            return True
    return False


def knows_origin(tx: sa.Connection, area: AreaRecord, iri: Iri, now: Millis) -> bool:
    """Whether anybody there may ask at all: no stranger's key is looked up."""
    found = agreements.list_in_force(tx, "out", now, area_id=area.actor_id)
    peers = [find_actor_by_id(tx, each.peer_id) for each in found]
    return any(peer is not None and iris.same_origin(peer.iri, iri) for peer in peers)


def turn_page(tx: sa.Connection, area: AreaRecord, since: str, now: Millis) -> Passage:
    """Return what an area has said since a cursor; of 7 days where it is none of ours."""
    epoch, head = cursors.find_epoch(epochs.find_history(tx), area.iri), collection.find_head(tx)
    asked = cursors.read_cursor(since)
    if asked is not None and cursors.is_known(asked, epoch, head):
        after, restarted_from = asked.number, None
    else:
        restarted_from = Millis(now - cursors.BACK)
        after = collection.find_number_before(tx, restarted_from)
    upto = min(head, after + SPAN)
    said = collection.since(tx, area.actor_id, after, upto, PAGE)
    reached = said[-1].number if len(said) == PAGE else upto
    items = tuple(rendering.abridge(each.body) for each in _leave_out(tx, area, said))
    return Passage(items, Cursor(epoch, reached), reached < head, restarted_from)


def _leave_out(tx: sa.Connection, area: AreaRecord, said: list[Said]) -> list[Said]:
    """Without posts that are not for anyone now, and without the end of what has begun again."""
    known = _look_at(tx, area, [each.object_iri for each in said if each.object_iri is not None])
    return [each for each in said if _is_true(each, known.get(each.object_iri))]


def _is_true(said: Said, post: "tuple[bool, bool] | None") -> bool:
    if post is None:
        return True  # about an actor
    is_for_anyone, is_boosted = post
    return not is_boosted if said.cancels else is_for_anyone


def _look_at(tx: sa.Connection, area: AreaRecord, named: list[Iri]) -> "dict[Iri | None, tuple[bool, bool]]":
    """Of each post: whether anyone may read it, and whether the area boosts it."""
    is_boosted = sa.exists().where(
        boosts.c.post_id == posts.c.id, boosts.c.area_id == area.actor_id, boosts.c.undone_at.is_(None)
    )
    query = (
        sa.select(posts.c.iri, for_anyone(), is_boosted)
        .join(actors, actors.c.id == posts.c.actor_id)
        .where(posts.c.iri.in_(named))
    )
    return {iri: (bool(for_all), bool(boosted)) for iri, for_all, boosted in tx.execute(query)}


def sum_up(tx: sa.Connection, area: AreaRecord, window: Window) -> Digest:
    """Return the digest of what an area boosts that it boosted within a window."""
    query = (
        sa.select(posts.c.iri)
        .join(actors, actors.c.id == posts.c.actor_id)
        .join(boosts, boosts.c.post_id == posts.c.id)
        .where(
            boosts.c.area_id == area.actor_id,
            boosts.c.created_at >= window.since,
            boosts.c.created_at < window.until,
            boosts.c.undone_at.is_(None),
            for_anyone(),
        )
    )
    return digest(tx.execute(query).scalars())

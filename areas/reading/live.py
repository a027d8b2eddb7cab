"""What a change means to one reader: timelines are asked at its place, so that what is live stands there too."""

from collections.abc import Callable, Collection
from typing import Any, Final

import sqlalchemy as sa

from actors.changes import Change
from actors.prepared import Prepared, one_of
from actors.tables import follows
from areas.personal_tables import followed_tags
from areas.reading.merging import Candidate
from areas.reading.slices import Page, Slice
from areas.reading.visibility import ACCEPTED, ME, Reader, is_member
from areas.records import SHOWN
from areas.tables import placements, post_tags, shares
from areas.zones.records import STANDING
from areas.zones.tables import zone_posts

MOST_BOOSTS: Final = 40
"""Boosts of an edited post that are looked through for one that stands in a timeline."""

Read = Callable[[Slice], Page[Candidate]]


def find_at(read: Read, position: int) -> Candidate | None:
    """What stands at a place of a timeline, if anything does."""
    found = read(Slice(limit=1, before=position + 1, after=position - 1)).items
    return found[0] if found else None


_POST = sa.bindparam("post", type_=sa.BigInteger())
_PLACES: Final = Prepared(
    sa.select(placements.c.position, placements.c.area_id)
    .where(placements.c.post_id == _POST, placements.c.state == ACCEPTED)
    .order_by(placements.c.position)
)
_BROUGHT: Final = Prepared(
    sa.select(zone_posts.c.position, zone_posts.c.area_id)
    .where(zone_posts.c.post_id == _POST, zone_posts.c.state.in_(STANDING))
    .order_by(zone_posts.c.position)
)
_BOOSTS: Final = Prepared(
    sa.select(shares.c.id, shares.c.actor_id)
    .where(shares.c.post_id == _POST)
    .order_by(shares.c.id.desc())
    .limit(MOST_BOOSTS)
)


def places_of(tx: sa.Connection, change: Change) -> dict[int, int]:
    """Where what changed may stand in timelines → who brought it there. An edit shows wherever the post does."""
    if change.kind != "edited":
        return {change.id: change.actor_id}
    found = {change.id: change.actor_id}
    for statement in (_PLACES, _BROUGHT, _BOOSTS):
        found.update((place, actor_id) for place, actor_id in statement.all(tx, post=change.post_id))
    return found


def _follows_any(dialect: str) -> sa.Executable:
    is_hers = one_of(follows.c.follower_id, "readers", dialect)
    is_theirs = one_of(follows.c.target_id, "sources", dialect)
    by_follow = sa.select(follows.c.follower_id).where(is_hers, is_theirs, follows.c.state == ACCEPTED)
    by_tag = (
        sa.select(followed_tags.c.actor_id)
        .join(post_tags, post_tags.c.name == followed_tags.c.name)
        .where(post_tags.c.post_id == _POST, one_of(followed_tags.c.actor_id, "readers", dialect))
    )
    return sa.union_all(by_follow, by_tag)


_CONCERNED: Final = Prepared(_follows_any)


def find_concerned(tx: sa.Connection, change: Change, reader_ids: Collection[int]) -> frozenset[int]:
    """Those of the readers who may have it at home: nobody else needs to be asked one by one."""
    sources = set(places_of(tx, change).values())
    rows = _CONCERNED.all(tx, readers=list(reader_ids), sources=list(sources), post=change.post_id)
    return frozenset(row[0] for row in rows) | (sources & frozenset(reader_ids))


_FOLLOWS: Any = sa.exists().where(
    follows.c.follower_id == ME,
    follows.c.target_id == sa.bindparam("author", type_=sa.BigInteger()),
    follows.c.state == ACCEPTED,
)
_AREA = sa.bindparam("area", type_=sa.BigInteger())
_IS_FOLLOWER: Final = sa.select(_FOLLOWS)
_IS_MEMBER: Final = sa.select(is_member(_AREA))


def could_read(tx: sa.Connection, reader: Reader, change: Change) -> bool:
    """Whether the reader could read what has been removed: nobody else learns even that it was there."""
    audience = change.audience
    if audience is None:
        return False
    if audience.visibility in SHOWN or reader.id in {change.actor_id, *audience.named}:
        return True
    if audience.members_of is not None:
        return bool(tx.execute(_IS_MEMBER, {**reader.values, "area": audience.members_of}).scalar())
    if audience.visibility != "private":
        return False
    return bool(tx.execute(_IS_FOLLOWER, {**reader.values, "author": change.actor_id}).scalar())

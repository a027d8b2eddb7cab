"""Who follows, blocks, mutes and recommends whom, page by page."""

from typing import Any, Literal

import sqlalchemy as sa

from actors.listing import IS_SHOWN, list_actors
from actors.records import ActorRecord
from actors.tables import actors, blocks, domain_blocks, follows, mutes
from areas.personal_tables import endorsements
from areas.reading.slices import Page, Slice, paginate, slice_by
from federation.vocabulary import Millis


def list_follows(
    tx: sa.Connection, actor_id: int, which: Literal["followers", "following"], wanted: Slice
) -> Page[ActorRecord]:
    """Return who follows an actor, or whom it follows, the latest first; pages go by the ids of the follows."""
    mine, other = follows.c.target_id, follows.c.follower_id
    if which == "following":
        mine, other = other, mine
    query = (
        sa.select(follows.c.id, other)
        .join(actors, actors.c.id == other)
        .where(mine == actor_id, follows.c.state == "accepted", IS_SHOWN)
    )
    return _page(tx, query, follows.c.id, wanted)


def list_requests(tx: sa.Connection, actor_id: int, wanted: Slice) -> Page[ActorRecord]:
    """Return who waits for an actor's answer, the latest first; pages go by the ids of the follows."""
    query = (
        sa.select(follows.c.id, follows.c.follower_id)
        .join(actors, actors.c.id == follows.c.follower_id)
        .where(follows.c.target_id == actor_id, follows.c.state == "pending", IS_SHOWN)
    )
    return _page(tx, query, follows.c.id, wanted)


def list_endorsed(tx: sa.Connection, actor_id: int, wanted: Slice) -> Page[ActorRecord]:
    """Return whom an actor recommends on its page, the latest first."""
    query = (
        sa.select(endorsements.c.id, endorsements.c.target_id)
        .join(actors, actors.c.id == endorsements.c.target_id)
        .where(endorsements.c.actor_id == actor_id, IS_SHOWN)
    )
    return _page(tx, query, endorsements.c.id, wanted)


def list_blocked(tx: sa.Connection, actor_id: int, wanted: Slice) -> Page[ActorRecord]:
    """Return whom an actor blocks, also who is gone; pages go by their own ids."""
    mine = sa.select(blocks.c.target_id, blocks.c.target_id.label("who")).where(blocks.c.actor_id == actor_id)
    return _page(tx, mine, blocks.c.target_id, wanted)


def list_muted(tx: sa.Connection, actor_id: int, wanted: Slice, now: Millis) -> Page[ActorRecord]:
    """Return whom an actor mutes now; pages go by their own ids."""
    mine = sa.select(mutes.c.target_id, mutes.c.target_id.label("who")).where(
        mutes.c.actor_id == actor_id, sa.or_(mutes.c.until.is_(None), mutes.c.until > now)
    )
    return _page(tx, mine, mutes.c.target_id, wanted)


def list_blocked_hosts(tx: sa.Connection, actor_id: int, wanted: Slice) -> Page[tuple[int, str]]:
    """Return the hosts that an actor blocks, each with the time of its block, by which pages go."""
    mine = sa.select(domain_blocks.c.created_at, domain_blocks.c.host)
    rows, more = slice_by(
        tx, mine.where(domain_blocks.c.actor_id == actor_id), domain_blocks.c.created_at, wanted
    )
    return paginate([(int(at), str(host)) for at, host in rows], wanted, lambda each: each[0], more=more)


def _page(
    tx: sa.Connection, query: "sa.Select[Any]", key: "sa.ColumnElement[Any]", wanted: Slice
) -> Page[ActorRecord]:
    """A page of actors; the query gives its key, then who it is."""
    rows, more = slice_by(tx, query, key, wanted)
    found = [(int(number), int(who)) for number, who in rows]
    page = paginate(found, wanted, lambda each: each[0], more=more)
    return Page(tuple(list_actors(tx, (who for _, who in found))), page.older, page.newer)

"""What a reader has marked, and who has marked a post: favourites, bookmarks, boosts."""

from typing import Any

import sqlalchemy as sa

from actors.listing import IS_SHOWN, list_actors
from actors.records import ActorRecord
from actors.tables import actors
from areas.personal_tables import bookmarks
from areas.reading import statuses
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.reading.statuses import Seen
from areas.reading.visibility import ME, Reader, is_share_for_me
from areas.records import SHOWN
from areas.tables import reactions, shares

_IS_LIKE = reactions.c.kind == "Like"


def favourites(tx: sa.Connection, reader: Reader, wanted: Slice = FIRST) -> Page[Seen]:
    """What the reader likes, the latest first; pages go by when she said so."""
    query = sa.select(reactions.c.id, reactions.c.post_id).where(reactions.c.actor_id == ME, _IS_LIKE)
    return _posts(tx, reader, query, reactions.c.id, wanted)


def bookmarked(tx: sa.Connection, reader: Reader, wanted: Slice = FIRST) -> Page[Seen]:
    """What the reader keeps for later, the latest first."""
    query = sa.select(bookmarks.c.id, bookmarks.c.post_id).where(bookmarks.c.actor_id == ME)
    return _posts(tx, reader, query, bookmarks.c.id, wanted)


def _posts(
    tx: sa.Connection,
    reader: Reader,
    query: "sa.Select[Any]",
    key: "sa.ColumnElement[int]",
    wanted: Slice,
) -> Page[Seen]:
    rows, more = slice_by(tx, query, key, wanted, **reader.values)
    ends = paginate([int(row.id) for row in rows], wanted, lambda each: each, more=more)
    seen = statuses.load(tx, reader, (row.post_id for row in rows))
    return Page(statuses.list_seen(seen, [row.post_id for row in rows]), ends.older, ends.newer)


def favourited_by(tx: sa.Connection, post_id: int, wanted: Slice = FIRST) -> Page[ActorRecord]:
    """Who likes a post; the caller has seen that the reader may read it."""
    query = sa.select(reactions.c.id, reactions.c.actor_id).where(reactions.c.post_id == post_id, _IS_LIKE)
    return _people(tx, query, reactions.c.actor_id, reactions.c.id, wanted, {})


def shared_by(
    tx: sa.Connection, reader: Reader | None, post_id: int, wanted: Slice = FIRST
) -> Page[ActorRecord]:
    """Who boosts a post, without areas and other Groups, and private boosts of whom the reader does not follow."""
    is_seen = shares.c.visibility.in_(SHOWN) if reader is None else is_share_for_me()
    query = sa.select(shares.c.id, shares.c.actor_id).where(
        shares.c.post_id == post_id, shares.c.counts, is_seen
    )
    values = {} if reader is None else reader.values
    return _people(tx, query, shares.c.actor_id, shares.c.id, wanted, values)


def _people(
    tx: sa.Connection,
    query: "sa.Select[Any]",
    who: "sa.ColumnElement[int]",
    key: "sa.ColumnElement[int]",
    wanted: Slice,
    values: dict[str, Any],
) -> Page[ActorRecord]:
    shown = query.join(actors, actors.c.id == who).where(IS_SHOWN)
    rows, more = slice_by(tx, shown, key, wanted, **values)
    ends = paginate([int(row.id) for row in rows], wanted, lambda each: each, more=more)
    return Page(tuple(list_actors(tx, (row.actor_id for row in rows))), ends.older, ends.newer)

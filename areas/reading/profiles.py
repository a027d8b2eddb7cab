"""What stands on somebody's page: her posts and boosts; of an area, what it has accepted."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from actors.tables import actors
from areas import hashtags
from areas.personal_tables import pins
from areas.reading import feeds
from areas.reading.feeds import ANSWERED, Feed, Kind
from areas.reading.merging import PLACED, SHARED, WRITTEN, Candidate
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.reading.visibility import Reader, for_anyone, is_share_for_me, may_read
from areas.records import SHOWN
from areas.tables import post_tags, posts, shares

MOST_PINS = 5

_WHOSE = sa.bindparam("whose", type_=sa.BigInteger())
_SOURCES: Any = sa.select(_WHOSE.label("actor_id"), sa.true().label("boosts"))
_NO_ANSWERS: "sa.ColumnElement[bool]" = posts.c.actor_id == ANSWERED
"""But those to herself: they go on with what she said."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of somebody's posts are wanted. Threads with herself are no replies."""

    replies: bool = True
    boosts: bool = True
    only_media: bool = False
    tag: str | None = None


EVERYTHING = Filter()


@cache
def _find_feed(*, signed_in: bool, replies: bool, boosts: bool, only_media: bool) -> Feed:
    readable = may_read() if signed_in else for_anyone()
    if only_media:
        readable = sa.and_(readable, posts.c.attachments != "[]")
    shared = is_share_for_me() if signed_in else shares.c.visibility.in_(SHOWN)
    return Feed(
        Kind(
            sources=_SOURCES,
            readable=readable,
            answers=sa.true() if replies else _NO_ANSWERS,
            shared=shared,
            runs=(WRITTEN, SHARED, PLACED) if boosts else (WRITTEN,),
            window=0,
        )
    )


def by_actor(
    tx: sa.Connection,
    reader: Reader | None,
    actor_id: int,
    wanted: Slice = FIRST,
    which: Filter = EVERYTHING,
) -> Page[Candidate]:
    """Somebody's posts and boosts as the reader (None = anyone) may see them; of an area what it has accepted."""
    if which.tag is not None:
        return _tagged(tx, reader, actor_id, which.tag, wanted)
    feed = _find_feed(
        signed_in=reader is not None,
        replies=which.replies,
        boosts=which.boosts,
        only_media=which.only_media,
    )
    return feeds.read(tx, feed, reader, wanted, {"whose": actor_id})


def _tagged(
    tx: sa.Connection, reader: Reader | None, actor_id: int, tag: str, wanted: Slice
) -> Page[Candidate]:
    query = (
        sa.select(posts.c.id)
        .join(actors, actors.c.id == posts.c.actor_id)
        .join(post_tags, post_tags.c.post_id == posts.c.id)
        .where(
            post_tags.c.name == hashtags.fold(tag),
            posts.c.actor_id == actor_id,
            for_anyone() if reader is None else may_read(),
        )
    )
    values = {} if reader is None else reader.values
    rows, more = slice_by(tx, query, posts.c.id, wanted, **values)
    found = [Candidate(post_id, post_id, None) for (post_id,) in rows]
    return paginate(found, wanted, lambda each: each.position, more=more)


def pinned(tx: sa.Connection, reader: Reader | None, actor_id: int) -> list[Candidate]:
    """What somebody has pinned, the latest first, as far as the reader may read it."""
    query = (
        sa.select(posts.c.id)
        .join(actors, actors.c.id == posts.c.actor_id)
        .join(pins, pins.c.post_id == posts.c.id)
        .where(pins.c.actor_id == actor_id, for_anyone() if reader is None else may_read())
        .order_by(pins.c.id.desc())
        .limit(MOST_PINS)
    )
    rows = tx.execute(query, {} if reader is None else reader.values)
    return [Candidate(post_id, post_id, None) for (post_id,) in rows]

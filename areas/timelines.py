"""What pages show, straight from SQL: an area's timeline, a thread, an actor's posts. Keyset, never OFFSET.

For anyone, or as one reader may and wants to see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.names import OFFICIAL_KINDS
from actors.tables import actors
from areas.kinds.registry import KINDS
from areas.kinds.tables import notices, placed
from areas.reading.statuses import Status
from areas.reading.visibility import ME, Reader, for_anyone, is_judged_fit, is_wanted, may_read
from areas.records import SHOWN, PostRecord
from areas.tables import placements, posts, reactions
from federation.vocabulary import Iri, Millis

PAGE = 40
MOST_IN_FORCE = 10
STANDING = 7 * 24 * 3_600_000
"""Milliseconds for which a notice stands above everything else where its end is not known."""

Which = str
"""A part of an area's posts, by its name in `WHICH`."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post with who wrote it; `position` is what the next page starts before."""

    position: int
    post: PostRecord
    author_iri: Iri
    author_name: str
    author_handle: str
    author_kind: str | None
    replies: int
    likes: int


_POST = tuple(posts.c[name] for name in PostRecord.__dataclass_fields__)
_answers = posts.alias("answers")
_REPLIES = (
    sa.select(sa.func.count())
    .where(
        _answers.c.in_reply_to_id == posts.c.id,
        _answers.c.deleted_at.is_(None),
        _answers.c.visibility.in_(SHOWN),
    )
    .scalar_subquery()
)
_LIKES = (
    sa.select(sa.func.count())
    .where(reactions.c.post_id == posts.c.id, reactions.c.kind == "Like")
    .scalar_subquery()
)
# Written into the statement: a partial index serves only a condition that is known when it is planned.
_ACCEPTED: "sa.ColumnElement[str]" = sa.literal_column("'accepted'")


def _on_tab(tab: str) -> "sa.ColumnElement[bool]":
    return posts.c.kind.in_([kind.name for kind in KINDS.values() if kind.tab == tab])


WHICH: "Final[Mapping[Which, sa.ColumnElement[bool]]]" = {
    "everything": sa.true(),
    "notices": actors.c.kind.in_(OFFICIAL_KINDS),
    **{kind.tab: _on_tab(kind.tab) for kind in KINDS.values() if kind.tab},
    "pictures": posts.c.attachments != "[]",
}
"""`notices`: what the town itself wrote; between it and `pictures` what kinds have a tab for."""
_FOR_READER = sa.and_(may_read(), sa.or_(posts.c.actor_id == ME, is_wanted()))
_group = actors.alias("group_actor")
_IS_HEARD = sa.and_(_group.c.gone_at.is_(None), _group.c.standing != "suspended")
_elsewhere = placements.alias("elsewhere")
_IS_FIRST = sa.not_(
    sa.exists().where(
        _elsewhere.c.post_id == placements.c.post_id,
        _elsewhere.c.state == _ACCEPTED,
        _elsewhere.c.position < placements.c.position,
    )
)
"""That no other area has had the post before: in all areas together it stands once."""


def _query(position: "sa.ColumnElement[int]") -> "sa.Select[Any]":
    return sa.select(
        position,
        actors.c.iri,
        actors.c.name,
        actors.c.username,
        actors.c.host,
        actors.c.kind,
        _REPLIES,
        _LIKES,
        *_POST,
    ).join(actors, actors.c.id == posts.c.actor_id)


def area_timeline(
    tx: sa.Connection,
    area_id: int,
    *,
    reader: Reader | None = None,
    which: Which = "everything",
    before: int | None = None,
    limit: int = PAGE,
    front_page: bool = False,
) -> list[ShownPost]:
    """Accepted posts of one area, newest first. `front_page` leaves out what its author made unlisted."""
    query = _accepted(reader, before, limit, front_page=front_page)
    return _run(tx, reader, query.where(placements.c.area_id == area_id, WHICH[which]))


def list_at(
    tx: sa.Connection,
    places: sa.Table,
    stands: "sa.ColumnElement[bool]",
    *,
    reader: Reader | None,
    before: int | None,
    limit: int,
) -> list[ShownPost]:
    """Posts by a table that gives them places (`post_id`, `position`), newest first."""
    query = _query(places.c.position).join(places, places.c.post_id == posts.c.id)
    query = query.where(stands, _readable(reader))
    if before is not None:
        query = query.where(places.c.position < before)
    return _run(tx, reader, query.order_by(places.c.position.desc()).limit(limit))


def node_timeline(
    tx: sa.Connection, *, reader: Reader | None = None, before: int | None = None, limit: int = PAGE
) -> list[ShownPost]:
    """What is new in all areas of this node, each post once."""
    query = (
        _accepted(reader, before, limit, front_page=True)
        .join(_group, _group.c.id == placements.c.area_id)
        .where(_IS_HEARD, _IS_FIRST)
    )
    return _run(tx, reader, query)


def in_force(
    tx: sa.Connection, now: Millis, *, reader: Reader | None = None, area_id: int | None = None
) -> list[ShownPost]:
    """Notices that hold now, in an area or (each once) in all of them, the newest first."""
    query = _accepted(reader, None, MOST_IN_FORCE, front_page=True)
    query = query.join(notices, notices.c.post_id == posts.c.id).where(
        notices.c.state == "open",
        sa.func.coalesce(notices.c.since, 0) <= now,
        sa.func.coalesce(notices.c.until, posts.c.published_at + STANDING) > now,
    )
    if area_id is not None:
        return _run(tx, reader, query.where(placements.c.area_id == area_id))
    return _run(
        tx, reader, query.join(_group, _group.c.id == placements.c.area_id).where(_IS_HEARD, _IS_FIRST)
    )


def _readable(reader: Reader | None) -> "sa.ColumnElement[bool]":
    return for_anyone() if reader is None else _FOR_READER


def _run(tx: sa.Connection, reader: Reader | None, query: "sa.Select[Any]") -> list[ShownPost]:
    return [_shown(row) for row in tx.execute(query, {} if reader is None else reader.values)]


def _accepted(reader: Reader | None, before: int | None, limit: int, *, front_page: bool) -> "sa.Select[Any]":
    query = (
        _query(placements.c.position)
        .join(placements, placements.c.post_id == posts.c.id)
        .where(placements.c.state == _ACCEPTED, _readable(reader))
    )
    if before is not None:
        query = query.where(placements.c.position < before)
    if front_page:
        query = query.where(posts.c.visibility == "public")
    return query.order_by(placements.c.position.desc()).limit(limit)


def thread(
    tx: sa.Connection, thread_id: int, *, reader: Reader | None = None, limit: int = 200
) -> list[ShownPost]:
    """A thread as far as anyone, or the reader, may read it: the root, then the oldest first."""
    query = (
        _query(posts.c.id)
        .where(posts.c.thread_id == thread_id, _readable(reader))
        .order_by(posts.c.id != thread_id, posts.c.id)
        .limit(limit)
    )
    return _run(tx, reader, query)


def single(tx: sa.Connection, post_id: int, *, reader: Reader | None = None) -> list[ShownPost]:
    """One post by itself, where it may be read: of a reply whose thread is not known, all there is."""
    return _run(tx, reader, _query(posts.c.id).where(posts.c.id == post_id, _readable(reader)))


def held(tx: sa.Connection, post_id: int) -> list[ShownPost]:
    """A post that waits, for whoever decides about it; nothing where its author has deleted it."""
    query = _query(posts.c.id).where(posts.c.id == post_id, posts.c.deleted_at.is_(None))
    return _run(tx, None, query)


def by_actor(
    tx: sa.Connection,
    actor_id: int,
    *,
    reader: Reader | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[ShownPost]:
    """An actor's posts that anyone may read, newest first, replies left out; to the reader also what is for her."""
    query = _query(posts.c.id).where(
        posts.c.actor_id == actor_id, posts.c.in_reply_to_iri.is_(None), _readable(reader)
    )
    if reader is None:
        query = query.where(posts.c.visibility == "public")
    if before is not None:
        query = query.where(posts.c.id < before)
    return _run(tx, reader, query.order_by(posts.c.id.desc()).limit(limit))


def by_place(
    tx: sa.Connection,
    place_id: int,
    *,
    reader: Reader | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[ShownPost]:
    """Reviews of a place and events there, newest first: not what areas hold, refused or removed."""
    query = _query(posts.c.id).join(placed, placed.c.post_id == posts.c.id)
    query = query.where(placed.c.place_id == place_id, _readable(reader), is_judged_fit(posts.c.id))
    if before is not None:
        query = query.where(posts.c.id < before)
    return _run(tx, reader, query.order_by(posts.c.id.desc()).limit(limit))


def show_status(status: Status) -> ShownPost:
    """What stands in a timeline of one reader's own, as pages show it."""
    seen = status.seen
    return ShownPost(
        position=status.id,
        post=seen.post,
        author_iri=seen.author.iri,
        author_name=seen.author.name or seen.author.username,
        author_handle=f"@{seen.author.handle}",
        author_kind=seen.author.kind,
        replies=seen.replies,
        likes=seen.favourites,
    )


def _shown(row: "sa.Row[Any]") -> ShownPost:
    position, iri, name, username, host, kind, replies, likes, *columns = tuple(row)
    return ShownPost(
        position=position,
        post=PostRecord(*columns),
        author_iri=Iri(str(iri)),
        author_name=str(name) or str(username),
        author_handle=f"@{username}@{host}",
        author_kind=None if kind is None else str(kind),
        replies=replies,
        likes=likes,
    )

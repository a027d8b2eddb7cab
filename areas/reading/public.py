"""Timelines for everyone: what stands in this node's areas, all that this node knows, and what bears a tag."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.tables import actors
from areas import hashtags
from areas.reading import feeds
from areas.reading.feeds import Feed, Kind
from areas.reading.merging import PLACED, Candidate
from areas.reading.slices import FIRST, Page, Slice, paginate
from areas.reading.visibility import (
    ACCEPTED,
    Reader,
    follows_whom,
    for_anyone,
    is_judged_fit,
    is_wanted,
    may_read,
)
from areas.tables import areas, placements, post_tags, posts

Origin = Literal["all", "local", "remote"]


def _is_open(reader_is_known: bool) -> "sa.ColumnElement[bool]":  # noqa: FBT001 - which of two statements
    """Public, by nobody limited, not shut out by the reader."""
    seen = sa.and_(may_read(), is_wanted()) if reader_is_known else for_anyone()
    return sa.and_(seen, posts.c.visibility == "public", actors.c.standing == "open")


# What stands in areas

_group = actors.alias("group_actor")
_HERE = (
    sa.select(areas.c.actor_id, sa.true().label("boosts"))
    .join(_group, _group.c.id == areas.c.actor_id)
    .where(_group.c.gone_at.is_(None), _group.c.standing != "suspended")
)
_IS_FOLLOWED = follows_whom(areas.c.actor_id)


@cache
def _find_areas_feed(*, signed_in: bool, only_media: bool) -> Feed:
    readable = _is_open(signed_in)
    sources = _HERE.where(_IS_FOLLOWED) if signed_in else _HERE
    within = sources.subquery()
    firsts = (
        sa.select(placements.c.post_id, sa.func.min(placements.c.position))
        .where(
            placements.c.post_id.in_(sa.bindparam("ids", expanding=True)),
            placements.c.state == ACCEPTED,
            placements.c.area_id.in_(sa.select(within.c.actor_id)),
        )
        .group_by(placements.c.post_id)
    )
    return Feed(
        Kind(
            sources=sources,
            readable=sa.and_(readable, posts.c.attachments != "[]") if only_media else readable,
            answers=sa.false(),
            shared=sa.false(),
            runs=(PLACED,),
            window=0,
            firsts=firsts,
        )
    )


def local(
    tx: sa.Connection, reader: Reader | None, wanted: Slice = FIRST, *, only_media: bool = False
) -> Page[Candidate]:
    """What the areas of this node have accepted: signed out of all, signed in of those that one follows.

    No replies; a post that several areas have stands once, where the first of them put it.
    """
    feed = _find_areas_feed(signed_in=reader is not None, only_media=only_media)
    return feeds.read(tx, feed, reader, wanted)


# All that is known, and tags


@dataclass(frozen=True, slots=True)
class Tags:
    """With any of `any_of`, all of `all_of`, none of `none_of`; in any spelling."""

    any_of: Sequence[str]
    all_of: Sequence[str] = ()
    none_of: Sequence[str] = ()


def known(
    tx: sa.Connection,
    reader: Reader | None,
    wanted: Slice = FIRST,
    *,
    origin: Origin = "all",
    only_media: bool = False,
) -> Page[Candidate]:
    """Public posts that this node knows, wherever they are from, without replies."""
    which = _Which(signed_in=reader is not None, origin=origin, only_media=only_media, is_tagged=False)
    return _walk(tx, _find_walk(which, upwards=wanted.upwards), reader, wanted)


def tagged(
    tx: sa.Connection,
    reader: Reader | None,
    tags: Tags,
    wanted: Slice = FIRST,
    *,
    origin: Origin = "all",
    only_media: bool = False,
) -> Page[Candidate]:
    """Public posts with a tag, replies included."""
    which = _Which(signed_in=reader is not None, origin=origin, only_media=only_media, is_tagged=True)
    names = _fold(tags.any_of)
    if len(names) == 1 and not (tags.all_of or tags.none_of):
        return _walk(tx, _find_walk(which, upwards=wanted.upwards), reader, wanted, tag=names[0])
    query = _query(which).where(_has_any(names), *(_has_any([name]) for name in _fold(tags.all_of)))
    if tags.none_of:
        query = query.where(sa.not_(_has_any(_fold(tags.none_of))))
    return _walk(tx, Prepared(_bound(query, posts.c.id, upwards=wanted.upwards)), reader, wanted)


def _fold(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(hashtags.fold(name) for name in names))


def _has_any(names: Sequence[str]) -> "sa.Exists":
    more = post_tags.alias()
    return sa.exists().where(more.c.post_id == posts.c.id, more.c.name.in_(names))


@dataclass(frozen=True, slots=True)
class _Which:
    """Which posts: each is a statement of its own."""

    signed_in: bool
    origin: Origin
    only_media: bool
    is_tagged: bool


def _query(which: _Which) -> "sa.Select[Any]":
    query = (
        sa.select(posts.c.id)
        .join(actors, actors.c.id == posts.c.actor_id)
        .where(_is_open(which.signed_in), is_judged_fit(posts.c.id))
    )
    if not which.is_tagged:
        query = query.where(posts.c.in_reply_to_iri.is_(None))
    if which.origin != "all":
        query = query.where(posts.c.local if which.origin == "local" else sa.not_(posts.c.local))
    return query.where(posts.c.attachments != "[]") if which.only_media else query


@cache
def _find_walk(which: _Which, *, upwards: bool) -> Prepared:
    query, key = _query(which), posts.c.id
    if which.is_tagged:  # the index of the tag itself is read in order
        query = query.join(post_tags, post_tags.c.post_id == posts.c.id)
        query, key = query.where(post_tags.c.name == sa.bindparam("tag", type_=sa.Text)), post_tags.c.post_id
    return Prepared(_bound(query, key, upwards=upwards))


def _bound(query: "sa.Select[Any]", key: "sa.ColumnElement[int]", *, upwards: bool) -> "sa.Select[Any]":
    upper, lower = (sa.bindparam(name, type_=sa.BigInteger) for name in ("upper", "lower"))
    order = key.asc() if upwards else key.desc()
    return query.where(key < upper, key > lower).order_by(order).limit(sa.bindparam("n", type_=sa.Integer))


def _walk(
    tx: sa.Connection, statement: Prepared, reader: Reader | None, wanted: Slice, **values: Any
) -> Page[Candidate]:
    bounds = {"upper": wanted.upper, "lower": wanted.lower, "n": wanted.limit + 1}
    mine = {} if reader is None else reader.values
    found = [
        Candidate(post_id, post_id, None) for (post_id,) in statement.all(tx, **bounds, **mine, **values)
    ]
    more, kept = len(found) > wanted.limit, found[: wanted.limit]
    items = kept[::-1] if wanted.upwards else kept
    return paginate(items, wanted, lambda each: each.position, more=more)

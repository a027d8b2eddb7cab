"""Tags that a resident follows, and tags that she shows on her page."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import hashtags
from areas.ids import time_of
from areas.locks import lock_author
from areas.personal_tables import featured_tags, followed_tags
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.records import SHOWN
from areas.statements import insert_once
from areas.tables import post_tags, posts
from federation.errors import NotFound, Refused
from federation.iris import mint_id
from federation.vocabulary import Millis

MOST_FOLLOWED = 200
MOST_FEATURED = 10


def _check(name: str) -> str:
    folded = hashtags.fold(name)
    if not folded or any(sign.isspace() for sign in folded):
        raise Refused(f"{name[:100]!r} is no hashtag")
    return folded


def follow_tag(tx: sa.Connection, actor: ActorRecord, name: str, now: Millis) -> str:
    """See public posts with a tag at home; returns its folded name. Raises `Refused`."""
    folded = _check(name)
    lock_author(tx, actor.id)
    count = sa.select(sa.func.count()).where(
        followed_tags.c.actor_id == actor.id, followed_tags.c.name != folded
    )
    if tx.execute(count).scalar_one() >= MOST_FOLLOWED:
        raise Refused(f"one can follow {MOST_FOLLOWED} tags")
    insert_once(tx, followed_tags, {"id": mint_id(now), "actor_id": actor.id, "name": folded})
    return folded


def unfollow_tag(tx: sa.Connection, actor: ActorRecord, name: str) -> str:
    """See them no longer; returns the folded name."""
    folded = hashtags.fold(name)
    mine = sa.delete(followed_tags).where(
        followed_tags.c.actor_id == actor.id, followed_tags.c.name == folded
    )
    tx.execute(mine)
    return folded


def followed(tx: sa.Connection, actor_id: int, wanted: Slice = FIRST) -> Page[str]:
    """The tags that an actor follows, the latest first."""
    query = sa.select(followed_tags.c.id, followed_tags.c.name).where(followed_tags.c.actor_id == actor_id)
    rows, more = slice_by(tx, query, followed_tags.c.id, wanted)
    ends = paginate([int(row.id) for row in rows], wanted, lambda each: each, more=more)
    return Page(tuple(str(row.name) for row in rows), ends.older, ends.newer)


@dataclass(frozen=True, slots=True)
class Marks:
    """Which of some tags somebody follows, and which she shows on her page; folded."""

    followed: frozenset[str] = frozenset()
    featured: frozenset[str] = frozenset()


def find_marks(tx: sa.Connection, actor_id: int, names: Iterable[str]) -> Marks:
    """Return what an actor has made of these tags."""
    folded = {hashtags.fold(name) for name in names}

    def find(table: sa.Table) -> frozenset[str]:
        mine = sa.select(table.c.name).where(table.c.actor_id == actor_id, table.c.name.in_(folded))
        return frozenset(tx.execute(mine).scalars())

    return Marks(find(followed_tags), find(featured_tags))


@dataclass(frozen=True, slots=True)
class FeaturedTag:
    """A tag on somebody's page: how many of her posts bear it, and when the last was written."""

    id: int
    name: str
    posts: int
    last_at: Millis | None


def feature_tag(tx: sa.Connection, actor: ActorRecord, name: str, now: Millis) -> FeaturedTag:
    """Show a tag on one's page. Raises `Refused`."""
    folded = _check(name)
    lock_author(tx, actor.id)
    count = sa.select(sa.func.count()).where(
        featured_tags.c.actor_id == actor.id, featured_tags.c.name != folded
    )
    if tx.execute(count).scalar_one() >= MOST_FEATURED:
        raise Refused(f"one can feature {MOST_FEATURED} tags")
    row = {"id": mint_id(now), "actor_id": actor.id, "name": folded, "display": name.lstrip("#＃")}
    insert_once(tx, featured_tags, row)
    return next(each for each in featured(tx, actor.id) if hashtags.fold(each.name) == folded)


def unfeature_tag(tx: sa.Connection, actor: ActorRecord, tag_id: int) -> None:
    """Show it no longer. Raises `NotFound`."""
    mine = sa.delete(featured_tags).where(featured_tags.c.actor_id == actor.id, featured_tags.c.id == tag_id)
    if not tx.execute(mine).rowcount:
        raise NotFound(f"there is no featured tag {tag_id}")


def unfeature_named(tx: sa.Connection, actor: ActorRecord, name: str) -> str:
    """Show a tag no longer, by its name; returns its folded form."""
    folded = hashtags.fold(name)
    mine = sa.and_(featured_tags.c.actor_id == actor.id, featured_tags.c.name == folded)
    tx.execute(sa.delete(featured_tags).where(mine))
    return folded


def featured(tx: sa.Connection, actor_id: int) -> list[FeaturedTag]:
    """The tags on an actor's page, with her public posts that bear them, the oldest first."""
    mine = sa.and_(
        posts.c.id == post_tags.c.post_id,
        posts.c.actor_id == actor_id,
        posts.c.deleted_at.is_(None),
        posts.c.visibility.in_(SHOWN),
    )
    query = (
        sa.select(
            featured_tags.c.id, featured_tags.c.display, sa.func.count(posts.c.id), sa.func.max(posts.c.id)
        )
        .select_from(featured_tags)
        .outerjoin(post_tags.join(posts, mine), post_tags.c.name == featured_tags.c.name)
        .where(featured_tags.c.actor_id == actor_id)
        .group_by(featured_tags.c.id, featured_tags.c.display)
        .order_by(featured_tags.c.id)
    )
    return [
        FeaturedTag(tag_id, display, number, None if last is None else time_of(last))
        for tag_id, display, number, last in tx.execute(query)
    ]


def suggest(tx: sa.Connection, actor_id: int) -> list[str]:
    """The tags that stand in most of an actor's public posts and not on her page yet, folded."""
    shown = sa.select(featured_tags.c.name).where(featured_tags.c.actor_id == actor_id)
    query = (
        sa.select(post_tags.c.name)
        .join(posts, posts.c.id == post_tags.c.post_id)
        .where(
            posts.c.actor_id == actor_id,
            posts.c.deleted_at.is_(None),
            posts.c.visibility.in_(SHOWN),
            post_tags.c.name.not_in(shown),
        )
        .group_by(post_tags.c.name)
        .order_by(sa.func.count().desc(), post_tags.c.name)
        .limit(MOST_FEATURED)
    )
    return list(tx.execute(query).scalars())

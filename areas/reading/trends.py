"""What is talked about in this node's areas: hashtags and posts of the last week. Nothing learns; it is counted."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.tables import actors
from areas.ids import first_at
from areas.reading.visibility import ACCEPTED, for_anyone
from areas.tables import placements, post_tags, posts, reactions, shares
from federation.vocabulary import Millis

DAY = 24 * 3_600_000
DAYS = 7
MOST = 40
SPEAKERS = 2
"""People who use a tag before it is a topic: one alone is an announcement."""


@dataclass(frozen=True, slots=True)
class Use:
    """How often a tag was used on a day, and by how many; `day` is its beginning in UTC."""

    day: Millis
    posts: int
    people: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A hashtag (folded) with its last week, today first."""

    name: str
    week: tuple[Use, ...]


def _since(now: Millis) -> Millis:
    return Millis((now // DAY - DAYS + 1) * DAY)


def _placed(now: Millis, *columns: "sa.ColumnElement[Any]") -> "sa.Select[Any]":
    """Public posts in areas of this node, of the last days."""
    return (
        sa.select(*columns)
        .select_from(placements)
        .join(posts, posts.c.id == placements.c.post_id)
        .join(actors, actors.c.id == posts.c.actor_id)
        .where(
            placements.c.state == ACCEPTED,
            placements.c.position >= first_at(_since(now)),
            posts.c.visibility == "public",
            posts.c.in_reply_to_iri.is_(None),
            for_anyone(),
        )
    )


def list_topics(tx: sa.Connection, now: Millis) -> tuple[Topic, ...]:
    """Return the hashtags that most people used, the most used first."""
    people = sa.func.count(sa.distinct(posts.c.actor_id))
    query = (
        _placed(now, post_tags.c.name)
        .join(post_tags, post_tags.c.post_id == posts.c.id)
        .group_by(post_tags.c.name)
        .having(people >= SPEAKERS)
        .order_by(people.desc(), sa.func.count().desc(), post_tags.c.name)
    )
    names = list(tx.execute(query.limit(MOST)).scalars())
    used = describe(tx, names, now)
    return tuple(Topic(name, used[name]) for name in names)


def describe(tx: sa.Connection, names: list[str], now: Millis) -> dict[str, tuple[Use, ...]]:
    """Return the last week of each tag, today first."""
    day = posts.c.published_at // DAY
    query = (
        _placed(now, post_tags.c.name, day, sa.func.count(sa.distinct(posts.c.id)))
        .add_columns(sa.func.count(sa.distinct(posts.c.actor_id)))
        .join(post_tags, post_tags.c.post_id == posts.c.id)
        .where(post_tags.c.name.in_(names))
        .group_by(post_tags.c.name, day)
    )
    found = {(name, int(each)): (count, people) for name, each, count, people in tx.execute(query)}
    today = now // DAY
    return {
        name: tuple(
            Use(Millis(each * DAY), *found.get((name, each), (0, 0)))
            for each in range(today, today - DAYS, -1)
        )
        for name in names
    }


def list_posts(tx: sa.Connection, now: Millis) -> tuple[int, ...]:
    """Return the posts of the last week that were liked, boosted and answered most, with something of each."""
    answers = posts.alias("answers")

    def count(post: "sa.ColumnElement[Any]", *clauses: "sa.ColumnElement[bool]") -> "sa.ScalarSelect[int]":
        return sa.select(sa.func.count()).where(post == posts.c.id, *clauses).scalar_subquery()

    liked = count(reactions.c.post_id, reactions.c.kind == "Like")
    boosted = count(shares.c.post_id, shares.c.counts)
    answered = count(answers.c.in_reply_to_id, answers.c.deleted_at.is_(None))
    heat = liked + boosted + answered
    query = _placed(now, posts.c.id).where(heat > 0).distinct().add_columns(heat.label("heat"))
    rows = tx.execute(query.order_by(sa.literal_column("heat").desc(), posts.c.id.desc()).limit(MOST))
    return tuple(int(row[0]) for row in rows)

"""How much there is of an actor, as this node knows it: who follows, who is followed, what was posted.

Read together for many actors in one statement; what is counted can be large, so the edge remembers it for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.prepared import Prepared, one_of
from actors.tables import actors, follows, servers
from areas.ids import first_at, time_of
from areas.records import SHOWN
from areas.tables import placements, posts
from federation.vocabulary import Millis

MONTH = 30 * 24 * 3_600_000
WEEK = 7 * 24 * 3_600_000
WEEKS = 12
PEOPLE = ("resident", "official", "shop", "partner")
"""Local actors behind whom somebody stands, as NodeInfo counts users."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of an area `posts` are the places in its timeline; `last_at` is when the newest was posted or accepted."""

    followers: int = 0
    following: int = 0
    posts: int = 0
    last_at: Millis | None = None


NOTHING = Counts()

# Written into the statement: a partial index serves only a condition that is known when it is planned.
_ACCEPTED: "sa.ColumnElement[str]" = sa.literal_column("'accepted'")
_NEVER: "sa.ColumnElement[Any]" = sa.cast(sa.null(), sa.BigInteger)


def _count_all(dialect: str) -> sa.Executable:
    def count(
        name: str, owner: "sa.ColumnElement[Any]", last: "sa.ColumnElement[Any]", *clauses: Any
    ) -> "sa.Select[Any]":
        label = sa.literal_column(f"'{name}'", sa.Text)
        chosen = one_of(owner, "ids", dialect)
        return sa.select(label, owner, sa.func.count(), last).where(chosen, *clauses).group_by(owner)

    is_open = sa.and_(posts.c.deleted_at.is_(None), posts.c.visibility.in_(SHOWN))
    newest = sa.func.max(placements.c.position)
    return sa.union_all(
        count("followers", follows.c.target_id, _NEVER, follows.c.state == _ACCEPTED),
        count("following", follows.c.follower_id, _NEVER, follows.c.state == _ACCEPTED),
        count("posts", posts.c.actor_id, sa.func.max(posts.c.id), is_open),
        count("posts", placements.c.area_id, newest, placements.c.state == _ACCEPTED),
    )


_COUNTS = Prepared(_count_all)


def count_actors(tx: sa.Connection, actor_ids: Iterable[int]) -> dict[int, Counts]:
    """Return the counts of each actor."""
    wanted = list(dict.fromkeys(actor_ids))
    found: dict[int, dict[str, int]] = {actor_id: {} for actor_id in wanted}
    newest: dict[int, int] = {}
    for name, actor_id, number, last in _COUNTS.all(tx, ids=wanted) if wanted else ():
        found[actor_id][name] = found[actor_id].get(name, 0) + number
        if last is not None:
            newest[actor_id] = max(last, newest.get(actor_id, 0))
    return {
        actor_id: Counts(**numbers, last_at=time_of(newest[actor_id]) if actor_id in newest else None)
        for actor_id, numbers in found.items()
    }


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a node is used: people, those who wrote something, what anyone may read, servers that are known."""

    people: int
    active_month: int
    active_half_year: int
    posts: int
    servers: int


def count_usage(tx: sa.Connection, now: Millis) -> Usage:
    """Count the whole node."""
    people = sa.and_(actors.c.origin_id.is_not(None), actors.c.kind.in_(PEOPLE), actors.c.gone_at.is_(None))
    written = sa.and_(posts.c.local, posts.c.deleted_at.is_(None), posts.c.visibility.in_(SHOWN))

    def count(clause: sa.ColumnElement[bool], what: sa.ColumnElement[int]) -> int:
        return int(tx.execute(sa.select(sa.func.count(sa.distinct(what))).where(clause)).scalar_one())

    return Usage(
        people=count(people, actors.c.id),
        active_month=count(sa.and_(written, posts.c.published_at > now - MONTH), posts.c.actor_id),
        active_half_year=count(sa.and_(written, posts.c.published_at > now - 6 * MONTH), posts.c.actor_id),
        posts=count(written, posts.c.id),
        servers=count(sa.true(), servers.c.id),
    )


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from `start`: posts that anyone may read, who wrote them, people who are new."""

    start: Millis
    posts: int
    people: int
    new_people: int


def count_weeks(tx: sa.Connection, now: Millis) -> list[Week]:
    """Count the last weeks of the whole node, the present one first; weeks begin on Thursday, as the epoch did."""
    first = now // WEEK - WEEKS + 1
    number = sa.cast(posts.c.published_at, sa.BigInteger) // WEEK
    written = (
        sa.select(number, sa.func.count(), sa.func.count(sa.distinct(posts.c.actor_id)))
        .where(posts.c.id >= first_at(Millis(first * WEEK)), posts.c.local, posts.c.visibility.in_(SHOWN))
        .where(posts.c.deleted_at.is_(None))
        .group_by(number)
    )
    born = actors.c.created_at // WEEK
    new = (
        sa.select(born, sa.func.count())
        .where(actors.c.created_at >= first * WEEK, actors.c.kind.in_(PEOPLE))
        .group_by(born)
    )
    wrote = {int(row[0]): (row[1], row[2]) for row in tx.execute(written)}
    came = {int(row[0]): row[1] for row in tx.execute(new)}
    return [
        Week(Millis(week * WEEK), *wrote.get(week, (0, 0)), came.get(week, 0))
        for week in range(now // WEEK, first - 1, -1)
    ]

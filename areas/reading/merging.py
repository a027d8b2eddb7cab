"""Timelines of many authors, merged when they are read: nothing is stored for each reader.

Each author has a few sorted runs: her posts, her boosts, and of an area the places of posts in it. A page is made of
the newest of those runs. Their heads are looked up first (three steps in an index for each author); only the
runs with the newest heads can stand on the page, so only those are read, and none further than the page is long.
What it costs depends on whom one follows, not on how many posts there are.

Every look-up is a scalar subquery on purpose: joins would let SQLite scan a whole table to build a filter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from actors.prepared import Prepared
from areas.personal_tables import followed_tags
from areas.reading.visibility import ACCEPTED, is_judged_fit
from areas.tables import placements, post_tags, posts, shares
from areas.zones.records import STANDING
from areas.zones.tables import zone_posts

_N = sa.bindparam("n", type_=sa.Integer)
_UPPER = sa.bindparam("upper", type_=sa.BigInteger())
_LOWER = sa.bindparam("lower", type_=sa.BigInteger())


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may stand in a timeline: a post at its place, and who brought it there (None = its author)."""

    position: int
    post_id: int
    via: int | None


@dataclass(frozen=True, slots=True)
class _Run:
    """A kind of sorted run: whose, by what it is sorted, which post stands there; who brought it, if not the owner."""

    is_of: "Callable[[sa.ColumnElement[Any]], sa.ColumnElement[bool]]"
    key: "sa.ColumnElement[int]"
    post: "sa.ColumnElement[int]"
    clause: "sa.ColumnElement[bool]"
    via: "sa.ColumnElement[int] | None" = None


WRITTEN: Final = "posts"
SHARED: Final = "shares"
PLACED: Final = "placements"
TAGGED: Final = "tags"
ZONED: Final = "zone_posts"
RUNS: Final = (WRITTEN, SHARED, PLACED)
"""What an author wrote herself; what she boosts; and of an area, what stands there.

Beside them `ZONED`: what peers have brought to an area, by whose it is.
"""


def _find_run(name: str, shared: "sa.ColumnElement[bool]") -> _Run:
    if name == WRITTEN:
        return _Run(lambda owner: posts.c.actor_id == owner, posts.c.id, posts.c.id, sa.true())
    if name == SHARED:
        return _Run(lambda owner: shares.c.actor_id == owner, shares.c.id, shares.c.post_id, shared)
    if name == TAGGED:
        fit = is_judged_fit(post_tags.c.post_id)
        return _Run(_bears_tag, post_tags.c.post_id, post_tags.c.post_id, fit)
    if name == ZONED:
        return _Run(
            lambda owner: zone_posts.c.area_id == owner,
            zone_posts.c.position,
            zone_posts.c.post_id,
            zone_posts.c.state.in_(STANDING),
            zone_posts.c.home_id,
        )
    return _Run(
        lambda owner: placements.c.area_id == owner,
        placements.c.position,
        placements.c.post_id,
        placements.c.state == ACCEPTED,
    )


def _bears_tag(owner: "sa.ColumnElement[Any]") -> "sa.ColumnElement[bool]":
    """The owner of a run of tags is the number of a followed tag."""
    name = sa.select(followed_tags.c.name).where(followed_tags.c.id == owner).scalar_subquery()
    return post_tags.c.name == name


def _ordered(key: "sa.ColumnElement[int]", *, upwards: bool) -> "sa.ColumnElement[int]":
    return key.asc() if upwards else key.desc()


def build(
    sources: "sa.Select[Any] | sa.CompoundSelect[Any]",
    *,
    upwards: bool,
    runs: Sequence[str],
    shared: "sa.ColumnElement[bool]",
    tags: "sa.Select[Any] | None" = None,
) -> "sa.Select[Any]":
    """The statement for the authors that `sources` names, as (actor_id, boosts).

    `shared` says which boosts by people stand in it; `tags` names followed tags by their numbers, as (actor_id,).
    Binds `n`, `upper` and `lower` beside those of `sources`. Its rows are (actor, run, "position post,…"),
    with who brought it behind the post where that is not the actor.
    """
    found = {name: _find_run(name, shared) for name in runs}
    named = sources.cte("sources")
    parts = [_heads(named, name, run, upwards=upwards) for name, run in found.items()]
    if tags is not None:
        found[TAGGED] = _find_run(TAGGED, shared)
        parts.append(_heads(tags.cte("tags"), TAGGED, found[TAGGED], upwards=upwards))
    # Else both databases put the conditions on a head into the look-ups, and look each up two or three times.
    heads = sa.union_all(*parts).cte("heads").prefix_with("MATERIALIZED")
    newest = (
        sa.select(heads)
        .where(heads.c.head.is_not(None))
        .order_by(_ordered(heads.c.head, upwards=upwards))
        .limit(_N)
        .cte("newest")
    )
    last = sa.func.max(newest.c.head) if upwards else sa.func.min(newest.c.head)
    edge = _UPPER - 1 if upwards else _LOWER + 1
    bound = (
        sa.select(sa.case((sa.func.count() == _N, last), else_=edge)).select_from(newest).scalar_subquery()
    )
    texts = [
        (newest.c.run == _label(name), _read(newest, run, bound, upwards=upwards))
        for name, run in found.items()
    ]
    return sa.select(newest.c.actor_id, newest.c.run, sa.case(*texts))


def _label(name: str) -> "sa.ColumnElement[str]":
    return sa.literal_column(f"'{name}'", sa.Text)


def _heads(named: sa.CTE, name: str, run: _Run, *, upwards: bool) -> "sa.Select[Any]":
    head = (
        sa.select(run.key)
        .where(run.is_of(named.c.actor_id), run.key < _UPPER, run.key > _LOWER, run.clause)
        .order_by(_ordered(run.key, upwards=upwards))
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(named.c.actor_id, _label(name).label("run"), head.label("head"))
    return query.where(named.c.boosts) if name in {SHARED, PLACED} else query


def _read(
    newest: sa.CTE, run: _Run, bound: "sa.ScalarSelect[Any]", *, upwards: bool
) -> "sa.ScalarSelect[str]":
    """From the edge where the page begins to `bound`, as one range of the index.

    With a third limit SQLite would take another one for the range, and read an author's whole past.
    """
    via = () if run.via is None else (run.via.label("via"),)
    within = (run.key > _LOWER, run.key <= bound) if upwards else (run.key < _UPPER, run.key >= bound)
    rows = (
        sa.select(run.key.label("position"), run.post.label("post"), *via)
        .where(run.is_of(newest.c.actor_id), *within, run.clause)
        .order_by(_ordered(run.key, upwards=upwards))
        .limit(_N)
        .correlate(newest)
        .subquery()
    )
    words: list[sa.ColumnElement[str]] = [sa.cast(column, sa.Text) for column in rows.c]
    text = reduce(lambda line, word: line + " " + word, words)
    return sa.select(sa.func.aggregate_strings(text, ",")).scalar_subquery()


def read(
    tx: sa.Connection, statement: Prepared, values: Mapping[str, Any], *, upwards: bool, n: int
) -> list[Candidate]:
    """The first `n` candidates of a statement that `build` made, newest first or, `upwards`, oldest first."""
    found: dict[int, tuple[int, int, int | None]] = {}
    for actor_id, run, text in statement.all(tx, **values, n=n):
        via = actor_id if run in {SHARED, PLACED} else None
        for entry in text.split(","):
            place, post_id, *brought_by = entry.split(" ")
            position = int(place)
            found[position] = (position, int(post_id), int(brought_by[0]) if brought_by else via)
    ordered = sorted(found.values(), key=_POSITION, reverse=not upwards)
    return [Candidate(*each) for each in ordered[:n]]


_POSITION = itemgetter(0)

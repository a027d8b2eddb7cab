"""Bringing posts into the index of words, some time after they came: nothing of it is done while a post is received.

What anyone may find: public posts that an area has accepted, by whom allows it (`indexable`); of official actors all.
Whoever writes here finds her own posts, whatever they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.jobs import schedule
from actors.names import OFFICIAL_KINDS
from actors.statements import insert_into
from actors.tables import actors
from areas.ids import first_at
from areas.polls.tables import poll_options
from areas.records import PostRecord
from areas.search import index
from areas.search.index import Entry
from areas.search.tables import indexed_posts, search_cursors
from areas.search.words import split
from areas.tables import placements, posts
from federation.html import to_text
from federation.vocabulary import Millis

BATCH = 50
"""Posts at once: 5 ms of work."""
OVERLAP = 60_000
"""Milliseconds that are looked at again: on PostgreSQL an older id may be committed later."""
AGAIN = "index-again"
"""The job that brings a post into the index once more; the key is its number."""
OF_AUTHOR = "index-author"
"""The job that does so with all that an author wrote; the key is her number."""

PLACEMENTS, LOCAL = "placements", "local"

_ACCEPTED: "sa.ColumnElement[str]" = sa.literal_column("'accepted'")
IS_ALLOWED = sa.or_(
    actors.c.indexable, sa.and_(actors.c.origin_id.is_not(None), actors.c.kind.in_(sorted(OFFICIAL_KINDS)))
)
"""That an author lets her public posts be found."""
_IS_OPEN = sa.and_(
    posts.c.visibility == "public",
    IS_ALLOWED,
    sa.exists().where(placements.c.post_id == posts.c.id, placements.c.state == _ACCEPTED).correlate(posts),
)
_WANTED: "sa.Select[Any]" = (
    sa.select(
        posts.c.id,
        posts.c.actor_id,
        _IS_OPEN.label("is_open"),
        posts.c.content,
        posts.c.summary,
        posts.c.title,
        posts.c.type,
    )
    .join(actors, actors.c.id == posts.c.actor_id)
    .where(posts.c.deleted_at.is_(None), sa.or_(posts.c.local, _IS_OPEN))
)
_IS_NEW = sa.not_(
    sa.exists().where(indexed_posts.c.post_id == posts.c.id, sa.or_(indexed_posts.c.open, sa.not_(_IS_OPEN)))
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries to be put into the index, and where the cursors then stand; `more`: there may be others."""

    entries: tuple[Entry, ...]
    cursors: tuple[tuple[str, int], ...]
    more: bool


def gather(tx: sa.Connection, now: Millis) -> Batch:
    """The next posts that are not in the index. Reads only: whatever it costs, nobody who writes waits for it."""
    by_place = _WANTED.join(placements, placements.c.post_id == posts.c.id).where(
        placements.c.state == _ACCEPTED
    )
    placed = _next(tx, by_place, PLACEMENTS, placements.c.position, now)
    local = _next(tx, _WANTED.where(posts.c.local), LOCAL, posts.c.id, now)
    is_more = max(len(placed), len(local)) == BATCH
    cursors = [
        (name, rows[-1].place if len(rows) == BATCH else first_at(now))
        for name, rows in ((PLACEMENTS, placed), (LOCAL, local))
    ]
    rows = {row.id: row for row in (*placed, *local)}
    return Batch(tuple(_read(tx, list(rows.values()))), tuple(cursors), is_more)


def _next(
    tx: sa.Connection, query: "sa.Select[Any]", name: str, key: "sa.ColumnElement[int]", now: Millis
) -> list[Any]:
    cursor = tx.execute(sa.select(search_cursors.c.value).where(search_cursors.c.name == name)).scalar()
    start = min(cursor or 0, first_at(Millis(now - OVERLAP)))
    bounded = query.add_columns(key.label("place")).where(key > start, _IS_NEW)
    return list(tx.execute(bounded.order_by(key).limit(BATCH)))


def _read(tx: sa.Connection, rows: Sequence[Any]) -> list[Entry]:
    asked = [row.id for row in rows if row.type == "Question"]
    options: dict[int, list[str]] = {}
    query = sa.select(poll_options.c.post_id, poll_options.c.title).where(poll_options.c.post_id.in_(asked))
    for post_id, title in tx.execute(query) if asked else ():
        options.setdefault(post_id, []).append(title)
    return [
        Entry(
            row.id,
            row.actor_id,
            split(text_of(row.content, row.summary, row.title, options.get(row.id, ()))),
            bool(row.is_open),
        )
        for row in rows
    ]


def text_of(content: str, summary: str | None, title: str | None, options: Sequence[str] = ()) -> str:
    """All of a post that is looked through."""
    return "\n".join((title or "", summary or "", to_text(content), *options))


def fill(tx: sa.Connection, batch: Batch) -> int:
    """Put a batch into the index; returns how many posts."""
    index.add(tx, batch.entries)
    for entry in batch.entries:
        values = {"open": entry.is_open}
        statement = insert_into(tx, indexed_posts).values(post_id=entry.post_id, **values)
        tx.execute(statement.on_conflict_do_update(index_elements=["post_id"], set_=values))
    for name, value in batch.cursors:
        row = insert_into(tx, search_cursors).values(name=name, value=value)
        tx.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    return len(batch.entries)


def plan_again(tx: sa.Connection, post: PostRecord, now: Millis) -> None:
    """Bring an edited post into the index once more, if it is there."""
    is_there = sa.select(indexed_posts.c.post_id).where(indexed_posts.c.post_id == post.id)
    if tx.execute(is_there).first() is not None:
        schedule(tx, AGAIN, str(post.id), {}, now, now)


def plan_author(tx: sa.Connection, actor_id: int, now: Millis) -> None:
    """An author allows to be found, or no longer: bring all that she wrote into the index once more."""
    schedule(tx, OF_AUTHOR, str(actor_id), {}, now, now)


def refill(tx: sa.Connection, post_id: int) -> bool:
    """Bring a post into the index as it is now. False = it is not for the index."""
    rows = list(tx.execute(_WANTED.where(posts.c.id == post_id)))
    fill(tx, Batch(tuple(_read(tx, rows)), (), more=False))
    return bool(rows)


def refill_author(tx: sa.Connection, actor_id: int, after: int) -> int | None:
    """Bring a batch of an author's posts into the index; returns where to go on, None = that was all."""
    query = _WANTED.where(posts.c.actor_id == actor_id, posts.c.id > after)
    rows = list(tx.execute(query.order_by(posts.c.id).limit(BATCH)))
    fill(tx, Batch(tuple(_read(tx, rows)), (), more=False))
    return rows[-1].id if len(rows) == BATCH else None

"""Posts by their words: those that anyone may find, and the reader's own. There is no search by author."""

from dataclasses import dataclass
from itertools import starmap
from typing import NamedTuple

import sqlalchemy as sa

from actors.prepared import Prepared, one_of
from actors.tables import actors
from areas.polls import options
from areas.polls.options import Poll
from areas.reading import statuses
from areas.reading.slices import FIRST, Page, Slice
from areas.reading.statuses import Seen
from areas.reading.visibility import ACCEPTED, ME, Reader, for_anyone, is_wanted, may_read
from areas.search import index
from areas.search.filling import IS_ALLOWED, text_of
from areas.search.words import Asked, ask, has
from areas.tables import placements, posts

MOST_ROUNDS = 5
"""Looks for one page: what is found in the index may have been changed, ended, or be by somebody muted."""
SPARE = 10
"""Candidates beyond a page, so that one look is mostly enough."""

_IS_ACCEPTED = sa.exists().where(placements.c.post_id == posts.c.id, placements.c.state == ACCEPTED)
_IS_FOUND = sa.and_(posts.c.visibility == "public", actors.c.standing == "open", IS_ALLOWED, _IS_ACCEPTED)
_SHOWN = sa.select(posts.c.id, posts.c.type, posts.c.content, posts.c.summary, posts.c.title).join(
    actors, actors.c.id == posts.c.actor_id
)


def _prepare(*clauses: "sa.ColumnElement[bool]") -> Prepared:
    query = _SHOWN.where(*clauses)
    return Prepared(lambda dialect: query.where(one_of(posts.c.id, "ids", dialect)))


_FOR_ANYONE = _prepare(for_anyone(), _IS_FOUND)
_FOR_READER = _prepare(may_read(), sa.or_(posts.c.actor_id == ME, sa.and_(_IS_FOUND, is_wanted())))


def search(
    tx: sa.Connection, reader: Reader | None, query: str, wanted: Slice = FIRST, *, only_own: bool = False
) -> Page[Seen]:
    """Posts that have every word of a query, the newest of the part wanted. Nothing to look for finds nothing.

    `only_own`: those of the reader.
    """
    asked = ask(query)
    if asked is None or (only_own and reader is None):
        return Page(())
    look = _look(tx, reader, asked, wanted, only_own=only_own)
    seen = statuses.load(tx, reader, look.post_ids)
    items = statuses.list_seen(seen, look.post_ids)
    return Page(items, look.older, items[0].post.id if items else None)


@dataclass(frozen=True, slots=True)
class _Look:
    post_ids: tuple[int, ...]
    older: int | None


def _look(tx: sa.Connection, reader: Reader | None, asked: Asked, wanted: Slice, *, only_own: bool) -> _Look:
    found: list[int] = []
    before, size = wanted.upper, wanted.limit + SPARE
    for _ in range(MOST_ROUNDS):
        candidates = index.find(
            tx,
            asked,
            reader_id=None if reader is None else reader.id,
            before=before,
            after=wanted.lower,
            limit=size,
            only_own=only_own,
        )
        found += _filter(tx, reader, asked, candidates)
        if len(candidates) < size:
            kept = found[: wanted.limit]
            return _Look(tuple(kept), kept[-1] if len(found) > wanted.limit else None)
        before = candidates[-1]
        if len(found) > wanted.limit:
            break
    kept = found[: wanted.limit]
    return _Look(tuple(kept), kept[-1] if len(found) > wanted.limit else before)


def _filter(tx: sa.Connection, reader: Reader | None, asked: Asked, candidates: list[int]) -> list[int]:
    if not candidates:
        return []
    values = {} if reader is None else reader.values
    statement = _FOR_ANYONE if reader is None else _FOR_READER
    rows = {row.id: row for row in starmap(_Row, statement.all(tx, ids=candidates, **values))}
    polls = options.load(tx, [row.id for row in rows.values() if row.type == "Question"])
    shown = (rows[post_id] for post_id in candidates if post_id in rows)
    return [row.id for row in shown if has(asked, _text(row, polls.get(row.id)))]


class _Row(NamedTuple):
    """Of `_SHOWN`."""

    id: int
    type: str
    content: str
    summary: str | None
    title: str | None


def _text(row: _Row, poll: Poll | None) -> str:
    titles = () if poll is None else tuple(option.name for option in poll.options)
    return text_of(row.content, row.summary, row.title, titles)

"""Filters as a resident keeps them. Every function takes whose they are: nobody reaches another's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import sqlalchemy as sa

from actors.changes import Change, note
from actors.prepared import Prepared
from areas.filters.matching import Action, Context, Filter, Keyword, fold
from areas.filters.tables import filter_keywords, filter_posts, filters
from areas.locks import lock_author
from areas.statements import insert_once
from federation.errors import NotFound, Refused
from federation.html import plain_name
from federation.vocabulary import Millis

TITLE_LENGTH = 200
KEYWORD_LENGTH = 200
MOST_FILTERS = 100
MOST_WORDS = 200
"""Of one filter: all of them are looked for in every post that is shown."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a filter is to be."""

    title: str
    contexts: tuple[str, ...]
    action: str = "warn"
    expires_at: Millis | None = None


def list_of(tx: sa.Connection, actor_id: int) -> list[Filter]:
    """An actor's filters with their words and posts, the oldest first. Asked for every page; most have none."""
    if _HAS_ANY.first(tx, actor=actor_id) is None:
        return []
    return _load(tx, filters.c.actor_id == actor_id)


_HAS_ANY = Prepared(
    sa.select(filters.c.id).where(filters.c.actor_id == sa.bindparam("actor", type_=sa.BigInteger)).limit(1)
)


def find(tx: sa.Connection, actor_id: int, filter_id: int) -> Filter:
    """One of them. Raises `NotFound`."""
    found = _load(tx, sa.and_(filters.c.actor_id == actor_id, filters.c.id == filter_id))
    if not found:
        raise NotFound(f"there is no filter {filter_id}")
    return found[0]


def _load(tx: sa.Connection, clause: "sa.ColumnElement[bool]") -> list[Filter]:
    rows = list(tx.execute(sa.select(filters).where(clause).order_by(filters.c.id)))
    ids = [row.id for row in rows]
    words: dict[int, list[Keyword]] = {}
    for row in _children(tx, filter_keywords, ids):
        words.setdefault(row.filter_id, []).append(Keyword(row.id, row.keyword, bool(row.whole_word)))
    listed: dict[int, list[int]] = {}
    for row in _children(tx, filter_posts, ids):
        listed.setdefault(row.filter_id, []).append(row.post_id)
    return [
        Filter(
            id=row.id,
            title=row.title,
            contexts=tuple(row.contexts.split()),
            action=row.action,
            expires_at=row.expires_at,
            keywords=tuple(words.get(row.id, ())),
            post_ids=frozenset(listed.get(row.id, ())),
        )
        for row in rows
    ]


def _children(tx: sa.Connection, table: sa.Table, ids: Sequence[int]) -> Sequence[Any]:
    if not ids:
        return ()
    return tx.execute(sa.select(table).where(table.c.filter_id.in_(ids)).order_by(table.c.id)).all()


def create(
    tx: sa.Connection, actor_id: int, wanted: Wanted, words: Iterable[tuple[str, bool]] = ()
) -> Filter:
    """Make a filter with words, each with whether it must stand alone. Raises `Refused`."""
    lock_author(tx, actor_id)
    count = sa.select(sa.func.count()).where(filters.c.actor_id == actor_id)
    if tx.execute(count).scalar_one() >= MOST_FILTERS:
        raise Refused(f"one can have {MOST_FILTERS} filters")
    row = {"actor_id": actor_id, **_check(wanted)}
    filter_id = int(tx.execute(sa.insert(filters).values(row).returning(filters.c.id)).scalar_one())
    for keyword, whole_word in words:
        add_keyword(tx, actor_id, filter_id, keyword, whole_word=whole_word)
    _note(tx, actor_id)
    return find(tx, actor_id, filter_id)


def _check(wanted: Wanted) -> dict[str, Any]:
    title = plain_name(wanted.title, TITLE_LENGTH + 1)
    if not title or len(title) > TITLE_LENGTH:
        raise Refused(f"the title of a filter has 1 to {TITLE_LENGTH} characters")
    contexts = tuple(dict.fromkeys(wanted.contexts))
    if not contexts or set(contexts) - set(get_args(Context)):
        raise Refused(f"a filter holds in some of {', '.join(get_args(Context))}")
    if wanted.action not in get_args(Action):
        raise Refused(f"a filter does one of {', '.join(get_args(Action))}")
    return {
        "title": title,
        "contexts": " ".join(contexts),
        "action": wanted.action,
        "expires_at": wanted.expires_at,
    }


def change(tx: sa.Connection, actor_id: int, filter_id: int, wanted: Wanted) -> Filter:
    """Let a filter be as `wanted` says. Raises `NotFound`, `Refused`."""
    found = find(tx, actor_id, filter_id)
    tx.execute(sa.update(filters).where(filters.c.id == found.id).values(_check(wanted)))
    _note(tx, actor_id)
    return find(tx, actor_id, filter_id)


def remove(tx: sa.Connection, actor_id: int, filter_id: int) -> None:
    """Remove a filter. Raises `NotFound`."""
    found = find(tx, actor_id, filter_id)
    for table in (filter_keywords, filter_posts):
        tx.execute(sa.delete(table).where(table.c.filter_id == found.id))
    tx.execute(sa.delete(filters).where(filters.c.id == found.id))
    _note(tx, actor_id)


def _note(tx: sa.Connection, actor_id: int) -> None:
    note(tx, Change("filters", actor_id=actor_id))


def add_keyword(
    tx: sa.Connection, actor_id: int, filter_id: int, keyword: str, *, whole_word: bool
) -> Keyword:
    """Give a filter one more word. Raises `NotFound`, `Refused`."""
    found = find(tx, actor_id, filter_id)
    if len(found.keywords) >= MOST_WORDS:
        raise Refused(f"a filter has at most {MOST_WORDS} words")
    row = {"filter_id": found.id, "keyword": _check_keyword(keyword), "whole_word": whole_word}
    statement = sa.insert(filter_keywords).values(row).returning(filter_keywords.c.id)
    _note(tx, actor_id)
    return Keyword(int(tx.execute(statement).scalar_one()), _check_keyword(keyword), whole_word)


def _check_keyword(keyword: str) -> str:
    word = keyword.strip()
    if not fold(word).strip() or len(word) > KEYWORD_LENGTH or "\x00" in word:
        raise Refused(f"a word of a filter has 1 to {KEYWORD_LENGTH} characters")
    return word


def find_keyword(tx: sa.Connection, actor_id: int, keyword_id: int) -> tuple[Filter, Keyword]:
    """A word with its filter. Raises `NotFound`."""
    return _find_child(tx, actor_id, filter_keywords, keyword_id)


def _find_child(tx: sa.Connection, actor_id: int, table: sa.Table, child_id: int) -> tuple[Filter, Any]:
    query = (
        sa.select(table)
        .join(filters, filters.c.id == table.c.filter_id)
        .where(table.c.id == child_id, filters.c.actor_id == actor_id)
    )
    row = tx.execute(query).first()
    if row is None:
        raise NotFound(f"there is nothing {child_id} in a filter of yours")
    found = find(tx, actor_id, row.filter_id)
    if table is filter_keywords:
        return found, Keyword(row.id, row.keyword, bool(row.whole_word))
    return found, ListedPost(row.id, row.post_id)


def change_keyword(
    tx: sa.Connection, actor_id: int, keyword_id: int, keyword: str, *, whole_word: bool
) -> Keyword:
    """Let a word be another. Raises `NotFound`, `Refused`."""
    _, found = find_keyword(tx, actor_id, keyword_id)
    word = _check_keyword(keyword)
    changed = sa.update(filter_keywords).where(filter_keywords.c.id == found.id)
    tx.execute(changed.values(keyword=word, whole_word=whole_word))
    _note(tx, actor_id)
    return Keyword(found.id, word, whole_word)


def remove_keyword(tx: sa.Connection, actor_id: int, keyword_id: int) -> None:
    """Take a word out of its filter. Raises `NotFound`."""
    _, found = find_keyword(tx, actor_id, keyword_id)
    tx.execute(sa.delete(filter_keywords).where(filter_keywords.c.id == found.id))
    _note(tx, actor_id)


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A single post in a filter."""

    id: int
    post_id: int


def add_post(tx: sa.Connection, actor_id: int, filter_id: int, post_id: int) -> ListedPost:
    """Filter a single post; the caller has seen that the actor may read it. Raises `NotFound`, `Refused`."""
    found = find(tx, actor_id, filter_id)
    if len(found.post_ids) >= MOST_WORDS:
        raise Refused(f"a filter has at most {MOST_WORDS} posts")
    insert_once(tx, filter_posts, {"filter_id": found.id, "post_id": post_id})
    _note(tx, actor_id)
    return next(each for each in posts_of(tx, actor_id, filter_id) if each.post_id == post_id)


def posts_of(tx: sa.Connection, actor_id: int, filter_id: int) -> list[ListedPost]:
    """The single posts of a filter. Raises `NotFound`."""
    found = find(tx, actor_id, filter_id)
    return [ListedPost(row.id, row.post_id) for row in _children(tx, filter_posts, [found.id])]


def find_post(tx: sa.Connection, actor_id: int, listed_id: int) -> tuple[Filter, ListedPost]:
    """A single post in a filter, with the filter. Raises `NotFound`."""
    return _find_child(tx, actor_id, filter_posts, listed_id)


def remove_post(tx: sa.Connection, actor_id: int, listed_id: int) -> None:
    """Take a single post out of its filter. Raises `NotFound`."""
    _, found = find_post(tx, actor_id, listed_id)
    tx.execute(sa.delete(filter_posts).where(filter_posts.c.id == found.id))
    _note(tx, actor_id)

"""The index of words in posts: SQLite's FTS5 without the texts, or a GIN index over `tsvector` on PostgreSQL.

It only ever names candidates, newest first; whoever asks looks at the posts themselves. So nothing is taken out of it:
what a post no longer says, and posts that have ended, are found there and not shown.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from areas.search.words import Asked

TABLE = "post_words"

OPEN_TO_ALL = "0open"
"""Beside a post's words, on SQLite: no text has a word of a digit and letters that begins so by chance alone."""

MORE = 20_000
"""Newest posts that PostgreSQL looks through at most; its index would give every post with a common word."""
MARGIN = 1.5
"""By how much more is looked through than a page takes where a word is spread evenly."""
MOST_LOOKS = 3
"""At the newest posts, each further back, before the index is asked all the same."""
JUDGED = 4
"""Words of a query of which PostgreSQL is asked how common they are: planning takes its time for each."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A post for the index; `is_open`: found by anyone, else by its author alone."""

    post_id: int
    actor_id: int
    words: tuple[str, ...]
    is_open: bool


def add(tx: sa.Connection, entries: Sequence[Entry]) -> None:
    """Put posts into the index, or what they say now beside what they said."""
    if not entries:
        return
    ordered = sorted(entries, key=lambda each: each.post_id)  # FTS5 writes a new segment when ids go down
    if tx.dialect.name == "sqlite":
        tx.execute(_ADD_SQLITE, [{"id": each.post_id, "words": _to_text(each)} for each in ordered])
    else:
        tx.execute(_ADD_POSTGRESQL, [_to_row(each) for each in ordered])


def _to_text(entry: Entry) -> str:
    mark = (OPEN_TO_ALL,) if entry.is_open else ()
    return " ".join((*map(_spell, entry.words), _owner(entry.actor_id), *mark))


def _to_row(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.post_id,
        "actor": entry.actor_id,
        "open": entry.is_open,
        "words": list(entry.words),
    }


_PLAIN = re.compile(
    r"[0-9a-zß-öø-ÿα-ωа-яё\u3005-\u3007\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe"
    r"\u3400-\u4db5\u4e00-\u9fcc\uac00-\ud7a3]+"
)
"""What FTS5 certainly takes for one word; it knows the letters of Unicode 6.1."""


@lru_cache(20_000)
def _spell(word: str) -> str:
    """A word as FTS5 keeps it: one with stranger letters by their numbers, else it would be cut in pieces."""
    return word if _PLAIN.fullmatch(word) else f"0x{word.encode().hex()}"


def _owner(actor_id: int) -> str:
    return f"0by{actor_id}"


_ADD_SQLITE = sa.text(f"INSERT INTO {TABLE} (rowid, words) VALUES (:id, :words)")  # noqa: S608 - a constant
_ADD_POSTGRESQL = sa.text(
    f"INSERT INTO {TABLE} (post_id, actor_id, open, words)"  # noqa: S608 - a constant
    " VALUES (:id, :actor, :open, array_to_tsvector(CAST(:words AS TEXT[])))"
    " ON CONFLICT (post_id) DO UPDATE SET open = excluded.open, words = excluded.words"
)


def find(
    tx: sa.Connection,
    asked: Asked,
    *,
    reader_id: int | None,
    before: int,
    after: int,
    limit: int,
    only_own: bool = False,
) -> list[int]:
    """Posts that may have what is asked, newest first: those open to all, and the reader's own, or those alone."""
    bounds = {"before": before, "after": after, "limit": limit}
    if tx.dialect.name == "sqlite":
        written = _write_fts(asked, reader_id, only_own=only_own)
        return list(tx.execute(_FIND_SQLITE, {"asked": written, **bounds}).scalars())
    found = set() if only_own else set(_find_open(tx, asked, bounds))
    if reader_id is not None:
        found |= set(_run(tx, _OWN, asked, **bounds, actor=reader_id))
    return sorted(found, reverse=True)[:limit]


def _write_fts(asked: Asked, reader_id: int | None, *, only_own: bool) -> str:
    """Every word in quotation marks: none has one, but they keep AND and OR from being anything else."""
    everybody = () if only_own else (OPEN_TO_ALL,)
    whose = [*everybody, *((_owner(reader_id),) if reader_id is not None else ())]
    shown = " OR ".join(f'"{each}"' for each in whose)
    return " AND ".join([*(f'"{_spell(word)}"' for word in asked.words), f"({shown})"])


def _write_tsquery(asked: Asked) -> str:
    return " & ".join(f"'{word}'" for word in asked.words)


_FIND_SQLITE = sa.text(
    f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :asked AND rowid < :before AND rowid > :after"  # noqa: S608
    " ORDER BY rowid DESC LIMIT :limit"
)
# Everything stands in these statements themselves, since PostgreSQL plans by how common words are and how wide bounds:
# with parameters it would sooner or later join the index of words with one of all posts.
_NEWEST = (
    f"SELECT post_id FROM (SELECT post_id, words FROM {TABLE} WHERE open"  # noqa: S608 - constants
    " AND post_id < {before} AND post_id > {after} ORDER BY post_id DESC LIMIT {window}) AS newest"
    " WHERE words @@ {asked} ORDER BY post_id DESC LIMIT {limit}"
)
_BY_INDEX = (
    f"SELECT post_id FROM (SELECT post_id FROM {TABLE} WHERE words @@ {{asked}}"  # noqa: S608 - constants
    " AND open AND post_id < {before} AND post_id > {after} OFFSET 0) AS found"
    " ORDER BY post_id DESC LIMIT {limit}"
)
_OWN = (  # one's own are few, however common the words
    f"SELECT post_id FROM (SELECT post_id, words FROM {TABLE} WHERE actor_id = {{actor}}"  # noqa: S608 - constants
    " AND post_id < {before} AND post_id > {after} ORDER BY post_id DESC OFFSET 0) AS mine"
    " WHERE words @@ {asked} ORDER BY post_id DESC LIMIT {limit}"
)
_ESTIMATE = f"SELECT 1 FROM {TABLE}"  # noqa: S608 - a constant


def _run(tx: sa.Connection, statement: str, asked: Asked, **numbers: int) -> list[Any]:
    written = {name: str(int(number)) for name, number in numbers.items()}
    text = statement.format(asked=_write_literal(_write_tsquery(asked)), **written)
    return list(tx.exec_driver_sql(text).scalars())


def _write_literal(tsquery: str) -> str:
    """Words are letters and digits; quotation marks are doubled all the same."""
    doubled = tsquery.replace("'", "''")
    return f"CAST('{doubled}' AS TSQUERY)"


def _find_open(tx: sa.Connection, asked: Asked, bounds: dict[str, int]) -> list[int]:
    """Common words are among the newest posts; of rare ones the index has few, which are sorted.

    How often words stand together no statistics say, and those of one Japanese word always do: so they are taken to,
    and what was found tells how much further back the rest is.
    """
    limit = bounds["limit"]
    window = _choose_window(*_estimate(tx, asked), limit)
    for _ in range(MOST_LOOKS):
        if not window:
            break
        found = _run(tx, _NEWEST, asked, **bounds, window=window)
        if len(found) >= limit:
            return found
        window = _widen(window, len(found), limit)
    return _run(tx, _BY_INDEX, asked, **bounds)


def _estimate(tx: sa.Connection, asked: Asked) -> tuple[float, float]:
    """How many posts have the rarest word asked, and how many there are, by PostgreSQL's statistics of words."""
    words = (_write_literal(f"'{word}'") for word in asked.words[:JUDGED])
    parts = [_ESTIMATE, *(f"{_ESTIMATE} WHERE words @@ {word}" for word in words)]
    (plan,) = tx.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {' UNION ALL '.join(parts)}").scalar_one()
    total, *matching = (float(part["Plan Rows"]) for part in plan["Plan"]["Plans"])
    return min(matching), total


def _choose_window(matching: float, total: float, limit: int) -> int:
    """How many of the newest posts are looked through; 0 where the index would give fewer."""
    window = MARGIN * limit * total / max(matching, 1)
    return math.ceil(window) if window <= min(matching, MORE) else 0


def _widen(window: int, found: int, limit: int) -> int:
    """How many of the newest posts probably have a page of them; 0 where those would be too many."""
    wider = MARGIN * limit * window / found if found else math.inf
    return math.ceil(wider) if wider <= MORE else 0

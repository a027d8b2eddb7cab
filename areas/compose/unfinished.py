"""What somebody has written and not published yet: kept for her alone, few of them, and not for ever.

A page keeps her sheet here before it shows it to her, so that a step back, a reload or a phone whose battery is empty
loses nothing. A `Draft` is what is published; this is what becomes one, or never does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.statements import insert_into
from areas.media import uploads
from areas.personal_tables import unfinished_posts
from federation.vocabulary import Millis

MOST: Final = 10
"""Of one account; the one that was touched longest ago makes room."""
LIFETIME: Final = 30 * 24 * 3_600_000
"""Milliseconds from the last touch."""
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One of them: `fields` as the form had them, `error` why it was not published, '' = that was not tried.

    `author_id` is as whom she writes; of her are the pictures, which are kept for as long as this is.
    """

    key: str
    author_id: int
    fields: Mapping[str, str]
    media_ids: tuple[int, ...]
    error: str
    updated_at: Millis


_COLUMNS: Final = tuple(unfinished_posts.c[name] for name in Unfinished.__dataclass_fields__)


def keep(tx: sa.Connection, account_id: int, written: Unfinished) -> None:
    """Keep what was written on a sheet, in place of what was there."""
    now = written.updated_at
    before = find(tx, account_id, written.key, now)
    values = {
        "author_id": written.author_id,
        "fields": json.dumps(dict(written.fields), ensure_ascii=False),
        "media_ids": json.dumps(written.media_ids),
        "error": written.error,
        "updated_at": now,
    }
    row = insert_into(tx, unfinished_posts).values(account_id=account_id, key=written.key, **values)
    tx.execute(row.on_conflict_do_update(index_elements=["account_id", "key"], set_=values))
    _release(tx, [] if before is None else [before], now)
    uploads.keep_until(tx, written.author_id, written.media_ids, Millis(now + LIFETIME))
    for each in list_of(tx, account_id, now)[MOST:]:
        drop(tx, account_id, each.key, now)


def find(tx: sa.Connection, account_id: int, key: str, now: Millis) -> Unfinished | None:
    """What she has left on a sheet."""
    row = tx.execute(_of(account_id, now).where(unfinished_posts.c.key == key)).first()
    return None if row is None else _to_record(row)


def list_of(tx: sa.Connection, account_id: int, now: Millis) -> tuple[Unfinished, ...]:
    """All that an account has left, the newest first."""
    query = _of(account_id, now).order_by(unfinished_posts.c.updated_at.desc(), unfinished_posts.c.key)
    return tuple(_to_record(row) for row in tx.execute(query))


def drop(tx: sa.Connection, account_id: int, key: str, now: Millis) -> None:
    """It is published, or nobody wants it any more. Pictures that nothing else has go within a day."""
    _drop(tx, sa.and_(unfinished_posts.c.account_id == account_id, unfinished_posts.c.key == key), now)


def drop_all(tx: sa.Connection, account_id: int, now: Millis) -> None:
    """The account ends."""
    _drop(tx, unfinished_posts.c.account_id == account_id, now)


def sweep(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of what was not touched for long; returns how many."""
    columns, old = unfinished_posts.c, unfinished_posts.c.updated_at <= now - LIFETIME
    due = sa.select(columns.account_id, columns.key).where(old).limit(BATCH)
    return _drop(tx, sa.and_(sa.tuple_(columns.account_id, columns.key).in_(due), old), now)


def _of(account_id: int, now: Millis) -> sa.Select[Any]:
    is_kept = unfinished_posts.c.updated_at > now - LIFETIME
    return sa.select(*_COLUMNS).where(unfinished_posts.c.account_id == account_id, is_kept)


def _drop(tx: sa.Connection, which: sa.ColumnElement[bool], now: Millis) -> int:
    rows = tx.execute(sa.delete(unfinished_posts).where(which).returning(*_COLUMNS)).all()
    _release(tx, [_to_record(row) for row in rows], now)
    return len(rows)


def _release(tx: sa.Connection, given_up: Iterable[Unfinished], now: Millis) -> None:
    for each in given_up:
        uploads.keep_until(tx, each.author_id, each.media_ids, Millis(now + uploads.UNUSED_LIFE))


def _to_record(row: Any) -> Unfinished:
    return Unfinished(
        row.key,
        row.author_id,
        json.loads(row.fields),
        tuple(json.loads(row.media_ids)),
        row.error,
        Millis(row.updated_at),
    )

"""The one place where entries get their order: numbers for committed rows, in one short transaction.

On PostgreSQL ids are given before the commit, so a cursor over ids passes by slower transactions. Here only
what has been committed is numbered, in the order of the ids, by whoever holds the row of `outbox_sequence`;
what is committed later gets a later number. Nothing waits for a transaction that is still open elsewhere.
"""

from typing import Final

import sqlalchemy as sa

from actors.statements import insert_into
from federation.vocabulary import Millis
from outbox.destinations import RETRY
from outbox.loading import speaks
from outbox.tables import cursors, gaps, log, reaches, recipients, sequence, subscriptions

NAME: Final = "log"
BATCH: Final = 1_000
"""Entries numbered in one transaction: about 10 ms."""

_BASE = sa.bindparam("base", type_=sa.BigInteger)
_TOP = sa.bindparam("top", type_=sa.BigInteger)


def number(tx: sa.Connection, now: Millis, limit: int = BATCH) -> int:
    """Number up to `limit` committed entries and raise the cursors of all who are owed them.

    Returns how many there were; as many as `limit` means that more may wait. Several may call it at once:
    they take turns.
    """
    if tx.execute(_ANY_UNNUMBERED).first() is None:
        return 0
    base = _lock(tx)
    count = tx.execute(_NUMBER, {"base": base, "limit": limit}).rowcount
    if not count:
        return 0
    span = {"base": base, "top": base + count}
    tx.execute(_ADVANCE, span)
    tx.execute(_OPEN_SUBSCRIPTIONS, span)
    tx.execute(_CLOSE_SUBSCRIPTIONS, span)
    tx.execute(_MARK_CANCELLED, {**span, "now": now})
    _raise_cursors(tx, span)
    _insert_barriers(tx, span)
    return count


def _lock(tx: sa.Connection) -> int:
    found = tx.execute(_LOCK).scalar()
    if found is None:
        tx.execute(
            insert_into(tx, sequence).on_conflict_do_nothing(index_elements=["name"]),
            {"name": NAME, "value": 0},
        )
        found = tx.execute(_LOCK).scalar_one()
    return int(found)


_ANY_UNNUMBERED = sa.select(log.c.id).where(log.c.seq.is_(None)).limit(1)
_LOCK = sa.select(sequence.c.value).where(sequence.c.name == NAME).with_for_update()
_ADVANCE = sa.update(sequence).where(sequence.c.name == NAME).values(value=_TOP)

_unnumbered = (
    sa.select(log.c.id, sa.func.row_number().over(order_by=log.c.id).label("place"))
    .where(log.c.seq.is_(None))
    .order_by(log.c.id)
    .limit(sa.bindparam("limit"))
    .subquery()
)
_NUMBER = sa.update(log).where(log.c.id == _unnumbered.c.id).values(seq=_BASE + _unnumbered.c.place)

# A subscription that another transaction is just closing is passed by: it must not hold up everybody else.
_opening = (
    sa.select(subscriptions.c.id)
    .where(subscriptions.c.since.is_(None), sa.text("NOT closed"))
    .with_for_update(skip_locked=True)
)
_closing = (
    sa.select(subscriptions.c.id)
    .where(sa.text("closed AND until IS NULL"))  # spelled as in the partial index
    .with_for_update(skip_locked=True)
)
_OPEN_SUBSCRIPTIONS = sa.update(subscriptions).where(subscriptions.c.id.in_(_opening)).values(since=_BASE)
_CLOSE_SUBSCRIPTIONS = (
    sa.update(subscriptions)
    .where(subscriptions.c.id.in_(_closing))
    .values(since=sa.func.coalesce(subscriptions.c.since, _BASE), until=_BASE)
)

_new = sa.and_(log.c.seq > _BASE, log.c.seq <= _TOP)
_MARK_CANCELLED = (
    sa.update(log)
    .where(
        log.c.cancelled_at.is_(None),
        log.c.id.in_(sa.select(log.c.concerns_id).where(_new, log.c.cancels, log.c.concerns_id.is_not(None))),
    )
    .values(cancelled_at=sa.bindparam("now", type_=sa.BigInteger))
)


def _span(*columns: sa.ColumnElement[object]) -> tuple[sa.ColumnElement[object], ...]:
    return (*columns, sa.func.min(log.c.seq).label("low"), sa.func.max(log.c.seq).label("high"))


def _owe_followers() -> sa.Select[tuple[int, int, int, int]]:
    """Followers of now: whoever is subscribed at this moment is so for every entry of this batch."""
    told = (
        sa.select(*_span(log.c.audience_id, log.c.dialect, log.c.lane))
        .where(_new, log.c.audience_id.is_not(None))
        .group_by(log.c.audience_id, log.c.dialect, log.c.lane)
        .subquery()
    )
    return sa.select(subscriptions.c.destination_id, told.c.lane, told.c.low, told.c.high).join_from(
        told,
        subscriptions,
        sa.and_(
            subscriptions.c.target_id == told.c.audience_id,
            subscriptions.c.until.is_(None),
            subscriptions.c.since.is_not(None),
            speaks(told.c.dialect, subscriptions.c),
        ),
    )


def _owe_earlier_audience() -> sa.Select[tuple[int, int, int, int]]:
    """Those who got what an entry reaches: who left since, and who follow another than its own audience.

    A few too many do no harm: their cursor is looked at once, and stands still or moves on.
    """
    first = log.alias("first")
    changed = (
        sa.select(
            *_span(first.c.audience_id, log.c.lane),
            sa.func.min(first.c.seq).label("told_from"),
            sa.func.max(first.c.seq).label("told_to"),
            sa.func.max(
                sa.case((log.c.audience_id.is_not_distinct_from(first.c.audience_id), 0), else_=1)
            ).label("elsewhere"),
        )
        .join_from(log, reaches, reaches.c.log_id == log.c.id)
        .join(first, first.c.id == reaches.c.earlier_id)
        .where(_new, first.c.audience_id.is_not(None))
        .group_by(first.c.audience_id, log.c.lane)
        .subquery()
    )
    left = sa.and_(subscriptions.c.until.is_not(None), subscriptions.c.until >= changed.c.told_from)
    elsewhere = sa.and_(subscriptions.c.until.is_(None), changed.c.elsewhere == 1)
    return sa.select(subscriptions.c.destination_id, changed.c.lane, changed.c.low, changed.c.high).join_from(
        changed,
        subscriptions,
        sa.and_(
            subscriptions.c.target_id == changed.c.audience_id,
            subscriptions.c.since < changed.c.told_to,
            sa.or_(left, elsewhere),
        ),
    )


def _owe_recipients() -> sa.Select[tuple[int, int, int, int]]:
    return (
        sa.select(recipients.c.destination_id, log.c.lane, log.c.seq, log.c.seq)
        .join_from(log, recipients, recipients.c.log_id == log.c.id)
        .where(_new)
    )


_owed = sa.union_all(_owe_followers(), _owe_earlier_audience(), _owe_recipients()).subquery()
_lane, _low, _high = list(_owed.c)[1:4]
_DEBTS = (
    sa.select(
        _owed.c.destination_id,
        _lane,
        sa.func.min(_low) - 1,
        sa.func.max(_high),
        sa.literal_column("0"),
    )
    .group_by(_owed.c.destination_id, _lane)
    # In one order, as everybody locks cursors: no deadlocks.
    .order_by(_owed.c.destination_id, _lane)
)


def _raise_cursors(tx: sa.Connection, span: dict[str, int]) -> None:
    """A cursor that is owed nothing else skips what was not for it; the others only learn of a newer head."""
    statement = insert_into(tx, cursors).from_select(
        ["destination_id", "lane", "seq", "head", "leased_until"], _DEBTS
    )
    is_settled = cursors.c.seq >= cursors.c.head
    statement = statement.on_conflict_do_update(
        index_elements=["destination_id", "lane"],
        set_={
            "head": statement.excluded.head,
            "seq": sa.case((is_settled, statement.excluded.seq), else_=cursors.c.seq),
        },
    )
    tx.execute(statement, span)


_BARRIERS = (
    sa.select(
        recipients.c.destination_id,
        log.c.id,
        log.c.seq,
        log.c.lane,
        log.c.thread,
        RETRY,
        sa.literal_column("0"),
        sa.literal_column("0"),
        log.c.barrier,
        sa.literal_column("'[]'"),
    )
    .distinct()
    .join_from(log, recipients, recipients.c.log_id == log.c.id)
    .where(_new, log.c.barrier)
)


def _insert_barriers(tx: sa.Connection, span: dict[str, int]) -> None:
    tx.execute(
        sa.insert(gaps).from_select(
            [
                "destination_id",
                "log_id",
                "seq",
                "lane",
                "thread",
                "state",
                "attempts",
                "due_at",
                "barrier",
                "reached",
            ],
            _BARRIERS,
        ),
        span,
    )

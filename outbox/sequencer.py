"""The one place where entries get their order: numbers for committed rows, in one short transaction.

On PostgreSQL ids are given before the commit, so a cursor over ids passes by slower transactions. Here only
what has been committed is numbered, in the order of the ids, by whoever holds the row of `outbox_sequence`;
what is committed later gets a later number. Nothing waits for a transaction that is still open elsewhere.
"""

from typing import Any, Final

import sqlalchemy as sa

from actors.statements import insert_into
from federation.vocabulary import Millis
from outbox.destinations import RETRY
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


_first = log.alias("first")


def _tell() -> sa.Subquery:
    """Whose followers are told, by the entries themselves and by what they reach."""
    own = (
        sa.select(*_span(log.c.audience_id, log.c.dialect, log.c.lane))
        .where(_new, log.c.audience_id.is_not(None))
        .group_by(log.c.audience_id, log.c.dialect, log.c.lane)
    )
    reached = (
        sa.select(*_span(_first.c.audience_id, log.c.dialect, log.c.lane))
        .join_from(log, reaches, reaches.c.log_id == log.c.id)
        .join(_first, _first.c.id == reaches.c.earlier_id)
        .where(_new, _first.c.audience_id.is_distinct_from(log.c.audience_id))
        .group_by(_first.c.audience_id, log.c.dialect, log.c.lane)
    )
    return sa.union_all(own, reached).subquery()


def _owe_followers() -> sa.Select[tuple[int, int, int, int]]:
    """Followers of now: whoever is subscribed at this moment is so for every entry of this batch.

    Twenty thousand followers live on some hundred servers: the index is walked from one destination to the
    next. A few too many do no harm: their cursor is looked at once, and moves on.
    """
    told = _tell()
    spoken = sa.union_all(
        sa.select(sa.literal("object").label("dialect")), sa.select(sa.literal("activity"))
    ).subquery()
    start = sa.select(
        told.c.audience_id,
        told.c.dialect,
        spoken.c.dialect.label("spoken"),
        told.c.lane,
        told.c.low,
        told.c.high,
        _next_destination(told.c, spoken.c.dialect, sa.literal(0, sa.BigInteger)).label("destination_id"),
    ).where(told.c.dialect.in_(["both", "signed", spoken.c.dialect]))
    walk = start.cte("walk", recursive=True)
    onward = sa.select(
        *list(walk.c)[:-1], _next_destination(walk.c, walk.c.spoken, walk.c.destination_id)
    ).where(walk.c.destination_id.is_not(None))
    walk = walk.union_all(onward)
    return sa.select(walk.c.destination_id, walk.c.lane, walk.c.low, walk.c.high).where(
        walk.c.destination_id.is_not(None)
    )


def _next_destination(
    told: Any, spoken: sa.ColumnElement[str], behind: sa.ColumnElement[int]
) -> sa.ScalarSelect[int]:
    follower = subscriptions.alias()
    return (
        sa.select(follower.c.destination_id)
        .where(
            follower.c.target_id == told.audience_id,
            follower.c.dialect == spoken,
            follower.c.until.is_(None),
            follower.c.destination_id > behind,
            sa.or_(told.dialect != "signed", follower.c.verifies),
        )
        .order_by(follower.c.destination_id)
        .limit(1)
        .correlate_except(follower)
        .scalar_subquery()
    )


def _owe_those_who_left() -> sa.Select[tuple[int, int, int, int]]:
    """Who got what an entry reaches, and has left since."""
    reached = (
        sa.select(
            *_span(_first.c.audience_id, log.c.lane),
            sa.func.min(_first.c.seq).label("told_from"),
            sa.func.max(_first.c.seq).label("told_to"),
        )
        .join_from(log, reaches, reaches.c.log_id == log.c.id)
        .join(_first, _first.c.id == reaches.c.earlier_id)
        .where(_new, _first.c.audience_id.is_not(None))
        .group_by(_first.c.audience_id, log.c.lane)
        .subquery()
    )
    return sa.select(subscriptions.c.destination_id, reached.c.lane, reached.c.low, reached.c.high).join_from(
        reached,
        subscriptions,
        sa.and_(
            subscriptions.c.target_id == reached.c.audience_id,
            subscriptions.c.until.is_not(None),
            subscriptions.c.until >= reached.c.told_from,
            subscriptions.c.since < reached.c.told_to,
        ),
    )


def _owe_recipients() -> sa.Select[tuple[int, int, int, int]]:
    return (
        sa.select(recipients.c.destination_id, log.c.lane, log.c.seq, log.c.seq)
        .join_from(log, recipients, recipients.c.log_id == log.c.id)
        .where(_new)
    )


_owed = sa.union_all(_owe_followers(), _owe_those_who_left(), _owe_recipients()).subquery()
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

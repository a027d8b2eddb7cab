"""Who works where: leases on (destination, lane), and when there will be something to do.

A lease ends by itself, so a dead worker's destinations are taken over. Work is a cursor behind its head, or a
gap that is due; an open circuit breaker leaves one probe when its pause is over.
"""

from typing import Final

import sqlalchemy as sa

from federation.vocabulary import Millis
from outbox.destinations import RETRY
from outbox.records import Claim, Lane
from outbox.retries import BREAKER_FAILURES
from outbox.rounds import MAX_OPEN_GAPS
from outbox.tables import cursors, destinations, gaps

LEASE: Final = 90_000
"""Milliseconds; a round sends nothing new after `sending.ROUND_BUDGET`, and one POST takes 20 s at most."""

_NOW = sa.bindparam("now", type_=sa.BigInteger)
_LANE = sa.bindparam("of_lane", type_=sa.SmallInteger)
_IDS: Final[sa.BindParameter[int]] = sa.bindparam("ids", expanding=True)

_breaker_is_open = destinations.c.failures >= BREAKER_FAILURES


def _behind_barrier(
    destination_id: sa.ColumnElement[int], seq: sa.ColumnElement[int]
) -> sa.ColumnElement[bool]:
    barrier = gaps.alias("barrier")
    return sa.exists().where(
        barrier.c.destination_id == destination_id,
        barrier.c.barrier,
        barrier.c.state == RETRY,
        barrier.c.seq < seq,
    )


def _has_too_many_gaps() -> sa.ColumnElement[bool]:
    waiting = gaps.alias("waiting")
    return (
        sa.select(waiting.c.seq)
        .where(
            waiting.c.destination_id == cursors.c.destination_id,
            waiting.c.lane == cursors.c.lane,
            waiting.c.state == RETRY,
        )
        .limit(1)
        .offset(MAX_OPEN_GAPS - 1)
        .exists()
    )


# Spelled as in the partial index. What lies directly behind a barrier, and full gaps, is no work.
_owes_entries = sa.and_(
    cursors.c.head > cursors.c.seq,
    sa.not_(_behind_barrier(cursors.c.destination_id, cursors.c.seq + 2)),
    sa.not_(_has_too_many_gaps()),
)
_may_try_gap = sa.and_(
    gaps.c.state == RETRY,
    sa.or_(gaps.c.barrier, sa.not_(_behind_barrier(gaps.c.destination_id, gaps.c.seq))),
)
_may_go = sa.and_(destinations.c.dropped_at.is_(None), destinations.c.paused_until <= _NOW)

_with_entries = (
    sa.select(cursors.c.destination_id)
    .join(destinations, destinations.c.id == cursors.c.destination_id)
    .where(cursors.c.lane == _LANE, _owes_entries, _may_go)
)
_with_due_gaps = (
    sa.select(gaps.c.destination_id)
    .join(destinations, destinations.c.id == gaps.c.destination_id)
    .where(gaps.c.lane == _LANE, gaps.c.due_at <= _NOW, _may_try_gap, _may_go)
)
_with_probes = (
    sa.select(gaps.c.destination_id)
    .join(destinations, destinations.c.id == gaps.c.destination_id)
    .where(
        destinations.c.failing_since.is_not(None),
        _breaker_is_open,
        gaps.c.lane == _LANE,
        _may_try_gap,
        _may_go,
    )
)
_with_work = sa.union(_with_entries, _with_due_gaps, _with_probes).subquery()

_picked = (
    sa.select(cursors.c.destination_id)
    .where(
        cursors.c.lane == _LANE,
        cursors.c.leased_until <= _NOW,
        cursors.c.destination_id.in_(sa.select(_with_work.c.destination_id)),
    )
    # Whose last lease is oldest goes first, so that nobody's backlog holds up the others.
    .order_by(cursors.c.leased_until, cursors.c.destination_id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_TAKE = (
    sa.update(cursors)
    .where(cursors.c.lane == _LANE, cursors.c.destination_id.in_(sa.select(_picked.c.destination_id)))
    .values(leased_by=sa.bindparam("token"), leased_until=sa.bindparam("until", type_=sa.BigInteger))
    .returning(cursors.c.destination_id)
)
_FAILING = sa.select(destinations.c.id).where(destinations.c.id.in_(_IDS), _breaker_is_open)
_PROBE = (
    sa.update(destinations)
    .where(destinations.c.id.in_(_IDS), _breaker_is_open, destinations.c.paused_until <= _NOW)
    .values(paused_until=sa.bindparam("until", type_=sa.BigInteger))
    .returning(destinations.c.id)
)
_GIVE_BACK = (
    sa.update(cursors)
    .where(cursors.c.lane == _LANE, cursors.c.destination_id.in_(_IDS))
    .values(leased_by=None, leased_until=_NOW)
)


def claim(tx: sa.Connection, lane: Lane, limit: int, token: str, now: Millis) -> list[Claim]:
    """Lease up to `limit` destinations that have work in `lane`. `token` names this claim and no other."""
    until = now + LEASE
    taken = tx.execute(_TAKE, {"of_lane": lane, "limit": limit, "token": token, "now": now, "until": until})
    ids = sorted(taken.scalars())
    if not ids:
        return []
    failing = set(tx.execute(_FAILING, {"ids": ids}).scalars())
    probes = _take_probes(tx, sorted(failing), now)
    lost = failing - probes
    if lost:
        tx.execute(_GIVE_BACK, {"of_lane": lane, "ids": sorted(lost), "now": now})
    return [Claim(each, lane, token, now, each in probes) for each in ids if each not in lost]


def _take_probes(tx: sa.Connection, failing: list[int], now: Millis) -> set[int]:
    """One probe for a destination, whatever its lanes: its pause goes on while the probe is under way."""
    if not failing:
        return set()
    return set(tx.execute(_PROBE, {"ids": failing, "now": now, "until": now + LEASE}).scalars())


def release(tx: sa.Connection, worker: str, now: Millis) -> None:
    """Give back all leases whose token begins with `worker`; "" = everybody's, if no other process runs."""
    tx.execute(
        sa.update(cursors)
        .where(cursors.c.leased_by.startswith(worker, autoescape=True))
        .values(leased_by=None, leased_until=now)
    )


def _later(first: sa.ColumnElement[int], second: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.case((first > second, first), else_=second)


_next_entries = (
    sa.select(_later(destinations.c.paused_until, cursors.c.leased_until).label("at"))
    .join(destinations, destinations.c.id == cursors.c.destination_id)
    .where(_owes_entries, destinations.c.dropped_at.is_(None))
)
_next_gaps = (
    sa.select(
        _later(
            _later(destinations.c.paused_until, cursors.c.leased_until),
            sa.case((_breaker_is_open, sa.literal_column("0")), else_=gaps.c.due_at),
        ).label("at")
    )
    .join(destinations, destinations.c.id == gaps.c.destination_id)
    .join(cursors, sa.and_(cursors.c.destination_id == gaps.c.destination_id, cursors.c.lane == gaps.c.lane))
    .where(_may_try_gap, destinations.c.dropped_at.is_(None))
)
_next = sa.union_all(_next_entries, _next_gaps).subquery()
_NEXT = sa.select(sa.func.min(_next.c.at))


def find_next_due(tx: sa.Connection) -> Millis | None:
    """Return when the next work falls due, perhaps in the past; None when nothing is owed to anybody."""
    found = tx.execute(_NEXT).scalar()
    return None if found is None else Millis(int(found))

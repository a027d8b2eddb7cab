"""What operators see of delivery, and what they may do: look, send again, try now; and the purge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from federation.vocabulary import Iri, Millis
from outbox.destinations import RETRY, make_due
from outbox.loading import is_owed
from outbox.retries import DAY, LIFETIME
from outbox.tables import cursors, destinations, gaps, log, sequence, servers

KEPT: Final = 30 * DAY
"""How long bodies, and what is known of failures, are kept."""

PURGE_BATCH: Final = 500
"""Entries purged in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationStatus:
    """How delivery to one destination stands.

    `oldest_owed_at` is when the oldest entry was said that it has not got and still may; `failures` in a row,
    `failed` are given up entries that can be sent again.
    """

    id: int
    key: str
    host: str
    failures: int
    paused_until: Millis
    failing_since: Millis | None
    last_success_at: Millis | None
    last_error: str | None
    dropped_at: Millis | None
    retrying: int
    failed: int
    oldest_owed_at: Millis | None


@dataclass(frozen=True, slots=True)
class Failure:
    """An entry that was given up at a destination, and why."""

    destination_id: int
    host: str
    log_id: int
    iri: Iri
    attempts: int
    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Lag:
    """Federation lag: when the oldest unnumbered and the oldest undelivered entry were said."""

    unnumbered_since: Millis | None
    undelivered_since: Millis | None


def _count(state: str) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(gaps.c.destination_id == destinations.c.id, gaps.c.state == sa.literal_column(f"'{state}'"))
        .correlate(destinations)
        .scalar_subquery()
    )


_cursor = cursors.alias("behind")
_first_owed = (
    sa.select(log.c.created_at)
    .where(
        log.c.lane == _cursor.c.lane,
        log.c.seq > _cursor.c.seq,
        log.c.seq <= _cursor.c.head,
        is_owed(log.c, _cursor.c.destination_id),
    )
    .order_by(log.c.seq)
    .limit(1)
    .correlate(_cursor)
    .scalar_subquery()
)
_owed_by_cursor = sa.select(_cursor.c.destination_id, _first_owed.label("at")).where(
    _cursor.c.head > _cursor.c.seq
)
_owed_by_gap = sa.select(gaps.c.destination_id, log.c.created_at.label("at")).join_from(
    gaps, log, sa.and_(log.c.id == gaps.c.log_id, gaps.c.state == RETRY)
)
_owed = sa.union_all(_owed_by_cursor, _owed_by_gap).subquery()
_oldest = (
    sa.select(_owed.c.destination_id, sa.func.min(_owed.c.at).label("at"))
    .group_by(_owed.c.destination_id)
    .subquery()
)
_STATUS = (
    sa.select(
        destinations.c.id,
        destinations.c.key,
        servers.c.host,
        destinations.c.failures,
        destinations.c.paused_until,
        destinations.c.failing_since,
        destinations.c.last_success_at,
        destinations.c.last_error,
        destinations.c.dropped_at,
        _count("retry").label("retrying"),
        _count("failed").label("failed"),
        _oldest.c.at.label("oldest_owed_at"),
    )
    .join_from(destinations, servers, servers.c.id == destinations.c.server_id)
    .join(_oldest, _oldest.c.destination_id == destinations.c.id, isouter=True)
    .order_by(servers.c.host, destinations.c.key)
)


def find_status(tx: sa.Connection, host: str | None = None) -> list[DestinationStatus]:
    """Return how delivery stands, everywhere or on one server."""
    query = _STATUS if host is None else _STATUS.where(servers.c.host == host)
    return [DestinationStatus(**row._mapping) for row in tx.execute(query)]  # noqa: SLF001


def find_failures(tx: sa.Connection, host: str | None = None, limit: int = 100) -> list[Failure]:
    """Return what was given up, newest first."""
    query = (
        sa.select(
            gaps.c.destination_id,
            servers.c.host,
            gaps.c.log_id,
            log.c.iri,
            gaps.c.attempts,
            gaps.c.status,
            gaps.c.reason,
        )
        .join_from(gaps, log, log.c.id == gaps.c.log_id)
        .join(destinations, destinations.c.id == gaps.c.destination_id)
        .join(servers, servers.c.id == destinations.c.server_id)
        .where(gaps.c.state == "failed")
        .order_by(gaps.c.seq.desc())
        .limit(limit)
    )
    if host is not None:
        query = query.where(servers.c.host == host)
    return [Failure(*tuple(row)) for row in tx.execute(query)]


def find_lag(tx: sa.Connection) -> Lag:
    """Return the federation lag, without what was dropped. Walks every debt: for health pages, not for loops."""
    unnumbered = sa.select(sa.func.min(log.c.created_at)).where(log.c.seq.is_(None))
    undelivered = (
        sa.select(sa.func.min(_oldest.c.at))
        .join_from(_oldest, destinations, destinations.c.id == _oldest.c.destination_id)
        .where(destinations.c.dropped_at.is_(None))
    )
    return Lag(tx.execute(unnumbered).scalar(), tx.execute(undelivered).scalar())


def retry(tx: sa.Connection, now: Millis, *, host: str | None = None, log_id: int | None = None) -> int:
    """Send given up entries again, with a new week to live: all, or of one server, or one entry.

    Those whose body was purged stay as they are. Returns how many; nudge the worker after the commit.
    """
    query = sa.update(gaps).where(
        gaps.c.state == "failed", gaps.c.log_id.in_(sa.select(log.c.id).where(log.c.body.is_not(None)))
    )
    if host is not None:
        query = query.where(gaps.c.destination_id.in_(_on_server(host)))
    if log_id is not None:
        query = query.where(gaps.c.log_id == log_id)
    return tx.execute(
        query.values(
            state="retry",
            barrier=False,  # what came after it has long left
            attempts=0,
            due_at=now,
            first_tried_at=None,
            expires_at=now + LIFETIME,
        )
    ).rowcount


def flush(tx: sa.Connection, now: Millis, *, host: str | None = None) -> int:
    """Try now what waits, everywhere or on one server, whatever the breaker says.

    Returns at how many destinations; nudge the worker after the commit.
    """
    query = sa.update(destinations).where(destinations.c.dropped_at.is_(None))
    if host is not None:
        query = query.where(destinations.c.id.in_(_on_server(host)))
    query = query.values(paused_until=0).returning(destinations.c.id)
    found: Sequence[int] = tx.execute(query).scalars().all()
    make_due(tx, found, now)
    return len(found)


def _on_server(host: str) -> sa.Select[tuple[int]]:
    return (
        sa.select(destinations.c.id)
        .join(servers, servers.c.id == destinations.c.server_id)
        .where(servers.c.host == host)
    )


def purge(tx: sa.Connection, now: Millis, limit: int = PURGE_BATCH) -> int:
    """Forget the bodies of entries older than `KEPT` that nobody is owed any more, and their failures.

    The headers stay: reversals need them. Returns how many; as many as `limit` means that more may wait.
    """
    is_retried = sa.exists().where(gaps.c.log_id == log.c.id, gaps.c.state == RETRY).correlate(log)
    old = (
        sa.select(log.c.id)
        .where(
            log.c.created_at < now - KEPT,
            log.c.expires_at < now,
            log.c.body.is_not(None),
            log.c.seq.is_not(None),
            sa.not_(is_retried),
        )
        .order_by(log.c.created_at)
        .limit(limit)
    )
    found = list(tx.execute(old).scalars())
    if found:
        tx.execute(sa.update(log).where(log.c.id.in_(found)).values(body=None))
        tx.execute(sa.delete(gaps).where(gaps.c.log_id.in_(found), gaps.c.state != RETRY))
    return len(found)


def position(tx: sa.Connection) -> int:
    """Return the newest number that the sequencer gave; 0 = none yet."""
    return int(tx.execute(sa.select(sequence.c.value)).scalar() or 0)

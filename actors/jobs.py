"""Durable work for later: one row per kind and key, claimed under a lease that expires with its worker."""

import json
from collections.abc import Collection, Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from actors.prepared import Prepared
from actors.records import Job
from actors.tables import jobs
from federation.reader import JsonValue
from federation.vocabulary import Millis

MAX_ERROR_LENGTH: Final = 500
"""Characters of an error that an operator reads in a list."""


def schedule(
    tx: sa.Connection, kind: str, key: str, payload: Mapping[str, JsonValue], due_at: Millis, now: Millis
) -> None:
    """Ask for a job. One that waits already takes the new payload and keeps the earlier time.

    One that is being worked on runs again at `due_at`, after it has finished.
    """
    text = json.dumps(payload, ensure_ascii=False)
    _SCHEDULE.run(tx, kind=kind, key=key, payload=text, due_at=due_at, created_at=now, now=now)


def _build_schedule(dialect: str) -> sa.Executable:
    """Insert, or bring forward; `now` tells whether it is being worked on."""
    insert = sqlite.insert(jobs) if dialect == "sqlite" else postgresql.insert(jobs)
    asked = insert.excluded.due_at
    # Never the time under which it was claimed: that it has changed is how `finish` notices.
    again = sa.case((asked == jobs.c.due_at, asked + 1), else_=asked)
    is_held = jobs.c.leased_until > sa.bindparam("now", type_=sa.BigInteger)
    due = sa.case((is_held, again), else_=_earlier(jobs.c.due_at, asked))
    return insert.on_conflict_do_update(
        index_elements=["kind", "key"], set_={"payload": insert.excluded.payload, "due_at": due}
    )


_SCHEDULE = Prepared(_build_schedule, ("kind", "key", "payload", "due_at", "created_at"))


def claim(tx: sa.Connection, kinds: Collection[str], limit: int, now: Millis, lease_ms: int) -> list[Job]:
    """Take up to `limit` due jobs, the longest due first; after `lease_ms` others may take them over."""
    due = (
        sa.select(jobs.c.id)
        .where(jobs.c.due_at <= now, jobs.c.leased_until <= now, jobs.c.kind.in_(kinds))
        .order_by(jobs.c.due_at, jobs.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    wanted = tx.execute(due).scalars().all()
    if not wanted:
        return []
    statement = sa.update(jobs).where(jobs.c.id.in_(wanted))
    lease = {"attempts": jobs.c.attempts + 1, "leased_until": now + lease_ms}
    rows = tx.execute(statement.values(lease).returning(*jobs.c))
    return sorted((_to_job(row) for row in rows), key=lambda job: (job.due_at, job.id))


def finish(tx: sa.Connection, job: Job) -> bool:
    """Take a done job off the list, unless it was asked for again meanwhile: then it only lets go of it.

    False when the lease had passed to another worker: nothing changes then.
    """
    done = sa.delete(jobs).where(_is_held(job), jobs.c.due_at == job.due_at)
    if tx.execute(done.returning(jobs.c.id)).first() is not None:
        return True
    again = sa.update(jobs).where(_is_held(job)).values(leased_until=0, attempts=0, last_error=None)
    return tx.execute(again.returning(jobs.c.id)).first() is not None


def retry(tx: sa.Connection, job: Job, due_at: Millis, error: str) -> bool:
    """Let go of a job that failed and try again at `due_at`, or earlier where it was asked for meanwhile.

    False when the lease had passed to another worker: nothing changes then.
    """
    asked: sa.ColumnElement[int] = sa.literal(due_at, sa.BigInteger())
    due = sa.case((jobs.c.due_at == job.due_at, asked), else_=_earlier(jobs.c.due_at, asked))
    values = {"due_at": due, "leased_until": 0, "last_error": error[:MAX_ERROR_LENGTH]}
    statement = sa.update(jobs).where(_is_held(job)).values(values)
    return tx.execute(statement.returning(jobs.c.id)).first() is not None


def cancel(tx: sa.Connection, kind: str, key: str) -> bool:
    """Want a job no more; who works on it finds out by `is_wanted`. False = nobody had asked."""
    gone = sa.delete(jobs).where(jobs.c.kind == kind, jobs.c.key == key)
    return bool(tx.execute(gone).rowcount)


def is_wanted(tx: sa.Connection, job: Job) -> bool:
    """Whether a job that is being worked on has not been cancelled since."""
    return tx.execute(sa.select(jobs.c.id).where(jobs.c.id == job.id)).first() is not None


def release_all(tx: sa.Connection) -> None:
    """Let go of every job, where no other process can be working on one."""
    tx.execute(sa.update(jobs).where(jobs.c.leased_until > 0).values(leased_until=0))


def find_next_due(tx: sa.Connection, kinds: Collection[str]) -> Millis | None:
    """Return when the next job of `kinds` may be claimed, if there is any."""
    free = sa.case((jobs.c.leased_until > jobs.c.due_at, jobs.c.leased_until), else_=jobs.c.due_at)
    earliest = tx.execute(sa.select(sa.func.min(free)).where(jobs.c.kind.in_(kinds))).scalar_one()
    return None if earliest is None else Millis(earliest)


def _is_held(job: Job) -> sa.ColumnElement[bool]:
    return sa.and_(
        jobs.c.id == job.id, jobs.c.attempts == job.attempts, jobs.c.leased_until == job.leased_until
    )


def _earlier(first: sa.ColumnElement[int], second: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.case((first <= second, first), else_=second)


def _to_job(row: sa.Row[tuple[object, ...]]) -> Job:
    columns = dict(row._mapping)  # noqa: SLF001
    columns["payload"] = json.loads(columns["payload"])
    return Job(**columns)

"""Writing down what rounds came to: many reports in one transaction, so that 500 servers cost few commits."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from actors.ports import Clock, Storage
from actors.statements import insert_into
from federation.errors import Overloaded
from federation.vocabulary import Millis
from outbox.destinations import drop_destination, make_due
from outbox.records import GapRecord, Lane
from outbox.retries import HOUR, WEEK, Health, after
from outbox.sending import Report
from outbox.subscriptions import unsubscribe_everywhere
from outbox.tables import cursors, destinations, gaps, servers

SCHEME_MEMORY: Final = WEEK
"""How long a server is knocked at with RFC 9421 first; then it is asked again."""

SUCCESS_NOTED_EVERY: Final = HOUR
"""A healthy destination is not written at every delivery."""

BATCH: Final = 128
"""Reports in one transaction: a few milliseconds."""

PAUSE: Final = 1.0
"""Seconds until a ledger that could not write tries again: what it holds was sent, and must not be twice."""

_IDS: Final[sa.BindParameter[int]] = sa.bindparam("ids", expanding=True)
_LOCK_CURSORS = (
    sa.select(cursors.c.destination_id, cursors.c.lane, cursors.c.leased_by, cursors.c.seq, cursors.c.head)
    .where(cursors.c.destination_id.in_(_IDS))
    .order_by(cursors.c.destination_id, cursors.c.lane)
    .with_for_update()
)
_MOVE = (
    sa.update(cursors)
    .where(cursors.c.destination_id == sa.bindparam("destination"), cursors.c.lane == sa.bindparam("of_lane"))
    .values(seq=sa.bindparam("to_seq"), leased_by=None, leased_until=sa.bindparam("released_at"))
)
_LOCK_DESTINATIONS = (
    sa.select(
        destinations.c.id,
        destinations.c.failures,
        destinations.c.paused_until,
        destinations.c.failing_since,
        destinations.c.last_success_at,
        destinations.c.last_error,
    )
    .where(destinations.c.id.in_(_IDS))
    .order_by(destinations.c.id)
    .with_for_update()
)
_SET_HEALTH = (
    sa.update(destinations)
    .where(destinations.c.id == sa.bindparam("destination"))
    .values(
        failures=sa.bindparam("to_failures"),
        paused_until=sa.bindparam("to_paused_until"),
        failing_since=sa.bindparam("to_failing_since"),
        last_success_at=sa.bindparam("to_last_success_at"),
        last_error=sa.bindparam("to_last_error"),
    )
)
_REMOVE = sa.delete(gaps).where(
    gaps.c.destination_id == sa.bindparam("destination"), gaps.c.log_id == sa.bindparam("entry")
)
_LEARN = (
    sa.update(servers)
    .where(servers.c.id == sa.bindparam("server"))
    .values(signature_scheme=sa.bindparam("to_scheme"), scheme_until=sa.bindparam("until"))
)
Rows = Mapping[tuple[int, int], Any]
"""Rows of `_LOCK_CURSORS` by destination and lane."""

_GAP_FACTS = ("state", "attempts", "due_at", "first_tried_at", "status", "reason", "reached", "expires_at")


def record(tx: sa.Connection, reports: Sequence[Report], now: Millis) -> list[bool]:
    """Write down `reports` and give back their leases; for each, whether there is more to do there at once.

    A report whose lease was lost meanwhile is not written: whoever has it now will say what is true. Cursors
    are locked in the order in which everybody locks them.
    """
    _drop_actors(tx, reports)
    ids = sorted({report.claim.destination_id for report in reports})
    rows = {(row.destination_id, row.lane): row for row in tx.execute(_LOCK_CURSORS, {"ids": ids})}
    valid = [report for report in reports if _is_held(report, rows)]
    if valid:
        _move_cursors(tx, valid, rows, now)
        dropped = _record_health(tx, valid, now)
        _record_gaps(tx, valid)
        _learn_schemes(tx, valid, now)
        for destination_id, reason in sorted(dropped.items()):
            drop_destination(tx, destination_id, reason, now)
    return [_has_more(report, rows, now) for report in reports]


def _key(report: Report) -> tuple[int, Lane]:
    return report.claim.destination_id, report.claim.lane


def _is_held(report: Report, rows: Rows) -> bool:
    row = rows.get(_key(report))
    return row is not None and row.leased_by == report.claim.token


def _has_more(report: Report, rows: Rows, now: Millis) -> bool:
    row = rows.get(_key(report))
    if row is None:
        return False
    due = any(gap.state == "retry" and gap.due_at <= now for gap in report.gaps.values())
    return due or row.head > report.cursor or report.claim.probe or report.lifted_barrier


def _drop_actors(tx: sa.Connection, reports: Iterable[Report]) -> None:
    """First of all, since the sequencer too takes subscriptions before cursors."""
    for actor_id in sorted({actor for report in reports for actor in report.gone_actors}):
        unsubscribe_everywhere(tx, actor_id)


def _move_cursors(tx: sa.Connection, reports: Iterable[Report], rows: Rows, now: Millis) -> None:
    tx.execute(
        _MOVE,
        [
            {
                "destination": report.claim.destination_id,
                "of_lane": report.claim.lane,
                "to_seq": max(report.cursor, rows[_key(report)].seq),
                "released_at": now,
            }
            for report in reports
        ],
    )


def _record_health(tx: sa.Connection, reports: Iterable[Report], now: Millis) -> dict[int, str]:
    """Move the circuit breakers. Returns the destinations that are to be dropped, and why."""
    changed: dict[int, list[Report]] = {}
    for report in reports:
        if _changes_health(report, now):
            changed.setdefault(report.claim.destination_id, []).append(report)
    if not changed:
        return {}
    updates, closed, dropped = [], [], {}
    for row in tx.execute(_LOCK_DESTINATIONS, {"ids": sorted(changed)}).all():
        before = Health(row.failures, row.paused_until, row.failing_since, row.last_success_at)
        health = _follow(before, changed[row.id], now)
        update = _health_row(row, health, changed[row.id])
        updates.append(update)
        if before.is_open and not health.is_open:
            closed.append(row.id)
        if health.dropped or any(report.is_gone for report in changed[row.id]):
            dropped[row.id] = str(update["to_last_error"])
    tx.execute(_SET_HEALTH, updates)
    if closed:
        make_due(tx, closed, now)
    return dropped


def _changes_health(report: Report, now: Millis) -> bool:
    """A healthy destination that goes on being so is noted once an hour."""
    if report.claim.probe or report.paused_until or report.error or report.destination.failures:
        return True
    noted = report.destination.last_success_at or 0
    return bool(report.verdicts) and now - noted >= SUCCESS_NOTED_EVERY


def _follow(health: Health, reports: Iterable[Report], now: Millis) -> Health:
    """Apply the verdicts in order. A probe that sent nothing gives the pause back."""
    for report in reports:
        if report.claim.probe and set(report.verdicts) <= {"unknown"}:
            health = replace(health, paused_until=now)
        for verdict in report.verdicts:
            health = after(health, verdict, now=now, probe=report.claim.probe)
        health = replace(health, paused_until=max(health.paused_until, report.paused_until))
    return health


def _health_row(row: Any, health: Health, reports: Sequence[Report]) -> dict[str, Any]:
    errors = [report.error for report in reports if report.error]
    return {
        "destination": row.id,
        "to_failures": health.failures,
        "to_paused_until": health.paused_until,
        "to_failing_since": health.failing_since,
        "to_last_success_at": health.last_success_at,
        "to_last_error": errors[-1] if errors else row.last_error,
    }


def _record_gaps(tx: sa.Connection, reports: Sequence[Report]) -> None:
    removed = [
        {"destination": report.claim.destination_id, "entry": log_id}
        for report in reports
        for log_id in sorted(report.removed)
    ]
    if removed:
        tx.execute(_REMOVE, removed)
    written = [_gap_row(report, gap) for report in reports for gap in report.gaps.values()]
    if written:
        statement = insert_into(tx, gaps)
        facts = {name: statement.excluded[name] for name in _GAP_FACTS}
        tx.execute(
            statement.on_conflict_do_update(index_elements=["destination_id", "log_id"], set_=facts), written
        )


def _gap_row(report: Report, gap: GapRecord) -> dict[str, Any]:
    return {
        "destination_id": report.claim.destination_id,
        "log_id": gap.log_id,
        "seq": gap.seq,
        "lane": report.claim.lane,
        "thread": gap.thread,
        "state": gap.state,
        "attempts": gap.attempts,
        "due_at": gap.due_at,
        "first_tried_at": gap.first_tried_at,
        "status": gap.status,
        "reason": gap.reason,
        "barrier": gap.barrier,
        "reached": json.dumps(sorted(gap.reached)),
        "expires_at": gap.expires_at,
    }


def _learn_schemes(tx: sa.Connection, reports: Iterable[Report], now: Millis) -> None:
    """Keep the exception, RFC 9421; the rule needs no memory."""
    learned = {report.destination.server_id: report.learned for report in reports if report.learned}
    if learned:
        tx.execute(
            _LEARN,
            [
                {
                    "server": server_id,
                    "to_scheme": "rfc9421" if scheme == "rfc9421" else None,
                    "until": now + SCHEME_MEMORY if scheme == "rfc9421" else None,
                }
                for server_id, scheme in sorted(learned.items())
            ],
        )


_Waiting = tuple[Report, asyncio.Future[bool]]


class Ledger:
    """Takes reports from many rounds and writes all that wait at once."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, report: Report) -> bool:
        """Return when `report` is durable; True when there is more to do at its destination at once."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((report, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        """Write until nothing waits.

        That it has ended is said here, not by a callback: whoever came before that ran would wait for ever.
        """
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: Sequence[_Waiting]) -> None:
        """A failure is for those who wait: their leases run out, and they are done again."""
        try:
            answers = await self._write_down([report for report, _ in batch])
        except Exception as error:  # noqa: BLE001 - raised again where the rounds wait
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), more in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(more)

    async def _write_down(self, reports: Sequence[Report]) -> list[bool]:
        """Busy or down is no reason to forget what was sent."""
        while True:
            try:
                return await self._storage.write(record, reports, self._clock())
            except Overloaded:
                await asyncio.sleep(PAUSE)

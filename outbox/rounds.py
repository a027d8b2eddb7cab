"""Planning one round at one destination: what is sent now, in which order, what waits, is skipped, expires.

Pure. The rules that hold order together: a thread is one chain; what stands behind an open gap of its thread
becomes a gap itself; the cursor never passes an entry that is neither settled nor a gap.
"""

from dataclasses import dataclass, replace
from typing import Final

from outbox.records import GapRecord, LogRecord, Work

WINDOW: Final = 8
"""Attempts in one round, so at most as many in flight at one destination."""

MAX_OPEN_GAPS: Final = 500
"""At one destination. When so many wait to be tried again, the cursor stays where it is: bounded, and nothing
is lost.
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry to send, and the gap it stands in if the cursor has passed it."""

    entry: LogRecord
    gap: GapRecord | None

    def as_gap(self) -> GapRecord:
        """Return its gap, or the one it would become."""
        return self.gap or _gap(self.entry, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: `chains` run side by side, each in its order.

    `gaps` are to be written and `removed` (log ids) to be deleted, whatever is sent; then the cursor stands
    at `cursor`.
    """

    chains: tuple[tuple[Pending, ...], ...]
    gaps: tuple[GapRecord, ...]
    removed: tuple[int, ...]
    cursor: int


def plan(work: Work, *, now: int, budget: int = WINDOW) -> Plan:
    """Plan a round of at most `budget` attempts; a probe has one, and need not wait until its gap is due."""
    planner = _Planner(work, now, 1 if work.claim.probe else budget)
    for gap in work.open_gaps:
        planner.take_gap(gap)
    if len(work.open_gaps) < MAX_OPEN_GAPS:
        planner.take_fresh()
    return planner.finish()


class _Planner:
    def __init__(self, work: Work, now: int, budget: int) -> None:
        self._work = work
        self._now = now
        self._left = budget
        self._chains: dict[str, list[Pending]] = {}
        self._waiting: dict[str, int] = {}
        """Threads of which no more is sent in this round, and when they may be looked at again."""
        self._skipped = set(work.skipped)
        self._gaps: dict[int, GapRecord] = {}
        self._removed: set[int] = set()
        self._cursor = work.seq

    def take_gap(self, gap: GapRecord) -> None:
        entry = self._work.entries[gap.log_id]
        if self._now >= (gap.expires_at or entry.expires_at):
            self._gaps[gap.log_id] = _expired(gap)
        elif entry.cancelled_at is not None:
            self._cancel(gap)
        elif entry.concerns_id in self._skipped:
            self._removed.add(gap.log_id)
            self._pass_by(entry)
        elif self._may_send(gap):
            self._send(Pending(entry, gap))

    def _cancel(self, gap: GapRecord) -> None:
        """What was attempted may have arrived, so its cancellation must follow; else neither is sent."""
        if gap.attempts:
            self._removed.add(gap.log_id)
        else:
            self._skip(gap)

    def _may_send(self, gap: GapRecord) -> bool:
        until = self._waiting.get(gap.thread)
        if until is not None:
            if gap.due_at < until > self._now:
                self._gaps[gap.log_id] = replace(gap, due_at=until)
            return False
        barrier = self._work.barrier_seq
        is_blocked = barrier is not None and gap.seq > barrier and not gap.barrier
        if is_blocked or not self._left:
            self._waiting[gap.thread] = self._now
        elif gap.due_at > self._now and not self._work.claim.probe:
            self._waiting[gap.thread] = gap.due_at
        return gap.thread not in self._waiting

    def take_fresh(self) -> None:
        """Go through the entries behind the cursor, and move it."""
        for entry in self._work.fresh:
            if not self._take(entry):
                return
            self._cursor = entry.seq
        if self._work.is_whole:
            self._cursor = max(self._cursor, self._end())

    def _end(self) -> int:
        """Where a cursor stands that has nothing left before it."""
        barrier = self._work.barrier_seq
        return self._work.head if barrier is None else min(self._work.head, barrier - 1)

    def _take(self, entry: LogRecord) -> bool:
        """Settle or send a fresh entry; False when it must stay before the cursor."""
        if self._now >= entry.expires_at:
            self._gaps[entry.id] = _expired(_gap(entry, 0))
        elif entry.cancelled_at is not None:
            self._skip(_gap(entry, 0))
        elif entry.concerns_id in self._skipped:
            self._pass_by(entry)
        elif not self._left:
            return False
        elif entry.thread in self._waiting:
            self._gaps[entry.id] = _gap(entry, self._waiting[entry.thread])
        else:
            self._send(Pending(entry, None))
        return True

    def _send(self, pending: Pending) -> None:
        self._chains.setdefault(pending.entry.thread, []).append(pending)
        self._left -= 1

    def _skip(self, gap: GapRecord) -> None:
        self._skipped.add(gap.log_id)
        self._gaps[gap.log_id] = replace(gap, state="skipped", reason="cancelled before it was sent")

    def _pass_by(self, entry: LogRecord) -> None:
        """What it concerns was never sent here: neither is it; its cancellation ends the matter."""
        concerned = entry.concerns_id
        if entry.cancels and concerned is not None:
            self._skipped.discard(concerned)
            self._gaps.pop(concerned, None)
            self._removed.add(concerned)

    def finish(self) -> Plan:
        chains = tuple(tuple(chain) for chain in self._chains.values())
        return Plan(chains, tuple(self._gaps.values()), tuple(sorted(self._removed)), self._cursor)


def _gap(entry: LogRecord, due_at: int) -> GapRecord:
    return GapRecord(
        log_id=entry.id,
        seq=entry.seq,
        thread=entry.thread,
        state="retry",
        due_at=due_at,
        barrier=entry.barrier,
    )


def _expired(gap: GapRecord) -> GapRecord:
    return replace(gap, state="failed", reason=gap.reason or "expired before it could be sent")

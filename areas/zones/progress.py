"""How far each peer was caught up with, what went wrong, and whether both sides know the same."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import sqlalchemy as sa

from actors.jobs import schedule
from actors.statements import insert_into
from actors.tables import actors
from areas.zones.digests import DAY, Digest, Repair, find_next
from areas.zones.tables import agreements, catch_ups
from federation.vocabulary import Iri, Millis

CATCH_UP: Final = "catch-up"
"""The job that asks a peer what was missed; the key is the peer's number."""
PERIOD: Final = 15 * 60_000
LONGEST_DELAY: Final = 6 * 3_600_000
"""Milliseconds between two tries where a peer does not answer: what it says is pushed anyway."""
_AT_START: Final = 30_000
"""Milliseconds over which peers are asked after a start."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one peer; the defaults say that nothing was asked yet.

    `repair` = "due": the next time all of a week is read again. `theirs` and `ours` are how many posts each side knew
    when they were compared last, `differs_since` is set while they do not know the same.
    """

    peer_id: int
    cursor: str | None = None
    pulled_at: Millis | None = None
    failures: int = 0
    last_error: str | None = None
    compare_at: int = 0
    repair: Repair = "no"
    theirs: int | None = None
    ours: int | None = None
    differs_since: Millis | None = None


_COLUMNS: Final = tuple(catch_ups.c[name] for name in Progress.__dataclass_fields__)


def find(tx: sa.Connection, peer_id: int) -> Progress:
    """Return how far a peer was caught up with."""
    row = tx.execute(sa.select(*_COLUMNS).where(catch_ups.c.peer_id == peer_id)).first()
    return Progress(peer_id) if row is None else Progress(*row)


def plan(tx: sa.Connection, peer_id: int, due_at: Millis, now: Millis) -> None:
    """Ask a peer at a time, or earlier where that was planned."""
    schedule(tx, CATCH_UP, str(peer_id), {}, due_at, now)


def plan_again(tx: sa.Connection, peer_id: int, now: Millis, *, everything: bool) -> None:
    """Ask a peer now, because somebody wants it; `everything`: all of a week, also what was heard before."""
    if everything:
        _write(tx, peer_id, repair="due")
    plan(tx, peer_id, now, now)


def plan_all(tx: sa.Connection, now: Millis) -> None:
    """Ask every peer soon: who starts may have been away."""
    query = (
        sa.select(agreements.c.peer_id, actors.c.iri)
        .join(actors, actors.c.id == agreements.c.peer_id)
        .where(agreements.c.direction == "in", agreements.c.state == "accepted", actors.c.origin_id.is_(None))
        .distinct()
    )
    for peer_id, iri in tx.execute(query).all():
        plan(tx, peer_id, Millis(now + spread(iri, now, _AT_START)), now)


def spread(iri: Iri, now: Millis, within: int) -> int:
    """Milliseconds by which one peer is asked later than another: not all at once, and not always in one order."""
    mark = blake2b(f"{iri} {now}".encode(), digest_size=8).digest()
    return int.from_bytes(mark) % within


def go_on(tx: sa.Connection, peer_id: int, cursor: str) -> None:
    """A page was heard."""
    _write(tx, peer_id, cursor=cursor)


def arrive(tx: sa.Connection, progress: Progress, iri: Iri, now: Millis) -> None:
    """All that was missed was heard; ask again after a while."""
    repair: Repair = "done" if progress.repair == "due" else progress.repair
    _write(tx, progress.peer_id, pulled_at=now, failures=0, last_error=None, repair=repair)
    plan(tx, progress.peer_id, Millis(now + PERIOD + spread(iri, now, PERIOD // 5)), now)


def fail(tx: sa.Connection, progress: Progress, iri: Iri, error: str, now: Millis) -> None:
    """The peer did not answer, or not as it should; ask again, each time later."""
    failures = progress.failures + 1
    _write(tx, progress.peer_id, failures=failures, last_error=error[:500])
    delay = min(PERIOD << min(failures, 10), LONGEST_DELAY)
    plan(tx, progress.peer_id, Millis(now + delay + spread(iri, now, PERIOD // 5)), now)


def compare(tx: sa.Connection, progress: Progress, theirs: Digest, ours: Digest, now: Millis) -> bool:
    """Keep what a comparison found; whether both know the same. What differs is read again, once a day."""
    same = theirs == ours
    following = find_next(progress.repair, same=same)
    _write(
        tx,
        progress.peer_id,
        repair=following,
        theirs=theirs.count,
        ours=ours.count,
        differs_since=None if same else progress.differs_since or now,
        compare_at=now if following == "due" else now + DAY,
    )
    return same


def _write(tx: sa.Connection, peer_id: int, **values: Any) -> None:
    fresh = {name: getattr(Progress(peer_id), name) for name in Progress.__dataclass_fields__}
    statement = insert_into(tx, catch_ups).values({**fresh, **values})
    tx.execute(statement.on_conflict_do_update(index_elements=["peer_id"], set_=values))

"""Say something: put an entry into the outgoing log, in the transaction of what it speaks of.

One row, and one for each explicit recipient, whatever the number of followers. Who gets it is found later, by
the sequencer.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from actors.origins import require_staying_actor
from actors.prepared import Prepared
from federation.errors import NotFound
from federation.rendering import render
from federation.vocabulary import Millis
from outbox.destinations import destinations_for
from outbox.records import ALERT, Entry, Lane
from outbox.retries import LIFETIME
from outbox.tables import log, reaches, recipients


def append(tx: sa.Connection, entry: Entry, now: Millis) -> int:
    """Append `entry` and return its log id; nudge the worker after the commit.

    The same activity in the same dialect is one entry: appending it again changes nothing and returns the
    first one's id. `NotFound` when what it concerns is not in the log; `Overloaded` while the signer's host is
    moving to another node, whose log has what comes next.
    """
    require_staying_actor(tx, entry.actor_id)
    lane, thread = _find_lane_and_thread(tx, entry)
    row = {
        "iri": entry.iri,
        "actor_id": entry.actor_id,
        "type": entry.type,
        "object_iri": entry.object_iri,
        "lane": lane,
        "thread": thread,
        "dialect": entry.dialect,
        "audience_id": None if entry.barrier else entry.audience_id,
        "concerns_id": entry.concerns_id,
        "cancels": entry.cancels,
        "barrier": entry.barrier,
        "public": entry.public,
        "body": entry.body if isinstance(entry.body, bytes) else render(entry.body),
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    inserted = _INSERT.first(tx, **row)
    if inserted is None:
        return int(_SAME.first(tx, iri=entry.iri, dialect=entry.dialect)[0])
    log_id = int(inserted[0])
    if entry.recipients:
        _name(tx, log_id, entry.recipients)
    if entry.concerns_id is not None or entry.reaches:
        _reach(tx, log_id, entry)
    return log_id


def find_told(tx: sa.Connection, log_id: int) -> tuple[int, ...]:
    """Return who was an explicit recipient of an entry, or of what has changed it since."""
    query = (
        sa.select(recipients.c.actor_id)
        .join(log, log.c.id == recipients.c.log_id)
        .where(sa.or_(log.c.id == log_id, log.c.concerns_id == log_id))
        .distinct()
        .order_by(recipients.c.actor_id)
    )
    return tuple(tx.execute(query).scalars())


def _build_insert(dialect: str) -> sa.Executable:
    statement = sqlite.insert(log) if dialect == "sqlite" else postgresql.insert(log)
    return statement.on_conflict_do_nothing(index_elements=["iri", "dialect"]).returning(log.c.id)


_COLUMNS = tuple(column.name for column in log.c if column.name not in ("id", "seq", "cancelled_at"))
_INSERT = Prepared(_build_insert, _COLUMNS)
_SAME = Prepared(
    sa.select(log.c.id).where(log.c.iri == sa.bindparam("iri"), log.c.dialect == sa.bindparam("dialect"))
)
_CONCERNED = Prepared(sa.select(log.c.lane, log.c.thread).where(log.c.id == sa.bindparam("id")))
_INSERT_RECIPIENT = Prepared(sa.insert(recipients), ("log_id", "actor_id", "destination_id"))
_INSERT_REACH = Prepared(sa.insert(reaches), ("log_id", "earlier_id"))


def _find_lane_and_thread(tx: sa.Connection, entry: Entry) -> tuple[Lane, str]:
    """What concerns another travels with it. A barrier holds up all lanes: it must not wait in a full one."""
    if entry.concerns_id is not None:
        found = _CONCERNED.first(tx, id=entry.concerns_id)
        if found is None:
            raise NotFound(f"{entry.iri} concerns log entry {entry.concerns_id}, which is not there")
        lane, thread = found
        return ALERT if entry.barrier else lane, thread
    return ALERT if entry.barrier else entry.lane, entry.thread


def _name(tx: sa.Connection, log_id: int, actor_ids: tuple[int, ...]) -> None:
    """Store the explicit recipients; local ones need no delivery."""
    for actor_id, destination_id in destinations_for(tx, actor_ids).items():
        _INSERT_RECIPIENT.run(tx, log_id=log_id, actor_id=actor_id, destination_id=destination_id)


def _reach(tx: sa.Connection, log_id: int, entry: Entry) -> None:
    """Store whose audiences get this one too: of what it concerns, and of whatever else it reaches."""
    concerned = () if entry.concerns_id is None else (entry.concerns_id,)
    for earlier_id in dict.fromkeys((*concerned, *entry.reaches)):
        _INSERT_REACH.run(tx, log_id=log_id, earlier_id=earlier_id)

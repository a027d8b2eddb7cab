"""Threads in which an area wants no more replies: none is passed on, and nobody here writes one."""

from typing import Any

import sqlalchemy as sa

from areas import creates, placements, registry, threads
from areas.moderation import desk
from areas.records import AreaRecord, PostRecord
from areas.statements import insert_once
from areas.tables import thread_locks
from federation import rendering
from federation.errors import NotFound, Refused
from federation.rendering import Document
from federation.vocabulary import PUBLIC, Millis


def lock(tx: sa.Connection, area: AreaRecord, root: PostRecord, *, reason: str, now: Millis) -> None:
    """Take no more replies to a thread of the area. Raises `Refused` for what does not stand in it as a root."""
    placement = placements.find_placement(tx, area.actor_id, root.id)
    if placement is None or placement.state != "accepted":
        raise Refused(f"{root.iri} does not begin a thread of {area.handle}")
    speaker = registry.desk_of(tx, area)
    iri = desk.act_iri(speaker, "lock", root.id, now)
    row = {
        "group_id": area.actor_id,
        "post_id": root.id,
        "iri": iri,
        "reason": reason,
        "created_at": now,
    }
    if insert_once(tx, thread_locks, row):
        act = rendering.lock(
            iri, actor=speaker.iri, object_iri=root.iri, area=area.iri, summary=reason or None
        )
        _announce(tx, area, root, act, now)


def unlock(tx: sa.Connection, area: AreaRecord, root: PostRecord, *, now: Millis) -> None:
    """Take replies again. Raises `NotFound` where the thread is not locked."""
    mine = sa.and_(thread_locks.c.group_id == area.actor_id, thread_locks.c.post_id == root.id)
    row: Any = tx.execute(sa.delete(thread_locks).where(mine).returning(*thread_locks.c)).one_or_none()
    if row is None:
        raise NotFound(f"{root.iri} is not locked in {area.handle}")
    speaker = registry.desk_of(tx, area)
    locked = rendering.lock(
        row.iri, actor=speaker.iri, object_iri=root.iri, area=area.iri, summary=row.reason or None
    )
    iri = desk.act_iri(speaker, "unlock", root.id, now)
    act = rendering.undo(iri, locked, actor=speaker.iri, to=(PUBLIC,), cc=(area.iri,), audience=area.iri)
    _announce(tx, area, root, act, now)


def _announce(tx: sa.Connection, area: AreaRecord, root: PostRecord, act: Document, now: Millis) -> None:
    """In the order of the thread: after the replies that came before it."""
    lane = threads.find_lane(tx, root, creates.find_author(tx, root))
    desk.announce(tx, area, act, now, thread=threads.thread_key(root), about=root.iri, lane=lane)

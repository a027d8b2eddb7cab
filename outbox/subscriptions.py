"""Who gets what an actor says: subscriptions are closed and opened, never deleted or changed.

So that an Update, Undo or Delete finds those who got the original, also where they left or changed dialect.
`since` and `until` are the sequencer's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from actors.records import ActorRecord, Dialect
from actors.statements import insert_into
from federation.vocabulary import Millis
from outbox.destinations import destination_for, destinations_for
from outbox.tables import actors, servers, subscriptions

__all__ = ["destination_for", "reclassify", "subscribe", "unsubscribe", "unsubscribe_everywhere"]

VERIFYING: Final = frozenset({"mastodon", "fedify", "hollo", "ghost"})
"""Software that believes a signature inside an activity; GoToSocial ignores such ones, Takahē refuses them."""

_OPEN = sa.text("NOT closed")
"""Spelled as in the unique index."""


def subscribe(
    tx: sa.Connection, *, subscriber: ActorRecord, target_id: int, dialect: Dialect, now: Millis
) -> None:
    """Let a remote actor get what `target_id` says from the next entry on. Repeating it changes nothing.

    A local subscriber needs no delivery: nothing is stored. Another dialect or delivery point than before
    closes the old subscription and opens a new one.
    """
    if subscriber.server_id is None:
        return
    wanted = {
        "subscriber_id": subscriber.id,
        "target_id": target_id,
        "destination_id": destination_for(tx, subscriber),
        "dialect": dialect,
        "verifies": _verifies(tx, subscriber.server_id),
        "opened_at": now,
    }
    if _open(tx, [wanted]):
        return
    closed = tx.execute(
        sa.update(subscriptions)
        .where(
            subscriptions.c.subscriber_id == subscriber.id,
            subscriptions.c.target_id == target_id,
            _OPEN,
            sa.or_(
                subscriptions.c.dialect != dialect,
                subscriptions.c.verifies != wanted["verifies"],
                subscriptions.c.destination_id != wanted["destination_id"],
            ),
        )
        .values(closed=True)
    )
    if closed.rowcount:
        _open(tx, [wanted])


def unsubscribe(tx: sa.Connection, subscriber_id: int, target_id: int) -> bool:
    """Close a subscription; False when there was none."""
    closed = tx.execute(
        sa.update(subscriptions)
        .where(subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.target_id == target_id, _OPEN)
        .values(closed=True)
    )
    return bool(closed.rowcount)


def unsubscribe_everywhere(tx: sa.Connection, actor_id: int) -> None:
    """Close all subscriptions of an actor, as when it is gone."""
    tx.execute(
        sa.update(subscriptions).where(subscriptions.c.subscriber_id == actor_id, _OPEN).values(closed=True)
    )


def reclassify(tx: sa.Connection, server_id: int, dialect: Dialect, now: Millis) -> int:
    """Let every subscriber on a server speak `dialect`, at the delivery point that its software now has.

    Returns how many subscriptions were closed and opened again. Reversals of what was sent before follow the
    closed ones, in the dialect that was sent.
    """
    on_server = sa.select(actors.c.id).where(actors.c.server_id == server_id)
    found = tx.execute(
        sa.select(
            subscriptions.c.id,
            subscriptions.c.subscriber_id,
            subscriptions.c.target_id,
            subscriptions.c.destination_id,
            subscriptions.c.dialect,
            subscriptions.c.verifies,
        )
        .where(subscriptions.c.subscriber_id.in_(on_server), _OPEN)
        .with_for_update()
    ).all()
    places = destinations_for(tx, sorted({row.subscriber_id for row in found}))
    verifies = _verifies(tx, server_id)
    changed = [
        row
        for row in found
        if (row.dialect, row.verifies, row.destination_id) != (dialect, verifies, places[row.subscriber_id])
    ]
    if changed:
        tx.execute(_CLOSE, [{"subscription": row.id} for row in changed])
        opened = (
            {
                "subscriber_id": row.subscriber_id,
                "target_id": row.target_id,
                "destination_id": places[row.subscriber_id],
                "dialect": dialect,
                "verifies": verifies,
                "opened_at": now,
            }
            for row in changed
        )
        tx.execute(sa.insert(subscriptions), list(opened))
    return len(changed)


_CLOSE = (
    sa.update(subscriptions).where(subscriptions.c.id == sa.bindparam("subscription")).values(closed=True)
)


def _open(tx: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Open what is not open already; True when anything was."""
    statement = (
        insert_into(tx, subscriptions)
        .on_conflict_do_nothing(index_elements=["subscriber_id", "target_id"], index_where=_OPEN)
        .returning(subscriptions.c.id)
    )
    return any(tx.execute(statement, row).first() is not None for row in rows)


_SOFTWARE = sa.select(servers.c.software).where(servers.c.id == sa.bindparam("server"))


def _verifies(tx: sa.Connection, server_id: int) -> bool:
    return tx.execute(_SOFTWARE, {"server": server_id}).scalar() in VERIFYING

"""Delivery points: which one an actor has, when one is heard from again, when one is dropped.

A destination is a server where it has a shared inbox (or is GoToSocial, where one inbox serves all), else a
single actor. It is not a URL: that is chosen when something is sent.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.statements import insert_into
from federation.errors import NotFound
from federation.vocabulary import Millis
from outbox.tables import actors, cursors, destinations, gaps, servers, subscriptions

RETRY: Final[sa.ColumnElement[str]] = sa.literal_column("'retry'")
"""Written into the statement: a partial index serves only a condition that is known when it is planned."""


def destination_for(tx: sa.Connection, actor: ActorRecord) -> int:
    """Return the destination of a remote actor, making it if need be. `NotFound` for a local one."""
    found = destinations_for(tx, (actor.id,)).get(actor.id)
    if found is None:
        raise NotFound(f"{actor.iri} is not a remote actor")
    return found


_PLACES = (
    sa.select(
        actors.c.id,
        actors.c.server_id,
        servers.c.host,
        sa.or_(
            actors.c.shared_inbox.is_not(None), sa.func.coalesce(servers.c.software, "") == "gotosocial"
        ).label("is_shared"),
    )
    .join(servers, servers.c.id == actors.c.server_id)
    .where(actors.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_SETTLED = Prepared(
    sa.select(destinations.c.id)
    .join_from(actors, servers, servers.c.id == actors.c.server_id)
    .join(
        destinations,
        destinations.c.key
        == sa.case(
            (
                sa.or_(
                    actors.c.shared_inbox.is_not(None),
                    sa.func.coalesce(servers.c.software, "") == "gotosocial",
                ),
                sa.literal("server:") + servers.c.host,
            ),
            else_=sa.literal("actor:") + sa.cast(actors.c.id, sa.Text),
        ),
    )
    .where(actors.c.id == sa.bindparam("actor"), destinations.c.dropped_at.is_(None))
)
"""The usual case in one step: a destination that is there and in use."""
_KNOWN = sa.select(destinations.c.key, destinations.c.id, destinations.c.dropped_at).where(
    destinations.c.key.in_(sa.bindparam("keys", expanding=True))
)


def destinations_for(tx: sa.Connection, actor_ids: Sequence[int]) -> dict[int, int]:
    """Return the destination of each of several actors; local and unknown ones have none.

    A destination that had been dropped is taken up again: its next entry is the probe.
    """
    settled = {actor_id: _SETTLED.first(tx, actor=actor_id) for actor_id in actor_ids}
    found = {actor_id: int(row[0]) for actor_id, row in settled.items() if row is not None}
    return found | _settle(tx, [actor_id for actor_id in actor_ids if actor_id not in found])


def _settle(tx: sa.Connection, actor_ids: Sequence[int]) -> dict[int, int]:
    """Make or take up the destinations that are not in use."""
    places = tx.execute(_PLACES, {"ids": list(actor_ids)}).all() if actor_ids else []
    if not places:
        return {}
    keys = {row.id: f"server:{row.host}" if row.is_shared else f"actor:{row.id}" for row in places}
    wanted = {keys[row.id]: row.server_id for row in places}
    known = _find(tx, wanted)
    missing = [{"key": key, "server_id": server} for key, server in wanted.items() if key not in known]
    if missing:
        statement = insert_into(tx, destinations).on_conflict_do_nothing(index_elements=["key"])
        tx.execute(statement, missing)
        known = _find(tx, wanted)
    dropped = [row.id for row in known.values() if row.dropped_at is not None]
    if dropped:
        tx.execute(_TAKE_UP, {"ids": dropped})
    return {actor: known[key].id for actor, key in keys.items()}


_TAKE_UP = (
    sa.update(destinations)
    .where(destinations.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(dropped_at=None, paused_until=0)
)


def _find(tx: sa.Connection, keys: dict[str, int]) -> dict[str, Any]:
    return {row.key: row for row in tx.execute(_KNOWN, {"keys": list(keys)})}


_IS_FAILING = sa.and_(
    destinations.c.server_id == sa.bindparam("server"), destinations.c.failing_since.is_not(None)
)
_FAILING = Prepared(sa.select(destinations.c.id).where(_IS_FAILING).limit(1))
_HEARD = Prepared(
    sa.update(destinations)
    .where(_IS_FAILING)
    .values(failures=0, paused_until=0, failing_since=None, dropped_at=None)
    .returning(destinations.c.id)
)
_MAKE_DUE = (
    sa.update(gaps)
    .where(
        gaps.c.destination_id.in_(sa.bindparam("ids", expanding=True)),
        gaps.c.state == RETRY,
        gaps.c.due_at > sa.bindparam("now"),
    )
    .values(due_at=sa.bindparam("now"))
)


def heard_from(tx: sa.Connection, server_id: int, now: Millis) -> bool:
    """Close the circuit breaker of a server that has just proved to be alive, and make its retries due.

    Cheap when nothing is wrong. True = something is due now: nudge the worker after the commit.
    """
    if _FAILING.first(tx, server=server_id) is None:
        return False
    found = [destination_id for (destination_id,) in _HEARD.all(tx, server=server_id)]
    if found:
        make_due(tx, found, now)
    return bool(found)


def make_due(tx: sa.Connection, destination_ids: Sequence[int], now: Millis) -> None:
    """Let everything that waits to be tried again at these destinations be tried now."""
    tx.execute(_MAKE_DUE, {"ids": list(destination_ids), "now": now})


def drop_destination(tx: sa.Connection, destination_id: int, reason: str, now: Millis) -> None:
    """Stop sending there: subscriptions close, what waited is given up, the cursors stand at their heads."""
    tx.execute(
        sa.update(subscriptions)
        .where(subscriptions.c.destination_id == destination_id, sa.not_(subscriptions.c.closed))
        .values(closed=True)
    )
    tx.execute(
        sa.update(destinations)
        .where(destinations.c.id == destination_id)
        .values(dropped_at=now, last_error=reason)
    )
    tx.execute(
        sa.update(cursors).where(cursors.c.destination_id == destination_id).values(seq=cursors.c.head)
    )
    tx.execute(
        sa.update(gaps)
        .where(gaps.c.destination_id == destination_id, gaps.c.state == RETRY)
        .values(state="failed", reason=f"dropped: {reason}")
    )


def drop_server(tx: sa.Connection, server_id: int, reason: str, now: Millis) -> None:
    """Drop every destination of a server, as when it is blocked."""
    found = tx.execute(
        sa.select(destinations.c.id).where(
            destinations.c.server_id == server_id, destinations.c.dropped_at.is_(None)
        )
    )
    for destination_id in found.scalars().all():
        drop_destination(tx, destination_id, reason, now)

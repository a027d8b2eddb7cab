"""What others ask about the log: an entry by its id, its body, and whether anybody listens in a dialect."""

from collections.abc import Sequence

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.records import Dialect
from federation.vocabulary import Iri
from outbox.tables import actors, log, servers, subscriptions

_ENTRY = sa.select(log.c.id).where(log.c.iri == sa.bindparam("iri")).order_by(log.c.id).limit(1)
_SPEAKERS = sa.select(log.c.actor_id).where(log.c.iri.in_(sa.bindparam("iris", expanding=True))).distinct()
_BODY = sa.select(log.c.body).where(log.c.id == sa.bindparam("id"))
_SUBSCRIBERS = Prepared(
    sa.select(subscriptions.c.id)
    .where(
        subscriptions.c.target_id == sa.bindparam("target"),
        subscriptions.c.dialect == sa.bindparam("dialect"),
        subscriptions.c.until.is_(None),
        sa.text("NOT closed"),
    )
    .limit(1)
)


_LISTENERS = (
    sa.select(sa.func.min(subscriptions.c.subscriber_id))
    .join(actors, actors.c.id == subscriptions.c.subscriber_id)
    .join(servers, servers.c.id == actors.c.server_id)
    .where(
        subscriptions.c.target_id == sa.bindparam("target"),
        subscriptions.c.dialect == "activity",
        subscriptions.c.until.is_(None),
        sa.text("NOT closed"),
        servers.c.software == sa.bindparam("software"),
        actors.c.type != "Group",
        actors.c.gone_at.is_(None),
    )
    .group_by(subscriptions.c.destination_id)
)


def find_entry(tx: sa.Connection, iri: Iri) -> int | None:
    """Return the log id of an activity of ours."""
    found: int | None = tx.execute(_ENTRY, {"iri": iri}).scalar()
    return found


def find_speakers(tx: sa.Connection, iris: Sequence[Iri]) -> list[int]:
    """Return which actors of ours said the activities with these ids."""
    return list(tx.execute(_SPEAKERS, {"iris": list(iris)}).scalars())


def find_body(tx: sa.Connection, log_id: int) -> bytes | None:
    """Return an entry's body as it was appended, without the proof; None once it was purged."""
    found: bytes | None = tx.execute(_BODY, {"id": log_id}).scalar()
    return found


def has_subscribers(tx: sa.Connection, target_id: int, dialect: Dialect) -> bool:
    """Whether anyone follows `target_id` from a server that speaks `dialect`."""
    return _SUBSCRIBERS.first(tx, target=target_id, dialect=dialect) is not None


def list_listeners(tx: sa.Connection, target_id: int, software: str) -> list[int]:
    """Return one follower of `target_id` on each server of `software` in the activity dialect; no Group.

    For what such servers understand although it is said in the object dialect.
    """
    return sorted(tx.execute(_LISTENERS, {"target": target_id, "software": software}).scalars())

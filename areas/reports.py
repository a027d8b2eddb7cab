"""Reports (`Flag`, or the form without an account), kept for the people of the area that boosted the thing."""

import json
from collections.abc import Iterable

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.statements import insert_into
from areas.tables import placements, posts, reports
from federation.html import plain_name
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis

TEXT_LENGTH = 5000
MOST_OBJECTS = 20
MOST_PER_DAY = 100
"""Reports of one reporter a day; more say nothing new (1,000 Flags are an attack)."""
DAY = 24 * 3_600_000


def file(
    tx: sa.Connection,
    *,
    actor: ActorRecord | None,
    iri: Iri | None,
    objects: Iterable[Iri],
    text: str,
    now: Millis,
) -> int | None:
    """Store a report. None = it was stored before, or this reporter has sent too many today."""
    things = list(dict.fromkeys(objects))[:MOST_OBJECTS]
    if actor is not None and _today(tx, actor.id, now) >= MOST_PER_DAY:
        return None
    row = {
        "id": mint_id(now),
        "iri": iri,
        "actor_id": None if actor is None else actor.id,
        "area_id": _area_of(tx, things),
        "objects": json.dumps(things),
        "text": plain_name(text, TEXT_LENGTH),
        "received_at": now,
    }
    statement = insert_into(tx, reports).values(row).on_conflict_do_nothing().returning(reports.c.id)
    return tx.execute(statement).scalar_one_or_none()


def _today(tx: sa.Connection, actor_id: int, now: Millis) -> int:
    recent = sa.select(sa.func.count()).where(
        reports.c.actor_id == actor_id, reports.c.received_at > now - DAY
    )
    return tx.execute(recent).scalar_one()


def _area_of(tx: sa.Connection, things: list[Iri]) -> int | None:
    """The first area in which one of the things stands, whoever hosts it."""
    query = (
        sa.select(placements.c.area_id)
        .join(posts, posts.c.id == placements.c.post_id)
        .where(posts.c.iri.in_(things))
        .order_by(placements.c.id)
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()

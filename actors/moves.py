"""Actors that move: how often one may, and what is kept of it."""

from typing import Final

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from federation.vocabulary import Iri, Millis

SETTLING: Final = 7 * 86_400_000
"""Milliseconds after a move of somebody elsewhere in which no other is believed; Mastodon waits as long."""


def is_settling(actor: ActorRecord, now: Millis, pause: int = SETTLING) -> bool:
    """Whether the actor has moved less than `pause` milliseconds ago."""
    return actor.moved_at is not None and now - actor.moved_at < pause


def note_move(tx: sa.Connection, actor_id: int, destination: Iri, now: Millis) -> None:
    """Keep that an actor elsewhere has moved, also where its document does not say so."""
    values = {"moved_to": destination, "moved_at": now}
    tx.execute(sa.update(actors).where(actors.c.id == actor_id).values(values))

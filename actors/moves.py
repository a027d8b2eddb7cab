"""Actors that move: how often one may, and what is kept of it."""

from typing import Final

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from federation.errors import Refused
from federation.vocabulary import Iri, Millis

SETTLING: Final = 7 * 86_400_000
"""Milliseconds after a move of somebody elsewhere in which no other is believed; Mastodon waits as long."""


OWN_PAUSE: Final = 30 * 86_400_000
"""Milliseconds after somebody of ours has moved in which she cannot move again, as on Mastodon."""


def require_here(actor: ActorRecord) -> None:
    """Raise `Refused` for an actor that has moved: it reads, but says nothing any more."""
    if actor.moved_to is not None:
        raise Refused(
            f"@{actor.handle} は {actor.moved_to} に引っ越しました。 This account has moved to {actor.moved_to}."
        )


def is_settling(actor: ActorRecord, now: Millis, pause: int = SETTLING) -> bool:
    """Whether the actor has moved less than `pause` milliseconds ago."""
    return actor.moved_at is not None and now - actor.moved_at < pause


def note_move(tx: sa.Connection, actor_id: int, destination: Iri, now: Millis) -> None:
    """Keep that an actor elsewhere has moved, also where its document does not say so."""
    values = {"moved_to": destination, "moved_at": now}
    tx.execute(sa.update(actors).where(actors.c.id == actor_id).values(values))

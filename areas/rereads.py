"""When a boosted remote object is read again.

GoToSocial tells only those who are mentioned *now*, so an edit that drops the area's mention, or the deletion of
such a post, never arrives by itself. How often a host is asked, and what an answer proves, is `inbox.jobs`'s.
"""

import sqlalchemy as sa

from actors.jobs import schedule
from areas.records import PostRecord
from federation.reader import JsonValue
from federation.vocabulary import Millis

REREAD = "reread"
_MINUTE = 60_000
STEPS = (10 * _MINUTE, 60 * _MINUTE, 6 * 60 * _MINUTE, 24 * 60 * _MINUTE, 7 * 24 * 60 * _MINUTE)
"""Milliseconds after the boost."""


def schedule_first(tx: sa.Connection, post: PostRecord, boosted_at: Millis) -> None:
    """Plan the first look; each look plans the next."""
    schedule_step(tx, post.id, post.iri, 0, boosted_at)


def schedule_step(tx: sa.Connection, post_id: int, iri: str, step: int, boosted_at: Millis) -> None:
    """Plan look number `step`; after the last one nothing is planned."""
    if step < len(STEPS):
        payload: dict[str, JsonValue] = {"post": post_id, "iri": iri, "step": step, "boosted_at": boosted_at}
        due_at = Millis(boosted_at + STEPS[step])
        schedule(tx, REREAD, f"{post_id}:{step}", payload, due_at, boosted_at)

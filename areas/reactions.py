"""Likes and boosts of stored posts by anyone. A moderator's Like on a held post releases it, from any server."""

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import decisions, placements, posts, registry
from areas.statements import insert_once
from areas.tables import reactions
from federation.errors import Refused
from federation.vocabulary import Iri, Millis

BY_LIKE = "a moderator liked it"


def record(
    tx: sa.Connection, *, actor: ActorRecord, iri: Iri, object_iri: Iri, kind: str, now: Millis
) -> bool:
    """Count a reaction to what anyone may read, once per actor, post and kind.

    False = no such post is known, or it was counted before.
    """
    post = posts.find_post(tx, object_iri)
    if post is None or not post.is_shown:
        return False
    row = {"actor_id": actor.id, "post_id": post.id, "kind": kind, "iri": iri, "created_at": now}
    if not insert_once(tx, reactions, row):
        return False
    if kind == "Like":
        _release(tx, actor, post.id, now)
    return True


def _release(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> None:
    for placement in placements.placements_of(tx, post_id):
        if placement.state == "held" and registry.may_moderate(tx, actor.id, placement.area_id, now):
            _approve(tx, actor, placement.id, now)


def _approve(tx: sa.Connection, actor: ActorRecord, placement_id: int, now: Millis) -> None:
    try:
        decisions.approve(tx, placement_id, by=actor.id, reason=BY_LIKE, now=now)
    except Refused:
        return  # decided or withdrawn meanwhile, and nothing was written: it stays a Like


def undo(tx: sa.Connection, *, actor: ActorRecord, iri: Iri) -> bool:
    """Take a reaction back by the id of its activity; only its own actor can. False = there is none."""
    mine = sa.delete(reactions).where(reactions.c.actor_id == actor.id, reactions.c.iri == iri)
    return bool(tx.execute(mine).rowcount)


def undo_kind(tx: sa.Connection, *, actor: ActorRecord, object_iri: Iri, kind: str) -> bool:
    """Take a reaction back by what it was about, where a server does not name the id that it sent."""
    post = posts.find_post(tx, object_iri)
    if post is None:
        return False
    mine = sa.delete(reactions).where(
        reactions.c.actor_id == actor.id, reactions.c.post_id == post.id, reactions.c.kind == kind
    )
    return bool(tx.execute(mine).rowcount)


def counts(tx: sa.Connection, post_id: int) -> dict[str, int]:
    """How many of each kind."""
    query = sa.select(reactions.c.kind, sa.func.count()).where(reactions.c.post_id == post_id)
    rows = tx.execute(query.group_by(reactions.c.kind))
    return {str(kind): int(number) for kind, number in rows}

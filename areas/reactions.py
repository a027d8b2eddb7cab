"""Likes and boosts of stored posts by anyone. A moderator's Like on a held post releases it, from any server."""

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.statements import insert_into
from areas import decisions, placements, posts, registry
from areas.tables import reactions
from federation.vocabulary import Iri, Millis

BY_LIKE = "a moderator liked it"


def record(
    tx: sa.Connection, *, actor: ActorRecord, iri: Iri, object_iri: Iri, kind: str, now: Millis
) -> bool:
    """Count a reaction, once per actor, post and kind. False = the post is not known, or it was counted."""
    post = posts.find_post(tx, object_iri)
    if post is None or post.deleted_at is not None:
        return False
    row = {"actor_id": actor.id, "post_id": post.id, "kind": kind, "iri": iri, "created_at": now}
    counted = insert_into(tx, reactions).values(row).on_conflict_do_nothing().returning(reactions.c.kind)
    if tx.execute(counted).first() is None:
        return False
    if kind == "Like":
        _release(tx, actor, post.id, now)
    return True


def _release(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> None:
    for placement in placements.placements_of(tx, post_id):
        if placement.state == "held" and registry.may_moderate(tx, actor.id, placement.area_id, now):
            decisions.approve(tx, placement.id, by=actor.id, reason=BY_LIKE, now=now)


def undo(tx: sa.Connection, *, actor: ActorRecord, iri: Iri) -> bool:
    """Take a reaction back by the id of its activity; only its own actor can. False = there is none."""
    mine = sa.delete(reactions).where(reactions.c.iri == iri, reactions.c.actor_id == actor.id)
    return bool(tx.execute(mine).rowcount)


def undo_kind(tx: sa.Connection, *, actor: ActorRecord, object_iri: Iri, kind: str) -> bool:
    """Take a reaction back by what it was about, where a server names no id."""
    post = posts.find_post(tx, object_iri)
    if post is None:
        return False
    mine = sa.delete(reactions).where(
        reactions.c.post_id == post.id, reactions.c.actor_id == actor.id, reactions.c.kind == kind
    )
    return bool(tx.execute(mine).rowcount)


def counts(tx: sa.Connection, post_id: int) -> dict[str, int]:
    """How many of each kind."""
    query = sa.select(reactions.c.kind, sa.func.count()).where(reactions.c.post_id == post_id)
    return dict(tx.execute(query.group_by(reactions.c.kind)).tuples().all())

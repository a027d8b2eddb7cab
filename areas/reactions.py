"""Likes of stored posts by anyone, and their like. A moderator's Like on a held post releases it, from any server."""

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import decisions, placements, posts, registry
from areas.notifications import Event, forget_about, ring
from areas.reading.statuses import is_readable
from areas.reading.visibility import Reader
from areas.records import PostRecord
from areas.statements import insert_once
from areas.tables import reactions
from federation.errors import Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis

BY_LIKE = "a moderator liked it"


def record(
    tx: sa.Connection, *, actor: ActorRecord, iri: Iri, object_iri: Iri, kind: str, now: Millis
) -> bool:
    """Count a reaction to what its actor may read, once per actor, post and kind.

    False = no such post is known, or it was counted before.
    """
    post = posts.find_post(tx, object_iri)
    if post is None or not (post.is_shown or is_readable(tx, Reader.of(actor, now), post.id)):
        return False
    return add(tx, actor=actor, post=post, iri=iri, kind=kind, now=now)


def add(tx: sa.Connection, *, actor: ActorRecord, post: PostRecord, iri: Iri, kind: str, now: Millis) -> bool:
    """Count a reaction to a post that its actor may read, and tell a local author of a Like. False = counted before."""
    row = {
        "actor_id": actor.id,
        "post_id": post.id,
        "kind": kind,
        "id": mint_id(now),
        "iri": iri,
        "created_at": now,
    }
    if not insert_once(tx, reactions, row):
        return False
    if kind == "Like":
        _release(tx, actor, post.id, now)
        if post.local:
            ring(tx, post.actor_id, Event("favourite", actor, post), now)
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
    return _remove(tx, reactions.c.actor_id == actor.id, reactions.c.iri == iri) is not None


def undo_kind(tx: sa.Connection, *, actor: ActorRecord, object_iri: Iri, kind: str) -> bool:
    """Take a reaction back by what it was about, where a server does not name the id that it sent."""
    post = posts.find_post(tx, object_iri)
    return post is not None and remove(tx, actor_id=actor.id, post_id=post.id, kind=kind) is not None


def remove(tx: sa.Connection, *, actor_id: int, post_id: int, kind: str) -> Iri | None:
    """Take a reaction back; returns the id of its activity. None = there is none."""
    mine = (reactions.c.actor_id == actor_id, reactions.c.post_id == post_id, reactions.c.kind == kind)
    return _remove(tx, *mine)


def _remove(tx: sa.Connection, *clauses: sa.ColumnElement[bool]) -> Iri | None:
    columns = (reactions.c.iri, reactions.c.actor_id, reactions.c.post_id, reactions.c.kind)
    row = tx.execute(sa.delete(reactions).where(*clauses).returning(*columns)).first()
    if row is None:
        return None
    post = posts.find_post_by_id(tx, row.post_id)
    if row.kind == "Like" and post is not None and post.local:
        forget_about(tx, post.actor_id, "favourite", row.actor_id, post.id)
    return Iri(row.iri)


def counts(tx: sa.Connection, post_id: int) -> dict[str, int]:
    """How many of each kind."""
    query = sa.select(reactions.c.kind, sa.func.count()).where(reactions.c.post_id == post_id)
    rows = tx.execute(query.group_by(reactions.c.kind))
    return {str(kind): int(number) for kind, number in rows}

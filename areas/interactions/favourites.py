"""Liking posts, and no longer."""

import sqlalchemy as sa

from actors.moves import require_here
from actors.records import ActorRecord
from areas import creates, reactions
from areas.interactions.saying import mint_iri, require_post, to_entry
from areas.records import PostRecord
from areas.threads import thread_key
from federation import rendering
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import LIKES


def favourite(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Like a post that the actor may read; again changes nothing. Its author is told. Raises `NotFound`."""
    require_here(actor)
    post = require_post(tx, actor, post_id, now)
    iri = mint_iri(actor, "like", now)
    if reactions.add(tx, actor=actor, post=post, iri=iri, kind="Like", now=now):
        _tell(tx, actor, post, iri, "Like", now)
    return post


def unfavourite(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Like a post no longer; where it was not liked nothing changes. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    iri = reactions.remove(tx, actor_id=actor.id, post_id=post.id, kind="Like")
    if iri is not None:
        _tell(tx, actor, post, iri, "Undo", now)
    return post


def _tell(tx: sa.Connection, actor: ActorRecord, post: PostRecord, iri: Iri, kind: str, now: Millis) -> None:
    author = creates.find_author(tx, post)
    if author.local:
        return
    document = rendering.like(iri, actor=actor.iri, object_iri=post.iri, author=author.iri)
    said = iri
    if kind == "Undo":
        said = Iri(f"{iri}-undo")
        document = rendering.undo(said, document, actor=actor.iri, to=(author.iri,))
    entry = to_entry(
        actor,
        author,
        iri=said,
        kind=kind,
        document=document,
        thread=thread_key(post),
        about=post.iri,
        lane=LIKES,
    )
    append(tx, entry, now)

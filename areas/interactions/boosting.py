"""Boosts by residents: of what anyone may read, and of one's own private posts to one's own followers."""

import sqlalchemy as sa

from actors.moves import require_here
from actors.records import ActorRecord
from areas import creates, shares, wire
from areas.errors import StaysInArea
from areas.interactions.saying import mint_iri, require_post
from areas.notifications import Event, forget_about, ring
from areas.records import SHOWN, PostRecord, Visibility
from areas.shares import ShareRecord
from areas.tables import shares as share_table
from areas.threads import find_lane, thread_key
from federation import rendering
from federation.errors import Overloaded, Refused
from federation.vocabulary import PUBLIC, Iri, Millis
from outbox.publish import append
from outbox.records import Entry


def boost(
    tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis, *, visibility: Visibility = "public"
) -> ShareRecord:
    """Show a post to one's followers; again changes nothing. Its author is told.

    Raises `NotFound`, `StaysInArea` for what is for members of an area, `Refused` for what is not for everyone.
    """
    require_here(actor)
    post = require_post(tx, actor, post_id, now)
    _check(actor, post)
    earlier = shares.find(tx, actor.id, post.id)
    if earlier is not None:
        return earlier
    if visibility == "direct":
        raise Refused("a boost is for everyone, or for followers")
    seen: Visibility = visibility if post.visibility in SHOWN else "private"
    made = _record(tx, actor, post, seen, now)
    author = creates.find_author(tx, post)
    log_id = append(tx, _announce(tx, actor, author, post, made), now)
    tx.execute(sa.update(share_table).where(share_table.c.id == made.id).values(log_id=log_id))
    if author.local:
        ring(tx, author.id, Event("reblog", actor, post), now)
    return made


def _check(actor: ActorRecord, post: PostRecord) -> None:
    if post.members_of is not None:
        raise StaysInArea("a post for the members of an area is boosted by nobody")
    if not post.is_out:
        raise Refused("the post waits for its area; boost it when it is out")
    is_own_private = post.visibility == "private" and post.actor_id == actor.id
    if post.visibility not in SHOWN and not is_own_private:
        raise Refused("only posts for everyone are boosted, and one's own to one's followers")


def _record(
    tx: sa.Connection, actor: ActorRecord, post: PostRecord, visibility: Visibility, now: Millis
) -> ShareRecord:
    iri = mint_iri(actor, "boost", now)
    made = shares.record(tx, actor=actor, post=post, iri=iri, visibility=visibility, at=now)
    if made is None:  # only another tab of the same person could have been faster
        raise Overloaded("the post is being boosted just now")
    return made


def _announce(
    tx: sa.Connection, actor: ActorRecord, author: ActorRecord, post: PostRecord, made: ShareRecord
) -> Entry:
    to, cc = _address(actor, author, made.visibility)
    # Of what is not for everyone the whole: nobody could fetch it.
    whole = None if post.visibility in SHOWN else wire.note(tx, post, author)
    document = rendering.share(
        made.iri, actor=actor.iri, object_iri=post.iri, published=made.created_at, to=to, cc=cc, whole=whole
    )
    return Entry(
        iri=made.iri,
        actor_id=actor.id,
        type="Announce",
        body=document,
        thread=thread_key(post),
        lane=find_lane(tx, post, author),
        audience_id=actor.id,
        recipients=() if author.local else (author.id,),
        object_iri=post.iri,
        public=made.visibility in SHOWN,
    )


def _address(
    actor: ActorRecord, author: ActorRecord, visibility: Visibility
) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
    followers = () if actor.followers is None else (actor.followers,)
    others = () if author.id == actor.id else (author.iri,)
    if visibility == "public":
        return (PUBLIC,), (*others, *followers)
    if visibility == "unlisted":
        return followers, (PUBLIC, *others)
    return followers, others


def unboost(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Take a boost back from everybody who got it; where there is none nothing changes. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    made = shares.remove(tx, actor.id, post.id)
    if made is None:
        return post
    author = creates.find_author(tx, post)
    if author.local:
        forget_about(tx, author.id, "reblog", actor.id, post.id)
    if made.log_id is not None:
        append(tx, _undo(tx, actor, author, post, made), now)
    return post


def _undo(
    tx: sa.Connection, actor: ActorRecord, author: ActorRecord, post: PostRecord, made: ShareRecord
) -> Entry:
    iri = Iri(f"{made.iri}-undo")
    to, cc = _address(actor, author, made.visibility)
    announced = {"id": made.iri, "type": "Announce", "actor": actor.iri, "object": post.iri}
    return Entry(
        iri=iri,
        actor_id=actor.id,
        type="Undo",
        body=rendering.undo(iri, announced, actor=actor.iri, to=to, cc=cc),
        thread=thread_key(post),
        lane=find_lane(tx, post, author),
        audience_id=actor.id,
        recipients=() if author.local else (author.id,),
        object_iri=post.iri,
        concerns_id=made.log_id,
        cancels=True,
        public=made.visibility in SHOWN,
    )

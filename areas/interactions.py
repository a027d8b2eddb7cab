"""What local actors do to others: follow and unfollow. Likes and boosts by local actors join them here."""

import sqlalchemy as sa

from actors.follows import find_follow, record_follow, remove
from actors.records import ActorRecord, FollowRecord, FollowState
from actors.standing import find_block
from areas.bans import is_banned
from federation import rendering
from federation.errors import NotFound, Overloaded, Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry

ID_TRIES = 8
"""Ids collide once in 32,768 within one millisecond."""


def follow(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> FollowRecord:
    """Ask to follow; a local target accepts at once, a remote one answers later. Asking again asks again.

    Raises `Refused` for oneself and where one is unwelcome, `NotFound` for who is gone.
    """
    _check(tx, follower, target, now)
    earlier = find_follow(tx, (follower.id, target.id))
    if earlier is not None and earlier.state == "accepted":
        return earlier
    record = _record(tx, follower, target, now)
    if not target.local:
        document = rendering.follow(record.iri, actor=follower.iri, object_iri=target.iri)
        append(tx, _entry(follower, target, record.iri, "Follow", document), now)
    return record


def _check(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> None:
    if follower.id == target.id:
        raise Refused("nobody can follow themselves")
    if target.gone_at is not None:
        raise NotFound(f"{target.handle} is gone")
    is_blocked = find_block(tx, actor_id=target.id, target_id=follower.id) is not None
    if is_blocked or is_banned(tx, area_id=target.id, actor_id=follower.id, now=now):
        raise Refused(f"{follower.handle} cannot follow {target.handle}")


def _record(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> FollowRecord:
    state: FollowState = "accepted" if target.local else "pending"
    for _ in range(ID_TRIES):
        iri = Iri(f"{follower.iri}/activities/follow-{mint_id(now)}")
        record = record_follow(tx, iri=iri, follower=follower, target=target, state=state, now=now)
        if record is not None:
            return record
    raise Overloaded("no free id for a follow")


def unfollow(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> bool:
    """Stop following. False = nothing was followed."""
    earlier = remove(tx, follower_id=follower.id, target_id=target.id)
    if earlier is None:
        return False
    if not target.local:
        asked = rendering.follow(earlier.iri, actor=follower.iri, object_iri=target.iri)
        iri = Iri(f"{earlier.iri}-undo")
        document = rendering.undo(iri, asked, actor=follower.iri, to=(target.iri,))
        append(tx, _entry(follower, target, iri, "Undo", document), now)
    return True


def _entry(
    follower: ActorRecord, target: ActorRecord, iri: Iri, kind: str, document: dict[str, object]
) -> Entry:
    return Entry(
        iri=iri,
        actor_id=follower.id,
        type=kind,
        body=document,
        thread=f"follow:{follower.id}:{target.id}",
        recipients=(target.id,),
        object_iri=target.iri,
        public=False,
    )

"""What local actors do to others: follow and unfollow. Likes and boosts by local actors join them here."""

import sqlalchemy as sa

from actors.follows import find_follow, record_follow, remove
from actors.records import ActorRecord, FollowRecord, FollowState
from federation import rendering
from federation.errors import Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry


def follow(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> FollowRecord:
    """Ask to follow; a local target accepts at once, a remote one answers later. Asking again asks again."""
    if follower.id == target.id:
        raise Refused("nobody can follow themselves")
    earlier = find_follow(tx, (follower.id, target.id))
    if earlier is not None and earlier.state == "accepted":
        return earlier
    iri = Iri(f"{follower.iri}/activities/{mint_id(now)}")
    state: FollowState = "accepted" if target.local else "pending"
    record = record_follow(tx, iri=iri, follower=follower, target=target, state=state, now=now)
    assert record is not None  # the id is new
    if not target.local:
        document = rendering.follow(iri, actor=follower.iri, object_iri=target.iri)
        append(tx, _entry(follower, target, iri, "Follow", document), now)
    return record


def unfollow(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> bool:
    """Stop following. False = nothing was followed."""
    earlier = find_follow(tx, (follower.id, target.id))
    if earlier is None:
        return False
    remove(tx, follower_id=follower.id, target_id=target.id)
    if not target.local:
        iri = Iri(f"{earlier.iri}-undo-{now}")
        asked = rendering.follow(earlier.iri, actor=follower.iri, object_iri=target.iri)
        append(
            tx,
            _entry(
                follower,
                target,
                iri,
                "Undo",
                rendering.undo(iri, asked, actor=follower.iri, to=(target.iri,)),
            ),
            now,
        )
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

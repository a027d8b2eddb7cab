"""Following and unfollowing, and what of whom one follows is shown."""

import sqlalchemy as sa

from actors.follows import change_flags, find_follow, record_follow, remove
from actors.moves import require_here
from actors.origins import require_staying_actor
from actors.records import ActorRecord, FollowRecord, FollowState
from actors.standing import find_block
from areas.bans import is_banned
from areas.interactions import noting, requests
from areas.interactions.saying import mint_iri, to_entry
from areas.lists.own import take_off_all
from areas.lists.synthetic import give_number
from areas.notifications import forget_about
from federation import rendering
from federation.errors import NotFound, Overloaded, Refused
from federation.vocabulary import Iri, Millis
from outbox.publish import append

ID_TRIES = 8
"""Ids collide once in 32,768 within one millisecond."""


def follow(
    tx: sa.Connection,
    follower: ActorRecord,
    target: ActorRecord,
    now: Millis,
    *,
    reblogs: bool | None = None,
    notify: bool | None = None,
) -> FollowRecord:
    """Ask to follow: a local target accepts at once unless it answers by hand, a remote one later.

    `reblogs`: boosts by the target are shown at home too; `notify`: each of its posts is a notification; None = as it
    is. Asking again asks again. Raises `Refused` for oneself and where one is unwelcome, `NotFound` for who is gone.
    """
    _check(tx, follower, target, now)
    earlier = find_follow(tx, (follower.id, target.id))
    record = earlier if earlier is not None and earlier.state == "accepted" else None
    if record is None:
        record = _ask(tx, follower, target, now)
    return change_flags(tx, record, reblogs=reblogs, notify=notify)


def _check(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> None:
    if follower.id == target.id:
        raise Refused("nobody can follow themselves")
    if target.gone_at is not None:
        raise NotFound(f"{target.handle} is gone")
    if follower.local and follower.type != "Group":
        require_here(follower)
    if target.local:
        require_here(target)
        require_staying_actor(tx, target.id)
    is_blocked = find_block(tx, actor_id=target.id, target_id=follower.id) is not None
    if is_blocked or is_banned(tx, area_id=target.id, actor_id=follower.id, now=now):
        raise Refused(f"{follower.handle} cannot follow {target.handle}")


def _ask(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> FollowRecord:
    is_open = target.local and not (target.locked and target.type != "Group")
    record = mint_follow(tx, follower, target, "accepted" if is_open else "pending", now)
    give_number(tx, target)
    if target.local:
        requests.announce(tx, target, follower, record.state, now)
        return record
    document = rendering.follow(record.iri, actor=follower.iri, object_iri=target.iri)
    thread = f"follow:{follower.id}:{target.id}"
    entry = to_entry(follower, target, iri=record.iri, kind="Follow", document=document, thread=thread)
    append(tx, entry, now)
    return record


def mint_follow(
    tx: sa.Connection, follower: ActorRecord, target: ActorRecord, state: FollowState, now: Millis
) -> FollowRecord:
    """Record a new Follow of a local actor under an id of its own; nothing is said to anybody."""
    for _ in range(ID_TRIES):
        iri = mint_iri(follower, "follow", now)
        record = record_follow(tx, iri=iri, follower=follower, target=target, state=state, now=now)
        if record is not None:
            return record
    raise Overloaded("no free id for a follow")


def unfollow(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> bool:
    """Stop following, or asking to. False = nothing was followed."""
    earlier = remove(tx, follower_id=follower.id, target_id=target.id)
    if earlier is None:
        return False
    let_go(tx, follower_id=follower.id, target_id=target.id)
    if target.local:
        forget_about(tx, target.id, "follow_request", follower.id, None)
        return True
    asked = rendering.follow(earlier.iri, actor=follower.iri, object_iri=target.iri)
    iri = Iri(f"{earlier.iri}-undo")
    document = rendering.undo(iri, asked, actor=follower.iri, to=(target.iri,))
    thread = f"follow:{follower.id}:{target.id}"
    append(tx, to_entry(follower, target, iri=iri, kind="Undo", document=document, thread=thread), now)
    return True


def let_go(tx: sa.Connection, *, follower_id: int, target_id: int) -> None:
    """End what goes with a follow, whoever has ended it: places in the follower's lists, being shown by her."""
    take_off_all(tx, follower_id, target_id)
    noting.unendorse(tx, follower_id, target_id)

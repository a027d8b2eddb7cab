"""`Follow` of a local actor: accepted at once, unless a person answers by hand; of an area always.

With `peering` it asks an area for an agreement, which is never given by itself.
"""

import sqlalchemy as sa

from actors import follows, standing
from actors.directory import find_actor
from actors.records import ActorRecord, FollowState
from areas.bans import is_banned
from areas.interactions import requests
from areas.zones import agreements
from areas.zones.records import read_terms
from federation.vocabulary import Follow, Millis, Peering
from inbox.checks import Allowed, Ignored, Stored, Verdict, judge_state
from inbox.heard import Heard


def handle(tx: sa.Connection, heard: Heard[Follow]) -> Verdict:
    """Record the follow, subscribe the follower, and say so before anything else is sent there."""
    follow, follower = heard.activity, heard.actor
    target = find_actor(tx, follow.object)
    if heard.addressed not in {None, follow.object}:
        return Ignored("the inbox is another's")
    verdict = judge_state(follower.iri, follow, Stored(is_followable=_is_followable(target)))
    if not isinstance(verdict, Allowed):
        return verdict
    assert target is not None  # or it would not be followable
    if _is_unwelcome(tx, follower, target, heard.now):
        return _reject(tx, heard, target)
    if follow.peering is not None and follower.type == target.type == "Group":
        return _ask_operator(tx, heard, target, follow.peering)
    if target.locked and target.type != "Group":
        return _keep_waiting(tx, heard, target, "an answer")
    return _accept(tx, heard, target)


def _is_followable(target: ActorRecord | None) -> bool:
    """Every local actor but the node's own, which says nothing."""
    return (
        target is not None
        and target.local
        and target.kind != "node"
        and target.gone_at is None
        and target.standing != "suspended"
    )


def _is_unwelcome(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> bool:
    if target.moved_to not in {None, follower.iri}:
        return True  # she is followed where she is now; an area's new place goes on hearing the old one
    if standing.find_block(tx, actor_id=target.id, target_id=follower.id) is not None:
        return True
    return target.type == "Group" and is_banned(tx, area_id=target.id, actor_id=follower.id, now=now)


def _reject(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord) -> Verdict:
    requests.answer(tx, target, heard.actor, heard.activity.id, "Reject", heard.now)
    return Allowed("rejected")


def _keep_waiting(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord, who: str) -> Verdict:
    """Whoever answers by hand does so once: a Follow that was let in stays so, and is answered again."""
    earlier = follows.find_follow(tx, (heard.actor.id, target.id))
    if earlier is not None and earlier.state == "accepted":
        return _accept(tx, heard, target)
    recorded = follows.record_follow(
        tx, iri=heard.activity.id, follower=heard.actor, target=target, state="pending", now=heard.now
    )
    if recorded is None:
        return Ignored("the id of another Follow")
    if earlier is None:
        requests.announce(tx, target, heard.actor, "pending", heard.now)
    return Allowed(f"waits for {who}")


def _ask_operator(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord, peering: Peering) -> Verdict:
    """An area asks for an agreement: people decide. Who follows already goes on doing so meanwhile."""
    terms = read_terms(peering)
    if terms.expires_at is not None and terms.expires_at <= heard.now:
        return _reject(tx, heard, target)
    earlier = follows.find_follow(tx, (heard.actor.id, target.id))
    state: FollowState = "accepted" if earlier is not None and earlier.state == "accepted" else "pending"
    recorded = follows.record_follow(
        tx, iri=heard.activity.id, follower=heard.actor, target=target, state=state, now=heard.now
    )
    if recorded is None:
        return Ignored("the id of another Follow")
    agreement = agreements.hear_request(tx, target.id, heard.actor, heard.activity.id, terms, heard.now)
    if agreement.state == "accepted":
        requests.welcome(tx, target, heard.actor, heard.activity.id, heard.now)
        return Allowed("agreed on before")
    requests.announce(tx, target, heard.actor, "pending", heard.now)
    return Allowed("waits for the operator")


def _accept(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord) -> Verdict:
    """A repeated Follow is answered again, with its own id: the first answer may have been lost."""
    earlier = follows.find_follow(tx, (heard.actor.id, target.id))
    recorded = follows.record_follow(
        tx, iri=heard.activity.id, follower=heard.actor, target=target, state="accepted", now=heard.now
    )
    if recorded is None:
        return Ignored("the id of another Follow")
    requests.welcome(tx, target, heard.actor, heard.activity.id, heard.now)
    if earlier is None:
        requests.announce(tx, target, heard.actor, "accepted", heard.now)
    return Allowed("accepted")

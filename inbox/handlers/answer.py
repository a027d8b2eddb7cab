"""`Accept` and `Reject` of a Follow that a local actor sent. Only the exact pending one moves, and only once.

GoToSocial also accepts our Announce this way (`interactionPolicy`): nothing waits for that.
"""

import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor_by_id
from actors.records import ActorRecord, FollowRecord
from federation.vocabulary import Accept, Follow, Reject
from inbox.checks import Allowed, Stored, Verdict, judge_state
from inbox.heard import Heard, find_iri


def handle(tx: sa.Connection, heard: Heard[Accept | Reject]) -> Verdict:
    """Move the follow to what its target says."""
    answered = heard.activity.object
    iri = answered.id if isinstance(answered, Follow) else answered
    assert isinstance(iri, str)  # `judge_claim` lets nothing else through
    follow = follows.find_follow(tx, iri)
    verdict = judge_state(heard.actor.iri, heard.activity, _describe(tx, follow, heard.actor))
    if isinstance(verdict, Allowed) and follow is not None:
        move = follows.accept if isinstance(heard.activity, Accept) else follows.reject
        move(tx, iri=iri, follower_id=follow.follower_id, target_id=follow.target_id, now=heard.now)
    return verdict


def _describe(tx: sa.Connection, follow: FollowRecord | None, actor: ActorRecord) -> Stored:
    if follow is None:
        return Stored()
    follower = find_actor_by_id(tx, follow.follower_id)
    assert follower is not None  # a foreign key holds it
    return Stored(
        owner=follower.iri,
        target=find_iri(tx, follow.target_id, actor),
        is_local=follower.local,
        is_pending=follow.state == "pending",
    )

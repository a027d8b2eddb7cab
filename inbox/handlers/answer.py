"""`Accept` and `Reject` of a Follow that a local actor sent. Only the exact one moves; a `Reject` may come later.

Of a report, they are what the home area of a peer's post made of it.

GoToSocial also accepts our Announce this way (`interactionPolicy`): nothing waits for that.
"""

import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor_by_id
from actors.records import ActorRecord, FollowRecord
from areas import elsewhere
from areas.interactions.follows import let_go
from areas.reports import TEXT_LENGTH
from areas.zones import agreements, complaints, flow
from areas.zones.complaints import Outcome
from federation.html import plain_name
from federation.vocabulary import Accept, Create, Follow, Iri, Reject
from inbox.checks import ALLOWED, Allowed, Stored, Verdict, judge_state
from inbox.heard import Heard, find_iri
from inbox.jobs.plans import plan_list
from outbox.lookups import find_entry


def handle(tx: sa.Connection, heard: Heard[Accept | Reject]) -> Verdict:
    """Move the follow to what its target says; a group that rejects a post of ours does not take it."""
    answered = heard.activity.object
    iri = answered.id if isinstance(answered, Follow | Create) else answered
    assert isinstance(iri, str)  # `judge_claim` lets nothing else through
    if isinstance(heard.activity, Reject) and heard.actor.type == "Group" and _refuse(tx, heard, Iri(iri)):
        return ALLOWED
    if _hear_about_report(tx, heard, Iri(iri)):
        return ALLOWED
    follow = follows.find_follow(tx, iri)
    verdict = judge_state(heard.actor.iri, heard.activity, _describe(tx, follow, heard.actor))
    if isinstance(verdict, Allowed) and follow is not None:
        _move(tx, heard, follow)
    return verdict


def _refuse(tx: sa.Connection, heard: Heard[Accept | Reject], create: Iri) -> bool:
    sent = find_entry(tx, create)
    return sent is not None and elsewhere.refuse(tx, heard.actor, sent, heard.now)


def _hear_about_report(tx: sa.Connection, heard: Heard[Accept | Reject], flag: Iri) -> bool:
    outcome: Outcome = "resolved" if isinstance(heard.activity, Accept) else "refused"
    reason = plain_name(heard.activity.summary or "", TEXT_LENGTH)
    return complaints.hear_answer(tx, heard.actor, flag, outcome, reason, heard.now)


def _move(tx: sa.Connection, heard: Heard[Accept | Reject], follow: FollowRecord) -> None:
    between = {"follower_id": follow.follower_id, "target_id": follow.target_id}
    if isinstance(heard.activity, Accept):
        follows.accept(tx, iri=follow.iri, **between, now=heard.now)
        if heard.actor.type == "Group":
            plan_list(tx, heard.actor.iri, heard.now)
        if agreements.answered(tx, follow.iri, "accept", heard.now):
            flow.offer_known(tx, follow.follower_id, heard.actor, heard.now)
    else:
        follows.reject(tx, iri=follow.iri, **between, now=heard.now)
        agreements.answered(tx, follow.iri, "reject", heard.now)
        let_go(tx, **between)


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
        is_accepted=follow.state == "accepted",
    )

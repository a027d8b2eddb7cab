"""`Delete`: of a post by its author, or of the actor itself."""

import sqlalchemy as sa

from actors.directory import mark_gone
from actors.records import ActorRecord
from areas import submissions
from areas.removals import note_shares_by
from federation.vocabulary import Delete, Millis
from inbox.checks import ALLOWED, Allowed, Verdict, judge_state
from inbox.heard import Heard, describe_post
from outbox.subscriptions import unsubscribe_everywhere


def handle(tx: sa.Connection, heard: Heard[Delete]) -> Verdict:
    """Withdraw a post; one that is not known yet leaves a tombstone. With an actor, all its posts end."""
    activity = heard.activity
    if activity.object == heard.actor.iri:
        end_actor(tx, heard.actor, heard.now)
        return ALLOWED
    verdict = judge_state(heard.actor.iri, activity, describe_post(tx, activity.object, heard.actor))
    if isinstance(verdict, Allowed):
        submissions.withdraw(
            tx,
            actor=heard.actor,
            iri=activity.object,
            raw=activity.raw,
            now=heard.now,
            is_signed=activity.has_proof or activity.has_ld_signature,
        )
    return verdict


def end_actor(tx: sa.Connection, actor: ActorRecord, now: Millis) -> None:
    """End everything that a remote actor wrote and follows, since it is gone."""
    submissions.forget_actor(tx, actor, now)
    note_shares_by(tx, actor.id)
    unsubscribe_everywhere(tx, actor.id)
    mark_gone(tx, actor.id, now)

"""`Move` of an actor: believed once its destination names it in `alsoKnownAs`, which is looked up later."""

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.moves import is_settling
from federation.vocabulary import Move
from inbox.checks import Allowed, Stored, Verdict, judge_state
from inbox.heard import Heard
from inbox.jobs.plans import plan_move


def handle(tx: sa.Connection, heard: Heard[Move]) -> Verdict:
    """Write down where to look, unless its last move was lately."""
    destination = heard.activity.destination
    assert destination is not None  # `judge_claim` lets nothing else through
    actor = find_actor_by_id(tx, heard.actor.id) or heard.actor  # what is remembered may be a minute old
    stored = Stored(is_settling=is_settling(actor, heard.now))
    verdict = judge_state(heard.actor.iri, heard.activity, stored)
    if isinstance(verdict, Allowed):
        plan_move(tx, heard.actor.iri, destination, heard.now)
    return verdict

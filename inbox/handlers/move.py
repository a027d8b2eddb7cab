"""`Move` of an actor: believed once its destination names it in `alsoKnownAs`, which is looked up later."""

import sqlalchemy as sa

from federation.vocabulary import Move
from inbox.checks import ALLOWED, Verdict
from inbox.heard import Heard
from inbox.jobs.plans import plan_move


def handle(tx: sa.Connection, heard: Heard[Move]) -> Verdict:
    """Write down where to look."""
    destination = heard.activity.destination
    assert destination is not None  # `judge_claim` lets nothing else through
    plan_move(tx, heard.actor.iri, destination, heard.now)
    return ALLOWED

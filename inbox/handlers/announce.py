"""`Announce` of a post that is known here: counted. Never a submission, and nothing is fetched for it.

What a Group announces in the activity dialect (FEP-1b12) ends in `inbox.checks`.
"""

import sqlalchemy as sa

from areas import reactions
from federation.vocabulary import Announce, Post
from inbox.checks import ALLOWED, Ignored, Verdict
from inbox.heard import Heard


def handle(tx: sa.Connection, heard: Heard[Announce]) -> Verdict:
    """Count a boost. Of an embedded post only the id is believed."""
    announced = heard.activity.object
    iri = announced.id if isinstance(announced, Post) else announced
    assert isinstance(iri, str)  # `judge_claim` lets nothing else through
    counted = reactions.record(
        tx, actor=heard.actor, iri=heard.activity.id, object_iri=iri, kind="Announce", now=heard.now
    )
    return ALLOWED if counted else Ignored("nothing public that is known here, or counted before")

"""`Announce` of a post that is known here: counted. Never a submission, and nothing is fetched for it.

What a Group announces in the activity dialect (FEP-1b12) ends in `inbox.checks`.
"""

import sqlalchemy as sa

from areas import reactions
from federation.vocabulary import Announce, Post
from inbox.checks import Allowed, Ignored, Verdict, judge_state
from inbox.heard import Heard, describe_post


def handle(tx: sa.Connection, heard: Heard[Announce]) -> Verdict:
    """Count a boost. Of an embedded post only the id is believed."""
    announced = heard.activity.object
    iri = announced.id if isinstance(announced, Post) else announced
    assert isinstance(iri, str)  # `judge_claim` lets nothing else through
    verdict = judge_state(heard.actor.iri, heard.activity, describe_post(tx, iri, heard.actor))
    if isinstance(verdict, Allowed) and not reactions.record(
        tx, actor=heard.actor, iri=heard.activity.id, object_iri=iri, kind="Announce", now=heard.now
    ):
        return Ignored("counted before")
    return verdict

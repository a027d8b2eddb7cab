"""`Announce`: somebody boosts a post, or a Group passes on what was done. Never a submission.

Nobody's copy of a post is believed: what is not known is fetched from its own server, where anybody here follows who
boosts it.
"""

import sqlalchemy as sa

from federation.vocabulary import Activity, Announce, Post
from inbox import passed_on
from inbox.checks import Verdict
from inbox.heard import Heard


def handle(tx: sa.Connection, heard: Heard[Announce]) -> Verdict:
    """Keep a boost of what anyone may read. Of an embedded post only the id is believed."""
    announced = heard.activity.object
    if isinstance(announced, Activity):
        return passed_on.hear(tx, heard, announced)
    iri = announced.id if isinstance(announced, Post) else announced
    assert isinstance(iri, str)  # `judge_claim` lets nothing else through
    return passed_on.boost(tx, heard, iri, is_wrapped=False)

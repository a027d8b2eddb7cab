"""`Add` and `Remove`: what somebody shows first on her page, as far as it is known here.

What was pinned before anybody here followed her is not read from her server.
"""

from dataclasses import replace

import sqlalchemy as sa

from areas import posts
from areas.interactions import marking
from federation.vocabulary import Add, Iri, Post, Remove
from inbox.checks import Allowed, Stored, Verdict, judge_state
from inbox.heard import Heard, describe_post


def handle(tx: sa.Connection, heard: Heard[Add | Remove]) -> Verdict:
    """Pin a post of hers, or take it down."""
    pinned = heard.activity.object
    iri = pinned.id if isinstance(pinned, Post) else pinned
    assert isinstance(iri, str)  # `judge_claim` lets nothing else through
    verdict = judge_state(heard.actor.iri, heard.activity, _describe(tx, heard, iri))
    post = posts.find_post(tx, iri)
    if isinstance(verdict, Allowed) and post is not None:
        change = marking.keep_pin if isinstance(heard.activity, Add) else marking.drop_pin
        change(tx, heard.actor.id, post.id, heard.now)
    return verdict


def _describe(tx: sa.Connection, heard: Heard[Add | Remove], iri: Iri) -> Stored:
    return replace(describe_post(tx, iri, heard.actor), target=heard.actor.featured)

"""`Update`: a newer version of a post, or word that an actor's document has changed."""

import sqlalchemy as sa

from areas import submissions
from federation.vocabulary import Post, Update
from inbox.checks import ALLOWED, Allowed, Verdict, judge_state
from inbox.heard import Heard, describe_post
from inbox.jobs.plans import plan_refresh


def handle(tx: sa.Connection, heard: Heard[Update]) -> Verdict:
    """Hand a post to its areas. An actor is read again at its address: what was sent may be half of it."""
    post = heard.activity.object
    if not isinstance(post, Post):
        plan_refresh(tx, heard.actor.iri, heard.now)
        return ALLOWED
    verdict = judge_state(heard.actor.iri, heard.activity, describe_post(tx, post.id, heard.actor))
    if not isinstance(verdict, Allowed):
        return verdict
    placed = submissions.edit(tx, author=heard.actor, post=post, activity=heard.activity, now=heard.now)
    return Allowed(", ".join(f"{place.state}: {place.rule}" for place in placed))

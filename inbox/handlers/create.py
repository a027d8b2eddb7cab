"""`Create`: a post that may be a submission to an area, a reply in a thread we know, or a message."""

import sqlalchemy as sa

from areas import addressing, submissions
from areas.interactions import voting
from federation.vocabulary import Create, Post
from inbox.checks import Allowed, Ignored, Verdict, judge_state
from inbox.heard import Heard, describe_post


def handle(tx: sa.Connection, heard: Heard[Create]) -> Verdict:
    """Hand the post to the areas it names."""
    post = heard.activity.object
    assert isinstance(post, Post)  # `judge_claim` lets nothing else through
    if addressing.is_vote(post):
        counted = voting.hear(tx, heard.actor, post, heard.now)
        return Allowed("a vote") if counted else Ignored("a vote that does not count")
    verdict = judge_state(heard.actor.iri, heard.activity, describe_post(tx, post.id, heard.actor))
    if not isinstance(verdict, Allowed):
        return verdict
    placed = submissions.receive(tx, author=heard.actor, post=post, activity=heard.activity, now=heard.now)
    return Allowed(", ".join(f"{place.state}: {place.rule}" for place in placed))

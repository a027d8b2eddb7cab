"""`Like`, `EmojiReact`, `Dislike` of a post that is known here; a moderator's Like may release a held post."""

import sqlalchemy as sa

from areas import reactions
from federation.vocabulary import Like
from inbox.checks import ALLOWED, Ignored, Verdict
from inbox.heard import Heard


def handle(tx: sa.Connection, heard: Heard[Like]) -> Verdict:
    """Count a reaction."""
    like = heard.activity
    counted = reactions.record(
        tx, actor=heard.actor, iri=like.id, object_iri=like.object, kind=like.kind, now=heard.now
    )
    return ALLOWED if counted else Ignored("nothing public that is known here, or counted before")

"""`Flag`: a report, often by a server's own actor on behalf of somebody whom it does not name."""

import sqlalchemy as sa

from actors.directory import find_actor
from areas import posts, reports
from federation.vocabulary import Flag, Iri
from inbox.checks import Allowed, Ignored, Stored, Verdict, judge_state
from inbox.heard import Heard


def handle(tx: sa.Connection, heard: Heard[Flag]) -> Verdict:
    """Keep the report for the moderators."""
    flag = heard.activity
    stored = Stored(is_known=any(_is_ours(tx, iri) for iri in flag.objects[: reports.MOST_OBJECTS]))
    verdict = judge_state(heard.actor.iri, flag, stored)
    if isinstance(verdict, Allowed) and not reports.file(
        tx, actor=heard.actor, iri=flag.id, objects=flag.objects, text=flag.text or "", now=heard.now
    ):
        return Ignored("too many reports of this sender")
    return verdict


def _is_ours(tx: sa.Connection, iri: Iri) -> bool:
    """A local actor, or a post that is stored here, whoever wrote it."""
    actor = find_actor(tx, iri)
    return (actor is not None and actor.local) or posts.find_post(tx, iri) is not None

"""What every act of a local actor needs: an id for its activity, an entry of the log, the post that it is about."""

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import posts
from areas.reading.statuses import is_readable
from areas.reading.visibility import Reader
from areas.records import PostRecord
from federation.errors import NotFound
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.records import ORDINARY, Entry, Lane


def require_post(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """A post that the actor may read. Raises `NotFound`."""
    post = posts.find_post_by_id(tx, post_id)
    if post is None or not is_readable(tx, Reader.of(actor, now), post_id):
        raise NotFound(f"there is no post {post_id}")
    return post


def mint_iri(actor: ActorRecord, kind: str, now: Millis) -> Iri:
    """`{actor}/activities/{kind}-{number}`, by time and chance."""
    return Iri(f"{actor.iri}/activities/{kind}-{mint_id(now)}")


def to_entry(
    actor: ActorRecord,
    target: ActorRecord,
    *,
    iri: Iri,
    kind: str,
    document: dict[str, object],
    thread: str,
    about: Iri | None = None,
    lane: Lane = ORDINARY,
) -> Entry:
    """An activity for one other actor, whom nobody else hears of."""
    return Entry(
        iri=iri,
        actor_id=actor.id,
        type=kind,
        body=document,
        thread=thread,
        lane=lane,
        recipients=(target.id,),
        object_iri=about or target.iri,
        public=False,
    )

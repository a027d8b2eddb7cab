"""What an author says of a post that is out: an Update or a Delete, to everybody who got it or a boost of it."""

from dataclasses import dataclass

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import boosts, creates, posts, threads
from areas.locks import lock_author
from areas.records import SHOWN, PostRecord
from federation.errors import NotFound
from federation.vocabulary import Iri
from outbox.publish import find_told
from outbox.records import Entry


@dataclass(frozen=True, slots=True)
class Said:
    """The activity, and to whom it goes beside those who got the post."""

    iri: Iri
    kind: str
    body: bytes
    recipients: tuple[int, ...]


def to_entry(tx: sa.Connection, author: ActorRecord, post: PostRecord, said: Said) -> Entry:
    """It reaches whoever got the Create, and whoever got a boost (followers of areas, of the object dialect).

    Whom an edit has named no more hears of the end too; of what is not for everyone she hears nothing new until then.
    """
    is_for_all = said.kind == "Delete" or post.visibility in SHOWN
    told = find_told(tx, post.log_id) if is_for_all and post.log_id is not None else ()
    return Entry(
        iri=said.iri,
        actor_id=author.id,
        type=said.kind,
        body=said.body,
        thread=threads.thread_key(post),
        lane=threads.find_lane(tx, post, author),
        audience_id=None if post.visibility == "direct" else author.id,
        recipients=tuple(dict.fromkeys((*said.recipients, *told))),
        object_iri=post.iri,
        concerns_id=post.log_id,
        cancels=said.kind == "Delete",
        reaches=tuple(boost.log_id for boost in boosts.live_boosts(tx, post.id)),
        public=post.visibility in SHOWN,
    )


def find_own(tx: sa.Connection, post_id: int) -> tuple[PostRecord, ActorRecord]:
    """A local post with its author, and with the author's lock. Raises `NotFound`."""
    stored = posts.find_post_by_id(tx, post_id)
    if stored is not None and stored.local:
        lock_author(tx, stored.actor_id)
        stored = posts.find_post_by_id(tx, post_id)
    if stored is None or not stored.local or stored.deleted_at is not None:
        raise NotFound(f"there is no local post {post_id}")
    return stored, creates.find_author(tx, stored)

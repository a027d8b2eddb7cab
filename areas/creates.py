"""The `Create` of a post: of ours, sent once when nothing holds it; of others, as it was received."""

from dataclasses import replace

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import posts, threads, wire
from areas.notifications import ring_mentioned, ring_subscribers
from areas.records import SHOWN, PostRecord
from areas.tables import posts as post_table
from federation import rendering
from federation.vocabulary import Iri, Millis
from outbox.lookups import find_body
from outbox.publish import append
from outbox.records import Entry


def find_author(tx: sa.Connection, post: PostRecord) -> ActorRecord:
    """Who wrote it."""
    author = find_actor_by_id(tx, post.actor_id)
    assert author is not None  # a foreign key holds it
    return author


def create_iri(author: ActorRecord, post: PostRecord) -> Iri:
    """`{author}/activities/{post}`."""
    return Iri(f"{author.iri}/activities/{post.id}")


def release(tx: sa.Connection, post: PostRecord, author: ActorRecord, now: Millis) -> PostRecord:
    """Send the Create of a local post, once: to those whom it names, and unless it is a message to followers.

    What is for the members of an area is never sent.
    """
    if not post.local or post.log_id is not None or post.members_of is not None:
        return post
    named = wire.find_named(tx, post)
    iri = create_iri(author, post)
    entry = Entry(
        iri=iri,
        actor_id=author.id,
        type="Create",
        body=rendering.create(iri, wire.note(tx, post, author, named)),
        thread=threads.thread_key(post),
        lane=threads.find_lane(tx, post, author),
        audience_id=None if post.visibility == "direct" else author.id,
        recipients=wire.list_recipients(named),
        object_iri=post.iri,
        public=post.visibility in SHOWN,
    )
    log_id = append(tx, entry, now)
    tx.execute(sa.update(post_table).where(post_table.c.id == post.id).values(log_id=log_id))
    sent = replace(post, log_id=log_id)
    tell(tx, sent, author, now)
    return sent


def tell(tx: sa.Connection, post: PostRecord, author: ActorRecord, now: Millis) -> None:
    """A local post is out: those whom it names hear of it, and those who want to hear of each post of its author."""
    ring_mentioned(tx, author, post, [each.iri for each in posts.named_by(tx, post.id)], now)
    ring_subscribers(tx, author, post, (author.id,), now)


def create_body(tx: sa.Connection, post: PostRecord) -> bytes | None:
    """The Create of a local post: as it went out, or made again once it was edited or the log has let it go.

    None while it waits.
    """
    if post.log_id is None:
        return None
    sent = find_body(tx, post.log_id) if post.updated_at is None else None
    if sent is not None:
        return sent
    author = find_author(tx, post)
    return rendering.render(rendering.create(create_iri(author, post), wire.note(tx, post, author)))


def find_activity(tx: sa.Connection, post: PostRecord) -> bytes | None:
    """The author's activity for the activity dialect: ours, or as received; None where none is kept."""
    return create_body(tx, post) if post.local else posts.original(tx, post.id)

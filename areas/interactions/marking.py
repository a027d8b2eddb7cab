"""What a resident keeps for herself: bookmarks, threads that ring no bell; and what she pins to her page."""

import sqlalchemy as sa

from actors.records import ActorRecord
from areas.interactions.saying import require_post
from areas.locks import lock_author
from areas.personal_tables import bookmarks, pins, thread_mutes
from areas.records import SHOWN, PostRecord
from areas.statements import insert_once
from federation import rendering
from federation.errors import Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry

MOST_PINS = 5


def bookmark(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Keep a post for later. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    insert_once(tx, bookmarks, {"actor_id": actor.id, "post_id": post.id, "id": mint_id(now)})
    return post


def unbookmark(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Keep it no longer. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    tx.execute(sa.delete(bookmarks).where(bookmarks.c.actor_id == actor.id, bookmarks.c.post_id == post.id))
    return post


def mute_thread(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Hear no more of a thread. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    thread_id = post.thread_id or post.id
    insert_once(tx, thread_mutes, {"actor_id": actor.id, "thread_id": thread_id, "created_at": now})
    return post


def unmute_thread(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Hear of it again. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    mine = sa.delete(thread_mutes).where(thread_mutes.c.actor_id == actor.id)
    tx.execute(mine.where(thread_mutes.c.thread_id == (post.thread_id or post.id)))
    return post


def pin(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Show one of one's own posts first on one's page.

    Raises `NotFound`, `Refused` for others' posts, messages, and more than `MOST_PINS`.
    """
    post = require_post(tx, actor, post_id, now)
    if post.actor_id != actor.id:
        raise Refused("only one's own posts can be pinned")
    if post.visibility == "direct" or post.members_of is not None or not post.is_out:
        raise Refused("what is pinned is for everyone, or for followers")
    lock_author(tx, actor.id)
    count = sa.select(sa.func.count()).select_from(pins).where(pins.c.actor_id == actor.id)
    others = count.where(pins.c.post_id != post.id)
    if tx.execute(others).scalar_one() >= MOST_PINS:
        raise Refused(f"{MOST_PINS} posts can be pinned")
    if insert_once(tx, pins, {"actor_id": actor.id, "post_id": post.id, "id": mint_id(now)}):
        _tell(tx, actor, post, "Add", now)
    return post


def keep_pin(tx: sa.Connection, actor_id: int, post_id: int, now: Millis) -> None:
    """Keep what somebody elsewhere has pinned; of more than `MOST_PINS` the latest."""
    insert_once(tx, pins, {"actor_id": actor_id, "post_id": post_id, "id": mint_id(now)})
    mine = sa.select(pins.c.post_id).where(pins.c.actor_id == actor_id).order_by(pins.c.id.desc())
    older = list(tx.execute(mine.offset(MOST_PINS)).scalars())
    if older:
        tx.execute(sa.delete(pins).where(pins.c.actor_id == actor_id, pins.c.post_id.in_(older)))


def drop_pin(tx: sa.Connection, actor_id: int, post_id: int, _now: Millis) -> None:
    """Keep it no longer."""
    tx.execute(sa.delete(pins).where(pins.c.actor_id == actor_id, pins.c.post_id == post_id))


def unpin(tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis) -> PostRecord:
    """Show it first no longer. Raises `NotFound`."""
    post = require_post(tx, actor, post_id, now)
    mine = sa.delete(pins).where(pins.c.actor_id == actor.id, pins.c.post_id == post.id)
    if tx.execute(mine).rowcount:
        _tell(tx, actor, post, "Remove", now)
    return post


def _tell(tx: sa.Connection, actor: ActorRecord, post: PostRecord, kind: str, now: Millis) -> None:
    """Followers hear of what is for everyone; of private pins only those learn who look."""
    if post.visibility not in SHOWN or actor.featured is None:
        return
    iri = Iri(f"{actor.iri}/activities/{kind.lower()}-{mint_id(now)}")
    build = rendering.add if kind == "Add" else rendering.remove
    followers = () if actor.followers is None else (actor.followers,)
    entry = Entry(
        iri=iri,
        actor_id=actor.id,
        type=kind,
        body=build(iri, actor=actor.iri, object_iri=post.iri, target=actor.featured, cc=followers),
        thread=f"featured:{actor.id}",
        audience_id=actor.id,
        object_iri=post.iri,
    )
    append(tx, entry, now)

"""What a Group passes on in the activity dialect (FEP-1b12), by what was done.

The Group has signed the `Announce`; who did what is inside is proved by nothing, and of a post only its id is believed,
which is read at its origin, unless its author has proved what she did (`inbox.proving`). What its moderators do
(`inbox.moderating`) counts for the Group's own affairs alone: what it boosts, which of its threads take replies, what
stands first in it, and who is shut out of it.
"""

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor
from actors.follows import has_local_follower
from areas import elsewhere, posts
from areas.interactions import marking
from areas.interactions.follows import let_go
from areas.records import PostRecord
from areas.statements import insert_once
from areas.tables import thread_locks
from federation.vocabulary import (
    Activity,
    Actor,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Iri,
    Lock,
    Post,
    Remove,
    Undo,
    Update,
)
from inbox import boosted, moderating
from inbox.boosted import to_boost
from inbox.checks import ALLOWED, Allowed, Ignored, Verdict
from inbox.heard import Heard
from inbox.jobs.plans import drop_fetch, plan_fetch, plan_refresh
from inbox.proving import find_proved

UNKNOWN: Final = Ignored("nothing public that is known here, and nobody here follows")
NOTHING: Final = Ignored("nothing that is done of what a Group announces")


def hear(tx: sa.Connection, heard: Heard[Announce], inner: Activity) -> Verdict:
    """Do what a Group's Announce of an activity means here."""
    if heard.actor.type != "Group":
        return Ignored("a wrapped activity of no Group")
    hearer = _HEARERS.get(type(inner))
    if hearer is None:
        return NOTHING
    if moderating.is_of_list(tx, heard, inner):
        return moderating.read_list(tx, heard)
    return moderating.find_objection(tx, heard, inner) or hearer(tx, heard, inner)


def boost(tx: sa.Connection, heard: Heard[Announce], iri: Iri, *, is_wrapped: bool) -> Verdict:
    """Keep a boost of what anyone may read; what is not known is fetched for whoever follows who boosts it."""
    post = posts.find_post(tx, iri)
    if post is None:
        if not has_local_follower(tx, heard.actor.id):
            return UNKNOWN
        made = to_boost(heard.actor, heard.activity, heard.now, is_wrapped=is_wrapped)
        plan_fetch(tx, iri, made, heard.now, find_proved(heard.activity))
        return Allowed("to be fetched")
    if not post.is_shown:
        return UNKNOWN
    if is_wrapped and post.in_reply_to_iri is not None:
        return _take_note_of_reply(tx, heard, post)
    made = to_boost(heard.actor, heard.activity, heard.now, is_wrapped=is_wrapped)
    return ALLOWED if boosted.keep(tx, heard.actor, made, post, heard.now) else Ignored("kept before")


def _take_note_of_reply(tx: sa.Connection, heard: Heard[Announce], reply: PostRecord) -> Verdict:
    """A reply is no boost; that a group takes one of ours is good to know."""
    taken = elsewhere.hear(tx, heard.actor, reply.id, "announced", heard.now)
    return ALLOWED if taken else Ignored("a reply that is known")


def _create(tx: sa.Connection, heard: Heard[Announce], inner: Create) -> Verdict:
    iri = _find_id(inner.object)
    return boost(tx, heard, iri, is_wrapped=True) if iri is not None else Ignored("not a post")


def _find_id(thing: object) -> Iri | None:
    found = thing.id if isinstance(thing, Post) else thing
    return Iri(found) if isinstance(found, str) else None


def _update(tx: sa.Connection, heard: Heard[Announce], inner: Update) -> Verdict:
    """A post is read again at its origin, and so is the Group itself: what was sent may be anything."""
    changed = inner.object.id if isinstance(inner.object, Post | Actor) else inner.object
    if changed == heard.actor.iri:
        plan_refresh(tx, heard.actor.iri, heard.now)
        return ALLOWED
    post = posts.find_post(tx, Iri(changed)) if isinstance(changed, str) else None
    if post is None or post.local or post.deleted_at is not None:
        return Ignored("nothing that is kept here for another server")
    plan_fetch(tx, post.iri, None, heard.now, find_proved(heard.activity))
    return Allowed("to be read again")


def _delete(tx: sa.Connection, heard: Heard[Announce], inner: Delete) -> Verdict:
    """The Group boosts it no more. Whether its author has deleted it, only her own server can say."""
    dropped = drop_fetch(tx, inner.object, heard.actor.id)
    post = posts.find_post(tx, inner.object)
    if post is None:
        return ALLOWED if dropped else Ignored("nothing that the Group boosts")
    ended = boosted.end(tx, heard.actor, post, heard.now)
    told = elsewhere.hear(tx, heard.actor, post.id, "removed", heard.now)
    if inner.summary is None and not post.local and post.deleted_at is None:
        plan_fetch(tx, post.iri, None, heard.now, find_proved(heard.activity))
        return Allowed("to be read again")
    return ALLOWED if ended or told or dropped else Ignored("nothing that the Group boosts")


def _lock(tx: sa.Connection, heard: Heard[Announce], inner: Lock) -> Verdict:
    post = posts.find_post(tx, inner.object)
    if post is None or post.deleted_at is not None or post.thread_id != post.id:
        return Ignored("no thread that is known here")
    row = {
        "group_id": heard.actor.id,
        "post_id": post.id,
        "iri": inner.id,
        "reason": "",
        "created_at": heard.now,
    }
    return ALLOWED if insert_once(tx, thread_locks, row) else Ignored("locked before")


def _unlock(tx: sa.Connection, heard: Heard[Announce], inner: Lock) -> Verdict:
    post = posts.find_post(tx, inner.object)
    if post is None:
        return Ignored("no thread that is known here")
    mine = sa.and_(thread_locks.c.group_id == heard.actor.id, thread_locks.c.post_id == post.id)
    return ALLOWED if tx.execute(sa.delete(thread_locks).where(mine)).rowcount else Ignored("not locked")


def _pin(tx: sa.Connection, heard: Heard[Announce], inner: Add | Remove) -> Verdict:
    """What stands first in the Group."""
    iri = _find_id(inner.object)
    post = None if iri is None else posts.find_post(tx, iri)
    if heard.actor.featured is None or heard.actor.featured not in inner.target:
        return Ignored("not the collection of what the Group shows first")
    if post is None or not post.is_shown:
        return Ignored("not a post that is known here")
    change = marking.keep_pin if isinstance(inner, Add) else marking.drop_pin
    change(tx, heard.actor.id, post.id, heard.now)
    return ALLOWED


def _block(tx: sa.Connection, heard: Heard[Announce], inner: Block) -> Verdict:
    """Somebody of ours is shut out of the Group: she follows it no more."""
    target = find_actor(tx, inner.object)
    if target is None or not target.local or heard.actor.iri not in inner.target:
        return Ignored("nobody of this node is shut out of the Group")
    follow = follows.find_follow(tx, (target.id, heard.actor.id))
    if follow is None:
        return Ignored("she does not follow the Group")
    between = {"follower_id": target.id, "target_id": heard.actor.id}
    follows.reject(tx, iri=follow.iri, **between, now=heard.now)
    let_go(tx, **between)
    return ALLOWED


def _undo(tx: sa.Connection, heard: Heard[Announce], inner: Undo) -> Verdict:
    undone = inner.object
    if isinstance(undone, Delete):
        return boost(tx, heard, undone.object, is_wrapped=True)
    return _unlock(tx, heard, undone) if isinstance(undone, Lock) else NOTHING


_HEARERS: Final[dict[type[Activity], Callable[[sa.Connection, Heard[Announce], Any], Verdict]]] = {
    Add: _pin,
    Block: _block,
    Create: _create,
    Delete: _delete,
    Lock: _lock,
    Remove: _pin,
    Undo: _undo,
    Update: _update,
}

"""`Undo` of a Follow, Like, Announce or Block: by the embedded activity or by its id, and only one's own."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from actors import follows, standing
from actors.directory import find_actor
from actors.records import ActorRecord
from areas import posts, reactions
from areas.notifications import forget_about
from areas.zones import agreements, signals
from federation.vocabulary import Announce, Block, Follow, Iri, Like, Millis, Thing, Undo
from inbox import boosted, seen
from inbox.checks import ALLOWED, Ignored, Verdict
from inbox.heard import Heard
from inbox.jobs.plans import drop_fetch
from outbox.subscriptions import unsubscribe


def handle(tx: sa.Connection, heard: Heard[Undo]) -> Verdict:
    """Take back what the actor did, if it is stored. Every look-up below finds the actor's own only."""
    undone = heard.activity.object
    if _UNDO.get(type(undone), _undo_by_id)(tx, heard.actor, undone, heard.now):
        return ALLOWED
    return Ignored("nothing of the kind is stored")


def _undo_by_id(tx: sa.Connection, actor: ActorRecord, iri: Iri, now: Millis) -> bool:
    follow = follows.find_follow(tx, iri, follower_id=actor.id)
    if follow is not None:
        return _end_follow(tx, actor, follow.target_id, now)
    if boosted.end_by_iri(tx, actor, iri, now):
        return True
    if signals.hear_end(tx, actor.id, iri, now):
        return True
    return reactions.undo(tx, actor=actor, iri=iri) or standing.unblock_by_iri(tx, actor_id=actor.id, iri=iri)


def _undo_follow(tx: sa.Connection, actor: ActorRecord, undone: Follow, now: Millis) -> bool:
    """By who follows whom, as Mastodon and GoToSocial do: not every server names the id that it sent."""
    target = find_actor(tx, undone.object)
    return target is not None and _end_follow(tx, actor, target.id, now)


def _end_follow(tx: sa.Connection, actor: ActorRecord, target_id: int, now: Millis) -> bool:
    ended = follows.remove(tx, follower_id=actor.id, target_id=target_id)
    if ended is None:
        return False
    unsubscribe(tx, actor.id, target_id)
    agreements.withdrawn(tx, target_id, actor.id, now)
    forget_about(tx, target_id, "follow_request", actor.id, None)
    seen.forget(tx, actor.id, ended.iri)
    return True


def _undo_reaction(tx: sa.Connection, actor: ActorRecord, undone: Like, _now: Millis) -> bool:
    return reactions.undo(tx, actor=actor, iri=undone.id)


def _undo_share(tx: sa.Connection, actor: ActorRecord, undone: Announce, now: Millis) -> bool:
    """By the id of the Announce; of a Group, which may have said it in two dialects, else by what it was of."""
    if boosted.end_by_iri(tx, actor, undone.id, now):
        return True
    if not isinstance(undone.object, str):
        return False
    if drop_fetch(tx, undone.object, actor.id):
        return True
    if actor.type != "Group":
        return False
    post = posts.find_post(tx, undone.object)
    return post is not None and boosted.end(tx, actor, post, now)


def _undo_block(tx: sa.Connection, actor: ActorRecord, undone: Block, now: Millis) -> bool:
    if signals.hear_end(tx, actor.id, undone.id, now):
        return True
    target = find_actor(tx, undone.object)
    return target is not None and bool(standing.unblock_actor(tx, actor_id=actor.id, target_id=target.id))


_UNDO: dict[type[Thing], Callable[[sa.Connection, ActorRecord, Any, Millis], bool]] = {
    Announce: _undo_share,
    Block: _undo_block,
    Follow: _undo_follow,
    Like: _undo_reaction,
}

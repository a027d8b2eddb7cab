"""Boosts by actors elsewhere: kept at once where the post is known, else with it, once it was fetched."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.standing import is_refused
from areas import elsewhere, heirs, posts, shares
from areas.notifications import Event, forget_about, ring
from areas.records import PostRecord, Visibility
from areas.shares import ShareRecord
from areas.zones import flow
from federation.reader import JsonValue
from federation.vocabulary import PUBLIC, Announce, Iri, Millis


@dataclass(frozen=True, slots=True)
class Boost:
    """Who boosts, by which Announce, when, and who may see it. `is_wrapped`: a Group passes on what was done.

    `category` is what it is to a zone; `is_foreign`: an area boosts the post of a peer, which goes no further.
    """

    actor_id: int
    iri: Iri
    at: Millis
    visibility: Visibility
    is_wrapped: bool
    category: str | None = None
    is_foreign: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        """As it waits in a job."""
        return asdict(self)


def to_boost(actor: ActorRecord, announce: Announce, now: Millis, *, is_wrapped: bool) -> Boost:
    """What is kept of an Announce: at the time that it says, but not later than now."""
    at = now if announce.published is None else min(announce.published, now)
    return Boost(
        actor.id,
        announce.id,
        Millis(at),
        _visibility(announce),
        is_wrapped,
        announce.category,
        announce.home_group is not None,
    )


def _visibility(announce: Announce) -> Visibility:
    """Who may see that it was boosted; an Announce that names nobody is for anyone."""
    if PUBLIC in announce.to or not (announce.to or announce.cc):
        return "public"
    return "unlisted" if PUBLIC in announce.cc else "private"


def keep(tx: sa.Connection, actor: ActorRecord, boost: Boost, post: PostRecord, now: Millis) -> bool:
    """Store a boost of a post that anyone may read, and tell a local author.

    False = it is stored already, or nothing is heard of the post's author any more, by whomever.
    """
    author = find_actor_by_id(tx, post.actor_id)
    if author is None or is_refused(tx, author, now, "open") is not None:
        return False
    made = shares.record(tx, actor=actor, post=post, iri=boost.iri, visibility=boost.visibility, at=boost.at)
    if made is None and actor.type == "Group" and boost.is_wrapped:
        shares.renew(tx, actor.id, post.id, boost.at)
    if made is not None and actor.type == "Group" and not boost.is_foreign:
        flow.offer(tx, actor, post, boost.category, now, at=boost.at)
        heirs.take_over(tx, actor, post, now)
    if made is not None and post.local:
        elsewhere.hear(tx, actor, post.id, "announced", now)
        ring(tx, post.actor_id, Event("reblog", actor, post), now)
    return made is not None


def end(tx: sa.Connection, actor: ActorRecord, post: PostRecord, now: Millis) -> bool:
    """End an actor's boost of a post. False = there is none."""
    return _forget(tx, actor, shares.remove(tx, actor.id, post.id), now)


def end_by_iri(tx: sa.Connection, actor: ActorRecord, iri: Iri, now: Millis) -> bool:
    """End an actor's boost by the id of its Announce. False = there is none."""
    return _forget(tx, actor, shares.remove_by_iri(tx, actor.id, iri), now)


def _forget(tx: sa.Connection, actor: ActorRecord, ended: ShareRecord | None, now: Millis) -> bool:
    if ended is None:
        return False
    flow.retract(tx, actor.id, ended.post_id, now)
    post = posts.find_post_by_id(tx, ended.post_id)
    if post is not None and post.local:
        elsewhere.hear(tx, actor, post.id, "removed", now)
        forget_about(tx, post.actor_id, "reblog", actor.id, post.id)
    return True

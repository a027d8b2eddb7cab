"""The one door by which posts of other servers enter, change and leave; `areas.compose` is the residents' way in.

Both lead to `areas.admissions`, where each area that a post names is asked.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from actors.follows import has_local_follower
from actors.jobs import schedule
from actors.records import ActorRecord
from areas import (
    addressing,
    admissions,
    boosts,
    creates,
    edits,
    facts,
    heirs,
    placements,
    posts,
    registry,
    relays,
    threads,
)
from areas.locks import lock_author, lock_post
from areas.media import endings
from areas.notifications import ring_concerned, ring_mentioned, ring_subscribers
from areas.records import SHOWN, AreaRecord, Named, Placed, PostRecord, Visibility
from areas.zones import flow
from federation import html
from federation.iris import origin
from federation.vocabulary import Activity, Create, Iri, Millis, Post, Update

ENDED_AT_ONCE = 50
"""Posts of a deleted account that end in one transaction: others wait for it."""

FORGET = "forget"
"""The job that ends what a deleted account wrote; the key is the actor's number."""


def receive(
    tx: sa.Connection, *, author: ActorRecord, post: Post, activity: Create | Update, now: Millis
) -> tuple[Placed, ...]:
    """Store what a remote author wrote, if it concerns anyone here, and ask every area that it names.

    The caller has verified that `author` signed it and owns `post.id`. What is not public is never placed.
    """
    if addressing.is_vote(post) or not lock_author(tx, author.id) or posts.is_ended(tx, post.id, author):
        return ()
    seen = addressing.visibility(post, activity, author.followers)
    named = addressing.named(post, activity)
    areas = registry.find_named(tx, _list_foreign(named, author))
    parent = threads.find_parent(tx, post.in_reply_to, author, now) if post.in_reply_to else None
    if not _concerns_us(tx, author, seen, named, areas, parent):
        return ()
    lock_post(tx, post.id)
    stored = posts.save_received(
        tx, post, author=author, visibility=seen, named=named, parent=parent, raw=activity.raw, now=now
    )
    if stored is None:
        return ()
    adopted = threads.adopt(tx, stored)
    _tell_named(tx, author, stored, named, areas, now)
    if not stored.is_shown:
        return ()
    if post.in_reply_to is not None:
        ring_subscribers(tx, author, stored, (author.id,), now)
        _relay_replies(tx, author, [stored, *adopted], now)
        return ()
    placed = admissions.admit(tx, facts.describe(tx, author, stored, named, post.can_announce), areas, now)
    accepted = (each.area_id for each in placed if each.state == "accepted")
    ring_subscribers(tx, author, stored, (author.id, *accepted), now)
    return placed


def keep_fetched(tx: sa.Connection, *, author: ActorRecord, post: Post, now: Millis) -> PostRecord | None:
    """Store a post that was read at its own address: somebody whom people here follow boosts it, or one looks for it.

    No submission: areas are not asked, and nobody is told. None = it is not for everyone, or was deleted.
    """
    if not lock_author(tx, author.id) or posts.is_ended(tx, post.id, author):
        return None
    seen = addressing.visibility(post, None, author.followers)
    if seen not in SHOWN or addressing.is_vote(post):
        return None
    parent = threads.find_parent(tx, post.in_reply_to, author, now) if post.in_reply_to else None
    lock_post(tx, post.id)
    named = addressing.named(post, None)
    stored = posts.save_received(
        tx, post, author=author, visibility=seen, named=named, parent=parent, raw=b"", now=now
    )
    if stored is not None:
        threads.adopt(tx, stored)
    return stored or posts.find_post(tx, post.id)


def _tell_named(
    tx: sa.Connection,
    author: ActorRecord,
    stored: PostRecord,
    named: tuple[Named, ...],
    areas: list[AreaRecord],
    now: Millis,
) -> None:
    """Tell people here whom a post names. A post that names nobody but areas costs nothing."""
    ours = {area.iri for area in areas}
    others = [iri for iri in _list_foreign(named, author) if iri not in ours]
    if others:
        ring_mentioned(tx, author, stored, others, now)


def _list_foreign(named: tuple[Named, ...], author: ActorRecord) -> list[Iri]:
    """Whom a remote author names beyond her own server: only there can an area of ours be."""
    home = origin(author.iri) + "/"
    return [each.iri for each in named if not each.iri.startswith(home)]


def _concerns_us(
    tx: sa.Connection,
    author: ActorRecord,
    seen: Visibility,
    named: tuple[Named, ...],
    areas: list[AreaRecord],
    parent: PostRecord | None,
) -> bool:
    """Whether anyone here has to do with it. What is not public is kept only for local actors.

    A message is kept for those whom it names, a post for followers also for its author's followers here.
    """
    if seen in SHOWN and (areas or (parent is not None and parent.visibility in SHOWN)):
        return True
    if posts.names_local_actor(tx, named):
        return True
    return seen != "direct" and has_local_follower(tx, author.id)


def _relay_replies(tx: sa.Connection, author: ActorRecord, replies: list[PostRecord], now: Millis) -> None:
    """A reply, and after it those to it that were here before."""
    for reply in replies:
        if reply.is_shown:
            writer = author if reply.actor_id == author.id else creates.find_author(tx, reply)
            relays.relay_reply(tx, reply, writer, now)


def edit(
    tx: sa.Connection, *, author: ActorRecord, post: Post, activity: Update, now: Millis
) -> tuple[Placed, ...]:
    """Apply an author's edit: newer text, never a wider audience; boosts follow, end, or begin."""
    lock_author(tx, author.id)
    stored = posts.find_post(tx, post.id)
    if stored is None:
        return receive(tx, author=author, post=post, activity=activity, now=now)
    if _only_counts(author, post, stored):
        posts.recount(tx, stored, post)
        return ()
    is_untimed = post.updated is None and stored.updated_at is None
    if not _may_change(author, post, stored) or not (is_untimed or _is_newer(post, stored)):
        return ()
    seen = addressing.visibility(post, activity, author.followers)
    named = heirs.inherit(tx, addressing.named(post, activity), stored.id)
    return _change(tx, author, _Version(stored, post, seen, named, activity), now)


def _only_counts(author: ActorRecord, post: Post, stored: PostRecord) -> bool:
    """Whether an Update of a poll tells votes and nothing else: it is as old as what is stored (Mastodon)."""
    return (
        stored.type == post.type == "Question"
        and stored.actor_id == author.id
        and stored.deleted_at is None
        and post.updated == stored.updated_at
        and html.sanitise(post.content or "") == stored.content
    )


def reread(tx: sa.Connection, *, author: ActorRecord, post: Post, now: Millis) -> bool:
    """Apply what a post's own address says now, where no `Update` came (GoToSocial tells only those named now).

    False = nothing has changed. Whom only the activity named stays named: the document cannot say otherwise.
    """
    lock_author(tx, author.id)
    stored = posts.find_post(tx, post.id)
    if stored is None or not _may_change(author, post, stored) or _is_older(post, stored):
        return False
    before = posts.named_by(tx, stored.id)
    version = _Version(stored, post, _read_visibility(author, post, stored), _add_unseen(post, before), None)
    is_other = version.seen != stored.visibility or _names(version.named) != _names(before)
    if not (is_other or _is_newer(post, stored)):
        return False
    _change(tx, author, version, now)
    return True


def _read_visibility(author: ActorRecord, post: Post, stored: PostRecord) -> Visibility:
    """A document that says nothing about its readers takes nothing back."""
    if not post.addressed:
        return stored.visibility
    return addressing.narrower(stored.visibility, addressing.visibility(post, None, author.followers))


def _add_unseen(post: Post, before: tuple[Named, ...]) -> tuple[Named, ...]:
    named = addressing.named(post, None)
    return (*named, *(each for each in before if each.source == "activity" and each.iri not in _names(named)))


def _names(named: tuple[Named, ...]) -> set[Iri]:
    return {each.iri for each in named}


def _may_change(author: ActorRecord, post: Post, stored: PostRecord) -> bool:
    """Only its owner, only while it lives; `published` never changes (it was clamped when it was received)."""
    if stored.actor_id != author.id or stored.deleted_at is not None:
        return False
    return post.published is None or posts.clamp_published(post, stored.received_at) == stored.published_at


def _is_newer(post: Post, stored: PostRecord) -> bool:
    """By the author's own clock."""
    return post.updated is not None and post.updated > (stored.updated_at or stored.published_at)


def _is_older(post: Post, stored: PostRecord) -> bool:
    return post.updated is not None and post.updated < (stored.updated_at or 0)


@dataclass(frozen=True, slots=True)
class _Version:
    """A newer version of a stored post: who may read it, whom it names, and the Update that brought it."""

    stored: PostRecord
    post: Post
    seen: Visibility
    named: tuple[Named, ...]
    activity: Update | None

    @property
    def raw(self) -> bytes:
        return b"" if self.activity is None else self.activity.raw


def _change(tx: sa.Connection, author: ActorRecord, version: _Version, now: Millis) -> tuple[Placed, ...]:
    stored, post = version.stored, version.post
    before = facts.describe(tx, author, stored, posts.named_by(tx, stored.id))
    changed = posts.change(
        tx, stored, post, visibility=version.seen, named=version.named, raw=version.raw, now=now
    )
    if edits.differ(stored, changed):
        ring_concerned(tx, author, changed, now)
    if changed.visibility != "public":
        flow.end(tx, changed.id, now)
    if stored.in_reply_to_iri is not None:
        follow_reply_edit(tx, author, changed, version.raw, now)
        return ()
    whole = facts.describe(tx, author, changed, version.named, post.can_announce)
    areas = registry.find_named(tx, (each.iri for each in version.named)) if post.in_reply_to is None else []
    live = {each.iri for each in boosts.live_boosts(tx, stored.id)}
    edited = admissions.Edit(whole, facts.subtract(whole, before), version.raw)
    placed = admissions.follow_edit(tx, edited, areas, now)
    if _is_signed(version.activity):
        stay = [each for each in boosts.live_boosts(tx, stored.id) if each.iri in live]
        relays.forward_signed(tx, author, changed, stay, version.raw, now)
    return placed


def _is_signed(activity: Activity | None) -> bool:
    """Whether it carries a signature of its own, so that others may believe it whoever delivers it."""
    return activity is not None and (activity.has_proof or activity.has_ld_signature)


def follow_reply_edit(
    tx: sa.Connection, author: ActorRecord, reply: PostRecord, raw: bytes, now: Millis
) -> None:
    """An edited reply is passed on to where it went; one that is not for everyone any more ends there."""
    if not reply.is_shown:
        relays.relay_reply_end(tx, reply, author, b"", now)
    elif raw:
        relays.relay_reply_edit(tx, reply, author, raw, now)


def withdraw(
    tx: sa.Connection, *, actor: ActorRecord, iri: Iri, raw: bytes, now: Millis, is_signed: bool = False
) -> bool:
    """The author deletes a post. What is not known yet stays deleted when it arrives later. True = it was stored.

    `raw` is the Delete as received, empty where there is none; `is_signed`: it carries a signature of its own.
    """
    lock_author(tx, actor.id)
    stored = posts.find_post(tx, iri)
    if stored is not None and stored.actor_id != actor.id:
        return False
    posts.bury(tx, iri, actor, now)
    if stored is None or stored.deleted_at is not None:
        return False
    if is_signed:
        relays.forward_signed(tx, actor, stored, boosts.live_boosts(tx, stored.id), raw, now)
    end(tx, actor, stored, raw, now)
    return True


def end(tx: sa.Connection, author: ActorRecord, post: PostRecord, raw: bytes, now: Millis) -> None:
    """Make a Tombstone and take every boost back. `raw` is the author's Delete; empty = the desks say it."""
    if post.in_reply_to_iri is not None:
        relays.relay_reply_end(tx, post, author, raw, now)
    live = {each.area_id: each for each in boosts.live_boosts(tx, post.id)}
    for placement in placements.placements_of(tx, post.id):
        if placement.state in admissions.STANDING:
            leaving = admissions.Exit(placement, live.get(placement.area_id), admissions.DELETED, raw)
            admissions.take_out(tx, post, author, leaving, now)
    flow.end(tx, post.id, now)
    posts.end(tx, post, now)


def forget_actor(tx: sa.Connection, actor: ActorRecord, now: Millis) -> int:
    """The account is gone: so is everything it wrote, the rest of a long life by a job. Returns how many ended."""
    lock_author(tx, actor.id)
    written = posts.posts_by(tx, actor.id, ENDED_AT_ONCE)
    for post in written:
        posts.bury(tx, post.iri, actor, now)
        end(tx, actor, post, b"", now)
    if len(written) == ENDED_AT_ONCE:
        schedule(tx, FORGET, str(actor.id), {}, now, now)
    endings.end_actor(tx, actor, now)
    return len(written)

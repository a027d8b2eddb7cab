"""The one door by which any post enters an area, and by which it leaves again.

Orchestrates: gather facts, ask `policy`, store, boost. A local resident's post (`areas.compose`) and a post from
another server (`inbox.handlers`) come through the same functions.
"""

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.follows import has_local_follower
from actors.records import ActorRecord
from areas import addressing, boosts, facts, placements, policy, posts, receipts, registry
from areas.boosts import Voices
from areas.facts import Submission
from areas.records import AreaRecord, Placed, PlacementRecord, PostRecord, Visibility
from federation import rendering
from federation.vocabulary import Create, Iri, Millis, Post, Update

WITHDRAWN = "withdrawn by the author"


def receive(
    tx: sa.Connection, *, author: ActorRecord, post: Post, activity: Create | Update | None, now: Millis
) -> tuple[Placed, ...]:
    """Store what a remote author wrote, if it concerns anyone here, and decide for every area that it names.

    The caller has verified that `author` signed it and owns `post.id`. What is not public is never placed.
    """
    if addressing.is_vote(post) or posts.is_ended(tx, post.id, author):
        return ()
    seen = addressing.visibility(post, activity, author.followers)
    named = addressing.named(post, activity)
    areas = registry.find_named(tx, named)
    parent = posts.find_post(tx, post.in_reply_to) if post.in_reply_to else None
    if not _concerns_us(tx, author, seen, named, areas, parent):
        return ()
    raw = activity.raw if activity is not None else b""
    stored = posts.save_received(
        tx, post, author=author, visibility=seen, named=named, parent=parent, raw=raw, now=now
    )
    if stored is None or not stored.is_shown:
        return ()
    if post.in_reply_to is not None:
        relay_reply(tx, author, stored, raw, now)
        return ()
    submission = Submission(
        author=author,
        visibility=seen,
        is_reply=False,
        content=stored.content,
        mentions=len(post.mentions),
        areas_named=len(areas),
        post=post,
    )
    return place_all(tx, submission, stored, areas, raw, now)


def _concerns_us(
    tx: sa.Connection,
    author: ActorRecord,
    seen: Visibility,
    named: tuple[Iri, ...],
    areas: list[AreaRecord],
    parent: PostRecord | None,
) -> bool:
    """Whether anyone here has to do with it. What is not public is kept only for local actors that it names."""
    if areas and seen in ("public", "unlisted"):
        return True
    if seen == "direct":
        return posts.names_local_actor(tx, named)
    return (
        (parent is not None and parent.is_shown and seen in ("public", "unlisted"))
        or posts.names_local_actor(tx, named)
        or has_local_follower(tx, author.id)
    )


def place_all(
    tx: sa.Connection,
    submission: Submission,
    post: PostRecord,
    areas: list[AreaRecord],
    raw: bytes,
    now: Millis,
) -> tuple[Placed, ...]:
    """Ask each area and carry out what it decides."""
    decided = [(area, decide(tx, submission, post, area, now)) for area in areas]
    return tuple(
        carry_out(tx, submission.author, post, area, placement, raw, now)
        for area, placement in decided
        if placement is not None
    )


def decide(
    tx: sa.Connection, submission: Submission, post: PostRecord, area: AreaRecord, now: Millis
) -> PlacementRecord | None:
    """The policy's decision, recorded; None when it was made before or there is nothing to decide."""
    text = facts.text_hash(submission.content)
    decision = policy.decide(facts.gather(tx, submission, area, post.id, text, now))
    if decision.outcome == "ignore":
        return None
    return placements.place(
        tx,
        area_id=area.actor_id,
        post_id=post.id,
        author_id=post.actor_id,
        decision=decision,
        text=text,
        now=now,
    )


def carry_out(
    tx: sa.Connection,
    author: ActorRecord,
    post: PostRecord,
    area: AreaRecord,
    placement: PlacementRecord,
    raw: bytes,
    now: Millis,
) -> Placed:
    """Boost what was accepted; tell the author of anything else."""
    voices = Voices(area, registry.desk_of(tx, area), author)
    if placement.state == "accepted":
        boosts.boost(tx, voices, post, raw or None, now)
    else:
        receipts.tell(tx, voices, post, placement, now)
    return Placed(area.actor_id, placement.state, placement.rule)


def relay_reply(tx: sa.Connection, author: ActorRecord, reply: PostRecord, raw: bytes, now: Millis) -> None:
    """Pass a reply on to the servers that read whole threads of the areas that boost its root."""
    for voices in _voices_of_thread(tx, author, reply):
        boosts.relay_reply(tx, voices, reply, raw, now)


def _voices_of_thread(tx: sa.Connection, author: ActorRecord, reply: PostRecord) -> list[Voices]:
    """One for each area that boosts the thread's root."""
    if reply.thread_id is None:
        return []
    return [_voices(tx, live.area_id, author) for live in boosts.live_boosts(tx, reply.thread_id)]


def _voices(tx: sa.Connection, area_id: int, author: ActorRecord) -> Voices:
    area = registry.find_area(tx, area_id)
    assert area is not None  # a foreign key holds it
    return Voices(area, registry.desk_of(tx, area), author)


def edit(
    tx: sa.Connection, *, author: ActorRecord, post: Post, activity: Update | None, now: Millis
) -> tuple[Placed, ...]:
    """Apply an author's edit: newer text, never a wider audience; boosts follow, end, or begin."""
    stored = posts.find_post(tx, post.id)
    if stored is None:
        return receive(tx, author=author, post=post, activity=activity, now=now)
    if stored.actor_id != author.id or stored.deleted_at is not None or not _is_newer(post, stored):
        return ()
    seen = addressing.narrower(stored.visibility, addressing.visibility(post, activity, author.followers))
    named = addressing.named(post, activity)
    raw = activity.raw if activity is not None else b""
    changed = posts.change(tx, stored, post, visibility=seen, named=named, raw=raw, now=now)
    return follow_edit(tx, author, changed, post, registry.find_named(tx, named), activity, now)


def _is_newer(post: Post, stored: PostRecord) -> bool:
    """By the author's own clock; `published` never changes (it was clamped to when we received it)."""
    if post.published is not None and min(post.published, stored.received_at) != stored.published_at:
        return False
    return post.updated is None or post.updated > (stored.updated_at or stored.published_at)


def follow_edit(
    tx: sa.Connection,
    author: ActorRecord,
    post: PostRecord,
    received: Post,
    areas: list[AreaRecord],
    activity: Update | None,
    now: Millis,
) -> tuple[Placed, ...]:
    """What an edit means for the areas: those named before and not now lose it, those named newly decide."""
    raw = activity.raw if activity is not None else b""
    if post.in_reply_to_iri is not None:
        _follow_reply_edit(tx, author, post, raw, now)
        return ()
    keeping = {area.actor_id for area in areas} if post.is_shown else set()
    for live in boosts.live_boosts(tx, post.id):
        voices = _voices(tx, live.area_id, author)
        if live.area_id not in keeping:
            _take_back(tx, voices, post, live, now)
        elif raw:
            boosts.relay_change(tx, voices, post, live, raw, now)
            _forward_signed(tx, voices, post, live, activity, now)
    _withdraw_waiting(tx, post, keeping, now)
    if not post.is_shown:
        return ()
    return _place_newly_named(tx, author, post, received, areas, raw, now)


def follow_local_edit(
    tx: sa.Connection, author: ActorRecord, post: PostRecord, areas: list[AreaRecord], raw: bytes, now: Millis
) -> None:
    """The same for a post written here; its author's own Update goes to whoever got a boost (`areas.compose`)."""
    if post.in_reply_to_iri is not None:
        _follow_reply_edit(tx, author, post, raw, now)
        return
    keeping = {area.actor_id for area in areas}
    for live in boosts.live_boosts(tx, post.id):
        if live.area_id in keeping and raw:
            boosts.relay_change(tx, _voices(tx, live.area_id, author), post, live, raw, now)


def _follow_reply_edit(
    tx: sa.Connection, author: ActorRecord, reply: PostRecord, raw: bytes, now: Millis
) -> None:
    for voices in _voices_of_thread(tx, author, reply):
        if reply.is_shown and raw:
            boosts.relay_reply_change(tx, voices, reply, raw, now)
        elif not reply.is_shown:
            removal = desk_delete(voices, reply, now)
            boosts.relay_reply_change(tx, voices, reply, removal, now, cancels=True)


def _place_newly_named(
    tx: sa.Connection,
    author: ActorRecord,
    post: PostRecord,
    received: Post,
    areas: list[AreaRecord],
    raw: bytes,
    now: Millis,
) -> tuple[Placed, ...]:
    standing = {placement.area_id: placement for placement in placements.placements_of(tx, post.id)}
    submission = Submission(
        author=author,
        visibility=post.visibility,
        is_reply=False,
        content=post.content,
        mentions=len(received.mentions),
        areas_named=len(areas),
        post=received,
    )
    newly = [area for area in areas if area.actor_id not in standing]
    placed = place_all(tx, submission, post, newly, raw, now)
    for area in areas:
        earlier = standing.get(area.actor_id)
        if earlier is not None and earlier.state == "withdrawn":
            placed += _place_again(tx, submission, post, area, earlier, raw, now)
    return placed


def _place_again(
    tx: sa.Connection,
    submission: Submission,
    post: PostRecord,
    area: AreaRecord,
    earlier: PlacementRecord,
    raw: bytes,
    now: Millis,
) -> tuple[Placed, ...]:
    """The author names an area again that she had dropped: a new decision, and the next generation."""
    text = facts.text_hash(submission.content)
    decision = policy.decide(facts.gather(tx, submission, area, post.id, text, now))
    state = placements.STATES.get(decision.outcome)
    if state is None:
        return ()
    if placements.move(tx, earlier, state, rule=decision.rule, reason=decision.reason, by=None, now=now):
        voices = Voices(area, registry.desk_of(tx, area), submission.author)
        if state == "accepted":
            boosts.boost(tx, voices, post, raw or None, now, again=True)
        else:
            receipts.tell(tx, voices, post, earlier, now)
    return (Placed(area.actor_id, state, decision.rule),)


def _take_back(
    tx: sa.Connection, voices: Voices, post: PostRecord, live: boosts.LiveBoost, now: Millis
) -> None:
    """The author no longer names the area, or the post is no longer public."""
    boosts.undo(tx, voices, post, live, now, removal=desk_delete(voices, post, now))
    placement = placements.find_placement(tx, live.area_id, post.id)
    if placement is not None:
        placements.move(tx, placement, "withdrawn", rule="withdrawn", reason=WITHDRAWN, by=None, now=now)


def _withdraw_waiting(tx: sa.Connection, post: PostRecord, keeping: set[int], now: Millis) -> None:
    for placement in placements.placements_of(tx, post.id):
        if placement.state == "held" and placement.area_id not in keeping:
            placements.move(tx, placement, "withdrawn", rule="withdrawn", reason=WITHDRAWN, by=None, now=now)


def desk_delete(voices: Voices, post: PostRecord, now: Millis, summary: str = WITHDRAWN) -> bytes:
    """A removal in the desk's name, for the activity dialect: a summary makes it a removal, not a deletion."""
    name = Iri(f"{voices.desk.iri}/activities/delete-{post.id}-{now}")
    return rendering.render(
        rendering.delete(
            name,
            actor=voices.desk.iri,
            object_iri=post.iri,
            published=now,
            summary=summary,
            cc=(voices.area.iri,),
        )
    )


def _forward_signed(
    tx: sa.Connection,
    voices: Voices,
    post: PostRecord,
    live: boosts.LiveBoost,
    activity: Update | None,
    now: Millis,
) -> None:
    if activity is not None and not post.local and (activity.has_proof or activity.has_ld_signature):
        boosts.forward(tx, voices, post, live, activity.id, activity.raw, now)


def withdraw(
    tx: sa.Connection, *, actor: ActorRecord, iri: Iri, raw: bytes, now: Millis, forward_as: Iri | None = None
) -> bool:
    """The author deletes a post. What is not known yet stays deleted when it arrives later. True = it was stored.

    `forward_as` is the id of a Delete that carries a signature of its own, and may hence be passed on.
    """
    stored = posts.find_post(tx, iri)
    if stored is not None and stored.actor_id != actor.id:
        return False
    posts.bury(tx, iri, actor, now)
    if stored is None or stored.deleted_at is not None:
        return False
    end(tx, actor, stored, raw, now, forward_as=forward_as)
    return True


def end(
    tx: sa.Connection,
    author: ActorRecord,
    post: PostRecord,
    raw: bytes,
    now: Millis,
    *,
    forward_as: Iri | None = None,
) -> None:
    """Make a Tombstone and take every boost back."""
    if post.in_reply_to_iri is not None:
        for voices in _voices_of_thread(tx, author, post):
            removal = raw or desk_delete(voices, post, now)
            boosts.relay_reply_change(tx, voices, post, removal, now, cancels=True)
    for live in boosts.live_boosts(tx, post.id):
        voices = _voices(tx, live.area_id, author)
        boosts.undo(tx, voices, post, live, now, removal=raw or desk_delete(voices, post, now))
        if forward_as is not None and raw:
            boosts.forward(tx, voices, post, live, forward_as, raw, now)
    for placement in placements.placements_of(tx, post.id):
        if placement.state in ("accepted", "held"):
            placements.move(tx, placement, "withdrawn", rule="deleted", reason=WITHDRAWN, by=None, now=now)
    posts.end(tx, post, now)


def forget_actor(tx: sa.Connection, actor: ActorRecord, now: Millis) -> int:
    """The account is gone: so is everything it wrote. Returns how many posts ended."""
    written = posts.posts_by(tx, actor.id)
    for post in written:
        posts.bury(tx, post.iri, actor, now)
        end(tx, actor, post, b"", now)
    return len(written)


def find_author(tx: sa.Connection, post: PostRecord) -> ActorRecord:
    """Who wrote it."""
    author = find_actor_by_id(tx, post.actor_id)
    assert author is not None  # a foreign key holds it
    return author

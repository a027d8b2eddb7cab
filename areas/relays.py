"""What the activity dialect hears beside boosts: replies, edits, deletions; and who else is told of a removal."""

from dataclasses import replace

import sqlalchemy as sa

from actors.jobs import schedule
from actors.records import ActorRecord
from areas import creates, posts, registry, threads
from areas.boosts import LiveBoost, Voices, carry, change_iri, digest, live_boosts, say, speak, wrap_iri
from areas.records import AreaRecord, PostRecord
from areas.tables import boosts, decisions
from federation import rendering
from federation.parsing import parse_activity
from federation.rendering import Document
from federation.vocabulary import PUBLIC, Activity, Announce, Iri, Millis
from outbox.lookups import find_entry, has_subscribers
from outbox.publish import append
from outbox.tables import log

WITHDRAWN = "withdrawn by the author"
REMOVED = "removed by the area"
"""The summary of a removal without a reason: empty, it would read as a deletion by the author."""
REPEAT_WINDOW = 95_000
"""Milliseconds within which PieFed drops a second activity with one id (90 s, and our clocks may differ a little)."""
EDIT_LATER = "edit-later"
"""The job that passes an edit on; the key is `area:post`."""
MOST_REPLIES = 200
"""Replies that are passed on with a boost that comes after them."""


_LAST_BOOST = (
    sa.select(boosts.c.wrap_log_id, boosts.c.told, boosts.c.undone_at, decisions.c.reason)
    .select_from(
        boosts.outerjoin(
            decisions,
            sa.and_(
                decisions.c.area_id == boosts.c.area_id,
                decisions.c.post_id == boosts.c.post_id,
                decisions.c.at == boosts.c.undone_at,
            ),
        )
    )
    .where(boosts.c.area_id == sa.bindparam("area"), boosts.c.post_id == sa.bindparam("post"))
    .order_by(boosts.c.generation.desc(), decisions.c.id.desc())
    .limit(1)
)
"""The boost that was taken back last, and why: `at` is one and the same."""


_LATELY = sa.select(log.c.body, log.c.created_at).where(
    sa.or_(log.c.id == sa.bindparam("earlier"), log.c.concerns_id == sa.bindparam("earlier")),
    log.c.created_at > sa.bindparam("since"),
)


def voices_of(tx: sa.Connection, area_id: int, post: PostRecord, author: ActorRecord) -> Voices:
    """The voices of an area for a post."""
    area = registry.find_area(tx, area_id)
    assert area is not None  # a foreign key holds it
    return speak(tx, area, post, author)


def desk_delete(tx: sa.Connection, area: AreaRecord, post: PostRecord, now: Millis, summary: str) -> bytes:
    """A removal in the name of the area's desk: PieFed and Lemmy take no Group as an actor.

    The summary makes it a moderator's removal, not a deletion (FEP-1b12).
    """
    return rendering.render(_describe_removal(registry.desk_of(tx, area), area, post, now, summary))


def _describe_removal(
    desk: ActorRecord, area: AreaRecord, post: PostRecord, at: Millis, summary: str
) -> Document:
    return rendering.delete(
        Iri(f"{desk.iri}/activities/delete-{post.id}-{at}"),
        actor=desk.iri,
        object_iri=post.iri,
        published=at,
        summary=summary,
        cc=(area.iri,),
        audience=area.iri,
    )


def undo_removal(tx: sa.Connection, voices: Voices, post: PostRecord, now: Millis) -> None:
    """Say that a removal is undone, before the post is boosted again: PieFed takes no second Create of what it knows.

    Nothing where the activity dialect never heard of the post.
    """
    row = tx.execute(_LAST_BOOST, {"area": voices.area.actor_id, "post": post.id}).first()
    if row is None or row.wrap_log_id is None or row.undone_at is None:
        return
    desk = registry.desk_of(tx, voices.area)
    removal = _describe_removal(desk, voices.area, post, row.undone_at, row.reason or REMOVED)
    iri = Iri(f"{desk.iri}/activities/restore-{post.id}-{now}")
    act = rendering.render(
        rendering.undo(
            iri, removal, actor=desk.iri, to=(PUBLIC,), cc=(voices.area.iri,), audience=voices.area.iri
        )
    )
    entry = carry(voices, post, change_iri(voices.area, act), act, now)
    to_author = (voices.author.id,) if row.told == "activity" else ()
    append(tx, replace(entry, concerns_id=row.wrap_log_id, recipients=to_author), now)


def relay_reply(tx: sa.Connection, reply: PostRecord, author: ActorRecord, now: Millis) -> None:
    """Pass a reply on to those who read the activity dialect, by each area that boosts its thread, and nobody else."""
    for area_id in threads.find_hearing(tx, reply, now):
        if has_subscribers(tx, area_id, "activity") and not _is_locked(tx, area_id, reply):
            _carry_reply(tx, voices_of(tx, area_id, reply, author), reply, now)


def relay_thread(tx: sa.Connection, area: AreaRecord, root: PostRecord, now: Millis) -> None:
    """Pass on the replies that were here before the boost of their thread: they came first, or it was held."""
    for reply in posts.shown_thread(tx, root.id, limit=MOST_REPLIES):
        if reply.id != root.id and area.actor_id in threads.find_hearing(tx, reply, now):
            _carry_reply(tx, speak(tx, area, reply, creates.find_author(tx, reply)), reply, now)


def _is_locked(tx: sa.Connection, area_id: int, reply: PostRecord) -> bool:
    assert reply.thread_id is not None  # or no area would hear of it
    return area_id in threads.find_locking(tx, reply.thread_id)


def _carry_reply(tx: sa.Connection, voices: Voices, reply: PostRecord, now: Millis) -> None:
    activity = creates.find_activity(tx, reply)
    if activity is not None:
        append(tx, carry(voices, reply, wrap_iri(voices.area, reply.iri), activity, now), now)


def relay_reply_edit(
    tx: sa.Connection, reply: PostRecord, author: ActorRecord, activity: bytes, now: Millis
) -> None:
    """Pass the edit of a reply on to where the reply went."""
    for area_id in threads.find_hearing(tx, reply, now):
        voices = voices_of(tx, area_id, reply, author)
        earlier = find_entry(tx, wrap_iri(voices.area, reply.iri))
        if earlier is not None:
            _carry_edit(tx, voices, reply, earlier, activity, now)


def relay_reply_end(
    tx: sa.Connection, reply: PostRecord, author: ActorRecord, activity: bytes, now: Millis
) -> None:
    """Take a reply back from where it went, whether or not its thread is still boosted.

    `activity` is the author's Delete; empty where there is none: then the desk says it.
    """
    for area_id in threads.find_ever_hearing(tx, reply):
        voices = voices_of(tx, area_id, reply, author)
        earlier = find_entry(tx, wrap_iri(voices.area, reply.iri))
        if earlier is not None:
            removal = activity or desk_delete(tx, voices.area, reply, now, WITHDRAWN)
            entry = carry(voices, reply, change_iri(voices.area, removal), removal, now)
            append(tx, replace(entry, concerns_id=earlier, cancels=True), now)


def relay_edit(
    tx: sa.Connection, voices: Voices, post: PostRecord, live: LiveBoost, activity: bytes, now: Millis
) -> None:
    """Pass the author's edit on to those who got the whole activity."""
    if live.wrap_log_id is not None:
        _carry_edit(tx, voices, post, live.wrap_log_id, activity, now)


def _carry_edit(
    tx: sa.Connection, voices: Voices, post: PostRecord, earlier: int, activity: bytes, now: Millis
) -> None:
    """Pass an edit on, later where an activity with its id has just been passed on: PieFed would drop it.

    GoToSocial and Takahē use one id for all edits of a post.
    """
    due_at = None if post.local else _find_free_time(tx, earlier, activity, now)
    if due_at is not None:
        key = f"{voices.area.actor_id}:{post.id}"
        schedule(tx, EDIT_LATER, key, {"earlier": earlier}, due_at, now)
        return
    entry = carry(voices, post, change_iri(voices.area, activity), activity, now)
    append(tx, replace(entry, concerns_id=earlier), now)


def _find_free_time(tx: sa.Connection, earlier: int, activity: bytes, now: Millis) -> Millis | None:
    """When an activity may be passed on that has the id of one of lately; None = at once."""
    bodies = tx.execute(_LATELY, {"earlier": earlier, "since": now - REPEAT_WINDOW}).all()
    said = parse_activity(activity).id
    times = [row.created_at for row in bodies if _inner_id(row.body) == said]
    return Millis(max(times) + REPEAT_WINDOW) if times else None


def _inner_id(body: bytes | None) -> Iri | None:
    announce = None if body is None else parse_activity(body)
    inner = announce.object if isinstance(announce, Announce) else None
    return inner.id if isinstance(inner, Activity) else None


def relay_edit_later(tx: sa.Connection, area_id: int, post_id: int, earlier: int, now: Millis) -> bool:
    """Pass on the newest edit of a post that had to wait. False = the post is over, or not boosted any more."""
    post = posts.find_post_by_id(tx, post_id)
    activity = None if post is None or not post.is_shown else posts.original(tx, post_id)
    if post is None or activity is None or not _is_carried(tx, area_id, post):
        return False
    voices = voices_of(tx, area_id, post, creates.find_author(tx, post))
    entry = carry(voices, post, change_iri(voices.area, activity), activity, now)
    append(tx, replace(entry, concerns_id=earlier), now)
    return True


def _is_carried(tx: sa.Connection, area_id: int, post: PostRecord) -> bool:
    """Whether an area still passes on what is said of a post: it boosts it, or the thread in which it replies."""
    root = post.thread_id or post.id
    return any(each.area_id == area_id for each in live_boosts(tx, root))


def forward_signed(
    tx: sa.Connection, author: ActorRecord, post: PostRecord, live: list[LiveBoost], raw: bytes, now: Millis
) -> None:
    """Pass a remote author's edit or deletion on as it is, where it carries a signature of its own.

    Mastodon and Fedify believe such a signature whoever delivers it. Once for all areas: whoever got any boost.
    What names recipients who were to stay unseen stays here: without them the signature would be broken.
    """
    if live and not rendering.names_unseen(raw):
        voices = voices_of(tx, live[0].area_id, post, author)
        # Not the activity's own id, which GoToSocial and Takahē use for all edits of a post.
        name = Iri(f"{voices.area.iri}/forwards/{digest(raw)}")
        entry = say(voices, post, name, "Forward", raw, "signed")
        reached = tuple(each.log_id for each in live[1:])
        append(tx, replace(entry, concerns_id=live[0].log_id, reaches=reached, public=False), now)

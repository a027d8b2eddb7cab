"""What the activity dialect hears beside boosts: replies, edits, deletions; and who else is told of a removal."""

from dataclasses import replace

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import creates, posts, registry, threads
from areas.boosts import LiveBoost, Voices, carry, change_iri, digest, say, speak, wrap_iri
from areas.records import AreaRecord, PostRecord
from federation import rendering
from federation.vocabulary import Iri, Millis
from outbox.lookups import find_entry, has_subscribers
from outbox.publish import append

WITHDRAWN = "withdrawn by the author"
MOST_REPLIES = 200
"""Replies that are passed on with a boost that comes after them."""


def voices_of(tx: sa.Connection, area_id: int, post: PostRecord, author: ActorRecord) -> Voices:
    """The voices of an area for a post."""
    area = registry.find_area(tx, area_id)
    assert area is not None  # a foreign key holds it
    return speak(tx, area, post, author)


def desk_delete(tx: sa.Connection, area: AreaRecord, post: PostRecord, now: Millis, summary: str) -> bytes:
    """A removal in the name of the area's desk: PieFed and Lemmy take no Group as an actor.

    The summary makes it a moderator's removal, not a deletion (FEP-1b12).
    """
    desk = registry.desk_of(tx, area)
    return rendering.render(
        rendering.delete(
            Iri(f"{desk.iri}/activities/delete-{post.id}-{now}"),
            actor=desk.iri,
            object_iri=post.iri,
            published=now,
            summary=summary,
            cc=(area.iri,),
            audience=area.iri,
        )
    )


def relay_reply(tx: sa.Connection, reply: PostRecord, author: ActorRecord, now: Millis) -> None:
    """Pass a reply on to those who read the activity dialect, by each area that boosts its thread, and nobody else."""
    for area_id in threads.find_hearing(tx, reply, now):
        if has_subscribers(tx, area_id, "activity"):
            _carry_reply(tx, voices_of(tx, area_id, reply, author), reply, now)


def relay_thread(tx: sa.Connection, area: AreaRecord, root: PostRecord, now: Millis) -> None:
    """Pass on the replies that were here before the boost of their thread: they came first, or it was held."""
    for reply in posts.shown_thread(tx, root.id, limit=MOST_REPLIES):
        if reply.id != root.id and area.actor_id in threads.find_hearing(tx, reply, now):
            _carry_reply(tx, speak(tx, area, reply, creates.find_author(tx, reply)), reply, now)


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
            entry = carry(voices, reply, change_iri(voices.area, activity), activity, now)
            append(tx, replace(entry, concerns_id=earlier), now)


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
        entry = carry(voices, post, change_iri(voices.area, activity), activity, now)
        append(tx, replace(entry, concerns_id=live.wrap_log_id), now)


def forward_signed(
    tx: sa.Connection, author: ActorRecord, post: PostRecord, live: list[LiveBoost], raw: bytes, now: Millis
) -> None:
    """Pass a remote author's edit or deletion on as it is, where it carries a signature of its own.

    Mastodon and Fedify believe such a signature whoever delivers it. Once for all areas: whoever got any boost.
    """
    if live:
        voices = voices_of(tx, live[0].area_id, post, author)
        # Not the activity's own id, which GoToSocial and Takahē use for all edits of a post.
        name = Iri(f"{voices.area.iri}/forwards/{digest(raw)}")
        entry = say(voices, post, name, "Forward", raw, "signed")
        reached = tuple(each.log_id for each in live[1:])
        append(tx, replace(entry, concerns_id=live[0].log_id, reaches=reached, public=False), now)

"""A resident's end here: what she wrote ends, others are told, and what is hers alone is erased.

Her name stays taken, and the actor's document is gone (410): nobody else shall ever be her.
"""

from typing import Final

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.remote import mark_gone
from actors.tables import actors, domain_blocks, follows, mutes
from areas import personal_tables as personal
from areas import submissions
from areas.filters.tables import filters
from areas.lists.tables import area_lists, lists
from areas.locks import lock_author
from areas.notifications import tables as notifications
from areas.removals import note_shares_by
from areas.tables import boosts, memberships, post_recipients, posts, roles
from federation import rendering
from federation.vocabulary import PUBLIC, Iri, Millis
from outbox.publish import append
from outbox.records import Entry
from outbox.subscriptions import unsubscribe_everywhere

MOST_TOLD: Final = 500
"""Of those who are neither followers nor have a boost: whom she follows, and whom her posts name."""
MOST_BOOSTS: Final = 500

_OWN: Final = (
    personal.bookmarks,
    personal.thread_mutes,
    personal.pins,
    personal.draft_keys,
    personal.preferences,
    personal.followed_tags,
    personal.featured_tags,
    personal.markers,
    personal.notes,
    personal.endorsements,
    personal.profile_sources,
    personal.dismissed_suggestions,
    personal.scheduled_posts,
    filters,
    lists,
    area_lists,
    memberships,
    mutes,
    domain_blocks,
    notifications.notifications,
    notifications.notification_policies,
    notifications.notification_permissions,
    notifications.unwanted,
    notifications.conversations,
)
"""What nobody else has a use for; each names whose it is by `actor_id`."""


def leave(tx: sa.Connection, actor: ActorRecord, now: Millis) -> None:
    """End a local actor for good. Whoever knows her is told first; the rest of a long life ends by a job."""
    lock_author(tx, actor.id)
    append(tx, _write_end(tx, actor, now), now)
    submissions.forget_actor(tx, actor, now)
    note_shares_by(tx, actor.id)
    unsubscribe_everywhere(tx, actor.id)
    for table in _OWN:
        tx.execute(sa.delete(table).where(table.c.actor_id == actor.id))
    tx.execute(sa.update(roles).where(roles.c.actor_id == actor.id).values(until=now))
    mark_gone(tx, actor.id, now)


def _write_end(tx: sa.Connection, actor: ActorRecord, now: Millis) -> Entry:
    iri = Iri(f"{actor.iri}/activities/delete")
    document = rendering.delete(iri, actor=actor.iri, object_iri=actor.iri, published=now, to=(PUBLIC,))
    return Entry(
        iri=iri,
        actor_id=actor.id,
        type="Delete",
        body=rendering.render(document),
        thread=actor.iri,
        audience_id=actor.id,
        recipients=_list_told(tx, actor),
        object_iri=actor.iri,
        reaches=_list_boosts(tx, actor),
    )


def _list_told(tx: sa.Connection, actor: ActorRecord) -> tuple[int, ...]:
    """People of other servers whom she follows, or has written to."""
    is_elsewhere = sa.and_(actors.c.server_id.is_not(None), actors.c.gone_at.is_(None))
    followed = (
        sa.select(actors.c.id)
        .join(follows, follows.c.target_id == actors.c.id)
        .where(follows.c.follower_id == actor.id, is_elsewhere)
    )
    named = (
        sa.select(actors.c.id)
        .join(post_recipients, post_recipients.c.iri == actors.c.iri)
        .join(posts, posts.c.id == post_recipients.c.post_id)
        .where(posts.c.actor_id == actor.id, is_elsewhere)
    )
    return tuple(tx.execute(sa.union(followed, named).limit(MOST_TOLD)).scalars())


def _list_boosts(tx: sa.Connection, actor: ActorRecord) -> tuple[int, ...]:
    """Areas' boosts of what she wrote, the newest: whoever got one hears of the end."""
    query = (
        sa.select(boosts.c.log_id)
        .join(posts, posts.c.id == boosts.c.post_id)
        .where(posts.c.actor_id == actor.id, boosts.c.undone_at.is_(None))
    )
    return tuple(tx.execute(query.order_by(boosts.c.created_at.desc()).limit(MOST_BOOSTS)).scalars())

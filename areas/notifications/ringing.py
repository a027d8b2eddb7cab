"""Telling local actors what others did: the facts in one statement, the pure policy, one row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa

from actors.changes import Change, note
from actors.directory import find_actor_by_id
from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.statements import insert_into
from actors.tables import actors, blocks, domain_blocks, follows, mutes
from areas.kinds.registry import KINDS
from areas.kinds.tables import responses
from areas.notifications import mailing, pushing
from areas.notifications.policy import Facts, Policy, decide
from areas.notifications.tables import (
    conversations,
    notification_permissions,
    notification_policies,
    notifications,
)
from areas.personal_tables import thread_mutes
from areas.policy import MOST_MENTIONS_BY_STRANGERS
from areas.reading.statuses import is_readable
from areas.reading.visibility import Reader
from areas.records import PostRecord
from areas.registry import count_groups
from areas.tables import placements, post_recipients, posts, shares
from federation.vocabulary import Iri, Millis

Type = Literal[
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "admin.sign_up",
    "admin.report",
]
TYPES: tuple[Type, ...] = get_args(Type)

READERS = ("resident", "official", "shop", "partner", "desk")
"""Local actors whose notifications somebody reads."""

GROUPED: frozenset[Type] = frozenset({"favourite", "reblog", "follow"})
GROUP_SPAN = 12 * 3_600_000
"""Milliseconds within which the same about the same post is shown as one."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that `by` did, and about what."""

    type: Type
    by: ActorRecord
    post: PostRecord | None = None
    report_id: int | None = None


_ME = sa.bindparam("me", type_=sa.BigInteger())
_BY = sa.bindparam("by", type_=sa.BigInteger())
_NOW = sa.bindparam("now", type_=sa.BigInteger())
_reader, _sender, _back = actors.alias("reader"), actors.alias("sender"), follows.alias("back")
_POLICY = tuple(notification_policies.c[name] for name in Policy.__dataclass_fields__)


def _is_shut_out() -> "sa.ColumnElement[bool]":
    """Blocked either way, muted with its notifications, or on a host that the reader has blocked."""
    return sa.or_(
        sa.exists().where(blocks.c.actor_id == _ME, blocks.c.target_id == _BY),
        sa.exists().where(blocks.c.actor_id == _BY, blocks.c.target_id == _ME),
        sa.exists().where(
            mutes.c.actor_id == _ME,
            mutes.c.target_id == _BY,
            mutes.c.notifications,
            sa.or_(mutes.c.until.is_(None), mutes.c.until > _NOW),
        ),
        sa.exists().where(domain_blocks.c.actor_id == _ME, domain_blocks.c.host == _sender.c.host),
    )


_FACTS = (
    sa.select(
        _reader.c.iri,
        _is_shut_out().label("is_shut_out"),
        sa.exists()
        .where(
            thread_mutes.c.actor_id == _ME,
            thread_mutes.c.thread_id == sa.bindparam("thread", type_=sa.BigInteger()),
        )
        .label("is_thread_muted"),
        sa.exists()
        .where(follows.c.follower_id == _ME, follows.c.target_id == _BY, follows.c.state == "accepted")
        .label("is_following"),
        _back.c.created_at.label("follower_since"),
        sa.func.coalesce(_sender.c.published_at, _sender.c.created_at).label("sender_since"),
        _sender.c.standing,
        sa.exists()
        .where(notification_permissions.c.actor_id == _ME, notification_permissions.c.from_id == _BY)
        .label("is_permitted"),
        *_POLICY,
    )
    .select_from(_reader)
    .join(_sender, _sender.c.id == _BY)
    .outerjoin(
        _back,
        sa.and_(_back.c.follower_id == _BY, _back.c.target_id == _ME, _back.c.state == "accepted"),
    )
    .outerjoin(notification_policies, notification_policies.c.actor_id == _ME)
    .where(
        _reader.c.id == _ME,
        _reader.c.origin_id.is_not(None),
        _reader.c.kind.in_(READERS),
        _reader.c.gone_at.is_(None),
    )
)
_NAMED = sa.select(post_recipients.c.iri).where(
    post_recipients.c.post_id == sa.bindparam("post", type_=sa.BigInteger())
)
_IS_TRUSTED = sa.select(sa.exists().where(placements.c.author_id == _BY, placements.c.state == "accepted"))
_LOCAL_PEOPLE = (
    sa.select(actors.c.id)
    .where(
        actors.c.iri.in_(sa.bindparam("iris", expanding=True)),
        actors.c.origin_id.is_not(None),
        actors.c.kind.in_(READERS),
        actors.c.gone_at.is_(None),
    )
    .order_by(actors.c.id)
)
_SUBSCRIBERS = Prepared(
    sa.select(follows.c.target_id, follows.c.follower_id).where(
        follows.c.target_id.in_(
            [sa.bindparam(name, type_=sa.BigInteger()) for name in ("first", "second", "third")]
        ),
        sa.text("notify"),  # spelled as in the index
        follows.c.state == sa.literal_column("'accepted'"),
    )
)


def ring(tx: sa.Connection, reader_id: int, event: Event, now: Millis) -> int | None:
    """Tell a local actor, as her policy wants it; returns the id of the notification. None = she is not told."""
    if reader_id == event.by.id and event.type != "poll":
        return None
    values = {
        "me": reader_id,
        "by": event.by.id,
        "now": now,
        "thread": None if event.post is None else event.post.thread_id,
    }
    row = tx.execute(_FACTS, values).first()
    if row is None or not _may_know(tx, Reader(reader_id, row.iri, now), event):
        return None
    policy = Policy() if row.not_following is None else Policy(*row[-len(_POLICY) :])
    facts = _describe(tx, reader_id, event, row, now)
    answer = decide(facts, policy)
    if answer == "drop":
        return None
    notification_id = _insert(tx, reader_id, event, now, filtered=answer == "filter")
    if answer == "accept":
        note(tx, Change("notified", notification_id, reader_id))
        pushing.plan(tx, reader_id, notification_id, facts, now, is_own=event.by.id == reader_id)
        mailing.plan(
            tx, reader_id, now, is_urgent=event.post is not None and event.post.visibility == "direct"
        )
    return notification_id


def _may_know(tx: sa.Connection, reader: Reader, event: Event) -> bool:
    """Whoever is named, or wants to hear of every post, hears of those that she may read."""
    if event.post is None or event.type not in {"mention", "status"}:
        return True
    return is_readable(tx, reader, event.post.id)


def _describe(tx: sa.Connection, reader_id: int, event: Event, row: Any, now: Millis) -> Facts:
    return Facts(
        type=event.type,
        is_shut_out=bool(row.is_shut_out),
        is_thread_muted=bool(row.is_thread_muted),
        is_following=bool(row.is_following),
        follower_for=None if row.follower_since is None else now - row.follower_since,
        sender_age=now - row.sender_since,
        sender_is_limited=row.standing == "limited",
        is_unsolicited=_is_unsolicited(tx, reader_id, event),
        is_crowded=_is_crowded(tx, event),
        is_permitted=bool(row.is_permitted),
        is_staff=event.by.local and event.by.kind in {"area", "desk", "official", "alert"},
    )


def _is_unsolicited(tx: sa.Connection, reader_id: int, event: Event) -> bool:
    post = event.post
    if event.type != "mention" or post is None or post.visibility != "direct":
        return False
    if post.in_reply_to_id is None:
        return True
    answered = sa.select(posts.c.actor_id).where(posts.c.id == post.in_reply_to_id)
    return bool(tx.execute(answered).scalar() != reader_id)


def _is_crowded(tx: sa.Connection, event: Event) -> bool:
    """Whether it would be held for what it names (`areas.policy`): who writes to many is answered by few."""
    post = event.post
    if event.type != "mention" or post is None or event.by.local:
        return False
    named = set(tx.execute(_NAMED, {"post": post.id}).scalars())
    if len(named) <= MOST_MENTIONS_BY_STRANGERS:
        return False
    people = len(named) - count_groups(tx, named)
    return people > MOST_MENTIONS_BY_STRANGERS and not tx.execute(_IS_TRUSTED, {"by": event.by.id}).scalar()


def _insert(tx: sa.Connection, reader_id: int, event: Event, now: Millis, *, filtered: bool) -> int:
    row = {
        "actor_id": reader_id,
        "type": event.type,
        "from_id": event.by.id,
        "post_id": None if event.post is None else event.post.id,
        "report_id": event.report_id,
        "group_key": _group(event, now),
        "filtered": filtered,
        "created_at": now,
    }
    return int(tx.execute(sa.insert(notifications).values(row).returning(notifications.c.id)).scalar_one())


def _group(event: Event, now: Millis) -> str | None:
    if event.type not in GROUPED:
        return None
    about = "" if event.post is None else f"-{event.post.id}"
    return f"{event.type}{about}-{now // GROUP_SPAN}"


def ring_mentioned(
    tx: sa.Connection, author: ActorRecord, post: PostRecord, iris: Sequence[Iri], now: Millis
) -> None:
    """Tell the local people among those whom a post names, as far as they may read it.

    Of a message it also opens their conversation, and the author's own where she is local.
    """
    named = list(tx.execute(_LOCAL_PEOPLE, {"iris": list(iris)}).scalars()) if iris else []
    for reader_id in named:
        ring(tx, reader_id, Event("mention", author, post), now)
    if post.visibility == "direct":
        _converse(tx, post, [*named, *((author.id,) if author.local else ())])


def _converse(tx: sa.Connection, post: PostRecord, readers: Iterable[int]) -> None:
    thread_id = post.thread_id or post.id
    for reader_id in dict.fromkeys(readers):
        row = {
            "actor_id": reader_id,
            "thread_id": thread_id,
            "last_id": post.id,
            "unread": reader_id != post.actor_id,
        }
        statement = insert_into(tx, conversations).values(row)
        new, last = statement.excluded.last_id, conversations.c.last_id
        values = {"last_id": sa.case((new > last, new), else_=last), "unread": statement.excluded.unread}
        tx.execute(statement.on_conflict_do_update(index_elements=["actor_id", "thread_id"], set_=values))
        note(tx, Change("messaged", thread_id, reader_id, post.id))


def ring_subscribers(
    tx: sa.Connection, author: ActorRecord, post: PostRecord, target_ids: Sequence[int], now: Millis
) -> None:
    """Tell those who want to hear of each post of its author, or of an area that has just accepted it; each once.

    `target_ids` are of the author or of areas. Answers to others are no news; going on where one has begun is, as
    an alert does.
    """
    if post.visibility == "direct" or not target_ids or _answers_another(tx, post):
        return
    first, second, third = (*target_ids, *target_ids, *target_ids)[:3]
    found = _SUBSCRIBERS.all(tx, first=first, second=second, third=third)
    for target_id, reader_id in sorted(found, key=lambda row: row[0] != author.id):
        if not _has_heard(tx, reader_id, post.id):
            by = author if target_id == author.id else find_actor_by_id(tx, target_id)
            assert by is not None  # a foreign key holds it
            ring(tx, reader_id, Event("status", by, post), now)


def _answers_another(tx: sa.Connection, post: PostRecord) -> bool:
    if post.in_reply_to_iri is None:
        return False
    answered = sa.select(posts.c.actor_id).where(posts.c.id == post.in_reply_to_id)
    return bool(tx.execute(answered).scalar() != post.actor_id)


def ring_concerned(tx: sa.Connection, author: ActorRecord, post: PostRecord, now: Millis) -> None:
    """Tell people here that a post reads differently now: who boost it, take part in it, or were chosen for it.

    Who applied for a thing and was not chosen hears nothing: that somebody else was is not for them.
    """
    boosting = sa.select(shares.c.actor_id).where(shares.c.post_id == post.id)
    kind = KINDS.get(post.kind)
    takes_part = kind is not None and kind.counts_for == "part"
    counts = sa.true() if takes_part else responses.c.state == "chosen"
    answering = sa.select(responses.c.actor_id).where(responses.c.post_id == post.id, counts)
    concerned = sa.union(boosting, answering)
    query = (
        sa.select(actors.c.id)
        .where(actors.c.id.in_(concerned), actors.c.origin_id.is_not(None))
        .order_by(actors.c.id)
    )
    for reader_id in list(tx.execute(query).scalars()):
        ring(tx, reader_id, Event("update", author, post), now)


def _has_heard(tx: sa.Connection, reader_id: int, post_id: int) -> bool:
    """Of a post that names her, or that an area has as well."""
    about = sa.and_(notifications.c.post_id == post_id, notifications.c.type.in_(("mention", "status")))
    query = sa.select(notifications.c.id).where(notifications.c.actor_id == reader_id, about)
    return tx.execute(query.limit(1)).first() is not None


def has_rung(tx: sa.Connection, post_id: int) -> bool:
    """Whether anybody was told of a post."""
    query = sa.select(notifications.c.id).where(notifications.c.post_id == post_id).limit(1)
    return tx.execute(query).first() is not None


def forget_about(tx: sa.Connection, reader_id: int, type_: Type, by_id: int, post_id: int | None) -> None:
    """What is taken back need not be read about any more."""
    about = notifications.c.post_id.is_(None) if post_id is None else notifications.c.post_id == post_id
    mine = sa.and_(notifications.c.actor_id == reader_id, notifications.c.from_id == by_id)
    tx.execute(sa.delete(notifications).where(mine, notifications.c.type == type_, about))


def forget_from(tx: sa.Connection, reader_id: int, by_id: int) -> None:
    """Nothing of this one is to be read any more: she is blocked."""
    mine = sa.and_(notifications.c.actor_id == reader_id, notifications.c.from_id == by_id)
    tx.execute(sa.delete(notifications).where(mine))


def forget_post(tx: sa.Connection, post_id: int) -> None:
    """The post has ended."""
    tx.execute(sa.delete(notifications).where(notifications.c.post_id == post_id))

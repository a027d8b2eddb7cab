"""Replies: whose thread they belong to, also where the parent arrives later, and which areas hear of them."""

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.tables import actors, blocks
from areas import posts
from areas.locks import lock_post
from areas.records import PostRecord
from areas.tables import bans, boosts, placements, thread_locks
from areas.tables import posts as post_table
from federation.vocabulary import Iri, Millis
from outbox.records import ALERT, ORDINARY, Lane

DEEPEST = 50
"""Levels of replies that are adopted at once: a chain without end is somebody's attack."""

_ROOT = sa.bindparam("root", type_=sa.BigInteger())
_AUTHOR = sa.bindparam("author", type_=sa.BigInteger())
_NOW = sa.bindparam("now", type_=sa.BigInteger())

_KIND_OF_ROOT = (
    sa.select(actors.c.kind)
    .join(post_table, post_table.c.actor_id == actors.c.id)
    .where(post_table.c.id == _ROOT)
)
_IS_ORPHAN = sa.and_(
    post_table.c.in_reply_to_iri == sa.bindparam("parent_iri"),
    post_table.c.in_reply_to_id.is_(None),
    post_table.c.id != sa.bindparam("parent"),
)
_ORPHAN = Prepared(sa.select(post_table.c.id).where(_IS_ORPHAN).limit(1))
_ADOPT = Prepared(
    sa.update(post_table)
    .where(_IS_ORPHAN)
    .values(in_reply_to_id=sa.bindparam("parent"))
    .returning(post_table.c.id)
)


def _bans(area: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """That a ban shuts the author out of an area now."""
    return sa.and_(
        bans.c.area_id == area,
        bans.c.actor_id == _AUTHOR,
        sa.or_(bans.c.until.is_(None), bans.c.until > _NOW),
    )


_IS_LOCKED = sa.and_(thread_locks.c.group_id == placements.c.area_id, thread_locks.c.post_id == _ROOT)
_IS_HEARD = (
    sa.select(sa.and_(bans.c.actor_id.is_(None), thread_locks.c.post_id.is_(None)))
    .select_from(placements.outerjoin(bans, _bans(placements.c.area_id)).outerjoin(thread_locks, _IS_LOCKED))
    .where(placements.c.post_id == _ROOT, placements.c.state == "accepted")
)
_HEARING = (
    sa.select(boosts.c.area_id)
    .join(actors, actors.c.id == _AUTHOR)
    .where(
        boosts.c.post_id == _ROOT,
        boosts.c.undone_at.is_(None),
        actors.c.standing == "open",
        sa.not_(sa.exists().where(_bans(boosts.c.area_id))),
        sa.not_(sa.exists().where(blocks.c.actor_id == boosts.c.area_id, blocks.c.target_id == _AUTHOR)),
    )
    .order_by(boosts.c.area_id)
)
_EVER = sa.select(boosts.c.area_id).where(boosts.c.post_id == _ROOT).distinct().order_by(boosts.c.area_id)


_LOCKS = sa.select(thread_locks.c.group_id).where(thread_locks.c.post_id == _ROOT)
_OPEN = (
    sa.select(placements.c.area_id)
    .select_from(placements.outerjoin(thread_locks, _IS_LOCKED))
    .where(placements.c.post_id == _ROOT, placements.c.state == "accepted", thread_locks.c.post_id.is_(None))
    .limit(1)
)


def find_locking(tx: sa.Connection, thread_id: int) -> list[int]:
    """The areas, and groups elsewhere, that want no more replies in a thread."""
    return list(tx.execute(_LOCKS, {"root": thread_id}).scalars())


def is_closed(tx: sa.Connection, thread_id: int) -> bool:
    """Whether a thread is locked, and no area in which it stands still takes replies."""
    return bool(find_locking(tx, thread_id)) and tx.execute(_OPEN, {"root": thread_id}).first() is None


def thread_key(post: PostRecord) -> str:
    """What the outgoing log orders by: everything about one thread stays in order."""
    return f"thread:{post.thread_id or post.id}"


def find_lane(tx: sa.Connection, post: PostRecord, author: ActorRecord) -> Lane:
    """A lane belongs to the root of a thread: what an alert actor began goes first, with all that is said to it."""
    if post.thread_id in {None, post.id}:
        kind: str | None = author.kind
    else:
        kind = tx.execute(_KIND_OF_ROOT, {"root": post.thread_id}).scalar_one()
    return ALERT if kind == "alert" else ORDINARY


def find_parent(tx: sa.Connection, iri: Iri, author: ActorRecord, now: Millis) -> PostRecord | None:
    """The post that `author` answers, in a thread that is open and in which she is heard.

    Waits for one that is just being stored.
    """
    parent = posts.find_post(tx, iri)
    if parent is None:
        lock_post(tx, iri)
        parent = posts.find_post(tx, iri)
    if parent is None or parent.thread_id is None:
        return parent
    values = {"root": parent.thread_id, "author": author.id, "now": now}
    heard = list(tx.execute(_IS_HEARD, values).scalars())
    return parent if any(heard) or not heard else None


def adopt(tx: sa.Connection, parent: PostRecord) -> list[PostRecord]:
    """Let replies that came before their parent belong to it; returns those whose thread is known now, in order."""
    if _ORPHAN.first(tx, parent_iri=parent.iri, parent=parent.id) is None:
        return []
    children = [child for (child,) in _ADOPT.all(tx, parent_iri=parent.iri, parent=parent.id)]
    if not children or parent.thread_id is None:
        return []
    return sorted(_join(tx, children, parent.thread_id), key=lambda post: post.id)


def _join(tx: sa.Connection, children: list[int], thread_id: int) -> list[PostRecord]:
    """Put replies and the replies to them into a thread."""
    first = sa.select(post_table.c.id, sa.literal(1).label("depth")).where(post_table.c.id.in_(children))
    tree = first.cte("tree", recursive=True)
    below = (
        sa.select(post_table.c.id, tree.c.depth + 1)
        .join(tree, post_table.c.in_reply_to_id == tree.c.id)
        .where(post_table.c.thread_id.is_(None), tree.c.depth < DEEPEST)
    )
    tree = tree.union_all(below)
    columns = (post_table.c[name] for name in PostRecord.__dataclass_fields__)
    statement = sa.update(post_table).where(post_table.c.id.in_(sa.select(tree.c.id)))
    rows = tx.execute(statement.values(thread_id=thread_id).returning(*columns))
    return [PostRecord(*row) for row in rows]


def find_hearing(tx: sa.Connection, reply: PostRecord, now: Millis) -> list[int]:
    """The areas that boost the thread of a reply and listen to its author."""
    if reply.thread_id is None:
        return []
    values = {"root": reply.thread_id, "author": reply.actor_id, "now": now}
    return list(tx.execute(_HEARING, values).scalars())


def find_ever_hearing(tx: sa.Connection, reply: PostRecord) -> list[int]:
    """The areas that boost the thread of a reply, or have done so: they may have passed the reply on."""
    if reply.thread_id is None:
        return []
    return list(tx.execute(_EVER, {"root": reply.thread_id}).scalars())

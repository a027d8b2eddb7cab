"""Everything that is somebody's own, to take along: page by page, so that no transaction holds a life in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors, blocks, domain_blocks, follows, mutes
from areas import wire
from areas.compose import source_of
from areas.personal_tables import bookmarks
from areas.posts import find_post_by_id
from areas.records import PostRecord
from areas.tables import posts
from federation import rendering

PAGE = 100
"""Posts in one look."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A post as it is kept: as a document, and the text as it was typed."""

    post: PostRecord
    document: bytes
    source: str


def list_posts(tx: sa.Connection, author: ActorRecord, after: int) -> list[Exported]:
    """The author's own posts behind one of them, whoever may read them, the oldest first."""
    query = sa.select(posts.c.id).where(
        posts.c.actor_id == author.id, posts.c.deleted_at.is_(None), posts.c.id > after
    )
    ids = list(tx.execute(query.order_by(posts.c.id).limit(PAGE)).scalars())
    found = (find_post_by_id(tx, each) for each in ids)
    return [_export(tx, author, each) for each in found if each is not None]


def _export(tx: sa.Connection, author: ActorRecord, post: PostRecord) -> Exported:
    return Exported(post, rendering.render(wire.note(tx, post, author)), source_of(tx, post).text)


def list_follows(tx: sa.Connection, actor_id: int) -> list[tuple[str, bool, bool]]:
    """Whom she follows: handle, whether boosts are shown, whether each post is told."""
    query = (
        sa.select(actors.c.username, actors.c.host, follows.c.reblogs, follows.c.notify)
        .join(follows, follows.c.target_id == actors.c.id)
        .where(follows.c.follower_id == actor_id, follows.c.state == "accepted", actors.c.gone_at.is_(None))
    )
    rows = tx.execute(query.order_by(follows.c.id))
    return [(f"{row.username}@{row.host}", bool(row.reblogs), bool(row.notify)) for row in rows]


def list_mutes(tx: sa.Connection, actor_id: int) -> list[tuple[str, bool]]:
    """Whom she mutes: handle, and whether notifications too."""
    query = (
        sa.select(actors.c.username, actors.c.host, mutes.c.notifications)
        .join(mutes, mutes.c.target_id == actors.c.id)
        .where(mutes.c.actor_id == actor_id)
    )
    rows = tx.execute(query.order_by(mutes.c.created_at, actors.c.id))
    return [(f"{row.username}@{row.host}", bool(row.notifications)) for row in rows]


def list_blocks(tx: sa.Connection, actor_id: int) -> list[tuple[str]]:
    """The handles of whom she blocks."""
    query = (
        sa.select(actors.c.username, actors.c.host)
        .join(blocks, blocks.c.target_id == actors.c.id)
        .where(blocks.c.actor_id == actor_id)
    )
    rows = tx.execute(query.order_by(blocks.c.created_at, actors.c.id))
    return [(f"{row.username}@{row.host}",) for row in rows]


def list_hosts(tx: sa.Connection, actor_id: int) -> list[tuple[str]]:
    """The servers that she blocks."""
    query = sa.select(domain_blocks.c.host).where(domain_blocks.c.actor_id == actor_id)
    return _rows(tx, query.order_by(domain_blocks.c.host))


def list_bookmarks(tx: sa.Connection, actor_id: int) -> list[tuple[str]]:
    """The addresses of what she keeps."""
    query = sa.select(posts.c.iri).join(bookmarks, bookmarks.c.post_id == posts.c.id)
    return _rows(tx, query.where(bookmarks.c.actor_id == actor_id).order_by(bookmarks.c.id))


def _rows(tx: sa.Connection, query: "sa.Select[Any]") -> list[tuple[str]]:
    found: Iterator[str] = iter(tx.execute(query).scalars())
    return [(each,) for each in found]

"""Every post that a node stores: saving, finding, changing, ending. No rules about areas here."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.statements import insert_into
from actors.tables import actors
from areas.records import SHOWN, PostRecord, Visibility
from areas.tables import originals, post_recipients, post_texts, posts, tombstones
from federation.errors import Overloaded
from federation.html import plain_name, sanitise
from federation.iris import mint_id, origin
from federation.vocabulary import Hashtag, Iri, Millis, Post

TITLE_LENGTH = 300
SUMMARY_LENGTH = 500
ID_TRIES = 8
TEXTS = 8
"""Language versions kept of one post."""

_COLUMNS = tuple(posts.c[name] for name in PostRecord.__dataclass_fields__)
_BY_IRI = sa.select(*_COLUMNS).where(posts.c.iri == sa.bindparam("iri"))
_BY_ID = sa.select(*_COLUMNS).where(posts.c.id == sa.bindparam("id"))
_IS_ENDED = sa.select(
    sa.exists().where(tombstones.c.iri == sa.bindparam("iri"), tombstones.c.origin == sa.bindparam("origin"))
)
_INSERT_ORIGINAL = sa.insert(originals)
_NAMES_LOCAL = sa.select(
    sa.exists().where(actors.c.iri.in_(sa.bindparam("iris", expanding=True)), actors.c.origin_id.is_not(None))
)
_ADOPT = (
    sa.update(posts)
    .where(posts.c.in_reply_to_iri == sa.bindparam("parent_iri"), posts.c.in_reply_to_id.is_(None))
    .values(in_reply_to_id=sa.bindparam("parent"), thread_id=sa.bindparam("thread"))
)


def find_post(tx: sa.Connection, iri: Iri) -> PostRecord | None:
    """Any stored post, ended ones included."""
    row = tx.execute(_BY_IRI, {"iri": iri}).first()
    return None if row is None else PostRecord(*row)


def find_post_by_id(tx: sa.Connection, post_id: int) -> PostRecord | None:
    """Any stored post, ended ones included."""
    row = tx.execute(_BY_ID, {"id": post_id}).first()
    return None if row is None else PostRecord(*row)


def is_ended(tx: sa.Connection, iri: Iri, owner: ActorRecord) -> bool:
    """Whether someone of the owner's origin has deleted it, be it before it was ever seen here."""
    return bool(tx.execute(_IS_ENDED, {"iri": iri, "origin": origin(owner.iri)}).scalar_one())


def save_received(
    tx: sa.Connection,
    post: Post,
    *,
    author: ActorRecord,
    visibility: Visibility,
    named: Iterable[Iri],
    parent: PostRecord | None,
    raw: bytes,
    now: Millis,
) -> PostRecord | None:
    """Store a post of another server; its id comes from its `published`, clamped to now. None = it is stored."""
    published = Millis(min(post.published or now, now))
    record = _record(post, author, visibility, parent, published, now)
    inserted = _insert(tx, record, named)
    if inserted is None:
        return None
    _save_texts(tx, inserted.id, post)
    if raw and inserted.is_shown:
        tx.execute(_INSERT_ORIGINAL, {"post_id": inserted.id, "body": raw, "received_at": now})
    return inserted


def _record(
    post: Post,
    author: ActorRecord,
    visibility: Visibility,
    parent: PostRecord | None,
    published: Millis,
    now: Millis,
) -> PostRecord:
    post_id = mint_id(published)
    return PostRecord(
        id=post_id,
        iri=post.id,
        actor_id=author.id,
        local=author.local,
        kind="ordinary",
        type=post.type,
        visibility=visibility,
        in_reply_to_iri=post.in_reply_to,
        in_reply_to_id=None if parent is None else parent.id,
        thread_id=_thread(post, post_id, parent),
        published_at=published,
        received_at=now,
        deleted_at=None,
        log_id=None,
        **_changing(post),
    )


def _thread(post: Post, post_id: int, parent: PostRecord | None) -> int | None:
    """The root's id; a root names itself; a reply whose parent is not known yet names none."""
    if parent is not None:
        return parent.thread_id
    return post_id if post.in_reply_to is None else None


def _changing(post: Post) -> dict[str, Any]:
    """What an edit may change."""
    return {
        "title": plain_name(post.name, TITLE_LENGTH) if post.name else None,
        "content": sanitise(post.content or ""),
        "summary": plain_name(post.summary, SUMMARY_LENGTH) if post.summary else None,
        "sensitive": post.sensitive,
        "language": post.language,
        "url": post.url,
        "attachments": json.dumps(
            [asdict(attachment) for attachment in post.attachments], ensure_ascii=False
        ),
        "tags": json.dumps([tag.name for tag in post.tags if isinstance(tag, Hashtag)], ensure_ascii=False),
        "updated_at": post.updated,
    }


def is_id_free(tx: sa.Connection, post_id: int) -> bool:
    """Whether a local post may have this id (its IRI is made of it)."""
    return tx.execute(_BY_ID, {"id": post_id}).first() is None


def save_local(tx: sa.Connection, record: PostRecord, named: Iterable[Iri]) -> None:
    """Store a post that was written here (`areas.compose` makes the record)."""
    if _insert(tx, record, named) != record:
        raise Overloaded("two posts got one id at the same instant")


def names_local_actor(tx: sa.Connection, named: Iterable[Iri]) -> bool:
    """Whether any of them is an actor of ours."""
    iris = list(named)
    return bool(iris) and bool(tx.execute(_NAMES_LOCAL, {"iris": iris}).scalar_one())


def _insert(tx: sa.Connection, record: PostRecord, named: Iterable[Iri]) -> PostRecord | None:
    """Insert, with another id where this one is taken. None = a post with this IRI is stored already."""
    statement = insert_into(tx, posts).on_conflict_do_nothing().returning(posts.c.id)
    for _ in range(ID_TRIES):
        values = {name: getattr(record, name) for name in PostRecord.__dataclass_fields__}
        if tx.execute(statement, values).first() is not None:
            break
        if find_post(tx, record.iri) is not None:
            return None
        record = _with_new_id(record)
    else:
        raise Overloaded("no free id for a post")
    _save_recipients(tx, record.id, named)
    if record.thread_id is not None:
        tx.execute(_ADOPT, {"parent_iri": record.iri, "parent": record.id, "thread": record.thread_id})
    return record


def _with_new_id(record: PostRecord) -> PostRecord:
    post_id = mint_id(record.published_at)
    is_root = record.thread_id == record.id
    return replace(record, id=post_id, thread_id=post_id if is_root else record.thread_id)


def _save_recipients(tx: sa.Connection, post_id: int, named: Iterable[Iri]) -> None:
    rows = [{"post_id": post_id, "iri": iri, "field": "to"} for iri in named]
    if rows:
        tx.execute(sa.insert(post_recipients), rows)


def _save_texts(tx: sa.Connection, post_id: int, post: Post) -> None:
    rows = [
        {"post_id": post_id, "tag": tag, "html": sanitise(html)} for tag, html in post.content_map[:TEXTS]
    ]
    if len(rows) > 1:  # a single version is `content` itself
        tx.execute(sa.insert(post_texts), rows)


def change(
    tx: sa.Connection,
    stored: PostRecord,
    post: Post,
    *,
    visibility: Visibility,
    named: Iterable[Iri],
    raw: bytes,
    now: Millis,
) -> PostRecord:
    """Replace the text of a stored post. Owner, id and `published` never change; the audience never widens."""
    values = {**_changing(post), "visibility": visibility}
    tx.execute(sa.update(posts).where(posts.c.id == stored.id).values(**values))
    tx.execute(sa.delete(post_recipients).where(post_recipients.c.post_id == stored.id))
    _save_recipients(tx, stored.id, named)
    tx.execute(sa.delete(post_texts).where(post_texts.c.post_id == stored.id))
    _save_texts(tx, stored.id, post)
    if raw and visibility in SHOWN:
        statement = insert_into(tx, originals).values(post_id=stored.id, body=raw, received_at=now)
        statement = statement.on_conflict_do_update(
            index_elements=["post_id"], set_={"body": raw, "received_at": now}
        )
        tx.execute(statement)
    if visibility not in SHOWN:
        tx.execute(sa.delete(originals).where(originals.c.post_id == stored.id))
    changed = find_post_by_id(tx, stored.id)
    assert changed is not None  # posts are never removed
    return changed


def end(tx: sa.Connection, stored: PostRecord, now: Millis) -> None:
    """Make a Tombstone of a post: its text and everything of it goes, its id stays for ever."""
    tx.execute(
        sa.update(posts)
        .where(posts.c.id == stored.id)
        .values(deleted_at=now, content="", title=None, summary=None, attachments="[]", tags="[]")
    )
    for table in (originals, post_texts, post_recipients):
        tx.execute(sa.delete(table).where(table.c.post_id == stored.id))


def bury(tx: sa.Connection, iri: Iri, owner: ActorRecord, now: Millis) -> None:
    """Remember a deletion, so that what arrives late stays deleted."""
    row = {"iri": iri, "origin": origin(owner.iri), "at": now}
    tx.execute(insert_into(tx, tombstones).values(row).on_conflict_do_nothing())


def original(tx: sa.Connection, post_id: int) -> bytes | None:
    """The newest Create or Update as it was received, byte for byte."""
    return tx.execute(sa.select(originals.c.body).where(originals.c.post_id == post_id)).scalar_one_or_none()


def named_by(tx: sa.Connection, post_id: int) -> tuple[Iri, ...]:
    """Whom the stored version names."""
    query = sa.select(post_recipients.c.iri).where(post_recipients.c.post_id == post_id)
    return tuple(tx.execute(query).scalars())


def posts_by(tx: sa.Connection, actor_id: int) -> list[PostRecord]:
    """Everything of an actor that is not ended."""
    query = sa.select(*_COLUMNS).where(posts.c.actor_id == actor_id, posts.c.deleted_at.is_(None))
    return [PostRecord(*row) for row in tx.execute(query.order_by(posts.c.id))]


def shown_replies(tx: sa.Connection, post_id: int, *, after: int = 0, limit: int = 40) -> list[PostRecord]:
    """Replies to a post that anyone may read, oldest first, by keyset."""
    return _shown(tx, posts.c.in_reply_to_id == post_id, after, limit)


def shown_thread(tx: sa.Connection, thread_id: int, *, after: int = 0, limit: int = 40) -> list[PostRecord]:
    """A whole thread, root first, as far as anyone may read it."""
    return _shown(tx, posts.c.thread_id == thread_id, after, limit)


def _shown(tx: sa.Connection, clause: sa.ColumnElement[bool], after: int, limit: int) -> list[PostRecord]:
    query = (
        sa.select(*_COLUMNS)
        .where(clause, posts.c.id > after, posts.c.deleted_at.is_(None), posts.c.visibility.in_(SHOWN))
        .order_by(posts.c.id)
        .limit(limit)
    )
    return [PostRecord(*row) for row in tx.execute(query)]

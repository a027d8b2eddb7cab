"""Every post that a node stores: saving, finding, changing, ending. No rules about areas here."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import sqlalchemy as sa

from actors.changes import Change, note
from actors.prepared import Prepared
from actors.records import ActorKind, ActorRecord
from actors.tables import actors
from areas import edits, hashtags
from areas.addressing import narrower
from areas.ids import mint_post, time_of
from areas.kinds.registry import KINDS, kind_by_tags
from areas.kinds.tables import responses
from areas.media import endings
from areas.notifications.tables import notifications
from areas.personal_tables import bookmarks, pins, post_sources
from areas.polls import options
from areas.polls.tables import poll_options, poll_votes, polls
from areas.reading.visibility import for_anyone
from areas.records import ORDINARY, SHOWN, Named, PostRecord, Visibility
from areas.removals import note_end
from areas.search import filling
from areas.statements import insert_all, insert_once
from areas.tables import (
    group_submissions,
    originals,
    post_edits,
    post_recipients,
    post_tags,
    post_texts,
    posts,
    shares,
    thread_locks,
    tombstones,
)
from federation.errors import Overloaded
from federation.html import plain_name, sanitise
from federation.vocabulary import Hashtag, Iri, Millis, Post

TITLE_LENGTH = 300
SUMMARY_LENGTH = 500
ID_TRIES = 8
"""Each a millisecond later."""
TEXTS = 8
"""Language versions kept of one post."""

_NO_TAGS = "[]"
_COLUMNS = tuple(posts.c[name] for name in PostRecord.__dataclass_fields__)
_BY_IRI = Prepared(sa.select(*_COLUMNS).where(posts.c.iri == sa.bindparam("iri")))
_BY_ID = Prepared(sa.select(*_COLUMNS).where(posts.c.id == sa.bindparam("id")))
_IS_ENDED = Prepared(
    sa.select(tombstones.c.at).where(
        tombstones.c.iri == sa.bindparam("iri"), tombstones.c.owner == sa.bindparam("owner")
    )
)
_INSERT_ORIGINAL = Prepared(sa.insert(originals), ("post_id", "body", "received_at"))
_NAMED = (
    sa.select(post_recipients.c.iri, post_recipients.c.source)
    .where(post_recipients.c.post_id == sa.bindparam("post"))
    .order_by(post_recipients.c.place)
)
_OF_POST = (
    originals,
    post_texts,
    post_recipients,
    post_tags,
    post_edits,
    post_sources,
    notifications,
    shares,
    bookmarks,
    pins,
    thread_locks,
    group_submissions,
    poll_votes,
    poll_options,
    polls,
    responses,
    *dict.fromkeys(each.table for each in KINDS.values()),
)
"""What ends with a post."""
_NAMES_LOCAL = sa.select(
    sa.exists().where(actors.c.iri.in_(sa.bindparam("iris", expanding=True)), actors.c.origin_id.is_not(None))
)


def find_post(tx: sa.Connection, iri: Iri) -> PostRecord | None:
    """Any stored post, ended ones included."""
    row = _BY_IRI.first(tx, iri=iri)
    return None if row is None else PostRecord(*row)


def find_post_by_id(tx: sa.Connection, post_id: int) -> PostRecord | None:
    """Any stored post, ended ones included."""
    row = _BY_ID.first(tx, id=post_id)
    return None if row is None else PostRecord(*row)


def is_ended(tx: sa.Connection, iri: Iri, owner: ActorRecord) -> bool:
    """Whether its owner has deleted it, be it before it was ever seen here. Nobody else on her server can."""
    return _IS_ENDED.first(tx, iri=iri, owner=owner.iri) is not None


def save_received(
    tx: sa.Connection,
    post: Post,
    *,
    author: ActorRecord,
    visibility: Visibility,
    named: Sequence[Named],
    parent: PostRecord | None,
    raw: bytes,
    now: Millis,
) -> PostRecord | None:
    """Store a post of another server; its id comes from its `published`, clamped to now. None = it is stored.

    A reply's id is greater than its parent's, whatever the clocks say: threads are read in the order of ids.
    """
    record = _record(post, author, visibility, parent, now)
    inserted = _insert(tx, record, named)
    if inserted is None:
        return None
    _save_texts(tx, inserted.id, post)
    if post.type == "Question":
        options.save_received(tx, inserted.id, post)
    if raw and inserted.is_shown:
        _INSERT_ORIGINAL.run(tx, post_id=inserted.id, body=raw, received_at=now)
    return inserted


def clamp_published(post: Post, received_at: Millis) -> Millis:
    """When a post was published: as it says, but not before it could be here, nor later than that."""
    return received_at if post.published is None else Millis(min(post.published, received_at))


def _record(
    post: Post, author: ActorRecord, visibility: Visibility, parent: PostRecord | None, now: Millis
) -> PostRecord:
    published = clamp_published(post, now)
    post_id = mint_post(published if parent is None else Millis(max(published, time_of(parent.id) + 1)))
    return PostRecord(
        id=post_id,
        iri=post.id,
        actor_id=author.id,
        local=author.local,
        kind=_kind(post),
        type=post.type,
        visibility=visibility,
        in_reply_to_iri=post.in_reply_to,
        in_reply_to_id=None if parent is None else parent.id,
        thread_id=_thread(post, post_id, parent),
        published_at=published,
        received_at=now,
        deleted_at=None,
        log_id=None,
        members_of=None,
        **_changing(post, local=author.local),
    )


STRANGER: Final[ActorKind] = "resident"
"""What people of other servers are to kinds of posts."""


def _kind(post: Post) -> str:
    """As its hashtags say; an answer and a poll are ordinary. What else it says is not kept: its text has it all."""
    if post.in_reply_to is not None or post.type == "Question":
        return ORDINARY
    found = kind_by_tags(tag.name for tag in post.tags if isinstance(tag, Hashtag))
    is_for_all = found is not None and STRANGER not in found.not_for
    return found.name if found and is_for_all else ORDINARY


def _thread(post: Post, post_id: int, parent: PostRecord | None) -> int | None:
    """The root's id; a root names itself; a reply whose parent is not known yet names none."""
    if parent is not None:
        return parent.thread_id
    return post_id if post.in_reply_to is None else None


def _changing(post: Post, *, local: bool) -> dict[str, Any]:
    """What an edit may change. Our own HTML is made of plain text, and stays as it is made."""
    return {
        "title": plain_name(post.name, TITLE_LENGTH) if post.name else None,
        "content": (post.content or "") if local else sanitise(post.content or ""),
        "summary": plain_name(post.summary, SUMMARY_LENGTH) if post.summary else None,
        "sensitive": post.sensitive,
        "language": post.language,
        "url": post.url,
        "attachments": _to_json([asdict(attachment) for attachment in post.attachments]),
        "tags": _to_json([tag.name for tag in post.tags if isinstance(tag, Hashtag)]),
        "updated_at": post.updated,
    }


def _to_json(values: Sequence[object]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else "[]"


def is_id_free(tx: sa.Connection, post_id: int) -> bool:
    """Whether a local post may have this id (its IRI is made of it)."""
    return _BY_ID.first(tx, id=post_id) is None


def save_local(tx: sa.Connection, record: PostRecord, named: Sequence[Named]) -> None:
    """Store a post that was written here (`areas.compose` makes the record)."""
    if _insert(tx, record, named) != record:
        raise Overloaded("two posts got one id at the same instant")


def names_local_actor(tx: sa.Connection, named: Sequence[Named]) -> bool:
    """Whether any of them is an actor of ours."""
    iris = [each.iri for each in named]
    return bool(iris) and bool(tx.execute(_NAMES_LOCAL, {"iris": iris}).scalar_one())


def _insert(tx: sa.Connection, record: PostRecord, named: Sequence[Named]) -> PostRecord | None:
    """Insert, with another id where this one is taken. None = a post with this IRI is stored already."""
    for _ in range(ID_TRIES):
        values = {name: getattr(record, name) for name in PostRecord.__dataclass_fields__}
        if insert_once(tx, posts, values):
            _save_named(tx, record.id, named)
            _save_tags(tx, record)
            note(tx, Change("written", record.id, record.actor_id, record.id))
            return record
        if find_post(tx, record.iri) is not None:
            return None
        record = _with_new_id(record)
    raise Overloaded("no free id for a post")


def _with_new_id(record: PostRecord) -> PostRecord:
    """In the next millisecond: many servers say whole seconds, and one could fill a millisecond's 16,384 ids."""
    post_id = mint_post(Millis(time_of(record.id) + 1))
    is_root = record.thread_id == record.id
    return replace(record, id=post_id, thread_id=post_id if is_root else record.thread_id)


def name_also(tx: sa.Connection, post_id: int, iri: Iri) -> None:
    """Let a post name somebody whom only what was done with it has named."""
    last = sa.select(sa.func.max(post_recipients.c.place)).where(post_recipients.c.post_id == post_id)
    place = (tx.execute(last).scalar_one() or 0) + 1
    tx.execute(sa.insert(post_recipients).values(post_id=post_id, iri=iri, place=place, source="activity"))


def _save_named(tx: sa.Connection, post_id: int, named: Sequence[Named]) -> None:
    rows = [
        {"post_id": post_id, "iri": each.iri, "place": place, "source": each.source}
        for place, each in enumerate(named)
    ]
    insert_all(tx, post_recipients, rows)


def _save_tags(tx: sa.Connection, record: PostRecord) -> None:
    """A public post is found by its tags."""
    if record.tags != _NO_TAGS and record.visibility == "public":
        hashtags.save(tx, record.id, json.loads(record.tags))


def _save_texts(tx: sa.Connection, post_id: int, post: Post) -> None:
    rows = [
        {"post_id": post_id, "tag": tag, "html": sanitise(html)} for tag, html in post.content_map[:TEXTS]
    ]
    if len(rows) > 1:  # a single version is `content` itself
        insert_all(tx, post_texts, rows)


def change(
    tx: sa.Connection,
    stored: PostRecord,
    post: Post,
    *,
    visibility: Visibility,
    named: Sequence[Named],
    raw: bytes,
    now: Millis,
    attachments: str | None = None,
) -> PostRecord:
    """Replace the text of a stored post. Owner, id and `published` never change; the audience never widens.

    `attachments` is what a local post remembers of its pictures (`areas.media.attaching`).

    `raw` is the activity that brought the change; without one (the document was read again) what was kept
    of an earlier activity goes: it says what the author no longer says.
    """
    values = {**_changing(post, local=stored.local), "visibility": narrower(stored.visibility, visibility)}
    if attachments is not None:
        values["attachments"] = attachments
    changed = replace(stored, **values)
    if edits.differ(stored, changed):
        edits.keep(tx, stored)
        filling.plan_again(tx, stored, now)
        note(tx, Change("edited", stored.id, stored.actor_id, stored.id))
    tx.execute(sa.update(posts).where(posts.c.id == stored.id).values(**values))
    for table in (post_recipients, post_texts, post_tags, originals):
        tx.execute(sa.delete(table).where(table.c.post_id == stored.id))
    _save_named(tx, stored.id, named)
    _save_tags(tx, changed)
    if not stored.local:
        recount(tx, stored, post)
    _save_texts(tx, stored.id, post)
    if raw and values["visibility"] in SHOWN:
        _INSERT_ORIGINAL.run(tx, post_id=stored.id, body=raw, received_at=now)
    return changed


def recount(tx: sa.Connection, stored: PostRecord, post: Post) -> None:
    """Take over what another server says of its poll, and have it shown where the post is looked at."""
    if options.change_received(tx, stored.id, post):
        note(tx, Change("edited", stored.id, stored.actor_id, stored.id))


def end(tx: sa.Connection, stored: PostRecord, now: Millis) -> None:
    """Make a Tombstone of a post: its text, pictures and everything of it goes, its id stays for ever."""
    note_end(tx, stored)
    nothing = {"content": "", "title": None, "summary": None, "url": None, "attachments": "[]", "tags": "[]"}
    tx.execute(sa.update(posts).where(posts.c.id == stored.id).values(deleted_at=now, **nothing))
    for table in _OF_POST:
        tx.execute(sa.delete(table).where(table.c.post_id == stored.id))
    tx.execute(sa.delete(responses).where(responses.c.reply_id == stored.id))
    endings.end_post(tx, stored.id, (each["url"] for each in json.loads(stored.attachments)), now)


def bury(tx: sa.Connection, iri: Iri, owner: ActorRecord, now: Millis) -> None:
    """Remember a deletion, so that what arrives late stays deleted."""
    insert_once(tx, tombstones, {"iri": iri, "owner": owner.iri, "at": now})


def original(tx: sa.Connection, post_id: int) -> bytes | None:
    """The newest Create or Update as it was received, byte for byte."""
    return tx.execute(sa.select(originals.c.body).where(originals.c.post_id == post_id)).scalar_one_or_none()


def named_by(tx: sa.Connection, post_id: int) -> tuple[Named, ...]:
    """Whom the stored version names, in order."""
    return tuple(Named(*row) for row in tx.execute(_NAMED, {"post": post_id}))


def posts_by(tx: sa.Connection, actor_id: int, limit: int) -> list[PostRecord]:
    """What an actor wrote and has not ended, the oldest first."""
    query = sa.select(*_COLUMNS).where(posts.c.actor_id == actor_id, posts.c.deleted_at.is_(None))
    return [PostRecord(*row) for row in tx.execute(query.order_by(posts.c.id).limit(limit))]


def shown_replies(tx: sa.Connection, post_id: int, *, after: int = 0, limit: int = 40) -> list[PostRecord]:
    """Replies to a post that anyone may read, oldest first, by keyset."""
    return _shown(tx, posts.c.in_reply_to_id == post_id, after, limit)


def shown_thread(tx: sa.Connection, thread_id: int, *, after: int = 0, limit: int = 40) -> list[PostRecord]:
    """A whole thread, oldest first, as far as anyone may read it."""
    return _shown(tx, posts.c.thread_id == thread_id, after, limit)


def _shown(tx: sa.Connection, clause: sa.ColumnElement[bool], after: int, limit: int) -> list[PostRecord]:
    query = (
        sa.select(*_COLUMNS)
        .join(actors, actors.c.id == posts.c.actor_id)
        .where(clause, posts.c.id > after, for_anyone())
        .order_by(posts.c.id)
        .limit(limit)
    )
    return [PostRecord(*row) for row in tx.execute(query)]

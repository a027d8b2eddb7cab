"""Threads of messages, as each of those who read them sees them."""

from dataclasses import dataclass

import sqlalchemy as sa

from actors.records import ActorRecord
from areas.notifications.tables import conversations
from areas.reading import statuses
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.reading.statuses import Seen
from areas.reading.visibility import Reader
from federation.errors import NotFound


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread of messages: with whom, the newest in it, and whether that was read."""

    id: int
    people: tuple[ActorRecord, ...]
    last: Seen
    unread: bool


def page(tx: sa.Connection, reader: Reader, wanted: Slice = FIRST) -> Page[Conversation]:
    """The reader's conversations, the latest first; pages go by the newest message."""
    columns = (conversations.c.id, conversations.c.last_id, conversations.c.unread)
    query = sa.select(*columns).where(conversations.c.actor_id == reader.id)
    rows, more = slice_by(tx, query, conversations.c.last_id, wanted)
    ends = paginate([int(row.last_id) for row in rows], wanted, lambda each: each, more=more)
    seen = statuses.load(tx, reader, (row.last_id for row in rows))
    items = tuple(
        Conversation(row.id, _find_people(reader, seen[row.last_id]), seen[row.last_id], bool(row.unread))
        for row in rows
        if row.last_id in seen
    )
    return Page(items, ends.older, ends.newer)


def _find_people(reader: Reader, last: Seen) -> tuple[ActorRecord, ...]:
    """Everybody else; oneself where one talks to oneself."""
    everybody = {each.id: each for each in (last.author, *last.mentions)}
    others = tuple(each for each in everybody.values() if each.id != reader.id)
    return others or (last.author,)


def find(tx: sa.Connection, reader: Reader, conversation_id: int) -> Conversation:
    """One of the reader's own. Raises `NotFound`."""
    query = sa.select(conversations.c.last_id, conversations.c.unread).where(
        _is_mine(reader, conversation_id)
    )
    row = tx.execute(query).first()
    seen = {} if row is None else statuses.load(tx, reader, [row.last_id])
    if row is None or row.last_id not in seen:
        raise NotFound(f"there is no conversation {conversation_id}")
    last = seen[row.last_id]
    return Conversation(conversation_id, _find_people(reader, last), last, bool(row.unread))


def find_of_thread(tx: sa.Connection, reader: Reader, thread_id: int) -> Conversation | None:
    """The reader's view of a thread of messages; None where she has none, or has put it away."""
    is_hers = sa.and_(conversations.c.actor_id == reader.id, conversations.c.thread_id == thread_id)
    found = tx.execute(sa.select(conversations.c.id).where(is_hers)).scalar()
    try:
        return None if found is None else find(tx, reader, found)
    except NotFound:
        return None


def mark_read(tx: sa.Connection, reader: Reader, conversation_id: int) -> Conversation:
    """Say that the reader has read it. Raises `NotFound`."""
    tx.execute(sa.update(conversations).where(_is_mine(reader, conversation_id)).values(unread=False))
    return find(tx, reader, conversation_id)


def remove(tx: sa.Connection, reader: Reader, conversation_id: int) -> None:
    """Put it away until the next message. Raises `NotFound`."""
    if not tx.execute(sa.delete(conversations).where(_is_mine(reader, conversation_id))).rowcount:
        raise NotFound(f"there is no conversation {conversation_id}")


def _is_mine(reader: Reader, conversation_id: int) -> "sa.ColumnElement[bool]":
    return sa.and_(conversations.c.id == conversation_id, conversations.c.actor_id == reader.id)

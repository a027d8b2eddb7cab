"""Announcements as one reader has them: of the node, and of the areas that she follows; in her language."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.tables import actors
from areas import preferences
from areas.announcements.saying import COLUMNS, LANGUAGES, AnnouncementRecord, texts_of
from areas.announcements.tables import announcement_reactions, announcement_readers, announcements
from areas.compose.texts import Text, write_html
from areas.reading.statuses import find_actors
from areas.reading.visibility import ME, NOW, Reader, follows_whom, for_anyone
from areas.tables import posts
from federation.errors import NotFound
from federation.vocabulary import Iri

MOST = 40
"""In force at once; the newest of more."""

IS_HERS = sa.or_(announcements.c.area_id.is_(None), follows_whom(announcements.c.area_id))
IS_IN_FORCE = sa.and_(
    announcements.c.removed_at.is_(None),
    sa.or_(announcements.c.starts_at.is_(None), announcements.c.starts_at <= NOW),
    sa.or_(announcements.c.ends_at.is_(None), announcements.c.ends_at > NOW),
)
HAS_READ = sa.exists().where(
    announcement_readers.c.announcement_id == announcements.c.id, announcement_readers.c.actor_id == ME
)
_SHOWN = sa.select(*COLUMNS, HAS_READ.label("has_read")).where(IS_HERS, IS_IN_FORCE)
_COULD_SEE = sa.select(announcements.c.id).where(
    IS_HERS, announcements.c.id == sa.bindparam("id", type_=sa.BigInteger())
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """How many chose an emoji; `me`: the reader too."""

    announcement_id: int
    name: str
    count: int
    me: bool


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced, in the reader's language, signed by who says it; `post` is where more is said."""

    record: AnnouncementRecord
    text: Text
    has_read: bool
    reactions: tuple[Reaction, ...]
    post: tuple[int, Iri] | None


def list_for(tx: sa.Connection, reader: Reader) -> list[Announcement]:
    """What is in force for a reader, the oldest first."""
    rows = tx.execute(_SHOWN.order_by(announcements.c.id.desc()).limit(MOST), reader.values).all()
    return [_complete(tx, reader, row) for row in reversed(rows)]


def find(tx: sa.Connection, reader: Reader, announcement_id: int) -> Announcement:
    """One that is in force for the reader. Raises `NotFound`."""
    row = tx.execute(_SHOWN.where(announcements.c.id == announcement_id), reader.values).first()
    if row is None:
        raise NotFound(f"there is no announcement {announcement_id}")
    return _complete(tx, reader, row)


def could_see(tx: sa.Connection, reader: Reader, announcement_id: int) -> bool:
    """Whether it was for the reader, when it was in force."""
    return tx.execute(_COULD_SEE, {**reader.values, "id": announcement_id}).first() is not None


def _complete(tx: sa.Connection, reader: Reader, row: Any) -> Announcement:
    *columns, has_read = tuple(row)
    record = AnnouncementRecord(*columns)
    speaker = find_actors(tx, (record.actor_id,))[record.actor_id]
    source = choose_text(texts_of(tx, record.id), preferences.find(tx, reader.id).language)
    reactions = count_reactions(tx, reader, (record.id,))
    signed = source if speaker.kind == "node" else f"{source}\n\n@{speaker.username}"
    text = write_html(tx, speaker, signed)
    return Announcement(record, text, bool(has_read), tuple(reactions), _find_post(tx, record.post_id))


def choose_text(texts: dict[str, str], language: str) -> str:
    """In the reader's language where there is a text in it, else the original."""
    return texts[choose_tag(texts, language)]


def choose_tag(texts: dict[str, str], language: str) -> str:
    """The language of the text that `choose_text` returns."""
    wanted = language.partition("-")[0].lower()
    return wanted if wanted in texts else LANGUAGES[0]


def count_reactions(tx: sa.Connection, reader: Reader, announcement_ids: Iterable[int]) -> list[Reaction]:
    """Each emoji, in the order in which they came."""
    mine = sa.func.max(sa.case((announcement_reactions.c.actor_id == ME, 1), else_=0))
    columns = (announcement_reactions.c.announcement_id, announcement_reactions.c.name)
    query = (
        sa.select(*columns, sa.func.count(), mine)
        .where(announcement_reactions.c.announcement_id.in_(list(announcement_ids)))
        .group_by(*columns)
        .order_by(sa.func.min(announcement_reactions.c.at), announcement_reactions.c.name)
    )
    return [
        Reaction(announcement_id, name, count, bool(me))
        for announcement_id, name, count, me in tx.execute(query, reader.values)
    ]


def _find_post(tx: sa.Connection, post_id: int | None) -> tuple[int, Iri] | None:
    if post_id is None:
        return None
    query = sa.select(posts.c.id, sa.func.coalesce(posts.c.url, posts.c.iri))
    query = query.join(actors, actors.c.id == posts.c.actor_id).where(posts.c.id == post_id, for_anyone())
    row = tx.execute(query).first()
    return None if row is None else (row[0], row[1])

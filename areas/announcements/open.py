"""What is announced, on pages: in one area or all of them for whoever comes by, or for one reader at home."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from areas.announcements.reading import HAS_READ, IS_HERS, IS_IN_FORCE, MOST, choose_tag
from areas.announcements.tables import announcement_texts, announcements
from areas.compose.texts import write_html
from areas.reading.statuses import find_actors
from areas.reading.visibility import Reader
from federation.vocabulary import Millis

_area = actors.alias("announced_area")
_COLUMNS = (
    announcements.c.id,
    announcements.c.actor_id,
    announcements.c.post_id,
    announcements.c.ends_at,
    _area.c.name.label("area"),
)
_OPEN = (
    sa.select(*_COLUMNS)
    .outerjoin(_area, _area.c.id == announcements.c.area_id)
    .where(IS_IN_FORCE)
    .order_by(announcements.c.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Open:
    """What is in force: as HTML in a language, who says it, for which area (None = all), until when.

    `post_id` is where more is said; `is_hers`: the reader can put it away.
    """

    id: int
    content: str
    language: str
    speaker: ActorRecord
    area: str | None
    ends_at: Millis | None
    post_id: int | None
    is_hers: bool


def in_areas(
    tx: sa.Connection, now: Millis, language: str, *, reader: Reader | None = None, area_id: int | None = None
) -> list[Open]:
    """What is in force in an area, or in all; without what the reader has put away. The newest first."""
    query = _OPEN
    if area_id is not None:
        query = query.where(sa.or_(announcements.c.area_id.is_(None), announcements.c.area_id == area_id))
    return _find(tx, query, now, language, reader)


def at_home(tx: sa.Connection, reader: Reader, language: str) -> list[Open]:
    """What is in force for a reader, and was not put away by her. The newest first."""
    return _find(tx, _OPEN.where(IS_HERS), reader.now, language, reader)


def _find(
    tx: sa.Connection, query: "sa.Select[Any]", now: Millis, language: str, reader: Reader | None
) -> list[Open]:
    values = {"now": now}
    if reader is None:
        query = query.add_columns(sa.false().label("is_hers"))
    else:
        query = query.add_columns(IS_HERS.label("is_hers")).where(sa.not_(HAS_READ))
        values = reader.values
    rows = tx.execute(query, values).all()
    texts = _find_texts(tx, [row.id for row in rows])
    speakers = find_actors(tx, (row.actor_id for row in rows))
    return [_open(tx, row, speakers[row.actor_id], texts[row.id], language) for row in rows]


def _open(tx: sa.Connection, row: Any, speaker: ActorRecord, texts: dict[str, str], language: str) -> Open:
    tag = choose_tag(texts, language)
    content = write_html(tx, speaker, texts[tag]).content
    return Open(row.id, content, tag, speaker, row.area, row.ends_at, row.post_id, bool(row.is_hers))


def _find_texts(tx: sa.Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    if ids:
        query = sa.select(announcement_texts).where(announcement_texts.c.announcement_id.in_(ids))
        for row in tx.execute(query):
            found.setdefault(row.announcement_id, {})[row.tag] = row.source
    return found

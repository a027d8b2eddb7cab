"""Saying, changing and taking back what is announced. Who looks on live is told when it begins, changes and ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.changes import Change, note
from actors.jobs import schedule
from actors.names import OFFICIAL_KINDS
from actors.records import ActorRecord
from areas.announcements.tables import announcement_readers, announcement_texts, announcements
from areas.compose.texts import clean, read_language
from areas.records import AreaRecord, PostRecord
from areas.statements import insert_all
from federation.errors import NotFound, Overloaded, Refused
from federation.iris import mint_id
from federation.vocabulary import Millis

TELL: Final = "announcement"
"""The job that tells of a beginning or an end when its time comes; the key is the announcement's number."""
TEXT_LENGTH: Final = 1_000
"""Characters; apps show it above everything else."""
LANGUAGES: Final = ("ja", "en")
"""Of texts, the original first; who reads another language gets the original."""
ID_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be announced: `texts` by language tag, from `starts_at` (None = now) until `ends_at`."""

    texts: Mapping[str, str]
    starts_at: Millis | None = None
    ends_at: Millis | None = None
    all_day: bool = False


@dataclass(frozen=True, slots=True)
class AnnouncementRecord:
    """An announcement without its texts; `area_id`: for who follows that area; `post_id`: where more is said."""

    id: int
    actor_id: int
    area_id: int | None
    post_id: int | None
    all_day: bool
    starts_at: Millis | None
    ends_at: Millis | None
    published_at: Millis
    updated_at: Millis
    removed_at: Millis | None

    def is_in_force(self, now: Millis) -> bool:
        """Whether people are shown it."""
        has_begun = self.starts_at is None or self.starts_at <= now
        return self.removed_at is None and has_begun and (self.ends_at is None or self.ends_at > now)


COLUMNS: Final = tuple(announcements.c[name] for name in AnnouncementRecord.__dataclass_fields__)


def announce(
    tx: sa.Connection,
    speaker: ActorRecord,
    wanted: Wanted,
    now: Millis,
    *,
    area: AreaRecord | None = None,
    about: PostRecord | None = None,
) -> AnnouncementRecord:
    """Announce something to who follows `area`, or to everybody here. Raises `Refused` with the rule that is broken.

    `speaker` is an official desk, an area, or the node itself.
    """
    if not speaker.local or speaker.kind not in OFFICIAL_KINDS:
        raise Refused(f"{speaker.handle} is no official desk of this node")
    if about is not None and not (about.visibility == "public" and about.deleted_at is None):
        raise Refused(f"{about.iri} is not a public post")
    texts = _check(wanted, now)
    row = {
        "actor_id": speaker.id,
        "area_id": None if area is None else area.actor_id,
        "post_id": None if about is None else about.id,
        "published_at": now,
        "removed_at": None,
        **_timed(wanted, now),
    }
    made = AnnouncementRecord(id=_insert(tx, row, now), **row)
    _save_texts(tx, made.id, texts)
    if made.is_in_force(now):
        note(tx, Change("announced", made.id, made.actor_id))
    _plan(tx, made, now)
    return made


def _insert(tx: sa.Connection, row: Mapping[str, Any], now: Millis) -> int:
    for _ in range(ID_TRIES):
        announcement_id = mint_id(now)
        if find(tx, announcement_id) is None:
            tx.execute(sa.insert(announcements).values(id=announcement_id, **row))
            return announcement_id
    raise Overloaded("no free id for an announcement")


def change(tx: sa.Connection, announcement_id: int, wanted: Wanted, now: Millis) -> AnnouncementRecord:
    """Let an announcement say something else, or for another time, which nobody has read yet. Raises `Refused`."""
    stored, texts = require(tx, announcement_id), _check(wanted, now)
    if stored.removed_at is not None:
        raise Refused(f"announcement {announcement_id} has been taken back")
    mine = announcements.c.id == announcement_id
    tx.execute(sa.update(announcements).where(mine).values(_timed(wanted, now)))
    for table in (announcement_texts, announcement_readers):
        tx.execute(sa.delete(table).where(table.c.announcement_id == announcement_id))
    _save_texts(tx, announcement_id, texts)
    tell(tx, announcement_id, now)
    return require(tx, announcement_id)


def take_back(tx: sa.Connection, announcement_id: int, now: Millis) -> None:
    """End an announcement now; again is harmless. Raises `NotFound`."""
    require(tx, announcement_id)
    mine = sa.and_(announcements.c.id == announcement_id, announcements.c.removed_at.is_(None))
    tx.execute(sa.update(announcements).where(mine).values(removed_at=now))
    tell(tx, announcement_id, now)


def tell(tx: sa.Connection, announcement_id: int, now: Millis) -> bool:
    """Tell who looks on live whether it is in force, and plan to do so when that changes; returns it."""
    found = require(tx, announcement_id)
    is_in_force = found.is_in_force(now)
    note(tx, Change("announced" if is_in_force else "unannounced", found.id, found.actor_id))
    _plan(tx, found, now)
    return is_in_force


def _plan(tx: sa.Connection, record: AnnouncementRecord, now: Millis) -> None:
    turns = (each for each in (record.starts_at, record.ends_at) if each is not None and each > now)
    turn = min(turns, default=None)
    if turn is not None and record.removed_at is None:
        schedule(tx, TELL, str(record.id), {}, turn, now)


def find(tx: sa.Connection, announcement_id: int) -> AnnouncementRecord | None:
    """An announcement, in force or not."""
    row = tx.execute(sa.select(*COLUMNS).where(announcements.c.id == announcement_id)).first()
    return None if row is None else AnnouncementRecord(*row)


def require(tx: sa.Connection, announcement_id: int) -> AnnouncementRecord:
    """An announcement, in force or not. Raises `NotFound`."""
    found = find(tx, announcement_id)
    if found is None:
        raise NotFound(f"there is no announcement {announcement_id}")
    return found


def texts_of(tx: sa.Connection, announcement_id: int) -> dict[str, str]:
    """What it says, by language tag."""
    mine = announcement_texts.c.announcement_id == announcement_id
    rows = tx.execute(sa.select(announcement_texts.c.tag, announcement_texts.c.source).where(mine))
    return {row.tag: row.source for row in rows}


def list_all(tx: sa.Connection, now: Millis) -> list[AnnouncementRecord]:
    """What is in force, and what is still to come, the oldest first."""
    is_ahead = sa.or_(announcements.c.ends_at.is_(None), announcements.c.ends_at > now)
    query = sa.select(*COLUMNS).where(announcements.c.removed_at.is_(None), is_ahead)
    return [AnnouncementRecord(*row) for row in tx.execute(query.order_by(announcements.c.id))]


def _check(wanted: Wanted, now: Millis) -> dict[str, str]:
    texts = {read_language(tag): clean(text).strip() for tag, text in wanted.texts.items()}
    if LANGUAGES[0] not in texts or not all(texts.values()):
        raise Refused("an announcement needs a text")
    if any(len(text) > TEXT_LENGTH for text in texts.values()):
        raise Refused(f"an announcement has at most {TEXT_LENGTH} characters")
    if wanted.ends_at is not None and wanted.ends_at <= max(now, wanted.starts_at or 0):
        raise Refused("an announcement ends after it begins, and not in the past")
    return texts


def _timed(wanted: Wanted, now: Millis) -> dict[str, Any]:
    return {
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "all_day": wanted.all_day,
        "updated_at": now,
    }


def _save_texts(tx: sa.Connection, announcement_id: int, texts: Mapping[str, str]) -> None:
    rows = [{"announcement_id": announcement_id, "tag": tag, "source": text} for tag, text in texts.items()]
    insert_all(tx, announcement_texts, rows)

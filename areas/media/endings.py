"""The end of pictures: nobody sees them from that moment, and soon they are gone; or kept from sight for a while.

A row that ends leaves the names of its files behind as debris, in one transaction; `web.jobs.media` clears it away.
"""

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from actors.jobs import schedule
from actors.records import ActorRecord
from areas.media.records import MediaRecord
from areas.media.tables import copies, debris, media
from areas.media.uploads import is_free, require_media
from areas.statements import insert_once
from areas.tables import posts
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis

PURGE: Final = "media-purge"
"""The job that removes files; one for all of them."""
BATCH: Final = 50
UNUSED_COPY_LIFE: Final = 30 * 24 * 3_600_000
"""Milliseconds until a copy of another server's picture goes that nobody looks at."""


def take_back(tx: sa.Connection, actor_id: int, media_id: int, now: Millis) -> None:
    """End a picture that nothing has. Raises `NotFound`, and `Refused` where a post has it."""
    if not _end(tx, is_free(actor_id, media_id), now):
        if require_media(tx, media_id).actor_id != actor_id:
            raise NotFound(f"there is no picture {media_id}")
        raise Refused("the picture belongs to a post or a profile; edit or delete that")


def end_post(tx: sa.Connection, post_id: int, attachments: Iterable[Iri], now: Millis) -> None:
    """The post has ended: so have its pictures, those of earlier versions and copies of them too.

    What a moderator keeps from sight is kept.
    """
    _end(tx, sa.and_(media.c.post_id == post_id, media.c.state != "quarantined"), now)
    urls = tuple(attachments)
    if urls:
        _leave(tx, copies, copies.c.url.in_(urls), now)


def end_actor(tx: sa.Connection, actor: ActorRecord, now: Millis) -> None:
    """The account is gone: so is what no post has, and how it looked. Posts bring their own to an end."""
    _end(tx, sa.and_(media.c.actor_id == actor.id, media.c.post_id.is_(None)), now)
    portraits = [url for url in (actor.icon, actor.image) if url is not None]
    if portraits:
        _leave(tx, copies, copies.c.url.in_(portraits), now)


def end_one(tx: sa.Connection, media_id: int, now: Millis) -> None:
    """Nothing needs this picture any more."""
    _end(tx, media.c.id == media_id, now)


def end_old(tx: sa.Connection, now: Millis) -> int:
    """End a batch of what was never attached, and of copies that nobody looks at; returns how many."""
    due = sa.select(media.c.id).where(media.c.kept_until <= now).order_by(media.c.kept_until).limit(BATCH)
    unused = sa.select(copies.c.url).where(copies.c.used_at < now - UNUSED_COPY_LIFE).limit(BATCH)
    ended = _end(tx, sa.and_(media.c.id.in_(due), media.c.kept_until <= now), now)
    is_unused = copies.c.used_at < now - UNUSED_COPY_LIFE
    return ended + _leave(tx, copies, sa.and_(copies.c.url.in_(unused), is_unused), now)


def _end(tx: sa.Connection, which: sa.ColumnElement[bool], now: Millis) -> int:
    return _leave(tx, media, which, now)


def _leave(tx: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool], now: Millis) -> int:
    """Delete rows, and leave the names of their files as debris; returns how many rows."""
    gone = tx.execute(sa.delete(table).where(which).returning(table.c.name, table.c.preview_name)).all()
    leave(tx, [name for row in gone for name in row], now)
    return len(gone)


def leave(tx: sa.Connection, names: Iterable[Any], now: Millis) -> None:
    """Have files removed that nothing names any more."""
    listed = list(names)
    for name in listed:
        insert_once(tx, debris, {"name": name, "since": now})
    if listed:
        plan_purge(tx, now)


def plan_purge(tx: sa.Connection, now: Millis) -> None:
    """Have debris cleared away soon."""
    schedule(tx, PURGE, "", {}, now, now)


def list_debris(tx: sa.Connection) -> tuple[str, ...]:
    """A batch of files to remove, the oldest first."""
    query = sa.select(debris.c.name).order_by(debris.c.since, debris.c.name).limit(BATCH)
    return tuple(tx.execute(query).scalars())


def clear(tx: sa.Connection, names: Iterable[str]) -> None:
    """Forget files that are removed."""
    tx.execute(sa.delete(debris).where(debris.c.name.in_(tuple(names))))


def quarantine(tx: sa.Connection, media_id: int, reason: str) -> MediaRecord:
    """Keep a picture from everybody's sight, but keep it. Raises `NotFound`, `Refused`."""
    if not reason.strip():
        raise Refused("a quarantine needs a reason")
    return _move(tx, media_id, "ready", "quarantined", reason.strip())


def release(tx: sa.Connection, media_id: int, now: Millis) -> MediaRecord:
    """Show a picture again; where its post has ended meanwhile, it ends now. Raises `NotFound`, `Refused`."""
    released = _move(tx, media_id, "quarantined", "ready", "")
    ended = sa.select(posts.c.id).where(posts.c.deleted_at.is_not(None))
    _end(tx, sa.and_(media.c.id == media_id, media.c.post_id.in_(ended)), now)
    return released


def remove(tx: sa.Connection, media_id: int, now: Millis) -> MediaRecord:
    """End a quarantined picture for good: nobody appealed, or in vain. Raises `NotFound`, `Refused`."""
    removed = _move(tx, media_id, "quarantined", "ready", "")
    end_one(tx, media_id, now)
    return removed


def _move(tx: sa.Connection, media_id: int, source: str, target: str, reason: str) -> MediaRecord:
    found = require_media(tx, media_id)
    moved = sa.update(media).where(media.c.id == media_id, media.c.state == source)
    moved = moved.values(state=target, reason=reason)
    if tx.execute(moved.returning(media.c.id)).first() is None:
        raise Refused(f"picture {media_id} is {found.state}, not {source}")
    return require_media(tx, media_id)

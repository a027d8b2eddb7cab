"""How a local actor looks: the picture beside its name, and the one at the head of its page."""

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.tables import actors
from areas.locks import lock_author
from areas.media.endings import end_one
from areas.media.records import MediaRecord
from areas.media.tables import media
from areas.media.uploads import require_media
from federation import iris
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis

_COLUMNS = {"avatar": "icon", "header": "image"}


def show(tx: sa.Connection, media_id: int, now: Millis) -> ActorRecord:
    """Let an actor look like this picture, which was uploaded for that; the one before goes.

    Raises `NotFound`, `Refused`.
    """
    record = require_media(tx, media_id)
    if record.purpose == "attachment" or record.state != "ready":
        raise Refused(f"picture {media_id} cannot be shown beside a name")
    actor = _find(tx, record.actor_id)
    _drop(tx, actor.id, record.purpose, now, but=media_id)
    tx.execute(sa.update(media).where(media.c.id == media_id).values(kept_until=None))
    return _write(tx, actor, record.purpose, record.address(iris.origin(actor.iri)), now)


def hide(tx: sa.Connection, actor_id: int, purpose: str, now: Millis) -> ActorRecord:
    """Let an actor have no such picture. Raises `NotFound`."""
    actor = _find(tx, actor_id)
    _drop(tx, actor_id, purpose, now)
    return _write(tx, actor, purpose, None, now)


def find_portrait(tx: sa.Connection, actor_id: int, purpose: str) -> MediaRecord | None:
    """The picture that an actor shows now."""
    query = sa.select(media.c.id).where(*_shown(actor_id, purpose))
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else require_media(tx, found)


def _find(tx: sa.Connection, actor_id: int) -> ActorRecord:
    lock_author(tx, actor_id)
    actor = find_actor_by_id(tx, actor_id)
    if actor is None or not actor.local or actor.gone_at is not None:
        raise NotFound("there is no such local actor")
    return actor


def _shown(actor_id: int, purpose: str) -> tuple[sa.ColumnElement[bool], ...]:
    """What is kept for good, of those that were uploaded for this."""
    return (
        media.c.actor_id == actor_id,
        media.c.purpose == purpose,
        media.c.kept_until.is_(None),
    )


def _drop(tx: sa.Connection, actor_id: int, purpose: str, now: Millis, *, but: int = 0) -> None:
    for media_id in tx.execute(sa.select(media.c.id).where(*_shown(actor_id, purpose))).scalars().all():
        if media_id != but:
            end_one(tx, media_id, now)


def _write(tx: sa.Connection, actor: ActorRecord, purpose: str, url: str | None, now: Millis) -> ActorRecord:
    values = {_COLUMNS[purpose]: url, "updated_at": max(now, actor.updated_at + 1)}
    tx.execute(sa.update(actors).where(actors.c.id == actor.id).values(**values))
    changed = find_actor_by_id(tx, actor.id)
    assert changed is not None  # it is locked
    return changed

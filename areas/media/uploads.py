"""A picture from its arrival until something has it: waiting, ready or failed, and described."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any, Final

import sqlalchemy as sa

from actors.prepared import Prepared
from areas.locks import lock_author
from areas.media.records import Details, Made, MediaRecord, Purpose
from areas.media.tables import media
from areas.statements import insert_once
from federation.errors import NotFound, Overloaded, Refused
from federation.iris import mint_id
from federation.vocabulary import Millis

DAILY: Final = 200
"""Pictures of one author in 24 hours: a photo campaign has 200 entries of all its people."""
UNUSED_LIFE: Final = 24 * 3_600_000
"""Milliseconds until what no post has goes again."""
WORK_LIFE: Final = 10 * 60_000
"""Milliseconds after which nobody is working on a picture any more: the process that was has ended."""
DESCRIPTION_LENGTH: Final = 1_500
"""Characters; as Mastodon."""
ID_TRIES: Final = 5
INTERRUPTED: Final = "the server was stopped while it read the picture; please upload it again"

MADE: Final = tuple(Made.__dataclass_fields__)
COLUMNS: Final = (
    *(media.c[name] for name in ("id", "actor_id", "purpose", "state", "reason", "post_id", "place")),
    *(media.c[name] for name in ("name", "preview_name", "created_at", "description", "focus_x", "focus_y")),
    *(media.c[name] for name in MADE),
)
_BY_ID = Prepared(sa.select(*COLUMNS).where(media.c.id == sa.bindparam("id")))


def check_details(details: Details) -> Details:
    """Return what can be stored and shown. Raises `Refused`."""
    text = (details.description or "").strip()
    if len(text) > DESCRIPTION_LENGTH:
        raise Refused(f"a description has at most {DESCRIPTION_LENGTH} characters; this one has {len(text)}")
    if "\x00" in text:
        raise Refused("a description cannot have a NUL in it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused("a description must be valid Unicode")
    if details.focus is not None and not all(-1 <= each <= 1 for each in details.focus):
        raise Refused("the focus is two numbers from -1 to 1")
    return Details(text or None, details.focus)


def expect(tx: sa.Connection, actor_id: int, purpose: Purpose, details: Details, now: Millis) -> MediaRecord:
    """Note that a picture is being read. Raises `Refused`, `NotFound` for an author who is gone, `Overloaded`."""
    details = check_details(details)
    if not lock_author(tx, actor_id):
        raise NotFound("there is no such local author")
    since = sa.select(sa.func.count()).where(
        media.c.actor_id == actor_id, media.c.created_at > now - UNUSED_LIFE
    )
    if tx.execute(since).scalar_one() >= DAILY:
        raise Refused(f"{DAILY} pictures a day can be uploaded; try again tomorrow")
    values = {
        "actor_id": actor_id,
        "purpose": purpose,
        "state": "waiting",
        "reason": "",
        "name": mint_name(),
        "preview_name": mint_name(),
        "created_at": now,
        "kept_until": now + UNUSED_LIFE,
        **details_values(details),
    }
    for _ in range(ID_TRIES):
        media_id = mint_id(now)
        if insert_once(tx, media, {"id": media_id, **values}):
            return require_media(tx, media_id)
    raise Overloaded("no free id for a picture")


def mint_name() -> str:
    """128 random bits: whoever has not been told the name does not find the picture."""
    return secrets.token_hex(16)


def details_values(details: Details) -> dict[str, object]:
    """As the row has them."""
    x, y = details.focus or (None, None)
    return {"description": details.description, "focus_x": x, "focus_y": y}


def finish(tx: sa.Connection, media_id: int, made: Made) -> MediaRecord:
    """The picture can be seen. Raises `NotFound` where it was taken back, or given up, meanwhile."""
    values = {name: getattr(made, name) for name in MADE}
    waiting = sa.update(media).where(media.c.id == media_id, media.c.state == "waiting")
    if tx.execute(waiting.values(state="ready", **values).returning(media.c.id)).first() is None:
        raise NotFound("the picture was taken back while it was read")
    return require_media(tx, media_id)


def fail(tx: sa.Connection, media_id: int, reason: str) -> None:
    """The picture could not be read; its owner is told why for a day."""
    waiting = sa.update(media).where(media.c.id == media_id, media.c.state == "waiting")
    tx.execute(waiting.values(state="failed", reason=reason))


def fail_interrupted(tx: sa.Connection, now: Millis, patience: int = WORK_LIFE) -> int:
    """Give up what nobody has worked on for so long; returns how many. Nothing of the file is left: it had no name."""
    old = sa.update(media).where(
        media.c.state == "waiting", media.c.kept_until < now - patience + UNUSED_LIFE
    )
    return tx.execute(old.values(state="failed", reason=INTERRUPTED)).rowcount


def find_media(tx: sa.Connection, media_id: int) -> MediaRecord | None:
    """Any picture of this node."""
    row = _BY_ID.first(tx, id=media_id)
    return None if row is None else to_media(row)


def require_media(tx: sa.Connection, media_id: int) -> MediaRecord:
    """A picture of this node. Raises `NotFound`."""
    found = find_media(tx, media_id)
    if found is None:
        raise NotFound(f"there is no picture {media_id}")
    return found


def find_own(tx: sa.Connection, actor_id: int, media_id: int) -> MediaRecord:
    """A picture of this actor's that no post has yet. Raises `NotFound`: it is nobody else's business."""
    found = require_media(tx, media_id)
    if found.actor_id != actor_id or found.post_id is not None:
        raise NotFound(f"there is no picture {media_id}")
    return found


def describe(tx: sa.Connection, actor_id: int, media_id: int, details: Details) -> MediaRecord:
    """Say something else of a picture that no post has yet. Raises `Refused`, `NotFound`."""
    values = details_values(check_details(details))
    tx.execute(sa.update(media).where(is_free(actor_id, media_id)).values(**values))
    return find_own(tx, actor_id, media_id)


def keep_until(tx: sa.Connection, actor_id: int, media_ids: Collection[int], until: Millis) -> None:
    """Say until when pictures of this actor's are kept that nothing has yet."""
    mine = sa.update(media).where(media.c.id.in_(media_ids), _is_unattached(actor_id))
    tx.execute(mine.values(kept_until=until))


def is_free(actor_id: int, media_id: int) -> sa.ColumnElement[bool]:
    """Whether it is this actor's picture, and nothing has it yet."""
    return sa.and_(media.c.id == media_id, _is_unattached(actor_id))


def _is_unattached(actor_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        media.c.actor_id == actor_id,
        media.c.post_id.is_(None),
        media.c.kept_until.is_not(None),
        media.c.state.in_(("waiting", "ready", "failed")),
    )


def to_media(row: Any) -> MediaRecord:
    """Turn a row of `COLUMNS` into its record."""
    found: Mapping[str, Any] = dict(zip((column.name for column in COLUMNS), row, strict=True))
    x, y = found["focus_x"], found["focus_y"]
    return MediaRecord(
        **{
            name: found[name] for name in ("id", "actor_id", "purpose", "state", "reason", "post_id", "place")
        },
        **{name: found[name] for name in ("name", "preview_name", "created_at")},
        details=Details(found["description"], None if x is None or y is None else (x, y)),
        made=None if found["size"] is None else Made(**{name: found[name] for name in MADE}),
    )

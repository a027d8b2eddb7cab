"""Pictures in posts: how they get there, stay for as long as the post, and how a post remembers them.

`posts.attachments` has all that a reader needs, of our pictures and of those of others, in one form.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from areas.media.records import MediaRecord
from areas.media.tables import media
from areas.media.uploads import COLUMNS, UNUSED_LIFE, check_details, details_values, to_media
from areas.records import PostRecord, Revision
from federation.errors import Refused
from federation.vocabulary import Attachment, Iri, Millis

MOST: Final = 4
"""Of one post; as Mastodon, whose apps offer no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What hangs on a post. Our own pictures have a preview of ours; an `id` is only unique within its post."""

    id: int
    type: str
    url: Iri
    media_type: str | None
    name: str | None
    width: int | None
    height: int | None
    blurhash: str | None
    focus: tuple[float, float] | None
    preview_url: Iri | None = None
    preview_width: int | None = None
    preview_height: int | None = None

    @property
    def is_picture(self) -> bool:
        """Whether it says that it is one."""
        if self.media_type is None:
            return self.type == "Image"
        return self.media_type.startswith("image/")


def choose(tx: sa.Connection, actor_id: int, ids: Sequence[int]) -> tuple[MediaRecord, ...]:
    """The author's own pictures for a post, in the order asked for. Raises `Refused`. With the author's lock."""
    if len(set(ids)) > MOST:
        raise Refused(f"a post has at most {MOST} pictures")
    order = tuple(dict.fromkeys(ids))
    if not order:
        return ()
    query = sa.select(*COLUMNS).where(
        media.c.id.in_(order), media.c.actor_id == actor_id, media.c.purpose == "attachment"
    )
    found = {each.id: each for each in map(to_media, tx.execute(query.with_for_update()))}
    return tuple(_check(found.get(media_id), media_id) for media_id in order)


def _check(found: MediaRecord | None, media_id: int) -> MediaRecord:
    if found is None or found.state == "quarantined":
        raise Refused(f"there is no picture {media_id} of yours")
    if found.state == "failed":
        raise Refused(f"picture {media_id} cannot be used: {found.reason}")
    if found.state == "waiting":
        raise Refused(f"picture {media_id} is still being read; try again in a moment")
    return found


def attach(tx: sa.Connection, post_id: int, chosen: Sequence[MediaRecord]) -> None:
    """Let a post have pictures, in this order; those that it had before stay with it, out of sight of readers.

    Raises `Refused` for one that another post has.
    """
    tx.execute(sa.update(media).where(media.c.post_id == post_id).values(place=None))
    for place, each in enumerate(chosen):
        is_free = sa.or_(media.c.post_id.is_(None), media.c.post_id == post_id)
        taken = sa.update(media).where(media.c.id == each.id, media.c.state == "ready", is_free)
        values = {"post_id": post_id, "place": place, "kept_until": None}
        if tx.execute(taken.values(**values).returning(media.c.id)).first() is None:
            raise Refused(f"picture {each.id} belongs to another post")


def rearrange(tx: sa.Connection, post: PostRecord, revision: Revision) -> tuple[MediaRecord, ...]:
    """What a local post shows from now on, and what is said of it. Raises `Refused`. With the author's lock."""
    if revision.media_ids is not None:
        attach(tx, post.id, choose(tx, post.actor_id, revision.media_ids))
    shown = {each.id for each in pictures_of(tx, post.id)}
    for media_id, details in revision.media_details:
        if media_id not in shown:
            raise Refused(f"the post has no picture {media_id}")
        values = details_values(check_details(details))
        tx.execute(sa.update(media).where(media.c.id == media_id).values(**values))
    return pictures_of(tx, post.id)


def reserve(tx: sa.Connection, actor_id: int, ids: Sequence[int], due_at: Millis) -> None:
    """Keep pictures that no post has yet until a draft with them is due, and a while longer."""
    waiting = sa.and_(media.c.id.in_(ids), media.c.actor_id == actor_id, media.c.post_id.is_(None))
    if ids:
        tx.execute(sa.update(media).where(waiting).values(kept_until=due_at + UNUSED_LIFE))


def detach(tx: sa.Connection, post_id: int, now: Millis) -> None:
    """Let a post's pictures be used again for a while: its author writes it anew."""
    shown = sa.and_(media.c.post_id == post_id, media.c.place.is_not(None), media.c.state == "ready")
    values = {"post_id": None, "place": None, "kept_until": now + UNUSED_LIFE}
    tx.execute(sa.update(media).where(shown).values(values))


def pictures_of(tx: sa.Connection, post_id: int) -> tuple[MediaRecord, ...]:
    """What a local post shows now, in order."""
    query = sa.select(*COLUMNS).where(media.c.post_id == post_id, media.c.place.is_not(None))
    return tuple(map(to_media, tx.execute(query.order_by(media.c.place))))


def write(chosen: Sequence[MediaRecord], origin: str) -> str:
    """What the post remembers of its pictures, which are served on `origin`."""
    return json.dumps([_describe(each, origin) for each in chosen], ensure_ascii=False)


def _describe(record: MediaRecord, origin: str) -> dict[str, Any]:
    made = record.made
    assert made is not None  # of what is ready
    return asdict(
        Attached(
            id=record.id,
            type="Document",
            url=record.address(origin),
            media_type=made.media_type,
            name=record.details.description,
            width=made.width,
            height=made.height,
            blurhash=made.blurhash,
            focus=record.details.focus,
            preview_url=record.preview_address(origin),
            preview_width=made.preview_width,
            preview_height=made.preview_height,
        )
    )


def read(post: PostRecord) -> tuple[Attached, ...]:
    """What hangs on a post: on most nothing."""
    if post.attachments == "[]":
        return ()
    return tuple(_read(each, post.id + place) for place, each in enumerate(json.loads(post.attachments)))


def _read(found: dict[str, Any], number: int) -> Attached:
    known: dict[str, Any] = {name: found.get(name) for name in Attached.__dataclass_fields__}
    known["id"] = found.get("id") or number
    known["focus"] = tuple(found["focus"]) if found.get("focus") else None
    return Attached(**known)


def to_wire(attached: Attached) -> Attachment:
    """As other servers are told."""
    names = (name for name in Attachment.__dataclass_fields__)
    return Attachment(**{name: getattr(attached, name) for name in names})

"""The boost of a post by an area: its ids, what is sent in each dialect, and taking it back.

One live boost per (area, post), held by a unique constraint. The id is a pure function of area, object and
generation, because GoToSocial, Takahē and Misskey tell boosts apart by the id alone; the generation rises only
when a boost that was taken back is made again.
"""

import hashlib
from dataclasses import dataclass, replace

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.records import ActorRecord, Dialect
from actors.servers import find_dialect
from areas import creates, rereads, threads
from areas.categories import categorise
from areas.personal_tables import pins
from areas.records import AreaRecord, PostRecord
from areas.tables import boosts
from federation import rendering
from federation.vocabulary import Iri, Millis
from outbox.lookups import has_subscribers
from outbox.publish import append
from outbox.records import Entry, EntryDialect, Lane

_GENERATION = sa.select(sa.func.count()).where(
    boosts.c.area_id == sa.bindparam("area"), boosts.c.post_id == sa.bindparam("post")
)
_COLUMNS = (
    boosts.c.iri,
    boosts.c.area_id,
    boosts.c.post_id,
    boosts.c.generation,
    boosts.c.log_id,
    boosts.c.wrap_log_id,
    boosts.c.told,
    boosts.c.created_at,
)
_LIVE = (
    sa.select(*_COLUMNS)
    .where(boosts.c.post_id == sa.bindparam("post"), boosts.c.undone_at.is_(None))
    .order_by(boosts.c.created_at, boosts.c.log_id)
)
_INSERT = Prepared(sa.insert(boosts), tuple(column.name for column in boosts.c if column.name != "undone_at"))


@dataclass(frozen=True, slots=True)
class Voices:
    """Who speaks of what: the area, about a post of this author, in the lane of its thread."""

    area: AreaRecord
    author: ActorRecord
    lane: Lane


@dataclass(frozen=True, slots=True)
class LiveBoost:
    """A boost that stands. `told` is the dialect in which the author's own server heard of it."""

    iri: Iri
    area_id: int
    post_id: int
    generation: int
    log_id: int
    wrap_log_id: int | None
    told: Dialect | None
    created_at: Millis


def boost_iri(area: AreaRecord, object_iri: Iri, generation: int) -> Iri:
    """`{area}/boosts/{hash}-{generation}`."""
    return Iri(f"{area.iri}/boosts/{digest(object_iri.encode())}-{generation}")


def wrap_iri(area: AreaRecord, object_iri: Iri, generation: int = 0) -> Iri:
    """`{area}/activities/{hash}-{generation}` of the Announce that carries the object's whole Create."""
    return Iri(f"{area.iri}/activities/{digest(object_iri.encode())}-{generation}")


def digest(text: bytes) -> str:
    """Twelve bytes in hexadecimal, for the ids of what an area says."""
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def speak(tx: sa.Connection, area: AreaRecord, post: PostRecord, author: ActorRecord) -> Voices:
    """The voices for a post."""
    return Voices(area, author, threads.find_lane(tx, post, author))


def live_boosts(tx: sa.Connection, post_id: int) -> list[LiveBoost]:
    """The boosts of a post that stand, one per area at most, the oldest first."""
    return [LiveBoost(*row) for row in tx.execute(_LIVE, {"post": post_id})]


def boost(
    tx: sa.Connection, voices: Voices, post: PostRecord, now: Millis, *, again: bool = False
) -> LiveBoost:
    """Announce `post` to everyone who follows the area, in the dialect of each, and to the author's server.

    The caller has just moved the placement, and so is alone in doing this. `again`: it was boosted before.
    """
    area = voices.area
    counted = {"area": area.actor_id, "post": post.id}
    generation = tx.execute(_GENERATION, counted).scalar_one() if again else 0
    dialect = _find_dialect(tx, voices.author)
    wrap_id = _wrap(tx, voices, post, wrap_iri(area, post.iri, generation), dialect, now)
    to_author = dialect == "object"
    recipients = (voices.author.id,) if to_author else ()
    announced = _announce(voices, post, boost_iri(area, post.iri, generation), now, _form(wrap_id))
    log_id = append(tx, replace(announced, recipients=recipients), now)
    told = dialect if to_author or wrap_id is not None else None
    made = LiveBoost(announced.iri, area.actor_id, post.id, generation, log_id, wrap_id, told, now)
    _INSERT.run(tx, **{name: getattr(made, name) for name in LiveBoost.__dataclass_fields__})
    if not post.local:
        rereads.schedule_first(tx, post, now)
    return made


def _find_dialect(tx: sa.Connection, author: ActorRecord) -> Dialect | None:
    """In which dialect the author's own server is told; None for a local author."""
    if author.server_id is None:
        return None
    return find_dialect(tx, author.server_id)


def _form(wrap_id: int | None) -> EntryDialect:
    """Who gets the boost by the id alone: where nothing is wrapped, everyone.

    A server may be found to speak the activity dialect after this is written and before it is delivered.
    """
    return "both" if wrap_id is None else "object"


def _announce(voices: Voices, post: PostRecord, iri: Iri, now: Millis, dialect: EntryDialect) -> Entry:
    """The id alone."""
    area = voices.area
    document = rendering.announce(
        iri,
        actor=area.iri,
        object_iri=post.iri,
        published=now,
        followers=area.followers,
        author=voices.author.iri,
    )
    return say(voices, post, iri, "Announce", document, dialect)


def _wrap(
    tx: sa.Connection, voices: Voices, post: PostRecord, iri: Iri, dialect: Dialect | None, now: Millis
) -> int | None:
    """Activity dialect (FEP-1b12): the author's activity, byte for byte. None where nobody would read it."""
    to_author = dialect == "activity"
    if not to_author and not has_subscribers(tx, voices.area.actor_id, "activity"):
        return None
    activity = creates.find_activity(tx, post)
    if activity is None:
        return None
    entry = carry(voices, post, iri, activity, now, category=categorise(tx, voices.author, post))
    return append(tx, replace(entry, recipients=(voices.author.id,) if to_author else ()), now)


def carry(
    voices: Voices, post: PostRecord, iri: Iri, activity: bytes, now: Millis, *, category: str | None = None
) -> Entry:
    """An Announce of a whole activity, for the followers who read that."""
    area = voices.area
    body = rendering.wrap(
        iri, actor=area.iri, followers=area.followers, inner=activity, published=now, category=category
    )
    return say(voices, post, iri, "Announce", body, "activity")


def say(
    voices: Voices,
    post: PostRecord,
    iri: Iri,
    kind: str,
    body: "bytes | dict[str, object]",
    dialect: EntryDialect,
    recipients: tuple[int, ...] = (),
) -> Entry:
    """Something that the area tells its followers about a post, and recipients beside them."""
    return Entry(
        iri=iri,
        actor_id=voices.area.actor_id,
        type=kind,
        body=body,
        thread=threads.thread_key(post),
        dialect=dialect,
        lane=voices.lane,
        audience_id=voices.area.actor_id,
        object_iri=post.iri,
        recipients=recipients,
    )


def undo(
    tx: sa.Connection, voices: Voices, post: PostRecord, live: LiveBoost, now: Millis, *, removal: bytes
) -> None:
    """Take a boost back, from everyone who got it, in the dialect in which each got it.

    `removal` is the Delete that the activity dialect carries.
    """
    marked = sa.update(boosts).where(
        boosts.c.post_id == live.post_id, boosts.c.area_id == live.area_id, boosts.c.undone_at.is_(None)
    )
    if not tx.execute(marked.values(undone_at=now)).rowcount:
        return
    # What has left an area does not stand first in it.
    tx.execute(sa.delete(pins).where(pins.c.actor_id == live.area_id, pins.c.post_id == live.post_id))
    author = (voices.author.id,)
    taken_back = unannounce(voices, post, live.iri, _form(live.wrap_log_id))
    entry = replace(taken_back, concerns_id=live.log_id, cancels=True)
    append(tx, replace(entry, recipients=author if live.told == "object" else ()), now)
    if live.wrap_log_id is not None:
        iri = change_iri(voices.area, removal)
        carried = carry(voices, post, iri, removal, now)
        to = author if live.told == "activity" else ()
        append(tx, replace(carried, concerns_id=live.wrap_log_id, cancels=True, recipients=to), now)


def unannounce(voices: Voices, post: PostRecord, boost: Iri, dialect: EntryDialect = "object") -> Entry:
    """`Undo` of the area's boost of a post, to whom it went; recipients beside the followers are the caller's."""
    area = voices.area
    iri = Iri(f"{boost}/undo")
    document = rendering.undo_announce(
        iri,
        actor=area.iri,
        announce=boost,
        object_iri=post.iri,
        followers=area.followers,
        author=voices.author.iri,
    )
    return say(voices, post, iri, "Undo", document, dialect)


def change_iri(area: AreaRecord, activity: bytes) -> Iri:
    """`{area}/activities/{hash}` of the Announce that carries an edit or a deletion."""
    return Iri(f"{area.iri}/activities/{digest(activity)}")

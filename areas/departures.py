"""A local actor moves to another server, or takes that back; and says who else it is (`alsoKnownAs`, FEP-7628).

Others are told of each change by its new document (`web.profiles`); of a move also by a `Move`.
"""

import json
from typing import Any, Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.moves import OWN_PAUSE, is_settling, require_here
from actors.records import ActorRecord
from actors.tables import actors
from areas.locks import lock_author
from federation import rendering
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry

MOST_ALIASES: Final = 10
_DAY: Final = 86_400_000


def add_alias(tx: sa.Connection, actor_id: int, other: ActorRecord, now: Millis) -> ActorRecord:
    """Say that `other` is the same one: only then may it move here. Again changes nothing. Raises `Refused`."""
    actor = _require(tx, actor_id)
    if other.id == actor.id:
        raise Refused("an account is no other name of itself")
    if (other.type == "Group") is not (actor.type == "Group"):
        raise Refused(f"@{other.handle} is a {other.type}, and @{actor.handle} a {actor.type}")
    if other.iri in actor.also_known_as:
        return actor
    if len(actor.also_known_as) >= MOST_ALIASES:
        raise Refused(f"an account has at most {MOST_ALIASES} other names")
    return _change(tx, actor, {"also_known_as": json.dumps((*actor.also_known_as, other.iri))}, now)


def drop_alias(tx: sa.Connection, actor_id: int, iri: Iri, now: Millis) -> ActorRecord:
    """Say no more that this is the same one; who has moved here before stays. Raises `NotFound`."""
    actor = _require(tx, actor_id)
    if iri not in actor.also_known_as:
        raise NotFound(f"{iri} is no other name of @{actor.handle}")
    kept = [each for each in actor.also_known_as if each != iri]
    return _change(tx, actor, {"also_known_as": json.dumps(kept)}, now)


def depart(tx: sa.Connection, actor_id: int, place: ActorRecord, now: Millis) -> ActorRecord:
    """Let an actor be at `place` from now, whose document was just read. Raises `Refused` with what is missing."""
    actor = _require(tx, actor_id)
    require_here(actor)
    if is_settling(actor, now, OWN_PAUSE):
        days = -(-(OWN_PAUSE - (now - (actor.moved_at or now))) // _DAY)
        raise Refused(f"@{actor.handle} has moved lately; it can move again in {days} days")
    _check_place(actor, place)
    return _change(tx, actor, {"moved_to": place.iri, "moved_at": now}, now)


def _check_place(actor: ActorRecord, place: ActorRecord) -> None:
    if place.id == actor.id:
        raise Refused("nobody moves to where they are")
    if (place.type == "Group") is not (actor.type == "Group"):
        raise Refused(f"@{place.handle} is a {place.type}, and @{actor.handle} a {actor.type}")
    if place.standing == "suspended" or place.gone_at is not None:
        raise Refused(f"@{place.handle} is suspended here, or gone")
    if place.moved_to is not None:
        raise Refused(f"@{place.handle} has itself moved, to {place.moved_to}")
    if actor.iri not in place.also_known_as:
        raise Refused(f"@{place.handle} does not name {actor.iri} as its other name (alsoKnownAs) yet")


def come_back(tx: sa.Connection, actor_id: int, now: Millis) -> ActorRecord:
    """Let an actor that has moved be here again; whoever has followed it away stays there. Raises `Refused`."""
    actor = _require(tx, actor_id)
    if actor.moved_to is None:
        raise Refused(f"@{actor.handle} has not moved")
    return _change(tx, actor, {"moved_to": None}, now)


def announce(tx: sa.Connection, actor: ActorRecord, place: ActorRecord, now: Millis) -> None:
    """Send the `Move` to whoever follows, in both dialects, and to `place`: servers that understand it follow there."""
    assert actor.followers is not None  # it is local
    iri = Iri(f"{actor.iri}/activities/move-{actor.moved_at}")
    entry = Entry(
        iri=iri,
        actor_id=actor.id,
        type="Move",
        body=rendering.move(iri, actor=actor.iri, target=place.iri, followers=actor.followers),
        thread=actor.iri,
        audience_id=actor.id,
        recipients=() if place.local else (place.id,),
        object_iri=actor.iri,
    )
    append(tx, entry, now)


def _require(tx: sa.Connection, actor_id: int) -> ActorRecord:
    actor = find_actor_by_id(tx, actor_id)
    if actor is None or not actor.local or actor.gone_at is not None or not lock_author(tx, actor_id):
        raise NotFound("there is no such local actor")
    if actor.kind in {"node", "desk"}:
        raise Refused(f"@{actor.handle} belongs to this node, and stays")
    return actor


def _change(tx: sa.Connection, actor: ActorRecord, values: dict[str, Any], now: Millis) -> ActorRecord:
    later = max(now, Millis(actor.updated_at + 1))
    statement = sa.update(actors).where(actors.c.id == actor.id).values(**values, updated_at=later)
    tx.execute(statement)
    return _require(tx, actor.id)

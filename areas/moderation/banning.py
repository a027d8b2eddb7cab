"""Shutting somebody out of an area: no follow, no post, no reply that is passed on; for a time, or for good.

Her own server is told in its dialect. `Block` by the area itself makes microblog servers end the follow; servers
of the activity dialect read a ban as an act of the desk with the area as its target (FEP-1b12). Posts are taken out
one by one by whoever bans (`areas.clearing`): nobody else can be trusted to do so.
"""

from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.jobs import schedule
from actors.records import ActorRecord
from actors.servers import find_dialect
from actors.statements import insert_into
from areas import registry
from areas.interactions import requests, shutting
from areas.moderation import desk
from areas.records import AreaRecord
from areas.tables import bans
from federation import rendering
from federation.errors import NotFound, Refused
from federation.rendering import Document
from federation.vocabulary import PUBLIC, Millis

LIFT: Final = "lift-ban"
"""The job that ends a ban in time; the key is `area:actor`."""


def ban(
    tx: sa.Connection,
    area: AreaRecord,
    target: ActorRecord,
    *,
    reason: str,
    until: Millis | None,
    now: Millis,
) -> None:
    """Shut `target` out. Again = for another reason, or until another time. Raises `Refused`."""
    _check(tx, area, target, until, now)
    values = {"reason": reason, "until": until, "created_at": now}
    statement = insert_into(tx, bans).values(area_id=area.actor_id, actor_id=target.id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["area_id", "actor_id"], set_=values))
    group = desk.group_of(tx, area)
    if _reads_blocks(tx, target):
        shutting.block(tx, group, target, now)
    else:
        requests.remove_follower(tx, group, target, now)
    _announce(tx, area, target, _describe(tx, area, target, reason, until, now), now)
    if until is not None:
        schedule(tx, LIFT, f"{area.actor_id}:{target.id}", {}, until, now)


def _check(
    tx: sa.Connection, area: AreaRecord, target: ActorRecord, until: Millis | None, now: Millis
) -> None:
    if target.kind in {"node", "area"} or target.id == area.desk_id:
        raise Refused(f"{target.handle} is a part of this node")
    if registry.may_moderate(tx, target.id, area.actor_id, now):
        raise Refused(f"{target.handle} moderates {area.handle}: take the role away first")
    if until is not None and until <= now:
        raise Refused("a ban ends in the future")


def lift_ban(tx: sa.Connection, area: AreaRecord, target: ActorRecord, now: Millis) -> None:
    """Let somebody in again; who wants to follow asks anew. Raises `NotFound` where there is no ban."""
    statement = sa.delete(bans).where(bans.c.area_id == area.actor_id, bans.c.actor_id == target.id)
    row = tx.execute(statement.returning(*bans.c)).one_or_none()
    if row is None:
        raise NotFound(f"{target.handle} is not banned from {area.handle}")
    shutting.unblock(tx, desk.group_of(tx, area), target, now)
    speaker = registry.desk_of(tx, area)
    banned = _describe(tx, area, target, row.reason, row.until, row.created_at)
    iri = desk.act_iri(speaker, "unban", target.id, now)
    act = rendering.undo(iri, banned, actor=speaker.iri, to=(PUBLIC,), cc=(area.iri,), audience=area.iri)
    _announce(tx, area, target, act, now)


def lift_due(tx: sa.Connection, area_id: int, actor_id: int, now: Millis) -> bool:
    """End a ban whose time is over. False = it was lifted before, or goes on longer: then it is looked at again."""
    query = sa.select(bans.c.until).where(bans.c.area_id == area_id, bans.c.actor_id == actor_id)
    row = tx.execute(query).one_or_none()
    if row is None or row.until is None:
        return False
    if row.until > now:
        schedule(tx, LIFT, f"{area_id}:{actor_id}", {}, row.until, now)
        return False
    area, target = registry.find_area(tx, area_id), find_actor_by_id(tx, actor_id)
    assert area is not None  # foreign keys hold both
    assert target is not None
    lift_ban(tx, area, target, now)
    return True


def _reads_blocks(tx: sa.Connection, target: ActorRecord) -> bool:
    return target.server_id is not None and find_dialect(tx, target.server_id) == "object"


def _describe(
    tx: sa.Connection, area: AreaRecord, target: ActorRecord, reason: str, until: Millis | None, at: Millis
) -> Document:
    speaker = registry.desk_of(tx, area)
    return rendering.block(
        desk.act_iri(speaker, "ban", target.id, at),
        actor=speaker.iri,
        object_iri=target.iri,
        to=(PUBLIC,),
        cc=(area.iri,),
        target=area.iri,
        summary=reason or None,
        until=until,
    )


def _announce(tx: sa.Connection, area: AreaRecord, target: ActorRecord, act: Document, now: Millis) -> None:
    """Followers hear of it, and the server of whom it is about: it may have none."""
    is_told = target.server_id is not None and not _reads_blocks(tx, target)
    thread = f"follow:{area.actor_id}:{target.id}"
    desk.announce(
        tx, area, act, now, thread=thread, about=target.iri, recipients=(target.id,) if is_told else ()
    )

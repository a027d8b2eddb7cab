"""Shutting others out: blocks, mutes, and whole hosts."""

import sqlalchemy as sa

from actors import standing
from actors.jobs import schedule
from actors.records import ActorRecord
from actors.statements import insert_into
from actors.tables import actors, domain_blocks, mutes
from actors.tables import follows as follow_table
from areas.interactions import requests
from areas.interactions.follows import unfollow
from areas.interactions.saying import mint_iri, to_entry
from areas.notifications import forget_from
from areas.reading.statuses import find_actors
from areas.statements import insert_once
from federation import iris, rendering
from federation.errors import MalformedDocument, Refused
from federation.vocabulary import Iri, Millis
from outbox.publish import append

PART = "part"
"""The job that ends follows between an actor and a host that it has blocked; the key is `actor:host`."""
PARTED_AT_ONCE = 25
"""Follows that end in one transaction: each is an entry of the log, and others wait."""


def block(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, now: Millis) -> None:
    """Shut somebody out: neither follows the other any more. A remote one's server is told. Raises `Refused`."""
    if actor.id == target.id:
        raise Refused("nobody can block themselves")
    _part(tx, actor, target, now)
    forget_from(tx, actor.id, target.id)
    earlier = standing.find_block(tx, actor_id=actor.id, target_id=target.id)
    if earlier is not None:
        return
    iri = mint_iri(actor, "block", now)
    standing.block_actor(tx, iri=iri, actor_id=actor.id, target_id=target.id, now=now)
    if not target.local:
        document = rendering.block(iri, actor=actor.iri, object_iri=target.iri, to=(target.iri,))
        thread = f"follow:{actor.id}:{target.id}"
        append(tx, to_entry(actor, target, iri=iri, kind="Block", document=document, thread=thread), now)


def _part(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, now: Millis) -> None:
    unfollow(tx, actor, target, now)
    requests.remove_follower(tx, actor, target, now)


def unblock(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, now: Millis) -> bool:
    """Let somebody in again. False = there was no block."""
    ended = standing.unblock_actor(tx, actor_id=actor.id, target_id=target.id)
    if ended is None:
        return False
    if not target.local:
        blocked = rendering.block(ended.iri, actor=actor.iri, object_iri=target.iri, to=(target.iri,))
        iri = Iri(f"{ended.iri}-undo")
        document = rendering.undo(iri, blocked, actor=actor.iri, to=(target.iri,))
        thread = f"follow:{actor.id}:{target.id}"
        append(tx, to_entry(actor, target, iri=iri, kind="Undo", document=document, thread=thread), now)
    return True


def mute(
    tx: sa.Connection,
    actor: ActorRecord,
    target: ActorRecord,
    now: Millis,
    *,
    notifications: bool = True,
    milliseconds: int = 0,
) -> None:
    """See no more of somebody, who does not hear of it; for a time, or for good (0). Raises `Refused`."""
    if actor.id == target.id:
        raise Refused("nobody can mute themselves")
    if milliseconds < 0:
        raise Refused("a mute does not end before it begins")
    until = now + milliseconds if milliseconds else None
    values = {"notifications": notifications, "until": until, "created_at": now}
    statement = insert_into(tx, mutes).values(actor_id=actor.id, target_id=target.id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id", "target_id"], set_=values))


def unmute(tx: sa.Connection, actor: ActorRecord, target: ActorRecord) -> bool:
    """See somebody again. False = she was not muted."""
    mine = sa.delete(mutes).where(mutes.c.actor_id == actor.id, mutes.c.target_id == target.id)
    return bool(tx.execute(mine).rowcount)


def block_host(tx: sa.Connection, actor: ActorRecord, host: str, now: Millis) -> str:
    """See nothing of anybody on a host, and end what follows there are between it and the actor, soon.

    Returns the host in canonical form. Raises `Refused` for what is no host name, and for one of ours.
    """
    name = _read_host(host)
    if name == actor.host:
        raise Refused(f"{name} is where you live")
    row = {"actor_id": actor.id, "host": name, "created_at": now}
    if insert_once(tx, domain_blocks, row):
        schedule(tx, PART, f"{actor.id}:{name}", {"actor": actor.id, "host": name}, now, now)
    return name


def unblock_host(tx: sa.Connection, actor: ActorRecord, host: str) -> bool:
    """See it again; follows stay ended. False = it was not blocked. Raises `Refused` for what is no host name."""
    name = _read_host(host)
    mine = sa.delete(domain_blocks).where(domain_blocks.c.actor_id == actor.id, domain_blocks.c.host == name)
    return bool(tx.execute(mine).rowcount)


def _read_host(host: str) -> str:
    try:
        return iris.host(f"https://{host.strip()}")
    except MalformedDocument as error:
        raise Refused(f"{host[:100]!r} is no host name") from error


def part_from_host(tx: sa.Connection, actor: ActorRecord, host: str, now: Millis) -> bool:
    """End a batch of follows between an actor and a host that it blocks. True = there may be more."""
    blocked = sa.select(domain_blocks.c.host).where(
        domain_blocks.c.actor_id == actor.id, domain_blocks.c.host == host
    )
    if tx.execute(blocked).first() is None:
        return False
    there = sa.or_(
        sa.and_(follow_table.c.follower_id == actor.id, follow_table.c.target_id == actors.c.id),
        sa.and_(follow_table.c.target_id == actor.id, follow_table.c.follower_id == actors.c.id),
    )
    query = sa.select(actors.c.id).join(follow_table, there).where(actors.c.host == host).distinct()
    found = list(tx.execute(query.limit(PARTED_AT_ONCE)).scalars())
    for other in find_actors(tx, found).values():
        _part(tx, actor, other, now)
    return len(found) == PARTED_AT_ONCE

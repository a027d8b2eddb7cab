"""Moves of our actors, as pages and commands ask for them: whom a name means, the change, and who is told."""

from typing import Final

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import departures
from federation.errors import Refused
from federation.iris import identify
from federation.vocabulary import Iri, Millis
from inbox.jobs.plans import plan_move
from web import profiles
from web.node import Node

NEVER: Final = -1
"""Milliseconds that what is stored of a place counts as fresh: it is read again, as others will read it."""


async def find_place(node: Node, text: str) -> ActorRecord:
    """Read the actor that is meant by `@name@host` or an address, from its own server, as it is now.

    Raises `Refused` for what is neither, and a `RemoteFault` where its server does not say.
    """
    typed = text.strip()
    if typed.startswith(("https://", "http://")):
        return await node.directory.actor(identify(typed), max_age=NEVER, fresh=True)
    name, _, host = typed.lstrip("@").partition("@")
    if not name or not host:
        raise Refused(f"{typed[:100]!r} is not a handle: it looks like @name@host")
    known = await node.directory.actor_by_handle(name, host)
    return await node.directory.actor(known.iri, max_age=NEVER, fresh=True)


def add_alias(tx: sa.Connection, actor_id: int, other: ActorRecord, now: Millis) -> ActorRecord:
    """Let an actor be known as another too, and tell who follows. Raises `Refused`."""
    return profiles.change(tx, actor_id, lambda inner: departures.add_alias(inner, actor_id, other, now), now)


def drop_alias(tx: sa.Connection, actor_id: int, iri: Iri, now: Millis) -> ActorRecord:
    """Let it be known so no more. Raises `NotFound`."""
    return profiles.change(tx, actor_id, lambda inner: departures.drop_alias(inner, actor_id, iri, now), now)


def move(tx: sa.Connection, actor_id: int, place: ActorRecord, now: Millis) -> ActorRecord:
    """Move an actor to `place`: its document says so first, then a `Move`; who follows here goes along by a job."""
    moved = profiles.change(tx, actor_id, lambda inner: departures.depart(inner, actor_id, place, now), now)
    departures.announce(tx, moved, place, now)
    plan_move(tx, moved.iri, place.iri, now)
    return moved


def come_back(tx: sa.Connection, actor_id: int, now: Millis) -> ActorRecord:
    """Take a move back, as far as that can be done. Raises `Refused`."""
    return profiles.change(tx, actor_id, lambda inner: departures.come_back(inner, actor_id, now), now)

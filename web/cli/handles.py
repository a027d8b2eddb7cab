"""Who is meant by a name on the command line: local ones are found, others are fetched where they live."""

import sqlalchemy as sa

from actors.directory import find_by_handle, find_local
from actors.origins import find_origins
from actors.records import ActorRecord
from areas import posts, registry
from areas.records import AreaRecord, PostRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri
from web.node import Node

LONGEST_NUMBER = 19
"""Digits of an id of 63 bits; more would not fit into the column."""


def find_named_actor(tx: sa.Connection, name: str) -> ActorRecord:
    """A local actor by `name` or `name@host`."""
    username, _, host = name.lstrip("@").partition("@")
    hosts = [host] if host else [origin.host for origin in find_origins(tx)]
    for candidate in hosts:
        found = find_local(tx, username, candidate)
        if found is not None:
            return found
    raise NotFound(f"there is no local actor {name}")


def find_anyone(tx: sa.Connection, name: str) -> ActorRecord:
    """Whoever is known here by `name` or `name@host`, local or not. Raises `NotFound`."""
    username, _, host = name.lstrip("@").partition("@")
    found = find_by_handle(tx, username, host) if host else None
    return found or find_named_actor(tx, name)


def find_named_area(tx: sa.Connection, name: str) -> AreaRecord:
    """An area of this node by `name` or `name@host`."""
    username, _, host = name.lstrip("@").partition("@")
    found = registry.find_area_by_name(tx, username, host or None)
    if found is None:
        raise NotFound(f"there is no area {name}")
    return found


def find_named_post(tx: sa.Connection, name: str) -> PostRecord:
    """A post that is stored here, by its number or its address. Raises `NotFound`."""
    is_number = name.isascii() and name.isdecimal() and len(name) < LONGEST_NUMBER
    found = posts.find_post_by_id(tx, int(name)) if is_number else posts.find_post(tx, Iri(name))
    if found is None or found.deleted_at is not None:
        raise NotFound(f"there is no post {name}")
    return found


async def resolve(node: Node, handle: str) -> ActorRecord:
    """Find or fetch the actor of `@name@host`. Raises `Refused`, or a `RemoteFault` when it cannot be reached."""
    name, _, host = handle.lstrip("@").partition("@")
    if not name or not host:
        raise Refused(f"{handle!r} is not a handle: it looks like @name@host")
    known = await node.database.read(find_by_handle, name, host)
    return known or await node.directory.actor_by_handle(name, host)

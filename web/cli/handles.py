"""Who is meant by a name on the command line: local ones are found, others are fetched where they live."""

import sqlalchemy as sa

from actors.directory import find_by_handle, find_local
from actors.origins import find_origins
from actors.records import ActorRecord
from federation.errors import NotFound, Refused
from web.node import Node


def find_named_actor(tx: sa.Connection, name: str) -> ActorRecord:
    """A local actor by `name` or `name@host`."""
    username, _, host = name.lstrip("@").partition("@")
    hosts = [host] if host else [origin.host for origin in find_origins(tx)]
    for candidate in hosts:
        found = find_local(tx, username, candidate)
        if found is not None:
            return found
    raise NotFound(f"there is no local actor {name}")


async def resolve(node: Node, handle: str) -> ActorRecord:
    """Find or fetch the actor of `@name@host`. Raises `Refused`, or a `RemoteFault` when it cannot be reached."""
    name, _, host = handle.lstrip("@").partition("@")
    if not name or not host:
        raise Refused(f"{handle!r} is not a handle: it looks like @name@host")
    known = await node.database.read(find_by_handle, name, host)
    return known or await node.directory.actor_by_handle(name, host)

"""Commands of a local actor towards others: follow, unfollow."""

from actors.directory import find_by_handle
from actors.records import ActorRecord
from areas import interactions
from federation.errors import Refused
from web.cli.areas import find_named_actor
from web.cli.reports import Report
from web.node import Node


async def follow(node: Node, *, name: str, target: str) -> Report:
    """Let a local actor follow anyone: `@area@host` or `@person@host`."""
    other = await resolve(node, target)
    actor = await node.database.read(find_named_actor, name)
    record = await node.database.write(interactions.follow, actor, other, node.clock())
    node.worker.nudge()
    return Report(
        (f"@{actor.handle} → @{other.handle}: {record.state}",), {"state": record.state, "iri": record.iri}
    )


async def unfollow(node: Node, *, name: str, target: str) -> Report:
    """Stop following."""
    other = await resolve(node, target)
    actor = await node.database.read(find_named_actor, name)
    ended = await node.database.write(interactions.unfollow, actor, other, node.clock())
    node.worker.nudge()
    state = "ended" if ended else "was not following"
    return Report((f"@{actor.handle} → @{other.handle}: {state}",), {"state": state})


async def resolve(node: Node, handle: str) -> ActorRecord:
    """Find or fetch the actor of `@name@host`. Raises `Refused`, or a `RemoteFault` when it cannot be reached."""
    name, _, host = handle.lstrip("@").partition("@")
    if not name or not host:
        raise Refused(f"{handle!r} is not a handle: it looks like @name@host")
    known = await node.database.read(find_by_handle, name, host)
    return known or await node.directory.actor_by_handle(name, host)

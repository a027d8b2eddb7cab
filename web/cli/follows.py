"""Commands of a local actor towards others: follow, unfollow."""

from areas import interactions
from web.cli.handles import find_named_actor, resolve
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

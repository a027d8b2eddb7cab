"""Commands about other servers: blocking, allowing, how their software is spoken to."""

from actors.standing import allow_server, block_server, list_rules, unblock_server
from federation.vocabulary import Millis
from web.cli.reports import Report, table
from web.node import Node


async def server_block(node: Node, *, host: str, reason: str = "", until: Millis | None = None) -> Report:
    """Hear nothing from a host and all below it, and send nothing there."""
    rule = await node.database.write(
        lambda tx: block_server(tx, host, reason=reason, until=until, now=node.clock())
    )
    await node.refresh()
    return Report((f"{rule.host} is blocked",), {"host": rule.host, "rule": rule.rule})


async def server_allow(node: Node, *, host: str, reason: str = "", until: Millis | None = None) -> Report:
    """Let a host in where federation is by allow-list."""
    rule = await node.database.write(
        lambda tx: allow_server(tx, host, reason=reason, until=until, now=node.clock())
    )
    await node.refresh()
    return Report((f"{rule.host} is allowed",), {"host": rule.host, "rule": rule.rule})


async def server_unblock(node: Node, *, host: str) -> Report:
    """Drop the rule about a host."""
    rule = await node.database.write(lambda tx: unblock_server(tx, host))
    await node.refresh()
    return Report((f"{rule.host} has no rule any more",), {"host": rule.host})


async def server_list(node: Node) -> Report:
    """All rules."""
    rules = await node.database.read(list_rules)
    data = [
        {"host": rule.host, "rule": rule.rule, "reason": rule.reason, "until": rule.until} for rule in rules
    ]
    rows = [("host", "rule", "reason"), *((rule.host, rule.rule, rule.reason) for rule in rules)]
    return Report(table(rows, "no server is blocked or allowed by name"), data)

"""Commands about other servers: blocking, allowing, how their software is spoken to."""

import sqlalchemy as sa

from actors.records import Dialect, RuleKind, ServerRecord
from actors.servers import effective_dialect, find_server, override_dialect
from actors.standing import (
    allow_server,
    block_server,
    disallow_server,
    list_rules,
    server_rule,
    unblock_server,
)
from federation import iris
from federation.errors import MalformedDocument, NotFound, Refused
from federation.vocabulary import Millis
from outbox.subscriptions import reclassify
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
    """Let a host in where federation is by allow-list; what is blocked stays so."""
    now = node.clock()
    rule, block = await node.database.write(
        lambda tx: (
            allow_server(tx, host, reason=reason, until=until, now=now),
            server_rule(tx, _read_host(host), "block", now),
        )
    )
    await node.refresh()
    still = () if block is None else (f"but {block.host} is blocked, which goes first: server unblock",)
    data = {"host": rule.host, "rule": rule.rule, "blocked": block is not None}
    return Report((f"{rule.host} is allowed", *still), data)


async def server_disallow(node: Node, *, host: str) -> Report:
    """Take a host from the list of the allowed; a block of it stays."""
    rule = await node.database.write(lambda tx: disallow_server(tx, host))
    await node.refresh()
    return Report((f"{rule.host} is not allowed by name any more",), {"host": rule.host})


async def server_unblock(node: Node, *, host: str) -> Report:
    """End the block of a host; that it is allowed by name stays."""
    rule = await node.database.write(lambda tx: unblock_server(tx, host))
    await node.refresh()
    return Report((f"{rule.host} is not blocked by name any more",), {"host": rule.host})


async def server_list(node: Node) -> Report:
    """Who is blocked and who is allowed, by host."""
    rules = await node.database.read(list_rules)
    data = [
        {"host": rule.host, "rule": rule.rule, "reason": rule.reason, "until": rule.until} for rule in rules
    ]
    rows = [("host", "rule", "reason"), *((rule.host, rule.rule, rule.reason) for rule in rules)]
    return Report(table(rows, "no server is blocked or allowed by name"), data)


DIALECTS: dict[str, Dialect | None] = {"object": "object", "activity": "activity", "found": None}
"""What an operator may say; `found` = what the server says of itself."""


async def server_show(node: Node, *, host: str) -> Report:
    """What is known of one server."""
    now = node.clock()

    def read(tx: sa.Connection) -> dict[str, object]:
        server = find_server(tx, _read_host(host))
        if server is None:
            raise NotFound(f"nothing was ever heard of {host}")
        lists: tuple[RuleKind, ...] = ("block", "allow")  # the one that goes first, first
        rules = [kind for kind in lists if server_rule(tx, server.host, kind, now) is not None]
        return {**_describe(server), "rule": next(iter(rules), None), "rules": rules}

    data = await node.database.read(read)
    return Report(tuple(f"{key}: {value}" for key, value in data.items()), data)


async def server_dialect(node: Node, *, host: str, dialect: str) -> Report:
    """Decide in which dialect a server is told of posts; its followers get it from now on."""
    if dialect not in DIALECTS:
        raise Refused(f"dialect {dialect!r} is none of {', '.join(DIALECTS)}")
    now = node.clock()

    def write(tx: sa.Connection) -> ServerRecord:
        server = override_dialect(tx, _read_host(host), DIALECTS[dialect], now)
        reclassify(tx, server.id, effective_dialect(server), now)
        return server

    server = await node.database.write(write)
    return Report((f"{server.host} is told in the {effective_dialect(server)} dialect",), _describe(server))


def _read_host(text: str) -> str:
    """As servers are known by: with a port where there is one."""
    try:
        return iris.host(text if "://" in text else f"https://{text.strip()}")
    except MalformedDocument as error:
        raise Refused(f"{text[:100]!r} is not a host name") from error


def _describe(server: ServerRecord) -> dict[str, object]:
    return {
        "host": server.host,
        "software": server.software,
        "dialect": effective_dialect(server),
        "decided": server.dialect_override is not None,
    }

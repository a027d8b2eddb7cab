"""Clearing away files that nothing names any more; and every hour what was never attached, or is long unused."""

import sqlalchemy as sa

from actors.records import Job
from areas.media import endings, uploads
from federation.errors import Overloaded, Unreachable
from federation.vocabulary import Millis
from inbox.jobs import runner
from inbox.services import Services
from web.node import Node


async def run_due(node: Node, now: Millis) -> int:
    """Do what is due; returns how many jobs were taken."""

    async def purge(_job: Job, _services: Services, at: Millis) -> str:
        return await _purge(node, at)

    return await runner.run_due({endings.PURGE: purge}, node.services, now)


async def _purge(node: Node, now: Millis) -> str:
    """Remove one batch of files, and ask for the next. Raises `Unreachable` where they cannot be removed now."""
    names = await node.database.read(endings.list_debris)
    try:
        for name in names:
            await node.library.store.delete(name)
    except Overloaded as fault:
        raise Unreachable(str(fault)) from fault
    await node.database.write(_clear, names, now)
    return f"{len(names)} files"


def _clear(tx: sa.Connection, names: tuple[str, ...], now: Millis) -> None:
    endings.clear(tx, names)
    if endings.list_debris(tx):
        endings.plan_purge(tx, now)


async def sweep(node: Node) -> int:
    """End what is over by itself; returns how much that was."""
    ended = 0
    while (count := await node.database.write(_end_old, node.clock())) > 0:
        ended += count
    return ended


def _end_old(tx: sa.Connection, now: Millis) -> int:
    uploads.fail_interrupted(tx, now)
    if endings.list_debris(tx):  # a purge that was given up is asked for again
        endings.plan_purge(tx, now)
    return endings.end_old(tx, now)

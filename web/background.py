"""What a node does by itself: deliver, do what was planned, forget what is old."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from actors.signin.sweeping import SWEEPS
from areas.compose import unfinished
from areas.zones import progress
from federation.errors import Overloaded
from inbox.jobs import catching_up, due
from outbox import oversight
from web.jobs import mail, media, push, search
from web.node import Node

Task = Callable[[Node], Awaitable[int | None]]

POLL_SECONDS: Final = 5.0
"""The safety net: work is announced by `Node.nudge`, or falls due at a time that is known."""
MEMORY_SECONDS: Final = 30.0
"""How soon another process's change of rules and origins is seen here."""
OTHERS_SECONDS: Final = 1.0
"""How soon what another process appended is sent from here: a nudge stays within its process."""
INDEX_SECONDS: Final = 10.0
"""How soon a post is found by its words; not at once, so that receiving it costs nothing for that."""
HOUR_SECONDS: Final = 3_600.0
DAY_SECONDS: Final = 24 * HOUR_SECONDS


async def run_background(node: Node, stop: asyncio.Event) -> None:
    """Work until `stop` is set, then end what is under way. Without federation what is owed waits in the log."""
    async with asyncio.TaskGroup() as tasks:
        if node.settings.federation != "off":
            tasks.create_task(node.worker.run(stop))
            await _try(node, plan_catching_up)
            tasks.create_task(_run_jobs(node, stop, catch_up))
        tasks.create_task(_run_jobs(node, stop, run_due))
        tasks.create_task(_run_jobs(node, stop, send_pushes))
        tasks.create_task(_repeat(node, stop, MEMORY_SECONDS, Node.refresh))
        tasks.create_task(_repeat(node, stop, INDEX_SECONDS, search.index_new))
        tasks.create_task(_repeat(node, stop, HOUR_SECONDS, purge))
        tasks.create_task(_repeat(node, stop, HOUR_SECONDS, media.sweep))
        if not node.settings.database_url.startswith("sqlite"):
            tasks.create_task(_repeat(node, stop, OTHERS_SECONDS, look_for_others))
        tasks.create_task(_repeat(node, stop, DAY_SECONDS, sweep))


async def _run_jobs(node: Node, stop: asyncio.Event, task: Task) -> None:
    planned = node.planned.hear()
    while not stop.is_set():
        planned.clear()
        if await _try(node, task):
            continue
        await _wait(planned, stop)


async def _wait(planned: asyncio.Event, stop: asyncio.Event) -> None:
    """Until something is planned, falls due, or it is time to stop."""
    wakers = [asyncio.create_task(planned.wait()), asyncio.create_task(stop.wait())]
    await asyncio.wait(wakers, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for waker in wakers:
        waker.cancel()


async def run_due(node: Node) -> int:
    """Do one batch of what is due; returns how much that was."""
    now = node.clock()
    done = await due.run_due(node.services, now)
    done += await mail.run_due(node, now) + await media.run_due(node, now)
    if done:
        node.worker.nudge()
    return done


async def send_pushes(node: Node) -> int:
    """Tell apps, beside all other jobs: whoever names a slow server in a subscription holds up nothing else."""
    return await push.run_due(node, node.clock())


async def plan_catching_up(node: Node) -> None:
    """Ask every peer soon: the node may have been away."""
    await node.database.write(progress.plan_all, node.clock())


async def catch_up(node: Node) -> int:
    """Ask peers, beside all other jobs: a week of a slow one holds up nothing else."""
    return await catching_up.run_due(node.services, node.clock())


async def look_for_others(node: Node) -> None:
    """Other processes write into the same PostgreSQL database: commands, and servers with other roles."""
    node.worker.nudge()


async def purge(node: Node) -> int:
    """Forget the bodies of what was delivered long ago."""
    purged = 0
    while True:
        count = await node.database.write(oversight.purge, node.clock())
        purged += count
        if count < oversight.PURGE_BATCH:
            return purged


async def sweep(node: Node) -> int:
    """Forget which activities were heard long ago, and of accounts and what they left what is over."""
    now = node.clock()
    swept = await due.sweep(node.services, now)
    for function in (*SWEEPS, unfinished.sweep):
        while (count := await node.database.write(function, now)) > 0:
            swept += count
    return swept


async def _repeat(node: Node, stop: asyncio.Event, seconds: float, task: Task) -> None:
    while not stop.is_set():
        await _try(node, task)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()


async def _try(node: Node, task: Task) -> int | None:
    """Run a task. Neither a busy database nor a bug in one task may end delivery."""
    try:
        return await task(node)
    except Overloaded as fault:
        node.log.warning("background", task=task.__name__, fault=str(fault))
    except Exception:  # the outermost edge: logged whole, tried again at its next time
        node.log.exception("background", task=task.__name__)
    return None

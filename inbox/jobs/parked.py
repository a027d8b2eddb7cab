"""Parked requests: the same pipeline once more, now that their sender's key may be had."""

import asyncio
from itertools import groupby
from typing import Final

from federation.errors import Fault, Overloaded, Unreachable
from federation.vocabulary import Millis
from inbox import parking
from inbox.line import Line
from inbox.parking import Parked
from inbox.receive import hear, read_claim
from inbox.services import Services

BATCH: Final = 100
"""Requests of one round: with at most `parking.PER_HOST` of a host, one that is down leaves room for others."""


async def run_due(services: Services, now: Millis) -> int:
    """Hear what is due, hosts side by side; returns how many requests were taken."""
    waiting = await services.storage.write(parking.claim, now, BATCH)
    by_host = groupby(
        sorted(waiting, key=lambda parked: (parked.host, parked.id)), lambda parked: parked.host
    )
    async with asyncio.TaskGroup() as tasks:
        for _host, of_host in by_host:
            tasks.create_task(_hear_host(tuple(of_host), services, now))
    return len(waiting)


async def _hear_host(waiting: tuple[Parked, ...], services: Services, now: Millis) -> None:
    """Hear what one host's keys signed, in order; when it cannot be reached, the rest need not ask."""
    is_down = False
    for parked in waiting:
        line = Line(now)
        is_down = is_down or not await _hear(parked, services, now, line)
        if is_down:
            await _wait_on(parked, services, now, line)
        else:
            await services.storage.write(parking.remove, parked)
            line.write(services)


async def _hear(parked: Parked, services: Services, now: Millis, line: Line) -> bool:
    """Return False when it must wait on. Whatever else is wrong is final: its sender has had an answer."""
    try:
        claim = read_claim(parked.request, services, parked.received_at)
        await hear(parked.request, claim, services, now=now, line=line, fresh=True)
    except (Unreachable, Overloaded) as fault:
        line.note_fault(fault)
        return False
    except Fault as fault:
        line.note_fault(fault)
    return True


async def _wait_on(parked: Parked, services: Services, now: Millis, line: Line) -> None:
    if not parking.is_stale(parked, now):
        await services.storage.write(parking.postpone, parked, now)
        return
    await services.storage.write(parking.remove, parked)
    line.note("dropped", f"the key's server {parked.host} could not be reached for a day")
    line.write(services)

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
    waiting.sort(key=lambda parked: (parked.host, parked.attempts, parked.id))
    async with asyncio.TaskGroup() as tasks:
        for _host, of_host in groupby(waiting, lambda parked: parked.host):
            tasks.create_task(_hear_host(tuple(of_host), services, now))
    return len(waiting)


async def _hear_host(waiting: tuple[Parked, ...], services: Services, now: Millis) -> None:
    """Hear what one host's keys signed; once it does not answer at all, the rest need not ask.

    An answer of one address says nothing of the others: anybody may claim a key id that is a page of the host.
    """
    is_down = False
    for parked in waiting:
        hindrance = None if is_down else await _hear(parked, services, now)
        is_down = is_down or (isinstance(hindrance, Unreachable) and hindrance.status is None)
        if is_down or hindrance is not None:
            await _wait_on(parked, services, now)
        else:
            await services.storage.write(parking.remove, parked)


async def _hear(parked: Parked, services: Services, now: Millis) -> Unreachable | Overloaded | None:
    """Return why it must wait on. Whatever else is wrong is final: its sender has had an answer."""
    line = Line(now)
    try:
        claim = read_claim(parked.request, services, parked.received_at)
        # However many wait for one key, it is asked for now and then; the others hear what was heard last.
        fresh = services.budgets.take("key", claim.key_id, now)
        await hear(parked.request, claim, services, now=now, line=line, fresh=fresh)
    except (Unreachable, Overloaded) as fault:
        return fault
    except Fault as fault:
        line.note_fault(fault)
    line.write(services)
    return None


async def _wait_on(parked: Parked, services: Services, now: Millis) -> None:
    if not parking.is_stale(parked, now):
        await services.storage.write(parking.postpone, parked, now)
        return
    await services.storage.write(parking.remove, parked)
    line = Line(now)
    line.note("dropped", f"no key could be had of {parked.host} for a day")
    line.write(services)

"""Doing jobs of the durable table: side by side, under a lease, tried again where the network is at fault."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from actors.jobs import claim, finish, retry
from actors.records import Job
from federation.errors import Fault, Unreachable
from federation.vocabulary import Millis
from inbox.services import Services

BATCH: Final = 20
"""Jobs at once; each may wait 10 s for another server."""
LEASE: Final = 120_000
"""Milliseconds; more than any of them takes."""

MOST_ATTEMPTS: Final = 8
"""Over nearly four days: a town without power for a weekend is waited for."""
FIRST_DELAY: Final = 60_000
"""Milliseconds; four times as long after each attempt, 68 hours at last."""

Run = Callable[[Job, Services, Millis], Awaitable[str]]
"""Does a job; returns a word for the log. Raises `Unreachable` to be tried again, any other fault to give up."""


async def run_due(kinds: Mapping[str, Run], services: Services, now: Millis) -> int:
    """Do the jobs of `kinds` that are due; returns how many were taken."""
    jobs = await services.storage.write(claim, tuple(kinds), BATCH, now, LEASE)
    async with asyncio.TaskGroup() as tasks:
        for job in jobs:
            tasks.create_task(_do(kinds[job.kind], job, services, now))
    return len(jobs)


async def _do(run: Run, job: Job, services: Services, now: Millis) -> None:
    outcome, reason = "done", ""
    try:
        outcome = await run(job, services, now)
    except Unreachable as fault:
        reason = str(fault)
        outcome = "given up" if fault.permanent or job.attempts >= MOST_ATTEMPTS else "tried again"
    except Fault as fault:
        outcome, reason = "given up", str(fault)
    if outcome == "tried again":
        due_at = Millis(now + (FIRST_DELAY << 2 * (job.attempts - 1)))
        await services.storage.write(retry, job, due_at, reason)
    else:
        await services.storage.write(finish, job)
    services.log.info("job", kind=job.kind, key=job.key, outcome=outcome, reason=reason)

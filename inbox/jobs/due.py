"""Everything of this folder that is due, for whoever keeps the clock."""

import sqlalchemy as sa

from actors.jobs import find_next_due
from areas.rereads import REREAD
from federation.vocabulary import Millis
from inbox import parking, seen
from inbox.jobs import fetches, moderators, parked, profiles, rereads, residents
from inbox.jobs.plans import FETCH
from inbox.services import Services


async def run_due(services: Services, now: Millis) -> int:
    """Do what is due, a batch of each kind; returns how much that was. Call again while it is not 0."""
    done = await parked.run_due(services, now)
    done += await profiles.run_due(services, now)
    done += await residents.run_due(services, now)
    done += await fetches.run_due(services, now)
    done += await moderators.run_due(services, now)
    return done + await rereads.run_due(services, now)


async def find_next(services: Services) -> Millis | None:
    """Return when something is due next."""
    return await services.storage.read(_find_next)


def _find_next(tx: sa.Connection) -> Millis | None:
    kinds = (*moderators.KINDS, *profiles.KINDS, *residents.KINDS, FETCH, REREAD)
    times = (find_next_due(tx, kinds), parking.find_next_due(tx))
    return min((time for time in times if time is not None), default=None)


async def sweep(services: Services, now: Millis) -> int:
    """Forget what was heard long ago; once a day is enough. Returns how many keys were forgotten."""
    swept = 0
    while (count := await services.storage.write(seen.forget_old, now)) > 0:
        swept += count
    return swept

"""Jobs that finish what somebody here began: posts, polls, announcements, bans, follows, words of edited posts."""

from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.jobs import schedule
from actors.records import Job
from areas.announcements import saying as announcing
from areas.compose import scheduling
from areas.compose.scheduling import PUBLISH
from areas.interactions import requests, voting
from areas.interactions.shutting import PART, part_from_host
from areas.moderation.banning import LIFT, lift_due
from areas.polls.votes import COUNTS, END
from areas.relays import EDIT_LATER, relay_edit_later
from areas.search.filling import AGAIN, OF_AUTHOR, refill, refill_author
from areas.zones.agreements import EXPIRE, expire_due
from federation.errors import LocalFault, Overloaded, Unreachable
from federation.vocabulary import Millis
from inbox.jobs import runner
from inbox.services import Services


async def run_due(services: Services, now: Millis) -> int:
    """Do what is due; returns how many jobs were taken."""
    return await runner.run_due(_RUN, services, now)


async def _part(job: Job, services: Services, now: Millis) -> str:
    """End a batch of follows; it asks for itself again until none is left."""
    more = await services.storage.write(_part_once, job, now)
    services.nudge()
    return "more" if more else "parted"


def _part_once(tx: sa.Connection, job: Job, now: Millis) -> bool:
    actor = find_actor_by_id(tx, int(str(job.payload["actor"])))
    assert actor is not None  # actors are never removed
    more = part_from_host(tx, actor, str(job.payload["host"]), now)
    if more:
        schedule(tx, PART, job.key, job.payload, now, now)
    return more


async def _let_in(job: Job, services: Services, now: Millis) -> str:
    """Let a batch of followers in; it asks for itself again until nobody waits."""
    more = await services.storage.write(_let_in_once, int(job.key), now)
    services.nudge()
    return "more" if more else "let in"


def _let_in_once(tx: sa.Connection, actor_id: int, now: Millis) -> bool:
    more = requests.let_in(tx, actor_id, now)
    if more:
        requests.plan_letting_in(tx, actor_id, now)
    return more


async def _lift_ban(job: Job, services: Services, now: Millis) -> str:
    area_id, _, actor_id = job.key.partition(":")
    lifted = await services.storage.write(lift_due, int(area_id), int(actor_id), now)
    services.nudge()
    return "lifted" if lifted else "not over, or lifted before"


async def _expire(job: Job, services: Services, now: Millis) -> str:
    expired = await services.storage.write(expire_due, int(job.key), now)
    services.nudge()
    return "expired" if expired else "ended before, or goes on"


async def _pass_on_edit(job: Job, services: Services, now: Millis) -> str:
    area_id, _, post_id = job.key.partition(":")
    earlier = int(str(job.payload["earlier"]))
    passed = await services.storage.write(relay_edit_later, int(area_id), int(post_id), earlier, now)
    services.nudge()
    return "passed on" if passed else "over"


async def _tell_counts(job: Job, services: Services, now: Millis) -> str:
    told = await services.storage.write(voting.tell_counts, int(job.key), now)
    services.nudge()
    return "told" if told else "nothing to tell"


async def _tell_end(job: Job, services: Services, now: Millis) -> str:
    told = await services.storage.write(voting.tell_end, int(job.key), now)
    services.nudge()
    return "told" if told else "not over, or told before"


async def _tell_announcement(job: Job, services: Services, now: Millis) -> str:
    is_in_force = await services.storage.write(announcing.tell, int(job.key), now)
    return "begun" if is_in_force else "ended"


async def _publish(job: Job, services: Services, now: Millis) -> str:
    """Publish a scheduled post. One that cannot be is kept with the reason, for its author to see."""
    scheduled_id = int(job.key)
    try:
        outcome = await services.storage.write(_publish_or_wait, scheduled_id, now)
    except LocalFault as fault:
        if isinstance(fault, Overloaded):
            raise Unreachable(str(fault)) from fault  # tried again, as when another server is busy
        await services.storage.write(scheduling.fail, scheduled_id, fault.public)
        return "refused"
    services.nudge()
    return outcome


def _publish_or_wait(tx: sa.Connection, scheduled_id: int, now: Millis) -> str:
    done = scheduling.publish_due(tx, scheduled_id, now)
    if isinstance(done, int):
        schedule(tx, PUBLISH, str(scheduled_id), {}, done, now)
        return "put off"
    return "nothing to publish" if done is None else "published"


async def _index_again(job: Job, services: Services, _now: Millis) -> str:
    return "done" if await services.storage.write(refill, int(job.key)) else "not for the index"


async def _index_author(job: Job, services: Services, _now: Millis) -> str:
    after: int | None = 0
    while after is not None:
        after = await services.storage.write(refill_author, int(job.key), after)
    return "done"


_RUN: Final[dict[str, runner.Run]] = {
    AGAIN: _index_again,
    announcing.TELL: _tell_announcement,
    COUNTS: _tell_counts,
    EDIT_LATER: _pass_on_edit,
    END: _tell_end,
    EXPIRE: _expire,
    OF_AUTHOR: _index_author,
    requests.LET_IN: _let_in,
    LIFT: _lift_ban,
    PART: _part,
    PUBLISH: _publish,
}

KINDS: Final = tuple(_RUN)

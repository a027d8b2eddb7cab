"""Reading who moderates a Group that somebody here follows; and hearing what waited for that."""

from typing import Final

import sqlalchemy as sa

from actors import moderators
from actors.directory import find_actor
from actors.jobs import schedule
from actors.records import ActorRecord, Job
from federation import iris
from federation.client import Purpose
from federation.errors import Gone, MalformedDocument, NotFound, Unreachable
from federation.parsing import parse_activity
from federation.vocabulary import Actor, Collection, Iri, Millis, Thing
from inbox.jobs import runner
from inbox.jobs.fetches import BUSY_DELAY
from inbox.jobs.plans import JUDGE, LIST
from inbox.receive import hear_said
from inbox.services import Services

MOST_PAGES: Final = 5
PATIENCE: Final = 3
"""Attempts until a list that cannot be read is none: what a Group has signed does not wait for ever."""
NONE_THERE: Final = frozenset({401, 403, 404, 406})
"""Answers that more attempts do not change."""


async def run_due(services: Services, now: Millis) -> int:
    """Do what is due; returns how many jobs were taken."""
    return await runner.run_due(_RUN, services, now)


async def _read(job: Job, services: Services, now: Millis) -> str:
    group = await _find_group(services, Iri(job.key))
    if not services.budgets.take("fetch", group.host, now):
        return await services.storage.write(_put_off, job, now)
    return await _read_list(group, job.attempts, services, now)


async def _judge(job: Job, services: Services, now: Millis) -> str:
    """Read the list, and then hear once more what was announced."""
    group = await _find_group(services, Iri(str(job.payload["group"])))
    if not services.budgets.take("fetch", group.host, now):
        return await services.storage.write(_put_off, job, now)
    outcome = await _read_list(group, job.attempts, services, now)
    announce = parse_activity(str(job.payload["said"]).encode())
    await hear_said(group, announce, services, now=now, again=True)
    return outcome


def _put_off(tx: sa.Connection, job: Job, now: Millis) -> str:
    schedule(tx, job.kind, job.key, job.payload, Millis(now + BUSY_DELAY), now)
    return "put off"


async def _find_group(services: Services, iri: Iri) -> ActorRecord:
    group = await services.storage.read(find_actor, iri)
    if group is None or group.gone_at is not None:
        raise NotFound(f"there is no Group {iri} any more")
    return group


async def _read_list(group: ActorRecord, attempts: int, services: Services, now: Millis) -> str:
    collection = await services.storage.read(moderators.find_list, group.id)
    if collection is None:
        return "it names no moderators"
    try:
        listed = await _fetch(collection, services)
    except (Gone, MalformedDocument, Unreachable) as fault:
        is_passing = isinstance(fault, Unreachable) and fault.status not in NONE_THERE
        if is_passing and attempts < PATIENCE:
            raise
        await services.storage.write(moderators.give_up_list, group.id)
        return f"its moderators cannot be read: {fault}"
    await services.storage.write(moderators.keep_list, group.id, listed, now)
    return f"{len(listed)} moderators"


async def _fetch(collection: Iri, services: Services) -> list[Iri]:
    """The whole list, page by page. Raises `MalformedDocument` where it leads to another origin."""
    listed: list[Iri] = []
    address: Iri | None = collection
    for _ in range(MOST_PAGES):
        if address is None or len(listed) >= moderators.MOST:
            break
        if not iris.same_origin(address, collection):
            raise MalformedDocument("a page of another origin", path="$.next")
        page = await services.client.fetch(address, purpose=Purpose.FETCH, fresh=True)
        if not isinstance(page, Collection):
            raise MalformedDocument("not a collection", path="$.type")
        listed += [iri for item in page.items if (iri := _identify(item)) is not None]
        address = page.next or (None if page.items else page.first)
    return listed


def _identify(item: Thing) -> Iri | None:
    found = item.id if isinstance(item, Actor) else item
    return Iri(found) if isinstance(found, str) else None


_RUN: Final[dict[str, runner.Run]] = {JUDGE: _judge, LIST: _read}
KINDS: Final = tuple(_RUN)

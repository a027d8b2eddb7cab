"""Jobs about actors and their servers: read a document again, believe a move, ask a server what it is."""

from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor, find_actor_by_id
from actors.follows import has_local_follower
from actors.moves import is_settling
from actors.records import ActorRecord, Job
from actors.servers import effective_dialect
from areas import submissions
from areas.interactions.moving import follow_along, follow_old
from areas.submissions import FORGET
from federation.errors import Gone
from federation.vocabulary import Iri, Millis
from inbox.handlers.delete import end_actor
from inbox.jobs import runner
from inbox.jobs.plans import CLASSIFY, MOVE, REFRESH, plan_list
from inbox.services import Services
from outbox.subscriptions import reclassify

NEVER: Final = -1
"""Milliseconds that a stored document counts as fresh, where it is to be read again."""


async def run_due(services: Services, now: Millis) -> int:
    """Do what is due; returns how many jobs were taken."""
    return await runner.run_due(_RUN, services, now)


async def _refresh(job: Job, services: Services, now: Millis) -> str:
    """Read an actor again. One that its own server says is gone ends here too."""
    try:
        found = await services.directory.actor(job.key, max_age=NEVER, fresh=True)
    except Gone:
        actor = await services.storage.read(find_actor, Iri(job.key))
        if actor is None or actor.gone_at is not None:
            return "gone before"
        await services.storage.write(end_actor, actor, now)
        services.directory.forget()
        services.nudge()
        return "gone"
    if found.type == "Group":
        await services.storage.write(_plan_list, found, now)
    return "read"


def _plan_list(tx: sa.Connection, group: ActorRecord, now: Millis) -> None:
    if has_local_follower(tx, group.id):
        plan_list(tx, group.iri, now)


async def _look_after(job: Job, services: Services, now: Millis) -> str:
    """Believe a move that its actor has signed, and that the destination confirms in `alsoKnownAs` (FEP-7628).

    An actor whose document names another place in `movedTo` is not sure of it; one of ours names the same. Who follows
    the actor here follows the destination from then on.
    """
    destination = await services.directory.actor(str(job.payload["destination"]), max_age=NEVER, fresh=True)
    if job.key not in destination.also_known_as:
        return "not known by its destination"
    if destination.moved_to == job.key:
        return "moved in a circle"
    if destination.standing == "suspended":
        return "moved to somebody suspended"
    moved = await services.directory.actor(job.key, max_age=NEVER, fresh=True)
    if moved.moved_to != destination.iri and (moved.local or moved.moved_to is not None):
        return "not confirmed by itself"
    if not moved.local and is_settling(moved, now):
        return "moved lately"
    while await services.storage.write(follow_along, moved, destination, now):
        services.nudge()
    await services.storage.write(follow_old, destination, moved, now)
    services.directory.forget()
    services.nudge()
    return "moved"


async def _classify(job: Job, services: Services, now: Millis) -> str:
    """Ask what software a server runs; its followers get the dialect that it understands."""
    server = await services.directory.server(job.key)
    dialect = effective_dialect(server)
    await services.storage.write(reclassify, server.id, dialect, now)
    return dialect


async def _forget_more(job: Job, services: Services, now: Millis) -> str:
    """End what is left of what an actor wrote who is gone; it asks for itself again until nothing is."""
    ended = await services.storage.write(_forget, int(job.key), now)
    services.nudge()
    return f"{ended} posts"


def _forget(tx: sa.Connection, actor_id: int, now: Millis) -> int:
    actor = find_actor_by_id(tx, actor_id)
    assert actor is not None  # actors are never removed
    return submissions.forget_actor(tx, actor, now)


_RUN: Final[dict[str, runner.Run]] = {
    CLASSIFY: _classify,
    FORGET: _forget_more,
    MOVE: _look_after,
    REFRESH: _refresh,
}

KINDS: Final = tuple(_RUN)

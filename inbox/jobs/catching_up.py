"""Asking peers what was missed: what they have said since is heard as if it had been sent, in order, once.

A page is believed for what its own Group says there, as any document at its own address (FEP-fe34); what is inside is
read at its origin, as ever. Once a day both sides compare what they know; where that differs, a week is read again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord, Job
from areas import posts
from areas.tables import posts as post_table
from areas.tables import shares
from areas.zones import agreements, progress
from areas.zones.digests import Digest, Window, choose_window, digest
from areas.zones.progress import CATCH_UP, Progress
from federation.errors import Gone, MalformedDocument, Unreachable
from federation.vocabulary import Activity, Announce, Collection, Create, Iri, Millis
from inbox import boosted
from inbox.checks import Refused
from inbox.jobs import runner
from inbox.receive import hear_said
from inbox.services import Services

MOST_PAGES: Final = 100
"""Of one run: 5,000 entries. What is left is read at once in the next."""
LONGEST_RUN: Final = 60_000
"""Milliseconds; well within `runner.LEASE`."""
BUSY_DELAY: Final = 60_000
"""Milliseconds that a run is put off when its host has been asked enough."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to ask, in whose name; since when the two have agreed, and how far it has come."""

    peer: ActorRecord
    area_id: int
    agreed_at: Millis
    progress: Progress

    @property
    def is_repair(self) -> bool:
        """Whether all is read again."""
        return self.progress.repair == "due"

    @property
    def outbox(self) -> str:
        """Where the peer says what it has said."""
        return f"{self.peer.iri}/outbox"


async def run_due(services: Services, now: Millis) -> int:
    """Ask whom it is time to ask; returns how many jobs were taken."""
    return await runner.run_due({CATCH_UP: _catch_up}, services, now)


async def _catch_up(job: Job, services: Services, now: Millis) -> str:
    plan = await services.storage.read(_prepare, int(job.key), now)
    if plan is None or services.mode == "off":
        return "over"
    try:
        return await _ask(plan, services, now)
    except (Unreachable, Gone, MalformedDocument) as fault:
        await services.storage.write(progress.fail, plan.progress, plan.peer.iri, str(fault), now)
        return f"failed: {fault}"


def _prepare(tx: sa.Connection, peer_id: int, now: Millis) -> Plan | None:
    """None where no agreement is in force any more, and for areas of this node."""
    peer = find_actor_by_id(tx, peer_id)
    agreed = agreements.list_in_force(tx, "in", now, peer_id=peer_id)
    if peer is None or peer.local or peer.gone_at is not None or not agreed:
        return None
    agreed_at = min(each.decided_at for each in agreed)
    return Plan(peer, agreed[0].area_id, agreed_at, progress.find(tx, peer_id))


async def _ask(plan: Plan, services: Services, now: Millis) -> str:
    pulled = await _pull(plan, services, now)
    if pulled is None:
        await services.storage.write(progress.plan, plan.peer.id, Millis(now + BUSY_DELAY), now)
        return "goes on later"
    if plan.is_repair:
        await services.storage.write(_let_go, plan, frozenset(pulled), now)
    await services.storage.write(progress.arrive, plan.progress, plan.peer.iri, now)
    services.nudge()
    if now >= plan.progress.compare_at and not plan.is_repair:
        await _compare(plan, services, now)
    return f"{len(pulled)} posts"


async def _pull(plan: Plan, services: Services, now: Millis) -> list[Iri] | None:
    """Hear all that the peer has said since; returns which posts it boosts there. None = there is more."""
    cursor = "" if plan.is_repair else plan.progress.cursor or ""
    boosts: list[Iri] = []
    for _ in range(MOST_PAGES):
        if not services.budgets.take("catch-up", plan.peer.host, now):
            return None
        page = await _read_page(plan, cursor, services)
        assert page.cursor is not None  # or it would not have been read
        boosts += await _hear(plan, page.items, services, now)
        cursor = page.cursor
        if page.next is None:
            await services.storage.write(progress.go_on, plan.peer.id, cursor)
            return boosts
        if not plan.is_repair:
            await services.storage.write(progress.go_on, plan.peer.id, cursor)
        if services.clock() - now > LONGEST_RUN:
            return None
    return None


async def _read_page(plan: Plan, cursor: str, services: Services) -> Collection:
    """Raises `MalformedDocument` where the peer answers with anything else."""
    page = await services.client.fetch_as(plan.area_id, f"{plan.outbox}?since={quote(cursor, safe='')}")
    if not isinstance(page, Collection) or not page.cursor:
        raise MalformedDocument("not a page of what was said since a cursor", path="$.cursor")
    if page.restarted_from is not None:
        services.log.info("catch-up", peer=plan.peer.handle, restarted_from=page.restarted_from)
    return page


async def _hear(plan: Plan, items: Sequence[object], services: Services, now: Millis) -> list[Iri]:
    boosts: list[Iri] = []
    for item in items:
        if not isinstance(item, Activity):
            continue
        verdict = await hear_said(plan.peer, item, services, now=now, again=plan.is_repair)
        if not isinstance(verdict, Refused):  # as what anybody else is to have said
            boosts += _find_boosted(item)
    return boosts


def _find_boosted(activity: Activity) -> list[Iri]:
    """The post that a Group boosts, in either dialect."""
    thing = activity.object if isinstance(activity, Announce) else None
    thing = thing.object if isinstance(thing, Create) else thing
    return [thing] if isinstance(thing, str) else []


def _let_go(tx: sa.Connection, plan: Plan, boosts: frozenset[Iri], now: Millis) -> None:
    """End what the peer does not stand behind any more: it was put back to an earlier time, or its word was lost."""
    window = choose_window(plan.agreed_at, now)
    for iri in () if window is None else _list_known(tx, plan.peer, window):
        post = None if iri in boosts else posts.find_post(tx, iri)
        if post is not None:
            boosted.end(tx, plan.peer, post, now)


def _list_known(tx: sa.Connection, peer: ActorRecord, window: Window) -> list[Iri]:
    """The posts that a peer has boosted within a window as its own, as far as known here."""
    query = (
        sa.select(post_table.c.iri)
        .join(shares, shares.c.post_id == post_table.c.id)
        .where(
            shares.c.actor_id == peer.id,
            # What it passes on of its own peers is no matter between the two.
            shares.c.iri.not_like("%-zone-%"),
            shares.c.created_at >= window.since,
            shares.c.created_at < window.until,
            post_table.c.deleted_at.is_(None),
        )
    )
    return list(tx.execute(query).scalars())


async def _compare(plan: Plan, services: Services, now: Millis) -> None:
    window = choose_window(plan.agreed_at, now)
    if window is None:
        return
    found = await services.client.fetch_as(plan.area_id, f"{plan.outbox}?digest={window}")
    if not isinstance(found, Collection) or found.digest is None or found.total_items is None:
        raise MalformedDocument("not a digest", path="$.digest")
    theirs = Digest(found.total_items, found.digest)
    ours = digest(await services.storage.read(_list_known, plan.peer, window))
    if not await services.storage.write(progress.compare, plan.progress, theirs, ours, now):
        services.log.warning("divergence", peer=plan.peer.handle, theirs=theirs.count, ours=ours.count)
        await services.storage.write(progress.plan, plan.peer.id, now, now)

"""Fetching posts that somebody boosts, from their own servers; and reading known ones again where a Group says so."""

from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.jobs import is_wanted, schedule
from actors.records import ActorRecord, FederationMode, Job
from actors.standing import is_refused
from areas import posts, submissions
from federation import iris
from federation.client import Purpose
from federation.errors import Gone, MalformedDocument
from federation.vocabulary import Delete, Iri, Millis, Post, Thing
from inbox import boosted
from inbox.boosted import Boost
from inbox.jobs import runner
from inbox.jobs.plans import FETCH
from inbox.proving import check_proved
from inbox.services import Services

BUSY_DELAY: Final = 60_000
"""Milliseconds that a fetch is put off when its host has been asked enough."""


async def run_due(services: Services, now: Millis) -> int:
    """Do what is due; returns how many jobs were taken."""
    return await runner.run_due({FETCH: _fetch}, services, now)


async def _fetch(job: Job, services: Services, now: Millis) -> str:
    iri, boost = Iri(str(job.payload["iri"])), _read_boost(job)
    known = await services.storage.read(posts.find_post, iri)
    if known is not None and boost is not None:
        return await services.storage.write(_keep_known, job, iri, boost, now)
    if not services.budgets.take("fetch", iris.host(iri), now):
        await services.storage.write(_put_off, job, now)
        return "put off"
    try:
        post = await _read_proved(job, iri, services, now) or await _read(services, iri)
    except Gone:
        return await services.storage.write(_end, iri, now)
    author = await services.directory.actor(post.attributed_to[0])
    outcome = await services.storage.write(_keep, services.mode, job, author, post, now)
    services.nudge()
    return outcome


def _read_boost(job: Job) -> Boost | None:
    found = job.payload["boost"]
    if not isinstance(found, dict):
        return None
    return Boost(**found)  # type: ignore[arg-type] # as `Boost.to_json` wrote it


async def _read_proved(job: Job, iri: Iri, services: Services, now: Millis) -> Post | None:
    """Return the post as its author has proved that it is. Raises `Gone` where that she has deleted it."""
    proved = job.payload.get("proved")
    said = await check_proved(proved.encode(), iri, services, now) if isinstance(proved, str) else None
    if said is None:
        return None
    if isinstance(said, Delete):
        if await services.storage.read(_is_authors, iri, said.actor):
            raise Gone(f"{iri}: deleted, as its author has proved")
        return None
    try:
        return check_post(said.object, iri)
    except MalformedDocument:
        return None


def _is_authors(tx: sa.Connection, iri: Iri, actor: Iri) -> bool:
    post = posts.find_post(tx, iri)
    author = None if post is None else find_actor_by_id(tx, post.actor_id)
    return author is not None and author.iri == actor


async def _read(services: Services, iri: Iri) -> Post:
    """Return the post of this id, said by its own server to be one author's. Raises `MalformedDocument`."""
    return check_post(await services.client.fetch(iri, purpose=Purpose.FETCH, fresh=False), iri)


def check_post(document: Thing, iri: Iri) -> Post:
    """Return what was read at an id as its post, by one author of that server. Raises `MalformedDocument`."""
    if not isinstance(document, Post):
        raise MalformedDocument("not a post", path="$.type")
    if document.id != iri:
        raise MalformedDocument("the post has another id", path="$.id")
    if len(document.attributed_to) != 1 or not iris.same_origin(document.attributed_to[0], document.id):
        raise MalformedDocument("not of one author of that server", path="$.attributedTo")
    return document


def _end(tx: sa.Connection, iri: Iri, now: Millis) -> str:
    """Its own server says that it is deleted."""
    post = posts.find_post(tx, iri)
    author = None if post is None or post.local else find_actor_by_id(tx, post.actor_id)
    if author is None:
        return "gone"
    submissions.withdraw(tx, actor=author, iri=iri, raw=b"", now=now)
    return "ended"


def _keep(
    tx: sa.Connection, mode: FederationMode, job: Job, author: ActorRecord, post: Post, now: Millis
) -> str:
    refusal = is_refused(tx, author, now, mode)
    if refusal is not None:
        return refusal
    boost = _read_boost(job)
    if boost is None:
        return "changed" if submissions.reread(tx, author=author, post=post, now=now) else "unchanged"
    stored = submissions.keep_fetched(tx, author=author, post=post, now=now)
    if stored is None or not stored.is_shown:
        return "not for everyone"
    return _keep_known(tx, job, post.id, boost, now)


def _keep_known(tx: sa.Connection, job: Job, iri: Iri, boost: Boost, now: Millis) -> str:
    """Keep the boost, if it still is one; of what a Group passes on, replies stand in their threads alone."""
    if not is_wanted(tx, job):
        return "taken back"
    post, actor = posts.find_post(tx, iri), find_actor_by_id(tx, boost.actor_id)
    if post is None or not post.is_shown or actor is None or actor.gone_at is not None:
        return "over"
    if boost.is_wrapped and post.in_reply_to_iri is not None:
        return "a reply"
    return "kept" if boosted.keep(tx, actor, boost, post, now) else "kept before"


def _put_off(tx: sa.Connection, job: Job, now: Millis) -> None:
    schedule(tx, FETCH, job.key, job.payload, Millis(now + BUSY_DELAY), now)

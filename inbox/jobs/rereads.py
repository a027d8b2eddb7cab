"""Reading boosted remote posts again: what GoToSocial's authors change in silence is found here.

410 or a Tombstone is the end at once, 404 only after a second 404 an hour later; a document that is read says
what its author wants now; everything else proves nothing.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.jobs import schedule
from actors.records import ActorRecord, Job
from actors.servers import find_server_by_id
from areas import boosts, posts, submissions
from areas.records import PostRecord
from areas.rereads import REREAD, schedule_step
from federation import iris
from federation.client import Purpose
from federation.errors import Gone, MalformedDocument, Unreachable
from federation.reader import JsonValue
from federation.vocabulary import Iri, Millis, Post
from inbox.jobs import runner
from inbox.services import Services

HOUR: Final = 3_600_000
BUSY_DELAY: Final = 60_000
"""Milliseconds that a look is put off when its host has been asked enough."""

OWN_SOFTWARE: Final = "kairanban"
"""Its nodes tell every inbox that got a boost of what their authors change."""

_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Look:
    """A look at one document: the `step`-th since it was boosted; `missing_since` if it was not found last time."""

    post_id: int
    iri: Iri
    step: int
    boosted_at: Millis
    missing_since: Millis | None


@dataclass(frozen=True, slots=True)
class Ended:
    """It is no more."""


@dataclass(frozen=True, slots=True)
class Missing:
    """It was not found, this time."""


Sight = Post | Ended | Missing | None
"""What was seen; None = nothing that proves anything."""


async def run_due(services: Services, now: Millis) -> int:
    """Look at what is due; returns how many jobs were taken."""
    return await runner.run_due({REREAD: _look}, services, now)


async def _look(job: Job, services: Services, now: Millis) -> str:
    look = _read_look(job)
    if not await services.storage.read(_is_worth_looking, look):
        return "over"
    if not services.budgets.take("reread", iris.host(look.iri), now):
        await services.storage.write(_put_off, job, now)
        return "put off"
    if not services.budgets.take("document", look.iri, now):
        await services.storage.write(_plan_next, look)
        return "read lately"
    sight = await _fetch(services, look.iri)
    outcome = await services.storage.write(_apply, look, sight, now)
    services.nudge()
    return outcome


def _read_look(job: Job) -> Look:
    payload = job.payload
    missing_since = payload.get("missing_since")
    return Look(
        post_id=int(str(payload["post"])),
        iri=Iri(str(payload["iri"])),
        step=int(str(payload["step"])),
        boosted_at=Millis(int(str(payload["boosted_at"]))),
        missing_since=None if missing_since is None else Millis(int(str(missing_since))),
    )


def _is_worth_looking(tx: sa.Connection, look: Look) -> bool:
    """Whether it is still boosted, and its author's server would not tell us by itself."""
    post = posts.find_post_by_id(tx, look.post_id)
    if post is None or post.deleted_at is not None or not boosts.live_boosts(tx, post.id):
        return False
    author = _find_author(tx, post)
    server = None if author.server_id is None else find_server_by_id(tx, author.server_id)
    return server is not None and server.software != OWN_SOFTWARE


def _find_author(tx: sa.Connection, post: PostRecord) -> ActorRecord:
    author = find_actor_by_id(tx, post.actor_id)
    assert author is not None  # a foreign key holds it
    return author


async def _fetch(services: Services, iri: Iri) -> Sight:
    try:
        document = await services.client.fetch(iri, purpose=Purpose.FETCH, fresh=True)
    except Gone:
        return Ended()
    except Unreachable as fault:
        return Missing() if fault.status == _NOT_FOUND else None
    except MalformedDocument:
        return None
    return document if isinstance(document, Post) else None


def _apply(tx: sa.Connection, look: Look, sight: Sight, now: Millis) -> str:
    post = posts.find_post_by_id(tx, look.post_id)
    assert post is not None  # posts are never removed
    if isinstance(sight, Missing) and not _is_confirmed(look, now):
        _plan_second(tx, look, now)
        return "missing"
    if isinstance(sight, Ended | Missing):
        submissions.withdraw(tx, actor=_find_author(tx, post), iri=post.iri, raw=b"", now=now)
        return "ended"
    _plan_next(tx, look)
    return "unknown" if sight is None else _compare(tx, post, sight, now)


def _is_confirmed(look: Look, now: Millis) -> bool:
    return look.missing_since is not None and now - look.missing_since >= HOUR


def _compare(tx: sa.Connection, stored: PostRecord, document: Post, now: Millis) -> str:
    author = _find_author(tx, stored)
    if document.id != stored.iri or document.attributed_to != (author.iri,):
        return "not the same post"
    return "changed" if submissions.reread(tx, author=author, post=document, now=now) else "unchanged"


def _plan_next(tx: sa.Connection, look: Look) -> None:
    schedule_step(tx, look.post_id, look.iri, look.step + 1, look.boosted_at)


def _plan_second(tx: sa.Connection, look: Look, now: Millis) -> None:
    """Look once more in an hour; the steps go on from there if it is found again."""
    payload: dict[str, JsonValue] = {
        "post": look.post_id,
        "iri": look.iri,
        "step": look.step,
        "boosted_at": look.boosted_at,
        "missing_since": look.missing_since or now,
    }
    schedule(tx, REREAD, f"{look.post_id}:{look.step}", payload, Millis(now + HOUR), now)


def _put_off(tx: sa.Connection, job: Job, now: Millis) -> None:
    schedule(tx, REREAD, job.key, job.payload, Millis(now + BUSY_DELAY), now)

"""Posts that are written now and published later, through the same door."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from actors.jobs import schedule as plan
from areas.compose import keys, publishing
from areas.ids import mint_post
from areas.media import attaching
from areas.personal_tables import scheduled_posts
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.records import Draft, PollDraft, PostRecord
from areas.statements import insert_once
from federation.errors import NotFound, Overloaded, Refused
from federation.vocabulary import Millis

PUBLISH = "publish"
"""The job that publishes a scheduled post; the key is its number."""
SOONEST = 5 * 60_000
"""Milliseconds from now; what is due sooner is published at once by whoever asks (Mastodon refuses it too)."""
LATEST = 366 * 24 * 3_600_000
MOST = 300
ID_TRIES = 8


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A draft that waits; `failure` says why it could not be published when it was due."""

    id: int
    draft: Draft
    due_at: Millis
    failure: str | None = None


def schedule(tx: sa.Connection, draft: Draft, due_at: Millis, now: Millis) -> Scheduled:
    """Keep a draft until it is due. What could not be published now is refused now. Raises `Refused`, `NotFound`."""
    author = publishing.find_author(tx, draft.author_id)
    key = None if draft.key is None else f"scheduled {draft.key}"
    earlier = keys.find(tx, author.id, key, now)
    if earlier is not None:
        return find(tx, author.id, earlier)
    _check_time(due_at, now)
    publishing.prepare(tx, author, draft, now)
    count = sa.select(sa.func.count()).where(scheduled_posts.c.actor_id == author.id)
    if tx.execute(count).scalar_one() >= MOST:
        raise Refused(f"{MOST} posts can wait")
    made = _insert(tx, replace(draft, key=None), due_at, now)
    attaching.reserve(tx, author.id, draft.media_ids, due_at)
    keys.keep(tx, author.id, key, made.id, now)
    plan(tx, PUBLISH, str(made.id), {}, due_at, now)
    return made


def _check_time(due_at: Millis, now: Millis) -> None:
    if due_at < now + SOONEST:
        raise Refused("a scheduled post is at least 5 minutes ahead")
    if due_at > now + LATEST:
        raise Refused("a scheduled post is at most a year ahead")


def _insert(tx: sa.Connection, draft: Draft, due_at: Millis, now: Millis) -> Scheduled:
    row = {"actor_id": draft.author_id, "draft": json.dumps(asdict(draft)), "due_at": due_at}
    for _ in range(ID_TRIES):
        scheduled_id = mint_post(now)
        if insert_once(tx, scheduled_posts, {"id": scheduled_id, **row}):
            return Scheduled(scheduled_id, draft, due_at)
    raise Overloaded("no free id for a scheduled post")


_COLUMNS = (
    scheduled_posts.c.id,
    scheduled_posts.c.draft,
    scheduled_posts.c.due_at,
    scheduled_posts.c.failure,
)


def _read(row: Any) -> Scheduled:
    return Scheduled(row.id, _read_draft(json.loads(row.draft)), row.due_at, row.failure)


def _read_draft(found: Mapping[str, Any]) -> Draft:
    values = dict(found)
    values["area_ids"], values["media_ids"] = tuple(values["area_ids"]), tuple(values["media_ids"])
    if values["poll"] is not None:
        poll = values["poll"]
        values["poll"] = PollDraft(**{**poll, "options": tuple(poll["options"])})
    return Draft(**values)


def find(tx: sa.Connection, actor_id: int, scheduled_id: int) -> Scheduled:
    """One of the actor's own. Raises `NotFound`."""
    query = sa.select(*_COLUMNS).where(
        scheduled_posts.c.id == scheduled_id, scheduled_posts.c.actor_id == actor_id
    )
    row = tx.execute(query).first()
    if row is None:
        raise NotFound(f"there is no scheduled post {scheduled_id}")
    return _read(row)


def page(tx: sa.Connection, actor_id: int, wanted: Slice = FIRST) -> Page[Scheduled]:
    """What an actor has scheduled, the latest made first."""
    query = sa.select(*_COLUMNS).where(scheduled_posts.c.actor_id == actor_id)
    rows, more = slice_by(tx, query, scheduled_posts.c.id, wanted)
    return paginate([_read(row) for row in rows], wanted, lambda each: each.id, more=more)


def put_off(tx: sa.Connection, actor_id: int, scheduled_id: int, due_at: Millis, now: Millis) -> Scheduled:
    """Publish at another time. Raises `NotFound`, `Refused`."""
    _check_time(due_at, now)
    found = find(tx, actor_id, scheduled_id)
    mine = sa.update(scheduled_posts).where(scheduled_posts.c.id == found.id)
    tx.execute(mine.values(due_at=due_at, failure=None))
    attaching.reserve(tx, actor_id, found.draft.media_ids, due_at)
    plan(tx, PUBLISH, str(found.id), {}, due_at, now)
    return replace(found, due_at=due_at, failure=None)


def cancel(tx: sa.Connection, actor_id: int, scheduled_id: int) -> None:
    """Publish it never. Raises `NotFound`."""
    found = find(tx, actor_id, scheduled_id)
    tx.execute(sa.delete(scheduled_posts).where(scheduled_posts.c.id == found.id))


def publish_due(tx: sa.Connection, scheduled_id: int, now: Millis) -> PostRecord | Millis | None:
    """Publish what is due; its time where it is not yet, None where there is nothing to publish (any more).

    Raises `Refused`, `NotFound` where it cannot be published: `fail` keeps why.
    """
    query = sa.select(*_COLUMNS).where(scheduled_posts.c.id == scheduled_id).with_for_update()
    row = tx.execute(query).first()
    if row is None or row.failure is not None:
        return None
    found = _read(row)
    if found.due_at > now:
        return found.due_at
    tx.execute(sa.delete(scheduled_posts).where(scheduled_posts.c.id == scheduled_id))
    post, _ = publishing.publish(tx, found.draft, now)
    return post


def fail(tx: sa.Connection, scheduled_id: int, failure: str) -> None:
    """Keep for the author why it was not published."""
    mine = sa.update(scheduled_posts).where(scheduled_posts.c.id == scheduled_id)
    tx.execute(mine.values(failure=failure))

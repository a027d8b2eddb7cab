"""Posts that wait for their time."""

from collections.abc import Sequence

import sqlalchemy as sa

from areas import posts
from areas.compose import scheduling
from areas.compose.scheduling import Scheduled
from areas.media.records import MediaRecord
from areas.media.uploads import find_own
from areas.reading.slices import Page
from areas.records import Draft
from federation import iris
from federation.errors import Refused
from federation.reader import parse_time
from federation.vocabulary import Millis
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities.attachments import uploaded
from web.mastodon.entities.frame import Json
from web.mastodon.entities.scheduled import scheduled
from web.mastodon.paging import link, read_slice
from web.mastodon.parameters import Parameters


async def keep(call: Call, draft: Draft, due_at: Millis) -> Json:
    """Let a new post wait, and show it."""

    def write(tx: sa.Connection) -> Json:
        return _render(tx, call, scheduling.schedule(tx, draft, due_at, call.now))

    return await call.write(write)


def read_time(params: Parameters) -> Millis | None:
    """Return `scheduled_at`, None where the post is not to wait. Raises `Refused`."""
    text = params.word("scheduled_at")
    if text is None:
        return None
    found = parse_time(text)
    if found is None:
        raise Refused(f"scheduled_at {text[:50]!r} is no time like 2026-12-01T09:00:00Z")
    return found


async def list_all(call: Call) -> Answer:
    """`GET /api/v1/scheduled_statuses`."""
    wanted = read_slice(call.params)

    def read(tx: sa.Connection) -> tuple[Page[Scheduled], list[Json]]:
        page = scheduling.page(tx, call.actor.id, wanted)
        return page, [_render(tx, call, each) for each in page.items]

    page, shown = await call.read(read)
    return Answer(shown, headers=link(call.request, page))


async def show(call: Call) -> Json:
    """`GET /api/v1/scheduled_statuses/:id`."""

    def read(tx: sa.Connection) -> Json:
        return _render(tx, call, scheduling.find(tx, call.actor.id, call.path_id()))

    return await call.read(read)


async def put_off(call: Call) -> Json:
    """`PUT /api/v1/scheduled_statuses/:id`: another time."""

    def write(tx: sa.Connection) -> Json:
        scheduling.find(tx, call.actor.id, call.path_id())
        due_at = read_time(call.params)
        if due_at is None:
            raise Refused("scheduled_at is missing")
        changed = scheduling.put_off(tx, call.actor.id, call.path_id(), due_at, call.now)
        return _render(tx, call, changed)

    return await call.write(write)


async def cancel(call: Call) -> Json:
    """`DELETE /api/v1/scheduled_statuses/:id`."""
    await call.write(scheduling.cancel, call.actor.id, call.path_id())
    return {}


def _render(tx: sa.Connection, call: Call, found: Scheduled) -> Json:
    answered = None if found.draft.in_reply_to is None else posts.find_post(tx, found.draft.in_reply_to)
    pictures: Sequence[MediaRecord] = [
        find_own(tx, call.actor.id, media_id) for media_id in found.draft.media_ids
    ]
    origin = iris.origin(call.actor.iri)
    return scheduled(
        found, None if answered is None else answered.id, [uploaded(each, origin) for each in pictures]
    )

"""Posts, one by one: what each says and said, what stands around it, who boosted and liked it."""

from typing import Final

import sqlalchemy as sa
from starlette.exceptions import HTTPException

from actors.records import ActorRecord
from areas import edits
from areas.compose import source_of
from areas.reading import statuses
from areas.reading.marks import favourited_by, shared_by
from areas.reading.slices import Page
from areas.reading.statuses import Status
from areas.reading.threads import context
from areas.reading.visibility import Reader
from federation.errors import NotFound
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities import statuses as entities
from web.mastodon.entities.frame import Json
from web.mastodon.paging import ACCOUNTS, link, read_slice
from web.mastodon.showing import frame_of, reader_of, show_account, show_accounts, show_statuses

MOST_AT_ONCE: Final = 40


async def show(call: Call) -> Json:
    """`GET /api/v1/statuses/:id`: a post, or a boost of one."""
    return (await show_statuses(call, [await find(call)]))[0]


async def find(call: Call) -> Status:
    """Return what an id in the path names. Raises `NotFound` for what the caller may not see."""
    return await call.read(require, reader_of(call), call.path_id())


def require(tx: sa.Connection, reader: Reader | None, status_id: int) -> Status:
    """Return what the reader may see by this id. Raises `NotFound`."""
    found = statuses.find(tx, reader, status_id)
    if found is None:
        raise NotFound(f"there is no status {status_id}")
    return found


async def list_by_id(call: Call) -> list[Json]:
    """`GET /api/v1/statuses?id[]=`: those that the caller may see."""
    ids = call.params.ids("id")
    if len(ids) > MOST_AT_ONCE:
        raise HTTPException(422, f"Validation failed: id may name {MOST_AT_ONCE} statuses at once")
    return await show_statuses(call, await call.read(statuses.find_all, reader_of(call), ids))


async def show_context(call: Call) -> Json:
    """`GET /api/v1/statuses/:id/context`."""
    reader = reader_of(call)
    found = await find(call)
    above, below = await call.read(context, reader, found.seen.post.id)
    shown = await show_statuses(call, [statuses.original(each) for each in (*above, *below)])
    return entities.context(shown[: len(above)], shown[len(above) :])


async def show_source(call: Call) -> Json:
    """`GET /api/v1/statuses/:id/source`: of one's own, what was typed."""
    post = (await find(call)).seen.post
    if post.actor_id != call.actor.id:
        raise NotFound("only its author edits a post")
    source = await call.read(source_of, post)
    return entities.source(post.id, source.text, source.summary)


async def list_history(call: Call) -> list[Json]:
    """`GET /api/v1/statuses/:id/history`: the oldest first, the present one last."""
    seen = (await find(call)).seen
    versions = await call.read(edits.history, seen.post)
    author, frame = await show_account(call, seen.author), frame_of(call.node)
    return [entities.edit(seen.post, version, author, frame) for version in versions]


async def list_reblogged_by(call: Call) -> Answer:
    """`GET /api/v1/statuses/:id/reblogged_by`: people; that an area has it says where it stands."""
    post, wanted = (await find(call)).seen.post, read_slice(call.params, ACCOUNTS)
    return await _list_people(call, await call.read(shared_by, reader_of(call), post.id, wanted))


async def list_favourited_by(call: Call) -> Answer:
    """`GET /api/v1/statuses/:id/favourited_by`."""
    post, wanted = (await find(call)).seen.post, read_slice(call.params, ACCOUNTS)
    return await _list_people(call, await call.read(favourited_by, post.id, wanted))


async def _list_people(call: Call, page: Page[ActorRecord]) -> Answer:
    return Answer(await show_accounts(call, page.items), headers=link(call.request, page))


async def list_quotes(call: Call) -> list[Json]:
    """`GET /api/v1/statuses/:id/quotes`: nothing is quoted here."""
    await find(call)
    return []


async def translate(call: Call) -> Json:
    """`POST /api/v1/statuses/:id/translate`: nothing translates here, and no text is sent to who would."""
    await find(call)
    raise HTTPException(404, "Translation is not available on this server")


async def show_card(call: Call) -> Json:
    """`GET /api/v1/statuses/:id/card`: there are none."""
    await find(call)
    return {}

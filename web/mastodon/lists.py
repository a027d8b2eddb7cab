"""Lists: those that somebody makes, and those that the areas she follows are, which only `exclusive` changes."""

from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from actors.listing import require_actor
from actors.records import ActorRecord
from areas.lists import own, synthetic
from areas.lists.own import ListRecord
from areas.lists.synthetic import AreaList
from areas.preferences import find as find_preferences
from areas.reading import lists as timelines
from areas.reading.merging import Candidate
from areas.reading.slices import Page, Slice
from areas.reading.visibility import Reader
from federation.errors import Refused
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.entities.lists import area_list, own_list
from web.mastodon.paging import ACCOUNTS, link, read_slice
from web.mastodon.showing import show_accounts, show_timeline

FIXED: Final = "an area's list is made by the area; only exclusive can be changed"

Found = ListRecord | AreaList


async def list_all(call: Call) -> list[Json]:
    """`GET /api/v1/lists`: those of areas first."""

    def read(tx: sa.Connection) -> list[Json]:
        language = find_preferences(tx, call.actor.id).language
        of_areas = [area_list(each, language) for each in synthetic.list_of(tx, call.actor.id)]
        return of_areas + [own_list(each) for each in own.list_of(tx, call.actor.id)]

    return await call.read(read)


async def list_with(call: Call) -> list[Json]:
    """`GET /api/v1/accounts/:id/lists`: on which lists of the reader somebody is."""
    member = await call.read(require_actor, call.path_id())
    found = await call.read(lambda tx: own.list_of(tx, call.actor.id, with_member=member.id))
    return [own_list(each) for each in found]


async def show(call: Call) -> Json:
    """`GET /api/v1/lists/:id`."""
    return await call.read(_show, call.actor.id, call.path_id())


def _show(tx: sa.Connection, actor_id: int, list_id: int) -> Json:
    found = find_list(tx, actor_id, list_id)
    if isinstance(found, ListRecord):
        return own_list(found)
    return area_list(found, find_preferences(tx, actor_id).language)


def find_list(tx: sa.Connection, actor_id: int, list_id: int) -> Found:
    """One of the reader's lists, made by her or of an area that she follows. Raises `NotFound`."""
    if synthetic.is_synthetic(list_id):
        return synthetic.find(tx, actor_id, list_id)
    return own.find(tx, actor_id, list_id)


async def create(call: Call) -> Json:
    """`POST /api/v1/lists`."""
    wanted = _read_wanted(call, ListRecord(0, call.actor.id, ""))
    return own_list(await call.write(own.create, call.actor, wanted, call.now))


async def change(call: Call) -> Json:
    """`PUT /api/v1/lists/:id`: what is not given stays. Of an area's list `exclusive` alone."""

    def write(tx: sa.Connection) -> Json:
        found = find_list(tx, call.actor.id, call.path_id())
        if isinstance(found, ListRecord):
            return own_list(own.change(tx, _read_wanted(call, found)))
        exclusive = _read_exclusive(call, found, find_preferences(tx, call.actor.id).language)
        synthetic.keep_out(tx, call.actor.id, found, exclusive=exclusive)
        return _show(tx, call.actor.id, found.id)

    return await call.write(write)


def _read_wanted(call: Call, found: ListRecord) -> ListRecord:
    params, replies = call.params, call.params.word("replies_policy")
    title, exclusive = params.text("title"), params.flag("exclusive")
    changes: dict[str, Any] = {"title": title, "replies": replies, "exclusive": exclusive}
    return replace(found, **{name: value for name, value in changes.items() if value is not None})


def _read_exclusive(call: Call, found: AreaList, language: str) -> bool:
    """Apps send everything, also what has not changed."""
    given = {"title": found.title(language), "replies_policy": "none"}
    if any(call.params.word(name) not in {None, value} for name, value in given.items()):
        raise Refused(FIXED)
    asked = call.params.flag("exclusive")
    return found.exclusive if asked is None else asked


async def remove(call: Call) -> Json:
    """`DELETE /api/v1/lists/:id`."""
    await call.write(_remove, call.actor.id, call.path_id())
    return {}


def _remove(tx: sa.Connection, actor_id: int, list_id: int) -> None:
    own.remove(tx, actor_id, _find_own(tx, actor_id, list_id).id)


def _find_own(tx: sa.Connection, actor_id: int, list_id: int) -> ListRecord:
    found = find_list(tx, actor_id, list_id)
    if isinstance(found, AreaList):
        raise Refused(FIXED)
    return found


async def list_members(call: Call) -> Answer:
    """`GET /api/v1/lists/:id/accounts`: of an area's list the area."""
    wanted = read_slice(call.params, ACCOUNTS)

    def read(tx: sa.Connection) -> Page[ActorRecord]:
        found = find_list(tx, call.actor.id, call.path_id())
        if isinstance(found, AreaList):
            return Page((require_actor(tx, found.area_id),))
        return own.members(tx, found, wanted)

    page = await call.read(read)
    return Answer(await show_accounts(call, page.items), headers=link(call.request, page))


async def add_members(call: Call) -> Json:
    """`POST /api/v1/lists/:id/accounts?account_ids[]=`."""
    ids = call.params.ids("account_ids")

    def write(tx: sa.Connection) -> None:
        own.add(tx, _find_own(tx, call.actor.id, call.path_id()), ids, call.now)

    await call.write(write)
    return {}


async def take_members_off(call: Call) -> Json:
    """`DELETE /api/v1/lists/:id/accounts?account_ids[]=`."""
    ids = call.params.ids("account_ids")

    def write(tx: sa.Connection) -> None:
        own.take_off(tx, _find_own(tx, call.actor.id, call.path_id()), ids)

    await call.write(write)
    return {}


async def show_list_timeline(call: Call) -> Answer:
    """`GET /api/v1/timelines/list/:id`."""
    reader, wanted, list_id = Reader.of(call.actor, call.now), read_slice(call.params), call.path_id()

    def read(tx: sa.Connection) -> Page[Candidate]:
        return read_list(tx, reader, find_list(tx, call.actor.id, list_id), wanted)

    return await show_timeline(call, read)


def read_list(tx: sa.Connection, reader: Reader, found: Found, wanted: Slice) -> Page[Candidate]:
    """What stands in a list."""
    if isinstance(found, AreaList):
        return timelines.of_area(tx, reader, found, wanted)
    return timelines.own(tx, reader, found, wanted)

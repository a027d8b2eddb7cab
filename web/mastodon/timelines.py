"""Timelines: home, this node's areas ("local"), the known network, a hashtag, a profile."""

import sqlalchemy as sa

from actors.listing import require_actor
from areas.reading.home import home
from areas.reading.merging import Candidate
from areas.reading.profiles import Filter, by_actor, pinned
from areas.reading.public import Origin, Tags, known, local, tagged
from areas.reading.slices import Page
from areas.reading.visibility import Reader
from federation.errors import NotFound
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.paging import read_slice
from web.mastodon.showing import reader_of, show_timeline


async def show_home(call: Call) -> Answer:
    """`GET /api/v1/timelines/home`."""
    reader, wanted = Reader.of(call.actor, call.now), read_slice(call.params)
    return await show_timeline(call, lambda tx: home(tx, reader, wanted))


async def show_public(call: Call) -> Answer:
    """`GET /api/v1/timelines/public`: `local` = what areas of this node have; signed in, those one follows."""
    params, reader, wanted = call.params, reader_of(call), read_slice(call.params)
    only_media = params.flag("only_media") or False
    if params.flag("local"):
        return await show_timeline(call, lambda tx: local(tx, reader, wanted, only_media=only_media))
    origin: Origin = "remote" if params.flag("remote") else "all"
    return await show_timeline(
        call, lambda tx: known(tx, reader, wanted, origin=origin, only_media=only_media)
    )


async def show_tag(call: Call) -> Answer:
    """`GET /api/v1/timelines/tag/:hashtag`: with `any[]`, `all[]`, `none[]`; `local` = written here."""
    params, reader, wanted = call.params, reader_of(call), read_slice(call.params)
    tags = Tags(
        any_of=(call.request.path_params["hashtag"], *params.texts("any")),
        all_of=params.texts("all"),
        none_of=params.texts("none"),
    )
    origin: Origin = "local" if params.flag("local") else "remote" if params.flag("remote") else "all"
    only_media = params.flag("only_media") or False
    return await show_timeline(
        call, lambda tx: tagged(tx, reader, tags, wanted, origin=origin, only_media=only_media)
    )


async def show_link(_call: Call) -> Answer:
    """`GET /api/v1/timelines/link?url=`: no links trend here, so there is none of which posts are shown."""
    raise NotFound("this link is not trending")


async def show_account(call: Call) -> Answer:
    """`GET /api/v1/accounts/:id/statuses`: of an area, what it has accepted."""
    params, reader, wanted = call.params, reader_of(call), read_slice(call.params)
    actor_id = call.path_id()
    which = Filter(
        replies=not params.flag("exclude_replies"),
        boosts=not params.flag("exclude_reblogs"),
        only_media=params.flag("only_media") or False,
        tag=params.word("tagged"),
    )
    is_pinned = params.flag("pinned") or False

    def read(tx: sa.Connection) -> Page[Candidate]:
        require_actor(tx, actor_id)
        if is_pinned:
            return Page(tuple(pinned(tx, reader, actor_id)))
        return by_actor(tx, reader, actor_id, wanted, which)

    return await show_timeline(call, read)

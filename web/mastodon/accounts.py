"""Accounts: oneself, others by id, handle or name, and what the reader is to them."""

from typing import Final

import sqlalchemy as sa
from starlette.exceptions import HTTPException

from actors.listing import (
    list_actors,
    list_directory,
    look_up,
    require_actor,
)
from actors.records import ActorRecord
from actors.relations import count_requests
from areas.counts import Counts, count_actors
from areas.preferences import Preferences
from areas.preferences import find as find_preferences
from areas.profiles import Source, source_of
from areas.reading.people import list_follows
from web.mastodon.answers import Answer
from web.mastodon.calls import Call
from web.mastodon.entities.accounts import (
    credential_account,
    familiar_followers,
    preferences,
)
from web.mastodon.entities.frame import Json
from web.mastodon.paging import ACCOUNTS, link, read_limit, read_slice
from web.mastodon.showing import frame_of, show_account, show_accounts, show_destinations, show_relationships

MOST_AT_ONCE: Final = 80
"""Accounts asked for by id; a page of posts has 40 authors and 40 boosters."""
MOST_OFFSET: Final = 1_000
"""The one list that Mastodon pages by counting; whoever wants more asks for a narrower one."""


async def verify_credentials(call: Call) -> Json:
    """`GET /api/v1/accounts/verify_credentials`: oneself."""
    return await show_oneself(call, call.actor)


async def show_oneself(call: Call, actor: ActorRecord) -> Json:
    """`CredentialAccount`."""
    counts, source, requests, chosen = await call.read(_read_own, actor)
    shown = credential_account(actor, counts, source, requests, chosen, frame_of(call.node))
    return {**shown, "moved": (await show_destinations(call, (actor,))).get(actor.id)}


def _read_own(tx: sa.Connection, actor: ActorRecord) -> tuple[Counts, Source, int, Preferences]:
    counts = count_actors(tx, (actor.id,))[actor.id]
    return counts, source_of(tx, actor), count_requests(tx, actor.id), find_preferences(tx, actor.id)


async def show_preferences(call: Call) -> Json:
    """`GET /api/v1/preferences`."""
    return preferences(await call.read(find_preferences, call.actor.id))


async def sign_up(_call: Call) -> Json:
    """`POST /api/v1/accounts`: not by apps; `registrations` of the instance says so."""
    raise HTTPException(403, "This server takes no registrations through apps")


async def show(call: Call) -> Json:
    """`GET /api/v1/accounts/:id`."""
    return await show_account(call, await call.read(require_actor, call.path_id()))


async def list_by_id(call: Call) -> list[Json]:
    """`GET /api/v1/accounts?id[]=`."""
    return await show_accounts(call, await call.read(list_actors, _read_ids(call)))


async def look_up_handle(call: Call) -> Json:
    """`GET /api/v1/accounts/lookup?acct=`: nobody else is asked."""
    handle = call.params.word("acct") or ""
    return await show_account(call, await call.read(look_up, handle, frame_of(call.node).host))


async def list_followers(call: Call) -> Answer:
    """`GET /api/v1/accounts/:id/followers`: to their owner alone."""
    return await _list_follows(call, "followers")


async def list_following(call: Call) -> Answer:
    """`GET /api/v1/accounts/:id/following`: to their owner alone."""
    return await _list_follows(call, "following")


async def _list_follows(call: Call, which: str) -> Answer:
    actor = await call.read(require_actor, call.path_id())
    if call.viewer is None or call.viewer.id != actor.id:
        return Answer([])
    page = await call.read(list_follows, actor.id, which, read_slice(call.params, ACCOUNTS))
    return Answer(await show_accounts(call, page.items), headers=link(call.request, page))


async def list_relationships(call: Call) -> list[Json]:
    """`GET /api/v1/accounts/relationships?id[]=`."""
    ids = _read_ids(call)
    known = [actor.id for actor in await call.read(list_actors, ids)]
    return await show_relationships(call, known)


async def list_familiar_followers(call: Call) -> list[Json]:
    """`GET /api/v1/accounts/familiar_followers?id[]=`: nobody, since who follows whom is not shown to others."""
    return [familiar_followers(actor.id, []) for actor in await call.read(list_actors, _read_ids(call))]


async def show_directory(call: Call) -> list[Json]:
    """`GET /api/v1/directory`: who agrees to be found."""
    params = call.params
    offset = min(max(params.number("offset") or 0, 0), MOST_OFFSET)

    def read(tx: sa.Connection) -> list[ActorRecord]:
        return list_directory(
            tx,
            limit=read_limit(params, ACCOUNTS),
            offset=offset,
            by_age=params.word("order") == "new",
            only_local=params.flag("local") or False,
        )

    return await show_accounts(call, await call.read(read))


def _read_ids(call: Call) -> tuple[int, ...]:
    ids = call.params.ids("id")
    if len(ids) > MOST_AT_ONCE:
        raise HTTPException(422, f"Validation failed: id may name {MOST_AT_ONCE} accounts at once")
    return ids

"""Looking for people, posts and hashtags by what somebody typed, and for whatever has an address that she pasted.

Pages go by `offset`, as apps ask for them; there is an end to that. Nobody looks for the posts of somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import sqlalchemy as sa
from starlette.exceptions import HTTPException

from actors.listing import list_actors, parse_handle, search_actors
from actors.records import ActorRecord
from areas.reading import statuses
from areas.reading.slices import Slice
from areas.reading.statuses import Status, original
from areas.records import PostRecord
from areas.search import posts as posts_by_words
from areas.search import tags as tags_by_words
from federation.errors import Fault, Refused
from inbox import resolving
from web.mastodon.answers import INVALID_TOKEN
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.paging import ACCOUNTS, STATUSES, read_limit
from web.mastodon.showing import frame_of, reader_of, show_accounts, show_statuses
from web.mastodon.tags import show_tags

Kind = Literal["accounts", "statuses", "hashtags"]

MOST_OFFSET: Final = 200
"""Beyond this there is nothing: whoever wants more says more."""
_SCHEMES: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. `offset` counts within each kind."""

    text: str
    kinds: tuple[Kind, ...]
    limit: int
    offset: int
    resolve: bool
    following: bool
    account_id: int | None


async def search(call: Call) -> Json:
    """`GET /api/v2/search`: what has an address is that alone; `resolve` asks its own server."""
    asked = _read(call)
    if asked is None:
        return {"accounts": [], "statuses": [], "hashtags": []}
    people, posts = await _find(call, asked)
    return {
        "accounts": await show_accounts(call, people),
        "statuses": await show_statuses(call, posts),
        "hashtags": await _show_tags(call, asked),
    }


async def search_v1(call: Call) -> Json:
    """`GET /api/v1/search`: the same, with the names of hashtags alone."""
    found = await search(call)
    return {**found, "hashtags": [each["name"] for each in found["hashtags"]]}


async def search_accounts(call: Call) -> list[Json]:
    """`GET /api/v1/accounts/search`: with `resolve`, a whole handle is looked for on its own server too."""
    asked = _read(call, ACCOUNTS, ("accounts",))
    return [] if asked is None else await show_accounts(call, (await _find(call, asked))[0])


def _read(
    call: Call, sizes: tuple[int, int] = STATUSES, kinds: tuple[Kind, ...] = get_args(Kind)
) -> Asked | None:
    """None = there is nothing to look for. Raises 401 for what is done for somebody alone, `Refused`."""
    params = call.params
    text, kind = params.word("q"), params.word("type")
    offset, resolve = max(params.number("offset") or 0, 0), params.flag("resolve") or False
    if call.viewer is None and (resolve or offset):
        raise HTTPException(401, INVALID_TOKEN)
    limit = read_limit(params, sizes)
    account_id = params.id("account_id")
    if kind is not None and kind not in get_args(Kind):
        raise Refused(f"type is one of {', '.join(get_args(Kind))}")
    if text is None or offset > MOST_OFFSET:
        return None
    return Asked(
        text=text,
        kinds=tuple(each for each in kinds if kind in {None, each}),
        limit=limit,
        offset=offset,
        resolve=resolve,
        following=params.flag("following") or False,
        account_id=account_id,
    )


async def _find(call: Call, asked: Asked) -> tuple[Sequence[ActorRecord], Sequence[Status]]:
    if asked.text.startswith(_SCHEMES):
        people, posts = await _find_by_address(call, asked)
    else:
        people, posts = await _find_people(call, asked), await _find_posts(call, asked)
    return people if "accounts" in asked.kinds else (), posts if "statuses" in asked.kinds else ()


async def _find_by_address(call: Call, asked: Asked) -> tuple[Sequence[ActorRecord], Sequence[Status]]:
    if asked.offset:
        return (), ()
    thing: ActorRecord | PostRecord | None
    try:
        if asked.resolve:
            thing = await resolving.resolve(asked.text, call.node.services, call.now)
        else:
            thing = await call.read(resolving.find_known, asked.text)
    except Fault:
        return (), ()  # whatever there is, it cannot be shown; apps ask while somebody types
    if isinstance(thing, PostRecord):
        return (), await call.read(statuses.find_all, reader_of(call), [thing.id])
    return () if thing is None else await call.read(list_actors, [thing.id]), ()


async def _find_people(call: Call, asked: Asked) -> Sequence[ActorRecord]:
    if "accounts" not in asked.kinds or asked.text.startswith("#"):
        return ()
    follower_id = call.actor.id if asked.following and call.viewer is not None else None
    home = frame_of(call.node).host

    def read(tx: sa.Connection) -> list[ActorRecord]:
        return search_actors(
            tx, asked.text, home, limit=asked.limit, offset=asked.offset, follower_id=follower_id
        )

    found = await call.read(read)
    if found or not asked.resolve or asked.following or asked.offset:
        return found
    return await _resolve_handle(call, asked.text)


async def _resolve_handle(call: Call, text: str) -> Sequence[ActorRecord]:
    """Whoever is not found is nobody: an app asks at every letter, and shows no error."""
    parsed = parse_handle(text, "")
    if parsed is None or not parsed[1]:
        return ()
    try:
        return [await call.node.directory.actor_by_handle(*parsed)]
    except Fault:
        return ()


async def _find_posts(call: Call, asked: Asked) -> Sequence[Status]:
    """`account_id` is for one's own: nobody goes through what somebody else has written."""
    is_mine = call.viewer is not None and asked.account_id == call.viewer.id
    if "statuses" not in asked.kinds or (asked.account_id is not None and not is_mine):
        return ()
    part = Slice(
        limit=asked.offset + asked.limit, before=call.params.id("max_id"), after=call.params.id("min_id")
    )
    reader = reader_of(call)

    def read(tx: sa.Connection) -> list[Status]:
        page = posts_by_words.search(tx, reader, asked.text, part, only_own=is_mine)
        return [original(each) for each in page.items[asked.offset :]]

    return await call.read(read)


async def _show_tags(call: Call, asked: Asked) -> list[Json]:
    if "hashtags" not in asked.kinds or "@" in asked.text or asked.text.startswith(_SCHEMES):
        return []
    found = await call.read(tags_by_words.search, asked.text, asked.offset + asked.limit)
    return await show_tags(call, [each.name for each in found[asked.offset :]])

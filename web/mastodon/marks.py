"""What somebody does with a post: like, boost, keep, pin it, or hear no more of its thread; and each undone."""

from collections.abc import Callable
from typing import Final, Protocol

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import interactions
from areas.reading.marks import bookmarked, favourites
from areas.reading.slices import Page
from areas.reading.statuses import Seen, original
from areas.records import Visibility
from federation.errors import Refused
from federation.vocabulary import Millis
from web.mastodon.answers import Answer
from web.mastodon.calls import Call, Handler
from web.mastodon.entities.frame import Json
from web.mastodon.paging import link, read_slice
from web.mastodon.showing import reader_of, show_statuses
from web.mastodon.statuses import find, require

_VISIBILITIES: Final[dict[str, Visibility]] = {
    "public": "public",
    "unlisted": "unlisted",
    "private": "private",
}


class Act(Protocol):
    """`act(tx, actor, post_id, now)`."""

    def __call__(self, tx: sa.Connection, actor: ActorRecord, post_id: int, now: Millis, /) -> object:
        """Do it. Doing it again changes nothing."""


def make(act: Act) -> Handler:
    """Return the operation that does it to the post in the path, and shows what has become of that."""

    async def answer(call: Call) -> Json:
        post_id = (await find(call)).seen.post.id
        await call.write(act, call.actor, post_id, call.now)
        return await _show(call, post_id)

    return answer


favourite: Final = make(interactions.favourite)
unfavourite: Final = make(interactions.unfavourite)
bookmark: Final = make(interactions.bookmark)
unbookmark: Final = make(interactions.unbookmark)
mute: Final = make(interactions.mute_thread)
unmute: Final = make(interactions.unmute_thread)
pin: Final = make(interactions.pin)
unpin: Final = make(interactions.unpin)
unreblog: Final = make(interactions.unboost)


async def reblog(call: Call) -> Json:
    """`POST /api/v1/statuses/:id/reblog`: the boost itself, around the post."""
    post_id = (await find(call)).seen.post.id
    visibility = _read_visibility(call)

    def act(tx: sa.Connection) -> int:
        return interactions.boost(tx, call.actor, post_id, call.now, visibility=visibility).id

    return await _show(call, await call.write(act))


def _read_visibility(call: Call) -> Visibility:
    asked = call.params.word("visibility") or "public"
    if asked not in _VISIBILITIES:
        raise Refused(f"visibility of a boost is one of {', '.join(_VISIBILITIES)}")
    return _VISIBILITIES[asked]


async def _show(call: Call, status_id: int) -> Json:
    return (await show_statuses(call, [await call.read(require, reader_of(call), status_id)]))[0]


async def list_favourites(call: Call) -> Answer:
    """`GET /api/v1/favourites`: one's own."""
    return await _list(call, favourites)


async def list_bookmarks(call: Call) -> Answer:
    """`GET /api/v1/bookmarks`: one's own."""
    return await _list(call, bookmarked)


async def _list(call: Call, read: Callable[..., Page[Seen]]) -> Answer:
    page = await call.read(read, reader_of(call), read_slice(call.params))
    shown = await show_statuses(call, [original(each) for each in page.items])
    return Answer(shown, headers=link(call.request, page))

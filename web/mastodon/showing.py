"""From records to entities: gathers the counts that stand beside an actor, then renders."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import sqlalchemy as sa

from actors.listing import find_destinations
from actors.records import ActorRecord
from actors.relations import relate
from areas.counts import Counts, count_actors
from areas.filters.matching import Filter, match, texts_of
from areas.filters.stored import list_of as list_filters
from areas.interactions import noting
from areas.reading import statuses
from areas.reading.merging import Candidate
from areas.reading.slices import Page
from areas.reading.statuses import Seen, Status
from areas.reading.visibility import Reader
from federation import iris
from web.mastodon.answers import Answer
from web.mastodon.calls import Call, View
from web.mastodon.entities.accounts import account
from web.mastodon.entities.filters import result
from web.mastodon.entities.frame import Frame, Json, Size
from web.mastodon.entities.polls import poll
from web.mastodon.entities.relationships import relationship
from web.mastodon.entities.statuses import status
from web.mastodon.paging import link
from web.node import Node
from web.pages.statics import static_url

_AVATAR: Final = "avatar.png"
_HEADER: Final = "header.png"


def frame_of(node: Node) -> Frame:
    """Return what entities need to know of a node: apps find it at its primary origin."""
    origin = node.sites.primary.origin

    def picture(url: str, size: Size) -> str | None:
        """Ours as they are; those of others as the copies that we serve."""
        if iris.origin(url) in node.sites.origins:
            return url
        path = node.addresses.path(url, size)
        return None if path is None else origin.origin + path

    return Frame(
        origin=origin.origin,
        host=origin.host,
        picture=picture,
        avatar=origin.origin + static_url(_AVATAR),
        header=origin.origin + static_url(_HEADER),
        push_key=node.push_identity.public_key,
    )


async def count(view: View, actors: Iterable[ActorRecord]) -> dict[int, Counts]:
    """Return the counts of these actors, from memory where they were counted lately."""
    wanted = {actor.id for actor in actors}
    counted = view.node.counted
    known = counted.find(wanted, view.now)
    missing = wanted - known.keys()
    if missing:
        found = await view.read(count_actors, missing)
        counted.keep(found, view.now)
        known.update(found)
    return known


async def count_now(view: View, actor: ActorRecord) -> Counts:
    """Return the counts of one actor as they are: whoever looks at a profile has just followed it."""
    found = await view.read(count_actors, (actor.id,))
    view.node.counted.keep(found, view.now)
    return found[actor.id]


async def show_account(view: View, actor: ActorRecord) -> Json:
    """`Account`, by itself."""
    moved = await show_destinations(view, (actor,))
    return account(actor, await count_now(view, actor), frame_of(view.node), moved.get(actor.id))


async def show_accounts(view: View, actors: Sequence[ActorRecord]) -> list[Json]:
    """`Account`, many."""
    counts, frame = await count(view, actors), frame_of(view.node)
    moved = await show_destinations(view, actors)
    return [account(actor, counts[actor.id], frame, moved.get(actor.id)) for actor in actors]


async def show_destinations(view: View, actors: Sequence[ActorRecord]) -> dict[int, Json]:
    """Where those are now who have moved; of those again nothing is said."""
    if all(actor.moved_to is None for actor in actors):
        return {}
    found = await view.read(find_destinations, actors)
    counts, frame = await count(view, found.values()), frame_of(view.node)
    return {old: account(new, counts[new.id], frame) for old, new in found.items()}


async def show_relationships(view: View, actor_ids: Sequence[int]) -> list[Json]:
    """`Relationship` of the caller to each."""

    def read(tx: sa.Connection) -> list[Json]:
        relations = relate(tx, view.actor.id, actor_ids, view.now)
        notes = noting.notes_of(tx, view.actor.id, actor_ids)
        endorsed = noting.endorsed_among(tx, view.actor.id, actor_ids)
        return [
            relationship(each, relations[each], note=notes.get(each, ""), endorsed=each in endorsed)
            for each in actor_ids
        ]

    return await view.read(read)


def reader_of(view: View) -> Reader | None:
    """Return for whom something is read."""
    return None if view.viewer is None else Reader.of(view.viewer, view.now)


async def show_statuses(view: View, found: Sequence[Status]) -> list[Json]:
    """`Status`, many; every account in them is rendered once."""
    actors = {
        actor.id: actor for each in found for actor in (each.seen.author, each.via) if actor is not None
    }
    counts, frame = await count(view, actors.values()), frame_of(view.node)
    accounts = {actor_id: account(actor, counts[actor_id], frame) for actor_id, actor in actors.items()}
    filters = await _read_filters(view)
    return [
        status(
            each,
            lambda actor: accounts[actor.id],
            lambda seen: show_poll(view, seen),
            lambda seen: _show_filtered(view, filters, seen),
            frame,
        )
        for each in found
    ]


async def _read_filters(view: View) -> Sequence[Filter]:
    return () if view.viewer is None else await view.read(list_filters, view.viewer.id)


def _show_filtered(view: View, filters: Sequence[Filter], seen: Seen) -> list[Json]:
    """Why the caller wants a post hidden; not her own. Apps know where each filter holds."""
    if not filters or view.viewer is None or view.viewer.id == seen.post.actor_id:
        return []
    texts = texts_of(seen.post, () if seen.poll is None else seen.poll.options)
    return [result(each, seen.post.id) for each in match(filters, None, texts, (seen.post.id,), view.now)]


def show_poll(view: View, seen: Seen) -> Json | None:
    """`Poll` of a post, as the caller sees it now."""
    if seen.poll is None:
        return None
    is_own = view.viewer is not None and view.viewer.id == seen.post.actor_id
    return poll(seen.poll, view.now, is_own=is_own)


async def show_timeline(call: Call, read: Callable[[sa.Connection], Page[Candidate]]) -> Answer:
    """A page of a timeline: candidates and their posts in one look at the database, then counts and rendering."""
    reader = reader_of(call)

    def complete(tx: sa.Connection) -> Page[Status]:
        return statuses.complete(tx, reader, read(tx))

    page = await call.read(complete)
    return Answer(await show_statuses(call, page.items), headers=link(call.request, page))

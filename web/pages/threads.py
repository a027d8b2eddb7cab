"""A post in its thread, and a whole thread."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas import elsewhere, placements, posts, registry, threads, timelines
from areas.kinds import responses
from areas.notifications.mailing import HELD_LONG
from areas.reading.statuses import is_readable
from areas.reading.visibility import Reader
from areas.records import SHOWN, AreaRecord, PlacementRecord, PostRecord
from areas.zones.reading import is_in_a_zone
from federation import iris
from federation.errors import NotFound
from federation.html import to_text
from federation.vocabulary import Millis
from web.accounts.visitors import reader_of, visitor_of
from web.activitypub.posts import MAX_ID, require_post
from web.node import node_of
from web.pages.acts import choose_speaker
from web.pages.cards import make_cards
from web.pages.rendering import render
from web.pages.steps import describe
from web.pages.writing.sheets import make_key
from web.visits import origin_of

MOST_SHOWN: Final = 200
HEADING_LENGTH: Final = 40
NOT_IN: Final = frozenset({"held", "refused", "removed"})
"""States of a post of which its author is told why it is not in an area."""


async def thread_page(request: Request) -> Response:
    """The thread to which a post belongs, the post marked."""
    found = await node_of(request).database.read(_thread, request)
    if isinstance(found, str):
        return RedirectResponse(found, 302, headers={"vary": "Accept"})
    return render(request, "thread.html", found)


def _thread(tx: sa.Connection, request: Request) -> dict[str, object] | str:
    """What the page shows, or where it is when another origin of ours has it."""
    origin, reader, now = origin_of(request).origin, reader_of(request), node_of(request).clock()
    post = find_readable(tx, request.path_params["post_id"], reader)
    if post.local and not iris.same_origin(post.iri, origin):
        return post.iri
    visitor, author = visitor_of(request), _choose_reader(tx, request, post)
    speakers = () if visitor is None else visitor.speakers
    if post.thread_id is None:
        shown = timelines.single(tx, post.id, reader=author)
    else:
        shown = timelines.thread(tx, post.thread_id, reader=author, limit=MOST_SHOWN + 1)
    addresses = node_of(request).addresses
    cards = make_cards(tx, shown[:MOST_SHOWN], origin, addresses, with_areas=True, reader=reader)
    if not cards:
        raise NotFound("there is no such post")
    return {
        "heading": heading_of(cards[0].shown.post),
        "cards": cards,
        "post": post,
        "chosen_id": post.id if len(cards) > 1 else None,
        "address": post.iri,
        "canonical": post.iri,
        "is_local": post.local,
        "submitted": elsewhere.list_submitted(tx, post.id),
        "key": make_key(),
        "is_closed": post.thread_id is not None and threads.is_closed(tx, post.thread_id),
        "is_partial": cards[0].shown.post.in_reply_to_iri is not None,
        "has_more": len(shown) > MOST_SHOWN,
        "panel": describe(tx, cards[0].shown.post, shown, author, speakers, now),
        "outside": _find_outside(tx, post, now) if reader is not None and post.actor_id == reader.id else (),
    }


def _choose_reader(tx: sa.Connection, request: Request, post: PostRecord) -> Reader | None:
    """Who reads: whichever of hers has begun the thread, else has answered so that it counts, else herself.

    Whoever sits at a desk sees who answers it alone, and what it has answered somebody alone.
    """
    visitor, reader = visitor_of(request), reader_of(request)
    root = post if post.thread_id is None else posts.find_post_by_id(tx, post.thread_id)
    if visitor is None or root is None or len(visitor.speakers) <= 1:
        return reader
    answering = (each.actor_id for each in responses.list_of(tx, root.id))
    return Reader.of(choose_speaker(visitor, root.actor_id, *answering), node_of(request).clock())


@dataclass(frozen=True, slots=True)
class Outside:
    """An area in which an author's own post does not stand (yet): which, how and why, and whether it waits for long."""

    area: AreaRecord
    placement: PlacementRecord
    is_late: bool


def _find_outside(tx: sa.Connection, post: PostRecord, now: Millis) -> tuple[Outside, ...]:
    found = [each for each in placements.placements_of(tx, post.id) if each.state in NOT_IN]
    areas = ((registry.find_area(tx, each.area_id), each) for each in found)
    return tuple(Outside(area, each, _is_late(each, now)) for area, each in areas if area is not None)


def _is_late(placement: PlacementRecord, now: Millis) -> bool:
    return placement.state == "held" and placement.created_at <= now - HELD_LONG


def find_readable(tx: sa.Connection, post_id: int, reader: Reader | None) -> PostRecord:
    """A post that anyone, or the reader, may open. Raises `NotFound`, `Gone`."""
    if reader is not None and post_id <= MAX_ID and is_readable(tx, reader, post_id):
        found = posts.find_post_by_id(tx, post_id)
        assert found is not None  # just read
        if found.actor_id == reader.id or found.visibility not in SHOWN:
            return found
    post = require_post(tx, post_id)
    root = post if post.thread_id is None else posts.find_post_by_id(tx, post.thread_id)
    if root is None or not is_shown_here(tx, root):
        raise NotFound("there is no such post")
    return post


def is_shown_here(tx: sa.Connection, root: PostRecord) -> bool:
    """Whether a thread is ours to show: begun by one of ours, accepted by an area, or brought to one by a peer.

    What was held, refused or removed is not published by another door.
    """
    placed = placements.placements_of(tx, root.id)
    return root.local or any(each.state == "accepted" for each in placed) or is_in_a_zone(tx, root.id)


def heading_of(post: PostRecord) -> str:
    """The first words; of a post behind a warning the warning."""
    text = post.summary or post.title or to_text(post.content)
    line = next((line.strip() for line in text.splitlines() if line.strip()), "…")
    return line if len(line) <= HEADING_LENGTH else f"{line[:HEADING_LENGTH]}…"

"""A post in its thread, and a whole thread."""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas import placements, posts, timelines
from areas.records import PostRecord
from federation import iris
from federation.errors import NotFound
from federation.html import to_text
from web.activitypub.posts import require_post
from web.node import node_of
from web.pages.cards import make_cards
from web.pages.rendering import render
from web.visits import origin_of

MOST_SHOWN: Final = 200
HEADING_LENGTH: Final = 40


async def thread_page(request: Request) -> Response:
    """The thread to which a post belongs, the post marked."""
    found = await node_of(request).database.read(_thread, request)
    if isinstance(found, str):
        return RedirectResponse(found, 302, headers={"vary": "Accept"})
    return render(request, "thread.html", found)


def _thread(tx: sa.Connection, request: Request) -> dict[str, object] | str:
    """What the page shows, or where it is when another origin of ours has it."""
    origin = origin_of(request).origin
    post = require_post(tx, request.path_params["post_id"])
    root = post if post.thread_id is None else posts.find_post_by_id(tx, post.thread_id)
    if root is None or not is_shown_here(tx, root):
        raise NotFound("there is no such post")
    if post.local and not iris.same_origin(post.iri, origin):
        return post.iri
    if post.thread_id is None:
        shown = timelines.single(tx, post.id)
    else:
        shown = timelines.thread(tx, post.thread_id, limit=MOST_SHOWN + 1)
    cards = make_cards(tx, shown[:MOST_SHOWN], origin, with_areas=True)
    if not cards:
        raise NotFound("there is no such post")
    return {
        "heading": _heading(cards[0].shown.post),
        "cards": cards,
        "chosen_id": post.id if len(cards) > 1 else None,
        "address": post.iri,
        "canonical": post.iri,
        "is_local": post.local,
        "is_partial": cards[0].shown.post.in_reply_to_iri is not None,
        "has_more": len(shown) > MOST_SHOWN,
    }


def is_shown_here(tx: sa.Connection, root: PostRecord) -> bool:
    """Whether a thread is ours to show: begun by one of ours, or accepted by an area.

    What was held, refused or removed is not published by another door.
    """
    return root.local or any(placed.state == "accepted" for placed in placements.placements_of(tx, root.id))


def _heading(post: PostRecord) -> str:
    """The first words; of a post behind a warning the warning."""
    text = post.summary or post.title or to_text(post.content)
    line = next((line.strip() for line in text.splitlines() if line.strip()), "…")
    return line if len(line) <= HEADING_LENGTH else f"{line[:HEADING_LENGTH]}…"

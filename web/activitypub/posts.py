"""Posts, their replies, and threads, for other servers. What is not for everyone does not exist here."""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor_by_id
from actors.records import ActorRecord, OriginRecord
from areas import posts, wire
from areas.records import SHOWN, PostRecord
from areas.tables import posts as post_table
from federation import iris, rendering
from federation.errors import Gone, NotFound
from federation.vocabulary import Iri
from web.activitypub.answers import activity_json
from web.node import node_of
from web.visits import origin_of

MAX_ID: Final = (1 << 63) - 1
PAGE: Final = 40


def require_post(tx: sa.Connection, post_id: int) -> PostRecord:
    """Return a stored post that anyone may read. Raises `NotFound`; `Gone` where it was deleted.

    A local post whose `Create` still waits for an area's decision is nobody's but its author's; what somebody
    suspended has written is nobody's.
    """
    found = posts.find_post_by_id(tx, post_id) if 0 < post_id <= MAX_ID else None
    if found is None or found.visibility not in SHOWN:
        raise NotFound("there is no such post")
    if found.deleted_at is not None:
        raise Gone(f"{found.iri} was deleted")
    if found.local and found.log_id is None:
        raise NotFound("there is no such post")
    if author_of(tx, found).standing == "suspended":
        raise NotFound("its author is suspended")
    return found


def author_of(tx: sa.Connection, post: PostRecord) -> ActorRecord:
    """Return who wrote it."""
    author = find_actor_by_id(tx, post.actor_id)
    assert author is not None  # a foreign key holds it
    return author


async def serve_post(request: Request) -> Response:
    """Answer with a Note of ours, its Tombstone, or the way to the server that has the post."""
    return await node_of(request).database.read(_post, request)


def _post(tx: sa.Connection, request: Request) -> Response:
    origin, post_id = origin_of(request), request.path_params["post_id"]
    try:
        post = require_post(tx, post_id)
    except Gone:
        return _tombstone(tx, origin, post_id)
    if not post.local or not iris.same_origin(post.iri, origin.origin):
        return RedirectResponse(post.iri, 302, headers={"vary": "Accept"})
    return activity_json(wire.note(tx, post, author_of(tx, post)))


def _tombstone(tx: sa.Connection, origin: OriginRecord, post_id: int) -> Response:
    """Only of our own; of what others deleted nothing is said."""
    post = posts.find_post_by_id(tx, post_id)
    if post is None or not post.local or not iris.same_origin(post.iri, origin.origin):
        raise Gone("it was deleted")
    return activity_json(rendering.tombstone(post.iri, post.type, post.deleted_at), status=410)


async def serve_replies(request: Request) -> Response:
    """The replies to a post of ours, as far as anyone may read them."""
    return activity_json(await node_of(request).database.read(_replies, request))


def _replies(tx: sa.Connection, request: Request) -> rendering.Document:
    post = require_post(tx, request.path_params["post_id"])
    if not post.local:
        raise NotFound("the replies are where the post is")
    after = _cursor(request)
    found = posts.shown_replies(tx, post.id, after=after or 0, limit=PAGE + 1)
    total = _count(tx, post_table.c.in_reply_to_id == post.id)
    return _pages(Iri(f"{post.iri}/replies"), found, total, after)


async def serve_thread(request: Request) -> Response:
    """A whole thread, root first, as this node knows it (FEP-7888)."""
    return activity_json(await node_of(request).database.read(_thread, request))


def _thread(tx: sa.Connection, request: Request) -> rendering.Document:
    root = require_post(tx, request.path_params["post_id"])
    if root.thread_id != root.id:
        raise NotFound("there is no such thread")
    after = _cursor(request)
    found = posts.shown_thread(tx, root.id, after=after or 0, limit=PAGE + 1)
    total = _count(tx, post_table.c.thread_id == root.id)
    iri = Iri(f"{origin_of(request).origin}/threads/{root.id}")
    return _pages(iri, found, total, after, owner=author_of(tx, root).iri)


def _pages(
    iri: Iri, found: list[PostRecord], total: int, after: int | None, *, owner: Iri | None = None
) -> rendering.Document:
    """The collection with its first items and the address of its first page; with `after`, that page."""
    items = [post.iri for post in found[:PAGE]]
    following = Iri(f"{iri}?after={found[PAGE - 1].id}") if len(found) > PAGE else None
    if after is not None:
        return rendering.page(Iri(f"{iri}?after={after}"), part_of=iri, items=items, following=following)
    return rendering.ordered_collection(
        iri, total=total, items=items, first=Iri(f"{iri}?after=0"), attributed_to=owner
    )


def _cursor(request: Request) -> int | None:
    return read_number(request, "after")


def read_number(request: Request, name: str) -> int | None:
    """Return an id in the query, or None where there is none. Raises `NotFound` for anything else."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MAX_ID:
        raise NotFound("there is no such page")
    return int(text)


def _count(tx: sa.Connection, clause: sa.ColumnElement[bool]) -> int:
    shown = sa.and_(clause, post_table.c.deleted_at.is_(None), post_table.c.visibility.in_(SHOWN))
    return int(tx.execute(sa.select(sa.func.count()).select_from(post_table).where(shown)).scalar_one())

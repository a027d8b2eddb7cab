"""Actor documents, and the small collections of an actor: who follows, what is pinned, who moderates."""

import re
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from actors.directory import find_actor, find_actor_by_id
from actors.follows import count_followers, count_following
from actors.records import ActorRecord
from areas import posts
from areas.reading.profiles import pinned
from areas.registry import find_area
from federation import rendering
from federation.errors import Gone, NotFound
from federation.vocabulary import Iri
from web.activitypub.answers import activity_json
from web.node import Node, node_of
from web.visits import origin_of, visit_of

USERNAME: Final = re.compile(r"[a-z0-9_]{1,40}")


def addressed_actor(tx: sa.Connection, request: Request) -> ActorRecord:
    """Return the actor of the addressed origin whose id the request's path begins with.

    Raises `NotFound`, and `Gone` for one that was deleted.
    """
    username = request.path_params.get("username")
    if username is None:
        site = visit_of(request).site
        assert site is not None  # probes have no actor
        return site.actor
    folder = request.url.path.split("/")[1]
    iri = Iri(f"{origin_of(request).origin}/{folder}/{username}")
    found = find_actor(tx, iri) if USERNAME.fullmatch(username) else None
    if found is None or not found.local:
        raise NotFound("there is no such actor here")
    if found.gone_at is not None:
        raise Gone(f"{found.iri} was deleted")
    return found


async def serve_actor(request: Request) -> Response:
    """Answer with an actor's document."""
    node = node_of(request)
    return activity_json(await node.database.read(_render_actor, request, node))


def _render_actor(tx: sa.Connection, request: Request, node: Node) -> bytes:
    return node.documents.render(tx, addressed_actor(tx, request), node.clock())


async def serve_followers(request: Request) -> Response:
    """How many follow; who they are is nobody's business."""
    return activity_json(await node_of(request).database.read(_followers, request))


def _followers(tx: sa.Connection, request: Request) -> rendering.Document:
    actor = addressed_actor(tx, request)
    return rendering.ordered_collection(_own(actor, "followers"), total=count_followers(tx, actor.id))


async def serve_following(request: Request) -> Response:
    """How many are followed."""
    return activity_json(await node_of(request).database.read(_following, request))


def _following(tx: sa.Connection, request: Request) -> rendering.Document:
    actor = addressed_actor(tx, request)
    return rendering.ordered_collection(_own(actor, "following"), total=count_following(tx, actor.id))


async def serve_featured(request: Request) -> Response:
    """What is pinned."""
    return activity_json(await node_of(request).database.read(_featured, request))


def _featured(tx: sa.Connection, request: Request) -> rendering.Document:
    """What is for everyone; who may read more asks her own server."""
    actor = addressed_actor(tx, request)
    found = [posts.find_post_by_id(tx, each.post_id) for each in pinned(tx, None, actor.id)]
    items = [post.iri for post in found if post is not None]
    return rendering.ordered_collection(_own(actor, "featured"), total=len(items), items=items)


async def serve_moderators(request: Request) -> Response:
    """The area's desk: the people behind it stay unnamed."""
    return activity_json(await node_of(request).database.read(_moderators, request))


def _moderators(tx: sa.Connection, request: Request) -> rendering.Document:
    actor = addressed_actor(tx, request)
    area = find_area(tx, actor.id)
    if area is None:
        raise NotFound("only an area has moderators")
    desk = find_actor_by_id(tx, area.desk_id)
    assert desk is not None  # a foreign key holds it
    return rendering.ordered_collection(_own(actor, "moderators"), total=1, items=[desk.iri])


def _own(actor: ActorRecord, collection: str) -> Iri:
    return Iri(f"{actor.iri}/{collection}")

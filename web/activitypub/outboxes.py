"""What an actor said last, and each activity at its own id.

An area's outbox is a list of `Announce{Create{…}}` with everything embedded: PieFed backfills nothing else, and
Lemmy reads no pages, while PieFed follows `first`; so both are there.
"""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from actors.records import ActorRecord
from actors.tables import actors
from areas import boosts, creates
from areas.reading.visibility import for_anyone
from areas.records import AreaRecord, PostRecord
from areas.registry import find_area
from areas.tables import boosts as boost_table
from areas.tables import posts as post_table
from areas.zones import saying
from federation import rendering
from federation.errors import NotFound
from federation.vocabulary import Iri, Millis
from outbox.collection import find_activity
from web.activitypub import catching_up
from web.activitypub.actors import addressed_actor
from web.activitypub.answers import activity_json
from web.activitypub.posts import author_of, read_number, require_post
from web.node import Node, node_of
from web.visits import origin_of

LAST: Final = 20
"""Items; Lemmy reads 20 of them."""

_COLUMNS: Final = tuple(post_table.c[name] for name in PostRecord.__dataclass_fields__)
_AUTHORED: Final = post_table.join(actors, actors.c.id == post_table.c.actor_id)


async def serve_outbox(request: Request) -> Response:
    """Answer with the collection, or one page of it; or with what a peer has missed."""
    if catching_up.is_asked(request):
        return await catching_up.serve_catch_up(request)
    return activity_json(await node_of(request).database.read(_outbox, request))


def _outbox(tx: sa.Connection, request: Request) -> rendering.Document:
    actor, before = addressed_actor(tx, request), read_number(request, "before")
    area = find_area(tx, actor.id)
    found = _created(tx, actor, before) if area is None else _announced(tx, area, before)
    items = [rendering.quote(body) for _, body in found[:LAST]]
    outbox = Iri(f"{actor.iri}/outbox")
    following = Iri(f"{outbox}?before={found[LAST - 1][0]}") if len(found) > LAST else None
    total = _count_created(tx, actor) if area is None else _count_announced(tx, area)
    if before is not None or "page" in request.query_params:
        here = Iri(f"{outbox}?page=1" if before is None else f"{outbox}?before={before}")
        return rendering.page(here, part_of=outbox, items=items, following=following, total=total)
    return rendering.ordered_collection(outbox, total=total, items=items, first=Iri(f"{outbox}?page=1"))


def _announced(tx: sa.Connection, area: AreaRecord, before: int | None) -> list[tuple[int, bytes]]:
    """The boosts that stand, newest first, each with its time and what it carries; one more than a page.

    A zone has only posts of others, and says their ids.
    """
    if area.is_zone:
        passed = saying.list_boosts(tx, area, None if before is None else Millis(before), LAST + 1)
        return [(at, rendering.render(document)) for at, document in passed]
    query = (
        sa.select(boost_table.c.generation, boost_table.c.created_at, *_COLUMNS)
        .select_from(_AUTHORED.join(boost_table, boost_table.c.post_id == post_table.c.id))
        .where(_boosted_by(area))
        .order_by(boost_table.c.created_at.desc(), boost_table.c.post_id.desc())
        .limit(LAST + 1)
    )
    if before is not None:
        query = query.where(boost_table.c.created_at < before)
    return [
        (created_at, _wrap(tx, area, PostRecord(*columns), generation, created_at))
        for generation, created_at, *columns in tx.execute(query)
    ]


def _wrap(tx: sa.Connection, area: AreaRecord, post: PostRecord, generation: int, at: Millis) -> bytes:
    inner = creates.find_activity(tx, post)
    if inner is None:
        return _announce(tx, area, post, generation, at)
    iri = boosts.wrap_iri(area, post.iri, generation)
    return rendering.wrap(iri, actor=area.iri, followers=area.followers, inner=inner, published=at)


def _announce(tx: sa.Connection, area: AreaRecord, post: PostRecord, generation: int, at: Millis) -> bytes:
    return rendering.render(
        rendering.announce(
            boosts.boost_iri(area, post.iri, generation),
            actor=area.iri,
            object_iri=post.iri,
            published=at,
            followers=area.followers,
            author=author_of(tx, post).iri,
        )
    )


def _created(tx: sa.Connection, actor: ActorRecord, before: int | None) -> list[tuple[int, bytes]]:
    """An actor's own posts, newest first, each with its id and its Create; one more than a page."""
    query = sa.select(*_COLUMNS).select_from(_AUTHORED).where(_written_by(actor))
    query = query.order_by(post_table.c.id.desc()).limit(LAST + 1)
    if before is not None:
        query = query.where(post_table.c.id < before)
    found = [PostRecord(*row) for row in tx.execute(query)]
    return [(post.id, body) for post in found if (body := creates.create_body(tx, post)) is not None]


def _written_by(actor: ActorRecord) -> sa.ColumnElement[bool]:
    return sa.and_(post_table.c.actor_id == actor.id, post_table.c.log_id.is_not(None), for_anyone())


def _boosted_by(area: AreaRecord) -> sa.ColumnElement[bool]:
    return sa.and_(boost_table.c.area_id == area.actor_id, boost_table.c.undone_at.is_(None), for_anyone())


def _count_created(tx: sa.Connection, actor: ActorRecord) -> int:
    query = sa.select(sa.func.count()).select_from(_AUTHORED).where(_written_by(actor))
    return int(tx.execute(query).scalar_one())


def _count_announced(tx: sa.Connection, area: AreaRecord) -> int:
    if area.is_zone:
        return saying.count_boosts(tx, area)
    query = (
        sa.select(sa.func.count())
        .select_from(_AUTHORED.join(boost_table, boost_table.c.post_id == post_table.c.id))
        .where(_boosted_by(area))
    )
    return int(tx.execute(query).scalar_one())


async def serve_activity(request: Request) -> Response:
    """Answer with a public activity of ours at its own id: `{actor}/activities/…` or `{actor}/boosts/…`.

    Who is suspended has said nothing.
    """
    node = node_of(request)
    return activity_json(await node.database.read(_activity, request, node))


def _activity(tx: sa.Connection, request: Request, node: Node) -> bytes:
    actor = addressed_actor(tx, request)
    if actor.standing == "suspended":
        raise NotFound("there is no such activity")
    name = request.path_params["name"]
    iri = Iri(f"{origin_of(request).origin}{request.url.path}")
    found = find_activity(tx, node.keyring, iri)
    if found is not None:
        return found
    return _make_again(tx, actor, iri, name)


def _make_again(tx: sa.Connection, actor: ActorRecord, iri: Iri, name: str) -> bytes:
    """What the log no longer keeps, from what it spoke of. Raises `NotFound`, and `Gone` with the post."""
    area = find_area(tx, actor.id)
    if area is not None:
        return _announce_again(tx, area, iri)
    if name.isascii() and name.isdigit():
        post = require_post(tx, int(name[:20]))
        if post.local and post.actor_id == actor.id and iri == creates.create_iri(actor, post):
            return creates.create_body(tx, post) or b""
    raise NotFound("there is no such activity")


def _announce_again(tx: sa.Connection, area: AreaRecord, iri: Iri) -> bytes:
    query = sa.select(boost_table.c.post_id, boost_table.c.generation, boost_table.c.created_at).where(
        boost_table.c.iri == iri,
        boost_table.c.area_id == area.actor_id,
        boost_table.c.undone_at.is_(None),
    )
    row = tx.execute(query).first()
    if row is None:
        passed = saying.find_boost(tx, area, iri)
        if passed is None:
            raise NotFound("there is no such activity")
        return rendering.render(passed)
    return _announce(tx, area, require_post(tx, row.post_id), row.generation, row.created_at)

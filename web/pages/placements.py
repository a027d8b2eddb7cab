"""The status page of a submission, behind a link that only its author has."""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import posts, registry
from areas.placements import find_by_token
from areas.records import SHOWN
from federation.errors import NotFound
from web.node import node_of
from web.pages.cards import here
from web.pages.rendering import render
from web.visits import origin_of

LONGEST_TOKEN: Final = 64
PRIVATE: Final = {"cache-control": "private, no-store", "referrer-policy": "no-referrer"}


async def placement_page(request: Request) -> Response:
    """Whether it waits, stands, or was refused, and why."""
    values = await node_of(request).database.read(_placement, request)
    return render(request, "placement.html", values, headers=PRIVATE)


def _placement(tx: sa.Connection, request: Request) -> dict[str, object]:
    token = request.path_params["token"]
    if len(token) > LONGEST_TOKEN or not token.isprintable():
        raise NotFound("there is no such submission")
    placement = find_by_token(tx, token)
    area = registry.find_area(tx, placement.area_id)
    post = posts.find_post_by_id(tx, placement.post_id)
    assert area is not None  # a foreign key holds it
    assert post is not None  # another one
    return {
        "placement": placement,
        "area": area,
        "area_href": here(area.iri, origin_of(request).origin),
        "address": (post.url or post.iri) if post.deleted_at is None and post.visibility in SHOWN else None,
        "desk_handle": f"@{registry.desk_of(tx, area).handle}",
    }

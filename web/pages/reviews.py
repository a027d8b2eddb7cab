"""The page of a shop or place: what people have written about it, newest first."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import registry, timelines
from areas.kinds import places
from areas.kinds.places import PlaceRecord
from areas.reading.visibility import Reader
from areas.timelines import PAGE, ShownPost
from federation import rendering
from federation.errors import NotFound
from federation.vocabulary import Iri, Place
from web.accounts.visitors import reader_of
from web.activitypub.answers import activity_json
from web.activitypub.posts import read_number
from web.node import node_of
from web.pages.acts import require_id
from web.pages.cards import make_cards
from web.pages.rendering import render
from web.visits import origin_of


async def place_page(request: Request) -> Response:
    """A place of which there is a review that the reader may read."""
    return render(request, "place.html", await node_of(request).database.read(_page, request))


def _page(tx: sa.Connection, request: Request) -> dict[str, object]:
    before, reader = read_number(request, "before"), reader_of(request)
    place, shown = _find(tx, request, reader, before)
    area = None if place.area_id is None else registry.find_area(tx, place.area_id)
    return {
        "place": place,
        "area": area,
        "cards": make_cards(
            tx,
            shown[:PAGE],
            origin_of(request).origin,
            node_of(request).addresses,
            with_areas=True,
            reader=reader,
        ),
        "older": shown[PAGE - 1].position if len(shown) > PAGE else None,
        "before": before,
    }


def _find(
    tx: sa.Connection, request: Request, reader: Reader | None, before: int | None = None
) -> tuple[PlaceRecord, list[ShownPost]]:
    """What nobody has written about for this reader is not there: its name is what somebody wrote."""
    place = places.find(tx, require_id(request, "place_id"))
    shown = (
        []
        if place is None
        else timelines.by_place(tx, place.id, reader=reader, before=before, limit=PAGE + 1)
    )
    if place is None or (not shown and before is None):
        raise NotFound("there is no such place")
    return place, shown


async def serve_place(request: Request) -> Response:
    """The place as a document, as the `location` of reviews names it."""
    place, _ = await node_of(request).database.read(_find, request, None)
    iri = Iri(f"{origin_of(request).origin}/places/{place.id}")
    return activity_json(rendering.place(Place(id=iri, name=place.name, address=place.address or None)))

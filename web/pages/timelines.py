"""The front page, an area, and a person: what is new, newest first, 40 at a time."""

from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from areas import registry, timelines
from areas.records import AreaRecord
from areas.timelines import PAGE, ShownPost
from web.activitypub.actors import addressed_actor
from web.activitypub.posts import read_number
from web.node import node_of
from web.pages.cards import AreaLink, Card, here, make_cards
from web.pages.remote_follow import follow_policy
from web.pages.rendering import link, render
from web.visits import origin_of


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of posts; `older` is where the next one starts, None at the end."""

    cards: list[Card]
    older: int | None
    before: int | None

    def values(self) -> dict[str, object]:
        """What templates read."""
        return {"cards": self.cards, "older": self.older, "before": self.before}


def _cut(
    tx: sa.Connection, shown: list[ShownPost], request: Request, before: int | None, *, with_areas: bool
) -> Timeline:
    """Make a page of one post more than it shows: that there is one means that there is an older page."""
    older = shown[PAGE - 1].position if len(shown) > PAGE else None
    cards = make_cards(tx, shown[:PAGE], origin_of(request).origin, with_areas=with_areas)
    return Timeline(cards, older, before)


async def front_page(request: Request) -> Response:
    """The town's front page: its areas, and what is new in all of them."""
    values = await node_of(request).database.read(_front, request)
    return render(request, "front.html", values)


def _front(tx: sa.Connection, request: Request) -> dict[str, object]:
    origin, before = origin_of(request), read_number(request, "before")
    areas = [
        AreaLink(area.name, area.handle, here(area.iri, origin.origin)) for area in registry.list_areas(tx)
    ]
    shown = timelines.node_timeline(tx, before=before, limit=PAGE + 1)
    return {"areas": areas, **_cut(tx, shown, request, before, with_areas=True).values()}


async def actor_page(request: Request) -> Response:
    """An area or a person; the node's own actor has the front page."""
    if "username" not in request.path_params:
        return RedirectResponse(link(request, "/"), 302, headers={"vary": "Accept"})
    template, values = await node_of(request).database.read(_actor, request)
    return render(request, template, values, headers=follow_policy(request))


def _actor(tx: sa.Connection, request: Request) -> tuple[str, dict[str, object]]:
    actor = addressed_actor(tx, request)
    area = registry.find_area(tx, actor.id)
    if area is None:
        return "person.html", _person(tx, request, actor)
    return "area.html", _area(tx, request, actor, area)


def _area(tx: sa.Connection, request: Request, actor: ActorRecord, area: AreaRecord) -> dict[str, object]:
    before = read_number(request, "before")
    shown = timelines.area_timeline(tx, area.actor_id, before=before, limit=PAGE + 1)
    return {
        "area": area,
        "handle": area.handle,
        "summary": actor.summary,
        "desk_handle": f"@{registry.desk_of(tx, area).handle}",
        **_cut(tx, shown, request, before, with_areas=False).values(),
    }


def _person(tx: sa.Connection, request: Request, actor: ActorRecord) -> dict[str, object]:
    before = read_number(request, "before")
    shown = timelines.by_actor(tx, actor.id, before=before, limit=PAGE + 1)
    return {
        "person": actor,
        "handle": f"@{actor.handle}",
        **_cut(tx, shown, request, before, with_areas=True).values(),
    }

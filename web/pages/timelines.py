"""The front page, an area, and a person: what is new, newest first, 40 at a time."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from actors.relations import relate
from areas import membership, registry, timelines
from areas.announcements import open as announced
from areas.announcements.open import Open
from areas.reading.visibility import Reader
from areas.records import AreaRecord
from areas.timelines import PAGE, WHICH, ShownPost, Which
from areas.zones.reading import Origin, homes_of, list_homes, list_zones, zone_timeline
from web.accounts.visitors import reader_of
from web.activitypub.actors import addressed_actor
from web.activitypub.posts import read_number
from web.node import node_of
from web.pages import kinds
from web.pages.cards import AreaLink, Card, here, make_cards, portrait_of
from web.pages.remote_follow import follow_policy
from web.pages.rendering import language_of, link, render, text_of
from web.pages.threads import heading_of
from web.pages.towns import find_near
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
    origin, addresses = origin_of(request).origin, node_of(request).addresses
    cards = make_cards(tx, shown[:PAGE], origin, addresses, with_areas=with_areas, reader=reader_of(request))
    return Timeline(cards, older, before)


async def front_page(request: Request) -> Response:
    """The town's front page: its areas, and what is new in all of them."""
    values = await node_of(request).database.read(_front, request)
    return render(request, "front.html", values)


def _front(tx: sa.Connection, request: Request) -> dict[str, object]:
    origin, before = origin_of(request), read_number(request, "before")
    areas = [_link(area, origin.origin) for area in registry.list_areas(tx)]
    zones = [_link(area, origin.origin) for area in registry.list_areas(tx, "zone")]
    reader = reader_of(request)
    shown = timelines.node_timeline(tx, reader=reader, before=before, limit=PAGE + 1)
    return {
        "areas": areas,
        "zones": zones,
        "announced": list_announced(tx, request, reader),
        "in_force": list_in_force(tx, request, reader),
        **_cut(tx, shown, request, before, with_areas=True).values(),
    }


def list_announced(
    tx: sa.Connection, request: Request, reader: Reader | None, area_id: int | None = None
) -> list[Open]:
    """What is announced in an area, or in all, in the language of the page."""
    now, language = node_of(request).clock(), language_of(request)
    return announced.in_areas(tx, now, language, reader=reader, area_id=area_id)


@dataclass(frozen=True, slots=True)
class InForce:
    """A notice of the town that holds, in one line."""

    card: Card
    heading: str


def list_in_force(
    tx: sa.Connection, request: Request, reader: Reader | None, area_id: int | None = None
) -> list[InForce]:
    """The notices of the town that hold now, in an area or in all."""
    shown = timelines.in_force(tx, node_of(request).clock(), reader=reader, area_id=area_id)
    origin, addresses = origin_of(request).origin, node_of(request).addresses
    cards = make_cards(tx, shown, origin, addresses, with_areas=area_id is None, reader=reader)
    return [InForce(each, heading_of(each.shown.post)) for each in cards]


def _link(area: AreaRecord, origin: str) -> AreaLink:
    return AreaLink(area.name, area.handle, here(area.iri, origin))


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
        return "person.html", describe_person(tx, request, actor, reader_of(request))
    values = _area(tx, request, actor, area)
    return ("zone.html", {**values, **_zone(tx, request, area)}) if area.is_zone else ("area.html", values)


def _zone(tx: sa.Connection, request: Request, zone: AreaRecord) -> dict[str, object]:
    """What the page of a zone says beside: which towns share with it, and whether the reader follows."""
    reader, now = reader_of(request), node_of(request).clock()
    towns = [_to_link(request, each) for each in list_homes(tx, zone, now)]
    relation = None if reader is None else relate(tx, reader.id, (zone.actor_id,), now)[zone.actor_id]
    return {"towns": towns, "relation": relation}


def _to_link(request: Request, group: Origin) -> AreaLink:
    return AreaLink(group.name or group.handle, group.handle, here(group.iri, origin_of(request).origin))


def _list_near(tx: sa.Connection, request: Request, area: AreaRecord) -> list[AreaLink]:
    """The nearest areas of this node, then those whose posts come here by agreement."""
    near = [_link(each, origin_of(request).origin) for each in find_near(tx, area)]
    peers = [_to_link(request, each) for each in list_homes(tx, area, node_of(request).clock())]
    return list({each.href: each for each in (*near, *peers)}.values())


def _area(tx: sa.Connection, request: Request, actor: ActorRecord, area: AreaRecord) -> dict[str, object]:
    before, reader = read_number(request, "before"), reader_of(request)
    which = ZONE if area.is_zone else _read_tab(request)
    if which == ZONE:
        shown = zone_timeline(tx, area.actor_id, reader=reader, before=before, limit=PAGE + 1)
    else:
        shown = timelines.area_timeline(
            tx, area.actor_id, reader=reader, which=which, before=before, limit=PAGE + 1
        )
    return {
        "area": area,
        "announced": list_announced(tx, request, reader, area.actor_id),
        "in_force": [] if area.is_zone else list_in_force(tx, request, reader, area.actor_id),
        "handle": area.handle,
        "summary": actor.summary,
        "desk_handle": f"@{registry.desk_of(tx, area).handle}",
        "which": which,
        "tabs": [(each, text_of(request, name)) for each, name in TABS.items()],
        "write_kind": kinds.find_written(which),
        "near": _list_near(tx, request, area),
        "zones": [_to_link(request, each) for each in list_zones(tx, area, node_of(request).clock())],
        "has_zone": which == ZONE or bool(zone_timeline(tx, area.actor_id, reader=reader, limit=1)),
        "homes": homes_of(tx, area.actor_id, [each.post.id for each in shown]) if which == ZONE else {},
        "membership": None if reader is None else membership.find(tx, reader.id, area.actor_id),
        **_portraits(request, actor),
        **_cut(tx, shown, request, before, with_areas=False).values(),
    }


def _read_tab(request: Request) -> Which:
    """What the page of an area shows: its own posts, or those of its peers."""
    return ZONE if request.query_params.get("show") == ZONE else read_which(request)


def read_which(request: Request) -> Which:
    """Which posts of an area are wanted; anything unknown means all of them."""
    asked = request.query_params.get("show", "")
    return asked if asked in WHICH else "everything"


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


TABS: Final[dict[Which, str]] = {
    "everything": _("All"),
    "notices": _("Notices of the town"),
    **kinds.TABS,
    "pictures": _("With pictures"),
}
"""What an area's page and its feeds show, in the order of the page."""
ZONE: Final = "zone"


def _portraits(request: Request, actor: ActorRecord) -> dict[str, str | None]:
    addresses = node_of(request).addresses
    return {
        "portrait": portrait_of(actor, actor.icon, addresses),
        "banner": portrait_of(actor, actor.image, addresses),
    }


def describe_person(
    tx: sa.Connection, request: Request, actor: ActorRecord, reader: Reader | None
) -> dict[str, object]:
    """A person of ours or, for a reader who is signed in, of another server."""
    before = read_number(request, "before")
    shown = timelines.by_actor(tx, actor.id, reader=reader, before=before, limit=PAGE + 1)
    relation = None if reader is None else relate(tx, reader.id, (actor.id,), reader.now)[actor.id]
    return {
        "person": actor,
        "handle": f"@{actor.handle}",
        "relation": relation,
        "is_own": reader is not None and reader.id == actor.id,
        **_portraits(request, actor),
        **_cut(tx, shown, request, before, with_areas=True).values(),
    }

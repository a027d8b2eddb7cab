"""Choosing a town: by postal code, by name, or from the prefecture down; and its areas, or those that are nearest."""

import asyncio
import math
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import registry
from areas.codes import PREFECTURES
from areas.records import AreaRecord
from areas.zones.reading import Peer, list_peers
from web import gazetteer
from web.forms import clean
from web.gazetteer import Municipality, Point, Town
from web.node import node_of
from web.pages.cards import here
from web.pages.rendering import render
from web.visits import origin_of

NEAREST: Final = 5
DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """An area, its municipality by code and name, and how far it is from what was asked for.

    One of another town has the host of its server (`elsewhere`), and `follow`, where a resident follows it from here.
    """

    name: str
    handle: str
    href: str
    code: str
    municipality: str
    kilometres: float | None = None
    elsewhere: str = ""
    follow: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A place to go on with: its name, what is around it, and the parameters of its page."""

    name: str
    around: str
    code: str
    near: str = ""
    areas: int = 0


async def towns_page(request: Request) -> Response:
    """One page for all steps; what was chosen is in the address."""
    node = node_of(request)
    areas = await node.database.read(_list_areas, request)
    text = clean(request.query_params.get("q", "")).strip()[: gazetteer.LONGEST]
    chosen = gazetteer.municipalities().get(request.query_params.get("code", ""))
    steps = await asyncio.to_thread(_search, text) if text else _list_prefecture(request)
    if chosen is None and len({step.code for step in steps}) == 1:
        chosen, near = gazetteer.municipalities()[steps[0].code], _read_point(steps[0].near)
    else:
        near = _read_point(request.query_params.get("near", ""))
    values = {
        "asked": text,
        "prefectures": PREFECTURES,
        "prefecture": _read_prefecture(request),
        "steps": [_count(step, areas) for step in steps],
        "chosen": chosen,
        "areas": [found for found, _ in areas if not found.elsewhere],
        "peers": [found for found, _ in areas if found.elsewhere],
        "here_areas": _within(areas, chosen, near),
        "nearest": _nearest(areas, chosen, near),
    }
    return render(request, "towns.html", values)


Located = tuple[Found, Point | None]


def _list_areas(tx: sa.Connection, request: Request) -> list[Located]:
    """The areas of this node, then those of other towns with which they have agreed."""
    node = node_of(request)
    peers = list_peers(tx, node.clock(), node.settings.federation)
    ours = [_describe(request, *row) for row in registry.list_located(tx)]
    return [*ours, *(_describe_peer(each) for each in peers)]


def _describe(request: Request, area: AreaRecord, latitude: float | None, longitude: float | None) -> Located:
    known = gazetteer.municipalities().get(area.code)
    href = here(area.iri, origin_of(request).origin)
    found = Found(area.name, area.handle, href, area.code, known.name if known else "")
    return found, _locate(area.code, latitude, longitude)


def _describe_peer(peer: Peer) -> Located:
    """Where it says that it lies counts as far as there is such a municipality."""
    known = gazetteer.find_by_name(peer.region, peer.locality)
    code, name = (known.code, known.name) if known else ("", "")
    follow = f"/accounts/{peer.id}"
    found = Found(peer.name, peer.handle, peer.iri, code, name, elsewhere=peer.host, follow=follow)
    return found, _locate(code, peer.latitude, peer.longitude)


def _search(text: str) -> list[Step]:
    """By postal code, else by name; in a thread, since towns are read from a large file."""
    by_code = gazetteer.find_by_postcode(text)
    if by_code:
        return [_to_step(each) for each in by_code]
    found = [_to_step(each) for each in gazetteer.search_municipalities(text)]
    return [*found, *(_town_step(each) for each in gazetteer.search_towns(text))][: gazetteer.MOST]


def _to_step(municipality: Municipality) -> Step:
    return Step(municipality.name, municipality.prefecture, municipality.code)


def _town_step(town: Town) -> Step:
    near = f"{town.point.latitude:.{DECIMALS}f},{town.point.longitude:.{DECIMALS}f}"
    around = town.municipality.prefecture + town.municipality.name
    return Step(town.name, around, town.municipality.code, near)


def _list_prefecture(request: Request) -> list[Step]:
    number = _read_prefecture(request)
    return [] if number is None else [_to_step(each) for each in gazetteer.in_prefecture(number)]


def _read_prefecture(request: Request) -> int | None:
    text = request.query_params.get("prefecture", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len("47") else 0
    return number if 1 <= number <= len(PREFECTURES) else None


def _read_point(text: str) -> Point | None:
    try:
        latitude, longitude = (float(each) for each in text.split(","))
    except ValueError:
        return None
    return Point(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None  # noqa: PLR2004


def _count(step: Step, areas: list[Located]) -> Step:
    number = sum(_is_in(found.code, step.code) for found, _ in areas)
    return Step(step.name, step.around, step.code, step.near, number)


def _is_in(area_code: str, code: str) -> bool:
    """In the municipality, or in a ward of it (`011002` has those that begin with `011`, up to the next city)."""
    known, ward = gazetteer.municipalities().get(code), gazetteer.municipalities().get(area_code)
    if known is None or ward is None:
        return area_code == code
    return ward.code == known.code or (
        ward.name.startswith(known.name) and ward.prefecture == known.prefecture
    )


def _within(areas: list[Located], chosen: Municipality | None, near: Point | None) -> list[Found]:
    """The areas of a municipality, from a point of it the nearest first."""
    if chosen is None:
        return []
    found = [(each, point) for each, point in areas if _is_in(each.code, chosen.code)]
    if near is None:
        return [each for each, _ in found]
    return sorted((each for each, _ in found), key=dict(_distances(found, near)).__getitem__)


def _nearest(areas: list[Located], chosen: Municipality | None, near: Point | None) -> list[Found]:
    """Where a municipality has no area here: those around it."""
    if chosen is None:
        return []
    others = [(each, point) for each, point in areas if not _is_in(each.code, chosen.code)]
    measured = sorted(_distances(others, near or chosen.point), key=lambda pair: pair[1])
    return [
        replace(each, kilometres=kilometres)
        for each, kilometres in measured[:NEAREST]
        if kilometres < math.inf
    ]


def _distances(areas: list[Located], start: Point) -> list[tuple[Found, float]]:
    return [(each, math.inf if point is None else gazetteer.distance(start, point)) for each, point in areas]


def find_near(tx: sa.Connection, area: AreaRecord) -> list[AreaRecord]:
    """The areas of this node that lie nearest to one of them."""
    rows = registry.list_located(tx)
    points = {each.actor_id: _locate(each.code, latitude, longitude) for each, latitude, longitude in rows}
    start = points.get(area.actor_id)  # a zone lies nowhere
    others = [
        each for each, _, _ in rows if each.actor_id != area.actor_id and points[each.actor_id] is not None
    ]
    if start is None:
        return []
    return sorted(others, key=lambda each: gazetteer.distance(start, points[each.actor_id] or start))[
        :NEAREST
    ]


def _locate(code: str, latitude: float | None, longitude: float | None) -> Point | None:
    if latitude is not None and longitude is not None:
        return Point(latitude, longitude)
    known = gazetteer.municipalities().get(code)
    return known.point if known else None

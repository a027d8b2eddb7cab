"""Seventy towns and their areas: the twelve of the Sapporo zone with their real codes, areas and neighbours
(`sapporo.json`), and around cities of other regions the nearest towns, by codes and places of the gazetteer.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from web.gazetteer import Municipality, Point, municipalities

SAPPORO: Final = Path(__file__).with_name("sapporo.json")
REGIONS: Final = {"012041": 10, "012025": 10, "012076": 10, "022012": 10, "042021": 9, "172014": 9}
"""旭川, 函館, 帯広, 青森, 石巻, 金沢: how many towns there are with each, itself included."""
NEIGHBOURS: Final = 2
"""How many of the nearest towns are neighbours, where no borders are known."""


@dataclass(frozen=True, slots=True)
class Place:
    """A town with the names of its areas, of which the first is the whole town's; `near` are codes of neighbours."""

    code: str
    name: str
    region: str
    areas: tuple[str, ...]
    near: tuple[str, ...]
    point: Point

    @property
    def host(self) -> str:
        """Its node."""
        return f"t{self.code}.example"


def list_places(count: int) -> list[Place]:
    """The first towns, those of the Sapporo zone before all others."""
    return list(chain(_list_sapporo(), *(_list_region(*each) for each in REGIONS.items())))[:count]


def _list_sapporo() -> Iterator[Place]:
    known = municipalities()
    for town in json.loads(SAPPORO.read_text(encoding="utf-8")):
        areas = tuple(town["areas"]) or ("machi",)
        point = known[town["code"]].point
        yield Place(town["code"], town["name"], "札幌", areas, tuple(town["near"]), point)


def _list_region(centre: str, count: int) -> Iterator[Place]:
    """A city and the towns next to it, each with one area."""
    found = municipalities()
    towns = _nearest(found[centre], [each for each in found.values() if "区" not in each.name], count)
    for town in towns:
        others = _nearest(town, towns, NEIGHBOURS + 1)[1:]
        near = {each.code for each in others}
        near |= {each.code for each in towns if town in _nearest(each, towns, NEIGHBOURS + 1)[1:]}
        yield Place(town.code, town.name, found[centre].name, ("machi",), tuple(sorted(near)), town.point)


def _nearest(town: Municipality, others: list[Municipality], count: int) -> list[Municipality]:
    """The nearest ones, the town itself first."""
    return sorted(others, key=lambda each: (_distance(town.point, each.point), each.code))[:count]


def _distance(one: Point, two: Point) -> float:
    """In degrees of latitude; near enough to compare neighbours."""
    east = (one.longitude - two.longitude) * math.cos(math.radians(one.latitude))
    return math.hypot(one.latitude - two.latitude, east)

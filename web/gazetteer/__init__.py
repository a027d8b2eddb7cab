"""Where in Japan something is, by name or postal code: 1,914 municipalities and wards, 190,000 towns in them.

Kept as files beside this one, made by `tests/gazetteer.py`. Names and coordinates: Geolonia 住所データ (CC BY 4.0),
from data of the Ministry of Land, Infrastructure, Transport and Tourism; postal codes: Japan Post. Pure, but for
reading the files once: towns take 8 MB and a tenth of a second, and belong in a thread.
"""

import lzma
import math
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from areas.codes import check_digit, find_prefecture

EARTH_KM: Final = 6371.0
MOST: Final = 20
LONGEST: Final = 100
_POSTCODE: Final = re.compile(r"〒?\s*(\d{3})[- ]?(\d{4})")
_BLOCK: Final = re.compile(r"[\d一二三四五六七八九十]+(?:丁目|番|条).*|[\d-]+.*")
"""What follows a town's name in an address."""


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality, or a ward of a large city; `code` has six digits."""

    code: str
    name: str
    point: Point

    @property
    def prefecture(self) -> str:
        """Its prefecture by name."""
        return find_prefecture(self.code)


@dataclass(frozen=True, slots=True)
class Town:
    """A town (町字) of a municipality."""

    name: str
    municipality: Municipality
    point: Point


def find_by_name(prefecture: str, name: str) -> Municipality | None:
    """The municipality so called in a prefecture."""
    return _by_name().get((prefecture, name))


@lru_cache
def _by_name() -> dict[tuple[str, str], Municipality]:
    return {(each.prefecture, each.name): each for each in municipalities().values()}


@lru_cache
def municipalities() -> dict[str, Municipality]:
    """All of them by code."""
    rows = (line.split("\t") for line in _read("municipalities.tsv").decode().splitlines())
    return {
        code: Municipality(code, name, Point(float(latitude), float(longitude)))
        for code, name, latitude, longitude in rows
    }


def in_prefecture(number: int) -> list[Municipality]:
    """The municipalities of a prefecture (JIS X 0401), by code."""
    return [each for each in municipalities().values() if int(each.code[:2]) == number]


def find_by_postcode(text: str) -> list[Municipality]:
    """What a postal code, and nothing else, belongs to; nothing for what is none."""
    match = _POSTCODE.fullmatch(_fold(text))
    if match is None:
        return []
    starts, codes = _postcodes()
    place = bisect_right(starts, match[1] + match[2]) - 1
    found = codes[place].split() if place >= 0 else []
    return [known for code in found if (known := _by_five(code)) is not None]


def search_municipalities(text: str) -> list[Municipality]:
    """Those whose names have a text in them, those that begin so first."""
    wanted = _fold(text).removesuffix("役所")
    if not wanted:
        return []
    found = [each for each in municipalities().values() if wanted in each.prefecture + each.name]
    return sorted(found, key=lambda each: (not each.name.startswith(wanted), each.code))[:MOST]


def search_towns(text: str) -> list[Town]:
    """Towns whose names begin with a text; before it may stand prefecture and municipality, behind it a block."""
    folded = _fold(text)
    within, name = _strip_municipality(folded)
    bare = _BLOCK.sub("", name) or name
    return _begin_with(bare, within) if bare else []


def distance(one: Point, other: Point) -> float:
    """Kilometres between two points, along the earth."""
    first, second = math.radians(one.latitude), math.radians(other.latitude)
    height = math.sin((second - first) / 2) ** 2
    width = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(height + math.cos(first) * math.cos(second) * width))


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text[:LONGEST]).split())


def _strip_municipality(text: str) -> tuple[Municipality | None, str]:
    """The longest municipality with whose name an address begins, and what follows."""
    named = [
        (each, name)
        for each in municipalities().values()
        for name in (each.prefecture + each.name, each.name)
        if text.startswith(name)
    ]
    if named:
        best, name = max(named, key=lambda pair: len(pair[1]))
        return best, text[len(name) :]
    return None, text


def _begin_with(name: str, within: Municipality | None) -> list[Town]:
    towns, sought = _towns(), f"\n{name}".encode()
    found: list[Town] = []
    place = towns.find(sought)
    while place >= 0 and len(found) < MOST and towns.startswith(sought, place):
        end = towns.index(b"\n", place + 1)
        town, code, latitude, longitude = towns[place + 1 : end].decode().split("\t")
        known = _by_five(code)
        if known is not None and (within is None or within.code[:5] == code or _is_ward_of(known, within)):
            found.append(Town(town, known, Point(float(latitude), float(longitude))))
        place = end
    return found


def _is_ward_of(ward: Municipality, city: Municipality) -> bool:
    return ward.name.startswith(city.name) and ward.code[:2] == city.code[:2]


def _by_five(five: str) -> Municipality | None:
    return municipalities().get(five + check_digit(five))


@lru_cache
def _postcodes() -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in _read("postcodes.tsv").decode().splitlines()]
    return [start for start, _ in rows], [codes for _, codes in rows]


@lru_cache
def _towns() -> bytes:
    return lzma.decompress(_read("towns.tsv.xz"))


def _read(name: str) -> bytes:
    return (files("web") / "gazetteer" / name).read_bytes()

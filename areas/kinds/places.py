"""Shops and places to go, as reviews and events name them: one row for the same name, address and area."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

import sqlalchemy as sa

from actors.tables import actors
from areas.hashtags import fold
from areas.kinds.tables import placed, places
from areas.reading.visibility import for_anyone
from areas.statements import insert_once
from areas.tables import placements, posts
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis, Place

MOST_SUGGESTED = 100


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """A place; `address` says where it is, or what it is near to."""

    id: int
    name: str
    address: str
    area_id: int | None


class Named(Protocol):
    """Data of a kind that names a place as its author wrote it; empty where an app wrote it."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def place_id(self) -> int | None:
        """Which one it is, once that is settled."""

    @property
    def place(self) -> str:
        """Its name."""

    @property
    def address(self) -> str:
        """Where it is."""


N = TypeVar("N", bound=Named)


def settle(tx: sa.Connection, data: N, area_id: int | None, now: Millis) -> N:
    """Find the place that is named, or note it as a new one."""
    found = find_or_add(tx, data.place, data.address, area_id, now) if data.place else None
    return replace(data, place_id=found)


def locate(data: Named, origin: str) -> Place:
    """The place on the wire."""
    iri = None if data.place_id is None else Iri(f"{origin}/places/{data.place_id}")
    return Place(id=iri, name=data.place, address=data.address or None)


_COLUMNS = tuple(places.c[name] for name in PlaceRecord.__dataclass_fields__)


def find(tx: sa.Connection, place_id: int) -> PlaceRecord | None:
    """The place with this id."""
    row = tx.execute(sa.select(*_COLUMNS).where(places.c.id == place_id)).first()
    return None if row is None else PlaceRecord(*row)


def find_or_add(tx: sa.Connection, name: str, address: str, area_id: int | None, now: Millis) -> int:
    """The id of the place so called in an area."""
    key = f"{area_id or 0}\n{fold(name)}\n{fold(address)}"
    row = {"id": mint_id(now), "key": key, "name": name, "address": address, "area_id": area_id}
    insert_once(tx, places, {**row, "created_at": now})
    return int(tx.execute(sa.select(places.c.id).where(places.c.key == key)).scalar_one())


def suggest(tx: sa.Connection, area_id: int | None) -> list[PlaceRecord]:
    """Places of an area of which anyone may read there, the newest first."""
    is_known = sa.exists(
        sa.select(placed.c.post_id)
        .join(posts, posts.c.id == placed.c.post_id)
        .join(actors, actors.c.id == posts.c.actor_id)
        .join(placements, placements.c.post_id == posts.c.id)
        .where(placed.c.place_id == places.c.id, placements.c.state == "accepted", for_anyone())
    )
    query = sa.select(*_COLUMNS).where(places.c.area_id == area_id, is_known)
    return [PlaceRecord(*row) for row in tx.execute(query.order_by(places.c.id.desc()).limit(MOST_SUGGESTED))]

"""Shops and places to go, as reviews name them: one row for the same name, address and area."""

from dataclasses import dataclass

import sqlalchemy as sa

from actors.tables import actors
from areas.hashtags import fold
from areas.kinds.tables import places, reviews
from areas.reading.visibility import for_anyone
from areas.statements import insert_once
from areas.tables import placements, posts
from federation.iris import mint_id
from federation.vocabulary import Millis

MOST_SUGGESTED = 100


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """A place; `address` says where it is, or what it is near to."""

    id: int
    name: str
    address: str
    area_id: int | None


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
    """Places of an area of which anyone may read a review there, the newest first."""
    is_known = sa.exists(
        sa.select(reviews.c.post_id)
        .join(posts, posts.c.id == reviews.c.post_id)
        .join(actors, actors.c.id == posts.c.actor_id)
        .join(placements, placements.c.post_id == posts.c.id)
        .where(reviews.c.place_id == places.c.id, placements.c.state == "accepted", for_anyone())
    )
    query = sa.select(*_COLUMNS).where(places.c.area_id == area_id, is_known)
    return [PlaceRecord(*row) for row in tx.execute(query.order_by(places.c.id.desc()).limit(MOST_SUGGESTED))]

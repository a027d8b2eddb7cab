"""The lists that areas are: for each area that a resident follows one of all that stands in it, and one of notices.

Where an area has agreed with others, there is one more, of what comes from them: it has the name of the zone. A zone
that she follows is one list, of what its towns share.

Their ids are small and never used again: 16 times the area's number, and a slot. Nobody changes them, but each may keep
an area out of her home. An area of another node is a Group that has a number once somebody here asks to follow it; of
who writes there nobody says that it is the town, and so there is no list of its notices.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import sqlalchemy as sa

from actors.names import OFFICIAL_KINDS
from actors.records import ActorRecord
from actors.tables import actors, follows
from areas.lists.tables import area_lists, group_numbers
from areas.statements import insert_once
from areas.tables import areas
from areas.zones.tables import agreements
from federation.errors import NotFound

SLOTS: Final = 16
BOUND: Final = 1 << 40
"""Ids of lists that residents make are greater."""
FIRST_ELSEWHERE: Final = 1 << 20
"""Numbers of areas of other nodes begin here; no node has as many of its own."""
EVERYTHING: Final = 0
NOTICES: Final = 1
ZONE: Final = 2

Content = Literal["accepted", "notices", "boosted", "brought"]
"""What stands in a list: what the area has accepted, of that what the town wrote, what a Group elsewhere has boosted,
what peers have brought."""

_TITLES: Final = {
    "ja": {EVERYTHING: "エリア: {area}", NOTICES: "{area}: お知らせ", ZONE: "{area}: {zone}"},
    "en": {EVERYTHING: "Area: {area}", NOTICES: "{area}: notices", ZONE: "{area}: {zone}"},
}
_NEARBY: Final = {"ja": "周りのエリアから", "en": "from nearby areas"}
"""Where the zone has no name here."""


@dataclass(frozen=True, slots=True)
class AreaList:
    """What stands in an area, as a list; `exclusive`: the reader keeps the area out of her home.

    `zone_name` is that of the zone in which the area has agreed with others, empty where it is not known.
    """

    id: int
    area_id: int
    area_name: str
    is_elsewhere: bool
    exclusive: bool
    is_zone: bool = False
    zone_name: str = ""

    @property
    def slot(self) -> int:
        """Which of the area's lists it is."""
        return self.id % SLOTS

    @property
    def content(self) -> Content:
        """What stands in it."""
        if self.is_elsewhere:
            return "boosted"
        if self.is_zone or self.slot == ZONE:
            return "brought"
        return "notices" if self.slot == NOTICES else "accepted"

    def title(self, language: str) -> str:
        """In the reader's language where there is one, else in English; a zone's is its name."""
        if self.is_zone:
            return self.area_name
        known = language.partition("-")[0].lower()
        spoken = known if known in _TITLES else "en"
        zone = self.zone_name or _NEARBY[spoken]
        return _TITLES[spoken][self.slot].format(area=self.area_name, zone=zone)


def is_synthetic(list_id: int) -> bool:
    """Whether an id is that of an area's list."""
    return 0 <= list_id < BOUND


def give_number(tx: sa.Connection, target: ActorRecord) -> None:
    """Let an area of another node have lists here; again changes nothing. Of anybody else nothing happens."""
    if not target.local and target.type == "Group":
        insert_once(tx, group_numbers, {"actor_id": target.id})


def _names(zone: "sa.FromClause", *clauses: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    """The name of a zone, by each agreement within it."""
    return sa.select(zone.c.name).where(
        agreements.c.zone == zone.c.iri, agreements.c.state == "accepted", *clauses
    )


_ALL: Final = sa.union_all(
    sa.select(areas.c.actor_id, areas.c.number, sa.false().label("is_elsewhere")),
    sa.select(
        group_numbers.c.actor_id, (group_numbers.c.number + FIRST_ELSEWHERE).label("number"), sa.true()
    ),
).subquery("numbered")
_zones = actors.alias("zones")
_BROUGHT: Final = (agreements.c.area_id == _ALL.c.actor_id, agreements.c.direction == "in")
_LISTED: Final = (
    sa.select(
        _ALL.c.actor_id,
        _ALL.c.number,
        _ALL.c.is_elsewhere,
        actors.c.name,
        actors.c.username,
        actors.c.host,
        sa.exists()
        .where(area_lists.c.actor_id == sa.bindparam("me"), area_lists.c.area_id == _ALL.c.actor_id)
        .label("exclusive"),
        sa.or_(actors.c.kind == "zone", sa.and_(_ALL.c.is_elsewhere, _names(actors).exists())).label(
            "is_zone"
        ),
        _names(_zones, *_BROUGHT).order_by(agreements.c.id).limit(1).scalar_subquery().label("zone_name"),
        sa.exists().where(*_BROUGHT, agreements.c.state == "accepted").label("has_peers"),
    )
    .join(actors, actors.c.id == _ALL.c.actor_id)
    .order_by(_ALL.c.number)
)
_FOLLOWED: Final = _LISTED.where(
    actors.c.gone_at.is_(None),
    actors.c.standing != "suspended",
    sa.exists().where(
        follows.c.follower_id == sa.bindparam("me"),
        follows.c.target_id == _ALL.c.actor_id,
        follows.c.state == "accepted",
    ),
)


def _read(row: "sa.Row[Any]", slot: int) -> AreaList:
    return AreaList(
        id=row.number * SLOTS + slot,
        area_id=row.actor_id,
        area_name=row.name or (f"{row.username}@{row.host}" if row.is_elsewhere else row.username),
        is_elsewhere=bool(row.is_elsewhere),
        exclusive=bool(row.exclusive),
        is_zone=bool(row.is_zone),
        zone_name=row.zone_name or "",
    )


def _slots(row: "sa.Row[Any]") -> tuple[int, ...]:
    return (EVERYTHING,) if row.is_elsewhere or row.is_zone else (EVERYTHING, NOTICES, ZONE)


def list_of(tx: sa.Connection, actor_id: int) -> list[AreaList]:
    """The lists of the areas and zones that an actor follows, by their numbers: those of this node first."""
    rows = tx.execute(_FOLLOWED, {"me": actor_id}).all()
    return [_read(row, slot) for row in rows for slot in _slots(row) if slot != ZONE or row.has_peers]


def find(tx: sa.Connection, actor_id: int, list_id: int) -> AreaList:
    """The list of an area or zone; also where it is not followed, or has agreed with nobody (any more).

    Raises `NotFound`.
    """
    query = _LISTED.where(_ALL.c.number == list_id // SLOTS)
    row, slot = tx.execute(query, {"me": actor_id}).first(), list_id % SLOTS
    if row is None or slot not in _slots(row):
        raise NotFound(f"there is no list {list_id}")
    return _read(row, slot)


def keep_out(tx: sa.Connection, actor_id: int, found: AreaList, *, exclusive: bool) -> AreaList:
    """Keep an area out of one's home, or no longer."""
    row = {"actor_id": actor_id, "area_id": found.area_id}
    if exclusive:
        insert_once(tx, area_lists, row)
    else:
        mine = sa.and_(area_lists.c.actor_id == actor_id, area_lists.c.area_id == found.area_id)
        tx.execute(sa.delete(area_lists).where(mine))
    return replace(found, exclusive=exclusive)


IS_NOTICE: Final = sa.and_(actors.c.origin_id.is_not(None), actors.c.kind.in_(sorted(OFFICIAL_KINDS)))
"""Written by the town itself."""

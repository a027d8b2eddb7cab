"""Who belongs to an area: residents of this node, one home each. Not the same as following.

Joining also follows, and leaving unfollows; unfollowing ends no membership. What is for members only, members'
polls and statistics go by membership, timelines and alerts by follows.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from areas import registry
from areas.records import AreaRecord
from areas.tables import memberships
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis

MOST_AREAS = 50
"""Of one resident; more than a municipality has quarters."""
LEVELS = (0, 1, 2)
"""How well it is proved that she belongs: by her word, by a visit or two members, by an office."""

_COLUMNS = (
    memberships.c.actor_id,
    memberships.c.area_id,
    memberships.c.home,
    memberships.c.level,
    memberships.c.since,
)
_ONE = sa.select(*_COLUMNS).where(
    memberships.c.actor_id == sa.bindparam("actor"), memberships.c.area_id == sa.bindparam("area")
)


@dataclass(frozen=True, slots=True)
class MembershipRecord:
    """A local actor in an area; `home`: she lives there; `level` 0 to 2, see `LEVELS`."""

    actor_id: int
    area_id: int
    home: bool
    level: int
    since: Millis


def prove(tx: sa.Connection, actor_id: int, area_id: int, level: int) -> MembershipRecord:
    """Say how well a membership is proved. Raises `Refused` for no such level, `NotFound`."""
    if level not in LEVELS:
        raise Refused(f"level {level} is none of {', '.join(map(str, LEVELS))}")
    mine = sa.update(memberships).where(memberships.c.actor_id == actor_id, memberships.c.area_id == area_id)
    tx.execute(mine.values(level=level))
    return require(tx, actor_id, area_id)


def find(tx: sa.Connection, actor_id: int, area_id: int) -> MembershipRecord | None:
    """The membership of an actor in an area, if there is one."""
    row = tx.execute(_ONE, {"actor": actor_id, "area": area_id}).first()
    return None if row is None else MembershipRecord(*row)


def require(tx: sa.Connection, actor_id: int, area_id: int) -> MembershipRecord:
    """The membership of an actor in an area. Raises `NotFound`."""
    found = find(tx, actor_id, area_id)
    if found is None:
        raise NotFound(f"actor {actor_id} is no member of area {area_id}")
    return found


def list_of(tx: sa.Connection, actor_id: int) -> list[MembershipRecord]:
    """The areas of a resident, home first, then the oldest."""
    query = sa.select(*_COLUMNS).where(memberships.c.actor_id == actor_id)
    rows = tx.execute(query.order_by(sa.not_(memberships.c.home), memberships.c.since, memberships.c.area_id))
    return [MembershipRecord(*row) for row in rows]


def find_home(tx: sa.Connection, actor_id: int) -> AreaRecord | None:
    """The area in which a resident lives, if she said so."""
    query = sa.select(memberships.c.area_id).where(memberships.c.actor_id == actor_id, memberships.c.home)
    area_id = tx.execute(query).scalar()
    return None if area_id is None else registry.find_area(tx, int(area_id))


def count(tx: sa.Connection, area_id: int) -> int:
    """How many members an area has."""
    query = sa.select(sa.func.count()).select_from(memberships).where(memberships.c.area_id == area_id)
    return int(tx.execute(query).scalar_one())

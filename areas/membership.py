"""Who belongs to an area: residents of this node, one home each. Not the same as following.

Joining also follows, and leaving unfollows; unfollowing ends no membership. What is for members only, members'
polls and statistics go by membership, timelines and alerts by follows.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import interactions, registry
from areas.locks import lock_author
from areas.records import AreaRecord
from areas.statements import insert_once
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


def join(
    tx: sa.Connection, actor: ActorRecord, area: AreaRecord, now: Millis, *, home: bool = False
) -> MembershipRecord:
    """Make a resident a member, and let her follow; `home` moves her home here. Again changes no `since`.

    Raises `Refused` for a zone, where she is unwelcome, or a member of too many.
    """
    if area.is_zone:
        raise Refused("a zone has no members: follow it, and belong to the area of your town")
    _lock(tx, actor)
    if find(tx, actor.id, area.actor_id) is None:
        if len(list_of(tx, actor.id)) >= MOST_AREAS:
            raise Refused(f"one can be a member of {MOST_AREAS} areas")
        group = find_actor_by_id(tx, area.actor_id)
        assert group is not None  # a foreign key holds it
        interactions.follow(tx, actor, group, now)
        row = {"actor_id": actor.id, "area_id": area.actor_id, "home": False, "level": 0, "since": now}
        insert_once(tx, memberships, row)
    if home:
        _move_home(tx, actor.id, area.actor_id)
    return _require(tx, actor.id, area.actor_id)


def _lock(tx: sa.Connection, actor: ActorRecord) -> None:
    if not actor.local or not lock_author(tx, actor.id):
        raise Refused("only residents of this node can be members")


def _move_home(tx: sa.Connection, actor_id: int, area_id: int) -> None:
    mine = sa.update(memberships).where(memberships.c.actor_id == actor_id)
    tx.execute(mine.where(memberships.c.area_id != area_id).values(home=False))
    tx.execute(mine.where(memberships.c.area_id == area_id).values(home=True))


def leave(tx: sa.Connection, actor: ActorRecord, area: AreaRecord, now: Millis) -> bool:
    """End a membership and the follow with it. False = there was none."""
    _lock(tx, actor)
    mine = sa.delete(memberships).where(
        memberships.c.actor_id == actor.id, memberships.c.area_id == area.actor_id
    )
    if not tx.execute(mine).rowcount:
        return False
    group = find_actor_by_id(tx, area.actor_id)
    assert group is not None  # a foreign key holds it
    interactions.unfollow(tx, actor, group, now)
    return True


def prove(tx: sa.Connection, actor_id: int, area_id: int, level: int) -> MembershipRecord:
    """Say how well a membership is proved. Raises `Refused` for no such level, `NotFound`."""
    if level not in LEVELS:
        raise Refused(f"level {level} is none of {', '.join(map(str, LEVELS))}")
    mine = sa.update(memberships).where(memberships.c.actor_id == actor_id, memberships.c.area_id == area_id)
    tx.execute(mine.values(level=level))
    return _require(tx, actor_id, area_id)


def find(tx: sa.Connection, actor_id: int, area_id: int) -> MembershipRecord | None:
    """The membership of an actor in an area, if there is one."""
    row = tx.execute(_ONE, {"actor": actor_id, "area": area_id}).first()
    return None if row is None else MembershipRecord(*row)


def _require(tx: sa.Connection, actor_id: int, area_id: int) -> MembershipRecord:
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

"""Joining an area and leaving it: a resident belongs, and follows."""

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import membership
from areas.interactions.follows import follow, unfollow
from areas.locks import lock_author
from areas.membership import MembershipRecord
from areas.records import AreaRecord
from areas.statements import insert_once
from areas.tables import memberships
from federation.errors import Refused
from federation.vocabulary import Millis


def join(
    tx: sa.Connection, actor: ActorRecord, area: AreaRecord, now: Millis, *, home: bool = False
) -> MembershipRecord:
    """Make a resident a member, and let her follow; `home` moves her home here. Again changes no `since`.

    Raises `Refused` for a zone, where she is unwelcome, or a member of too many.
    """
    if area.is_zone:
        raise Refused("a zone has no members: follow it, and belong to the area of your town")
    _lock(tx, actor)
    if membership.find(tx, actor.id, area.actor_id) is None:
        if len(membership.list_of(tx, actor.id)) >= membership.MOST_AREAS:
            raise Refused(f"one can be a member of {membership.MOST_AREAS} areas")
        group = find_actor_by_id(tx, area.actor_id)
        assert group is not None  # a foreign key holds it
        follow(tx, actor, group, now)
        row = {"actor_id": actor.id, "area_id": area.actor_id, "home": False, "level": 0, "since": now}
        insert_once(tx, memberships, row)
    if home:
        _move_home(tx, actor.id, area.actor_id)
    return membership.require(tx, actor.id, area.actor_id)


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
    unfollow(tx, actor, group, now)
    return True

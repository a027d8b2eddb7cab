"""Somebody has moved: who follows her here follows her there, in parts, with what was chosen about her.

What areas have agreed on with a Group is asked of it again, where it is now: people answer. No role goes along.
"""

import sqlalchemy as sa

from actors.moves import note_move
from actors.records import ActorRecord
from actors.relations import relate
from actors.statements import insert_into
from actors.tables import actors, blocks, follows, mutes
from areas import heirs, registry
from areas.interactions.follows import follow, unfollow
from areas.interactions.shutting import block
from areas.lists.tables import list_members, lists
from areas.moderation import banning
from areas.reading.statuses import find_actors
from areas.statements import insert_once
from areas.tables import bans
from areas.zones import agreements
from federation.errors import NotFound, Refused
from federation.iris import mint_id
from federation.vocabulary import Millis

MOVED_AT_ONCE = 25
"""Residents who go along in one transaction: each is two entries of the log, and others wait."""


def follow_along(tx: sa.Connection, old: ActorRecord, new: ActorRecord, now: Millis) -> bool:
    """Let a batch of residents follow the new account in place of the old. True = there may be more.

    The caller has seen that each names the other. Where the new one cannot be followed the old follow ends too.
    """
    mine = (
        sa.select(follows.c.follower_id, follows.c.reblogs, follows.c.notify)
        .join(actors, actors.c.id == follows.c.follower_id)
        .where(follows.c.target_id == old.id, follows.c.state != "rejected", actors.c.origin_id.is_not(None))
        .order_by(follows.c.follower_id)
        .limit(MOVED_AT_ONCE)
    )
    rows = list(tx.execute(mine))
    people = find_actors(tx, (row.follower_id for row in rows))
    for row in rows:
        follower = people[row.follower_id]
        on_lists = _lists_with(tx, follower.id, old.id)
        _change_sides(tx, follower, old, new, (bool(row.reblogs), bool(row.notify)), now)
        for list_id in on_lists:
            insert_once(tx, list_members, {"list_id": list_id, "target_id": new.id, "id": mint_id(now)})
    if len(rows) < MOVED_AT_ONCE:
        _shut_out_alike(tx, old, new, now)
        _ban_alike(tx, old, new, now)
        if not old.local:
            note_move(tx, old.id, new.iri, now)
    return len(rows) == MOVED_AT_ONCE


def _lists_with(tx: sa.Connection, actor_id: int, target_id: int) -> list[int]:
    query = (
        sa.select(lists.c.id)
        .join(list_members, list_members.c.list_id == lists.c.id)
        .where(lists.c.actor_id == actor_id, list_members.c.target_id == target_id)
    )
    return list(tx.execute(query).scalars())


def _change_sides(
    tx: sa.Connection,
    follower: ActorRecord,
    old: ActorRecord,
    new: ActorRecord,
    flags: tuple[bool, bool],
    now: Millis,
) -> None:
    if agreements.ask_elsewhere(tx, follower.id, old, new, now):
        return
    unfollow(tx, follower, old, now)
    relation = relate(tx, follower.id, [new.id], now)[new.id]
    if relation.blocking or relation.domain_blocking:
        return  # she wants nothing of it there
    try:
        follow(tx, follower, new, now, reblogs=flags[0], notify=flags[1])
    except (Refused, NotFound):
        return  # unwelcome there: nothing was written, and the old account is empty


def _shut_out_alike(tx: sa.Connection, old: ActorRecord, new: ActorRecord, now: Millis) -> None:
    """Who has blocked or muted the old account has not asked for the new one."""
    is_local = actors.c.origin_id.is_not(None)
    muting = sa.select(mutes).join(actors, actors.c.id == mutes.c.actor_id).where(mutes.c.target_id == old.id)
    for row in list(tx.execute(muting.where(is_local))):
        values = {"notifications": row.notifications, "until": row.until, "created_at": now}
        statement = insert_into(tx, mutes).values(actor_id=row.actor_id, target_id=new.id, **values)
        tx.execute(statement.on_conflict_do_nothing())
    blocking = sa.select(blocks.c.actor_id).join(actors, actors.c.id == blocks.c.actor_id)
    blockers = list(tx.execute(blocking.where(blocks.c.target_id == old.id, is_local)).scalars())
    for blocker in find_actors(tx, blockers).values():
        block(tx, blocker, new, now)


def _ban_alike(tx: sa.Connection, old: ActorRecord, new: ActorRecord, now: Millis) -> None:
    """Nobody leaves a ban behind by moving; whoever has a role of her own in the area keeps it."""
    is_on = sa.or_(bans.c.until.is_(None), bans.c.until > now)
    for row in list(tx.execute(sa.select(bans).where(bans.c.actor_id == old.id, is_on))):
        area = registry.find_area(tx, row.area_id)
        assert area is not None  # a foreign key holds it
        if not registry.may_moderate(tx, new.id, row.area_id, now) and new.kind not in {"node", "area"}:
            banning.ban(tx, area, new, reason=row.reason, until=row.until, now=now)


def follow_old(tx: sa.Connection, new: ActorRecord, old: ActorRecord, now: Millis) -> bool:
    """Let an area of ours hear what its old place elsewhere still boosts. False = it is nothing of the kind."""
    if old.local or heirs.find_heir(tx, old) is None:
        return False
    try:
        follow(tx, new, old, now)
    except (Refused, NotFound):
        return False
    return True

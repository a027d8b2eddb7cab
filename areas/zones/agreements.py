"""Agreements between areas: asked for by a `Follow` with `peering`, and answered by people, never by themselves.

`Accept`, `Reject` and `Undo` are the rest of the protocol (FEP-d36d). Each direction is agreed on by itself. A Group
that follows without `peering` is a follower like any other.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor_by_id
from actors.jobs import schedule
from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.statements import insert_into
from actors.tables import follows as follows_table
from areas import registry
from areas.interactions import requests
from areas.interactions.follows import mint_follow, unfollow
from areas.interactions.saying import to_entry
from areas.records import AreaRecord
from areas.zones import progress
from areas.zones.records import CATEGORIES, MOST_PER_HOUR, NEXT, Act, Agreement, Direction, State, Terms
from areas.zones.tables import agreements
from federation import rendering
from federation.errors import NotFound, Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.publish import append

EXPIRE: Final = "expire-agreement"
"""The job that ends an agreement in time; the key is its number."""
_ANY_PEER: Final = Prepared(
    sa.select(agreements.c.id)
    .where(
        agreements.c.peer_id == sa.bindparam("peer"),
        agreements.c.direction == "in",
        agreements.c.state == "accepted",
    )
    .limit(1)
)
OTHER_SIDE: Final[dict[Direction, Direction]] = {"in": "out", "out": "in"}


def ask(tx: sa.Connection, area: AreaRecord, peer: ActorRecord, terms: Terms, now: Millis) -> Agreement:
    """Ask another Group that its posts come to an area of ours. Raises `Refused`.

    An area of this node is asked without a letter; its people answer all the same.
    """
    _check(area, peer, terms, now)
    group = _find_actor(tx, area.actor_id)
    record = mint_follow(tx, group, peer, "pending", now)
    made = _save(tx, area.actor_id, peer.id, "in", record.iri, terms, now)
    if peer.local:
        _save(tx, peer.id, area.actor_id, "out", record.iri, terms, now)
        return made
    document = rendering.follow(record.iri, actor=group.iri, object_iri=peer.iri, peering=terms.to_peering())
    thread = f"follow:{group.id}:{peer.id}"
    append(tx, to_entry(group, peer, iri=record.iri, kind="Follow", document=document, thread=thread), now)
    return made


def _check(area: AreaRecord, peer: ActorRecord, terms: Terms, now: Millis) -> None:
    if peer.type != "Group" or peer.id == area.actor_id:
        raise Refused(f"{peer.handle} is no other area")
    unknown = [each for each in terms.accepts if each not in CATEGORIES]
    if unknown:
        raise Refused(f"category {unknown[0]!r} is none of {', '.join(CATEGORIES)}")
    if not 0 <= terms.max_per_hour <= MOST_PER_HOUR:
        raise Refused(f"an hour has between 0 and {MOST_PER_HOUR} posts")
    if terms.expires_at is not None and terms.expires_at <= now:
        raise Refused("an agreement ends in the future")


def hear_request(
    tx: sa.Connection, area_id: int, peer: ActorRecord, iri: Iri, terms: Terms, now: Millis
) -> Agreement:
    """Keep what another Group asks for; the same terms again, once accepted, stay accepted."""
    earlier = find(tx, area_id, peer.id, "out")
    if earlier is not None and earlier.state == "accepted" and earlier.terms == terms:
        return _write(tx, earlier, {"iri": iri})
    return _save(tx, area_id, peer.id, "out", iri, terms, now)


def accept(tx: sa.Connection, area: AreaRecord, peer: ActorRecord, now: Millis) -> Agreement:
    """Let posts of an area of ours go to who asked for them. Raises `NotFound`, `Refused`."""
    asked = require(tx, area, peer, "out")
    if asked.is_over(now):
        raise Refused("the time for which it was asked is over")
    agreement = _move(tx, asked, "accept", now)
    group = _find_actor(tx, area.actor_id)
    follow = follows.find_follow(tx, (peer.id, group.id))
    if follow is None:
        raise NotFound(f"{peer.handle} does not ask any more")
    follows.accept(tx, iri=follow.iri, follower_id=peer.id, target_id=group.id, now=now)
    requests.welcome(tx, group, peer, agreement.iri, now)
    if peer.local:
        answered(tx, agreement.iri, "accept", now)
    _plan_end(tx, agreement, now)
    return agreement


def reject(tx: sa.Connection, area: AreaRecord, peer: ActorRecord, now: Millis) -> Agreement:
    """Turn a request down; asking again is possible. Raises `NotFound`, `Refused`."""
    agreement = _move(tx, require(tx, area, peer, "out"), "reject", now)
    _drop_follower(tx, area, peer, agreement, "reject", now)
    return agreement


def end(
    tx: sa.Connection,
    area: AreaRecord,
    peer: ActorRecord,
    direction: Direction,
    now: Millis,
    *,
    act: Act = "end",
) -> Agreement:
    """End one direction, whoever asked for it; the other side is told. Raises `NotFound`, `Refused`."""
    agreement = _move(tx, require(tx, area, peer, direction), act, now)
    if direction == "out":
        _drop_follower(tx, area, peer, agreement, act, now)
    else:
        unfollow(tx, _find_actor(tx, area.actor_id), peer, now)
        if peer.local:
            _follow_suit(tx, agreement, act, now)
    return agreement


def ask_elsewhere(tx: sa.Connection, area_id: int, peer: ActorRecord, new: ActorRecord, now: Millis) -> bool:
    """A peer has moved: what an area had of it, or had asked for, ends and is asked for where it is now.

    False = there was nothing of the kind.
    """
    agreement, area = find(tx, area_id, peer.id, "in"), registry.find_area(tx, area_id)
    if area is None or agreement is None or agreement.state not in NEXT["end"]:
        return False
    end(tx, area, peer, "in", now)
    if new.type == "Group" and new.id != area_id and not agreement.is_over(now):
        ask(tx, area, new, agreement.terms, now)
    return True


def _drop_follower(
    tx: sa.Connection, area: AreaRecord, peer: ActorRecord, agreement: Agreement, act: Act, now: Millis
) -> None:
    requests.remove_follower(tx, _find_actor(tx, area.actor_id), peer, now)
    if peer.local:
        _follow_suit(tx, agreement, act, now)


def _follow_suit(tx: sa.Connection, agreement: Agreement, act: Act, now: Millis) -> None:
    """Two areas of one node: what one side does, the other knows."""
    other = find(tx, agreement.peer_id, agreement.area_id, OTHER_SIDE[agreement.direction])
    if other is not None and other.state in NEXT[act]:
        _move(tx, other, act, now)


def answered(tx: sa.Connection, iri: Iri, act: Act, now: Millis) -> bool:
    """Keep what the asked one answers to our Follow, or that it ends what it had accepted.

    False = the Follow is of no agreement that waits or stands.
    """
    row = tx.execute(
        sa.select(agreements).where(agreements.c.iri == iri, agreements.c.direction == "in")
    ).first()
    if row is None:
        return False
    agreement = _to_record(row)
    said: Act = "end" if act == "reject" and agreement.state == "accepted" else act
    if agreement.state not in NEXT[said]:
        return False
    _plan_end(tx, _move(tx, agreement, said, now), now)
    if said == "accept":
        progress.plan(tx, agreement.peer_id, now, now)
    return True


def withdrawn(tx: sa.Connection, area_id: int, peer_id: int, now: Millis) -> bool:
    """Keep that a peer has taken its Follow back. False = there was no agreement."""
    agreement = find(tx, area_id, peer_id, "out")
    if agreement is None or agreement.state not in NEXT["end"]:
        return False
    _move(tx, agreement, "end", now)
    return True


def expire_due(tx: sa.Connection, agreement_id: int, now: Millis) -> bool:
    """End an agreement whose time has passed. False = it was ended before, or goes on: then it is looked at again."""
    row = tx.execute(sa.select(agreements).where(agreements.c.id == agreement_id)).first()
    agreement = None if row is None else _to_record(row)
    if agreement is None or agreement.state not in NEXT["expire"]:
        return False
    if not agreement.is_over(now):
        _plan_end(tx, agreement, now)
        return False
    area = registry.find_area(tx, agreement.area_id)
    assert area is not None  # a foreign key holds it
    end(tx, area, _find_actor(tx, agreement.peer_id), agreement.direction, now, act="expire")
    return True


def find(tx: sa.Connection, area_id: int, peer_id: int, direction: Direction) -> Agreement | None:
    """One direction between two, in whatever state."""
    query = sa.select(agreements).where(
        agreements.c.area_id == area_id,
        agreements.c.peer_id == peer_id,
        agreements.c.direction == direction,
    )
    row = tx.execute(query.with_for_update()).first()
    return None if row is None else _to_record(row)


def find_in_force(
    tx: sa.Connection, area_id: int, peer_id: int, direction: Direction, now: Millis
) -> Agreement | None:
    """An agreement that holds now: accepted, not over, and its Follow stands (a block or a ban ends that)."""
    agreement = find(tx, area_id, peer_id, direction)
    if agreement is None or agreement.state != "accepted" or agreement.is_over(now):
        return None
    pair = (area_id, peer_id) if direction == "in" else (peer_id, area_id)
    follow = follows.find_follow(tx, pair)
    return agreement if follow is not None and follow.state == "accepted" else None


def list_in_force(
    tx: sa.Connection,
    direction: Direction,
    now: Millis,
    *,
    area_id: int | None = None,
    peer_id: int | None = None,
) -> list[Agreement]:
    """Agreements that hold now, of an area, with a peer, or both; the oldest first. Locks nothing."""
    between = (follows_table.c.target_id, follows_table.c.follower_id)
    peer_column, area_column = between if direction == "in" else reversed(between)
    query = (
        sa.select(agreements)
        .join(
            follows_table,
            sa.and_(peer_column == agreements.c.peer_id, area_column == agreements.c.area_id),
        )
        .where(
            agreements.c.direction == direction,
            agreements.c.state == "accepted",
            sa.or_(agreements.c.expires_at.is_(None), agreements.c.expires_at > now),
            follows_table.c.state == "accepted",
        )
        .order_by(agreements.c.id)
    )
    if area_id is not None:
        query = query.where(agreements.c.area_id == area_id)
    if peer_id is not None:
        query = query.where(agreements.c.peer_id == peer_id)
    return [_to_record(row) for row in tx.execute(query)]


def require(tx: sa.Connection, area: AreaRecord, peer: ActorRecord, direction: Direction) -> Agreement:
    """As `find`. Raises `NotFound`."""
    found = find(tx, area.actor_id, peer.id, direction)
    if found is None:
        raise NotFound(f"{area.handle} and {peer.handle} have agreed on nothing ({direction})")
    return found


def list_all(tx: sa.Connection, area_id: int | None = None) -> list[Agreement]:
    """Every agreement of an area, or of all."""
    query = sa.select(agreements).order_by(agreements.c.area_id, agreements.c.peer_id, agreements.c.direction)
    if area_id is not None:
        query = query.where(agreements.c.area_id == area_id)
    return [_to_record(row) for row in tx.execute(query)]


def has_peers(tx: sa.Connection, peer_id: int) -> bool:
    """Whether any area of ours gets a Group's posts by agreement."""
    return _ANY_PEER.first(tx, peer=peer_id) is not None


def is_peer(tx: sa.Connection, actor_id: int, now: Millis) -> bool:
    """Whether an area of ours has agreed with it on anything that is in force, either way."""
    query = sa.select(agreements).where(agreements.c.peer_id == actor_id, agreements.c.state == "accepted")
    return any(_to_record(row).stands(now) for row in tx.execute(query))


def list_of_peer(tx: sa.Connection, peer_id: int) -> list[Agreement]:
    """What areas of ours have asked of a peer and got; whether it is in force now is another question."""
    query = sa.select(agreements).where(
        agreements.c.peer_id == peer_id, agreements.c.direction == "in", agreements.c.state == "accepted"
    )
    return [_to_record(row) for row in tx.execute(query.order_by(agreements.c.area_id))]


def _save(
    tx: sa.Connection,
    area_id: int,
    peer_id: int,
    direction: Direction,
    iri: Iri,
    terms: Terms,
    now: Millis,
) -> Agreement:
    """A request: new, or again after whatever came of the last one, with the terms of now."""
    key = {"area_id": area_id, "peer_id": peer_id, "direction": direction}
    values: dict[str, Any] = {"state": "requested", "iri": iri, "decided_at": now, **_columns(terms)}
    statement = insert_into(tx, agreements).values(id=mint_id(now), created_at=now, **key, **values)
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=values)
    agreement = _to_record(tx.execute(statement.returning(*agreements.c)).one())
    _plan_end(tx, agreement, now)
    return agreement


def _move(tx: sa.Connection, agreement: Agreement, act: Act, now: Millis) -> Agreement:
    """Change the state, if that is open. Raises `Refused`."""
    after: State | None = NEXT[act].get(agreement.state)
    if after is None:
        raise Refused(f"the agreement is {agreement.state}; {act} needs {' or '.join(NEXT[act])}")
    return _write(tx, agreement, {"state": after, "decided_at": now})


def _write(tx: sa.Connection, agreement: Agreement, values: Mapping[str, Any]) -> Agreement:
    statement = sa.update(agreements).where(agreements.c.id == agreement.id).values(**values)
    return _to_record(tx.execute(statement.returning(*agreements.c)).one())


def _plan_end(tx: sa.Connection, agreement: Agreement, now: Millis) -> None:
    if agreement.terms.expires_at is not None and agreement.state in NEXT["expire"]:
        schedule(tx, EXPIRE, str(agreement.id), {}, agreement.terms.expires_at, now)


def _find_actor(tx: sa.Connection, actor_id: int) -> ActorRecord:
    found = find_actor_by_id(tx, actor_id)
    assert found is not None  # a foreign key holds it
    return found


def _columns(terms: Terms) -> dict[str, Any]:
    return {
        "zone": terms.zone,
        "accepts": json.dumps(terms.accepts),
        "max_per_hour": terms.max_per_hour,
        "expires_at": terms.expires_at,
    }


def _to_record(row: Any) -> Agreement:
    terms = Terms(row.zone, tuple(json.loads(row.accepts)), row.max_per_hour, row.expires_at)
    return Agreement(
        id=row.id,
        area_id=row.area_id,
        peer_id=row.peer_id,
        direction=row.direction,
        state=row.state,
        iri=row.iri,
        terms=terms,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )

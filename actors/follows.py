"""Who follows whom. At most one follow between two actors; the newest Follow activity gives it its id."""

import sqlalchemy as sa

from actors.records import ActorRecord, FollowRecord, FollowState
from actors.statements import insert_into
from actors.tables import actors, follows
from federation.errors import LocalFault
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis

MINT_TRIES = 5
"""As for actors: an id is tried again on conflict."""


def record_follow(
    tx: sa.Connection,
    *,
    iri: Iri,
    follower: ActorRecord,
    target: ActorRecord,
    state: FollowState,
    now: Millis,
) -> FollowRecord | None:
    """Store a Follow and return what is stored.

    The same Follow again changes nothing; a new one between the same two takes over id and state. None,
    and nothing changes, when the follower has used this id for another target.
    """
    _lock(tx, follower)
    used = find_follow(tx, iri, follower_id=follower.id)
    if used is not None:
        return used if used.target_id == target.id else None
    values = {"iri": iri, "state": state, "changed_at": now}
    between = sa.and_(follows.c.follower_id == follower.id, follows.c.target_id == target.id)
    for _attempt in range(MINT_TRIES):
        row = tx.execute(sa.update(follows).where(between).values(values).returning(follows)).one_or_none()
        if row is None:
            new = {**values, "follower_id": follower.id, "target_id": target.id, "created_at": now}
            insert = insert_into(tx, follows).values(**new, id=mint_id(now)).on_conflict_do_nothing()
            row = tx.execute(insert.returning(*follows.c)).one_or_none()
        if row is not None:
            return FollowRecord(**row._mapping)  # noqa: SLF001
    raise LocalFault("no id was free for a follow")


def accept(
    tx: sa.Connection, *, iri: Iri, follower_id: int, target_id: int, now: Millis
) -> FollowRecord | None:
    """Accept a pending follow; None, and nothing changes, unless id, follower and target are all right."""
    return _answer(tx, "accepted", iri=iri, follower_id=follower_id, target_id=target_id, now=now)


def reject(
    tx: sa.Connection, *, iri: Iri, follower_id: int, target_id: int, now: Millis
) -> FollowRecord | None:
    """Reject a follow that waits, as `accept` accepts one, or that was accepted: who is followed may end it."""
    return _answer(tx, "rejected", iri=iri, follower_id=follower_id, target_id=target_id, now=now)


def remove(tx: sa.Connection, *, follower_id: int, target_id: int) -> FollowRecord | None:
    """End a follow in whatever state and return it as it was, if there was one."""
    statement = sa.delete(follows).where(
        follows.c.follower_id == follower_id, follows.c.target_id == target_id
    )
    return _record(tx.execute(statement.returning(*follows.c)).one_or_none())


def change_flags(
    tx: sa.Connection, follow: FollowRecord, *, reblogs: bool | None, notify: bool | None
) -> FollowRecord:
    """Say what of a target is shown to its follower; None = as it is."""
    chosen = {"reblogs": reblogs, "notify": notify}
    values = {
        name: flag for name, flag in chosen.items() if flag is not None and flag != getattr(follow, name)
    }
    if not values:
        return follow
    statement = sa.update(follows).where(follows.c.id == follow.id).values(values).returning(*follows.c)
    return _record(tx.execute(statement).one_or_none()) or follow


def find_follow(
    tx: sa.Connection, wanted: Iri | tuple[int, int], *, follower_id: int | None = None
) -> FollowRecord | None:
    """Find a follow by the id of its activity, or by (follower id, target id).

    Two actors of one server may claim one id; say whose is meant, or check whose was found.
    """
    query = sa.select(follows).order_by(follows.c.id).limit(1)
    if isinstance(wanted, tuple):
        query = query.where(follows.c.follower_id == wanted[0], follows.c.target_id == wanted[1])
    else:
        query = query.where(follows.c.iri == wanted)
    if follower_id is not None:
        query = query.where(follows.c.follower_id == follower_id)
    return _record(tx.execute(query).one_or_none())


def count_followers(tx: sa.Connection, actor_id: int) -> int:
    """Count the accepted followers of an actor."""
    return _count(tx, follows.c.target_id == actor_id)


def count_following(tx: sa.Connection, actor_id: int) -> int:
    """Count whom an actor follows and was accepted by."""
    return _count(tx, follows.c.follower_id == actor_id)


def has_local_follower(tx: sa.Connection, actor_id: int) -> bool:
    """Whether anyone here follows the actor, or has asked to."""
    query = (
        sa.select(follows.c.id)
        .join(actors, actors.c.id == follows.c.follower_id)
        .where(
            follows.c.target_id == actor_id, follows.c.state != "rejected", actors.c.origin_id.is_not(None)
        )
        .limit(1)
    )
    return tx.execute(query).first() is not None


def _count(tx: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(follows).where(condition, follows.c.state == "accepted")
    return int(tx.execute(query).scalar_one())


def _lock(tx: sa.Connection, follower: ActorRecord) -> None:
    """Two Follows of one follower wait for each other, so that an id cannot be used twice at once."""
    tx.execute(sa.select(actors.c.id).where(actors.c.id == follower.id).with_for_update(key_share=True))


_BEFORE: dict[FollowState, tuple[FollowState, ...]] = {
    "accepted": ("pending",),
    "rejected": ("pending", "accepted"),
}


def _answer(
    tx: sa.Connection, state: FollowState, *, iri: Iri, follower_id: int, target_id: int, now: Millis
) -> FollowRecord | None:
    statement = sa.update(follows).where(
        follows.c.iri == iri,
        follows.c.follower_id == follower_id,
        follows.c.target_id == target_id,
        follows.c.state.in_(_BEFORE[state]),
    )
    changed = statement.values(state=state, changed_at=now).returning(follows)
    return _record(tx.execute(changed).one_or_none())


def _record(row: sa.Row[tuple[object, ...]] | None) -> FollowRecord | None:
    return None if row is None else FollowRecord(**row._mapping)  # noqa: SLF001

"""What one actor is to others: who follows, asks to follow, blocks or mutes whom. One statement for many."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.tables import actors, blocks, domain_blocks, follows, mutes
from federation.vocabulary import Millis


@dataclass(frozen=True, slots=True)
class Relation:
    """As seen from the one. `requested` is a follow that waits for its answer; `mutes_until` None = for good."""

    following: bool = False
    showing_reblogs: bool = False
    notifying: bool = False
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    mutes_until: Millis | None = None
    domain_blocking: bool = False


_ME = sa.bindparam("me", type_=sa.BigInteger)
_NOW = sa.bindparam("now", type_=sa.BigInteger)
_IDS: "sa.BindParameter[list[int]]" = sa.bindparam("ids", expanding=True)
_NO: "sa.ColumnElement[Any]" = sa.false()
_NEVER: "sa.ColumnElement[Any]" = sa.cast(sa.null(), sa.BigInteger)


def _between(
    name: str,
    mine: "sa.ColumnElement[int]",
    other: "sa.ColumnElement[int]",
    *clauses: "sa.ColumnElement[bool]",
    more: "tuple[sa.ColumnElement[Any], ...]" = (_NO, _NO, _NEVER),
) -> "sa.Select[Any]":
    """Rows of (name, who, two flags, a time)."""
    columns: tuple[sa.ColumnElement[Any], ...] = (sa.literal_column(f"'{name}'", sa.Text), other, *more)
    return sa.select(*columns).where(mine == _ME, other.in_(_IDS), *clauses)


_FOLLOW = (follows.c.reblogs, follows.c.notify, _NEVER)
_RELATIONS = sa.union_all(
    _between(
        "following",
        follows.c.follower_id,
        follows.c.target_id,
        follows.c.state == "accepted",
        more=_FOLLOW,
    ),
    _between(
        "requested", follows.c.follower_id, follows.c.target_id, follows.c.state == "pending", more=_FOLLOW
    ),
    _between("followed_by", follows.c.target_id, follows.c.follower_id, follows.c.state == "accepted"),
    _between("requested_by", follows.c.target_id, follows.c.follower_id, follows.c.state == "pending"),
    _between("blocking", blocks.c.actor_id, blocks.c.target_id),
    _between("blocked_by", blocks.c.target_id, blocks.c.actor_id),
    _between(
        "muting",
        mutes.c.actor_id,
        mutes.c.target_id,
        sa.or_(mutes.c.until.is_(None), mutes.c.until > _NOW),
        more=(mutes.c.notifications, _NO, mutes.c.until),
    ),
    _between("domain_blocking", domain_blocks.c.actor_id, actors.c.id, domain_blocks.c.host == actors.c.host),
)


def relate(tx: sa.Connection, actor_id: int, others: Iterable[int], now: Millis) -> dict[int, Relation]:
    """Return what an actor is to each of the others now."""
    found: dict[int, dict[str, Any]] = {other: {} for other in others}
    values = {"me": actor_id, "ids": list(found), "now": now}
    for name, other, first, second, until in tx.execute(_RELATIONS, values) if found else ():
        found[other][name] = True
        if name in {"following", "requested"}:
            found[other].update(showing_reblogs=bool(first), notifying=bool(second))
        elif name == "muting":
            found[other].update(muting_notifications=bool(first), mutes_until=until)
    return {other: Relation(**flags) for other, flags in found.items()}


def count_requests(tx: sa.Connection, actor_id: int) -> int:
    """Count who waits for an answer to a follow of this actor."""
    query = sa.select(sa.func.count()).select_from(follows)
    waiting = sa.and_(follows.c.target_id == actor_id, follows.c.state == "pending")
    return int(tx.execute(query.where(waiting)).scalar_one())

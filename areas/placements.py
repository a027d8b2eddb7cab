"""Where a post stands in an area, and every change of it with who, why and which rule."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from actors.changes import Change, note
from areas.ids import mint_position
from areas.policy import Decision
from areas.records import PlacementRecord, PlacementState, PostRecord
from areas.removals import note_leaving
from areas.statements import insert_once
from areas.tables import decisions, placements
from federation.errors import NotFound, Overloaded
from federation.vocabulary import Millis

STATES: dict[str, PlacementState] = {"boost": "accepted", "hold": "held", "refuse": "refused"}
TOKEN_BYTES = 16
ID_TRIES = 8

_COLUMNS = tuple(placements.c[name] for name in PlacementRecord.__dataclass_fields__)
_OF_POST = sa.select(*_COLUMNS).where(placements.c.post_id == sa.bindparam("post")).order_by(placements.c.id)
_BY_ID = sa.select(*_COLUMNS).where(placements.c.id == sa.bindparam("id"))
_INSERT_DECISION = sa.insert(decisions)
# Written into the statement: a partial index serves only a condition that is known when it is planned.
_ACCEPTED = placements.c.state == sa.literal_column("'accepted'")
_HELD = placements.c.state == sa.literal_column("'held'")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a placement, by which rule, why, and who says so; nobody = the policy or the author."""

    state: PlacementState
    rule: str
    reason: str
    by: int | None = None


def to_verdict(decision: Decision) -> Verdict:
    """What the policy decided, as a state."""
    return Verdict(STATES[decision.outcome], decision.rule, decision.reason)


def place(
    tx: sa.Connection, *, area_id: int, post: PostRecord, verdict: Verdict, text: int | None, now: Millis
) -> PlacementRecord | None:
    """Record the policy's decision; None when this post was decided on in this area before."""
    row: dict[str, Any] = {
        "area_id": area_id,
        "post_id": post.id,
        "author_id": post.actor_id,
        "state": verdict.state,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "created_at": now,
        "decided_at": now,
    }
    for _ in range(ID_TRIES):
        placement = mint_position(now, post.id)
        row["token"] = _make_token(placement)
        position = placement if verdict.state == "accepted" else None
        values = {"id": placement, "position": position, "text_hash": text, **row}
        if insert_once(tx, placements, values):
            record = PlacementRecord(id=placement, position=position, **row)
            if verdict.state != "accepted":
                _keep(tx, record, verdict, now)
            _note(tx, None, record)
            return record
        if find_placement(tx, area_id, post.id) is not None:
            return None  # else the id was taken: another one
    raise Overloaded("no free id for a submission")


def _make_token(placement: int) -> str:
    """Unguessable by its second half; the first lets new ones stand side by side in their index."""
    return f"{placement:x}-{secrets.token_urlsafe(TOKEN_BYTES)}"


def move(
    tx: sa.Connection, placement: PlacementRecord, verdict: Verdict, now: Millis
) -> PlacementRecord | None:
    """Change the state if it is still what `placement` says; keeps the decision. None = someone was faster.

    What is accepted anew is new in timelines; what a moderator restores stands where it stood.
    """
    position = placement.position
    if verdict.state == "accepted" and placement.state != "removed":
        position = _free_position(tx, placement.post_id, now)
    values: dict[str, Any] = {
        "state": verdict.state,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "position": position,
        "decided_at": now,
    }
    changed = tx.execute(
        sa.update(placements)
        .where(placements.c.id == placement.id, placements.c.state == placement.state)
        .values(**values)
    )
    if not changed.rowcount:
        return None
    _keep(tx, placement, verdict, now)
    moved = replace(placement, **values)
    _note(tx, placement, moved)
    return moved


def _note(tx: sa.Connection, before: PlacementRecord | None, after: PlacementRecord) -> None:
    if after.state == "accepted":
        assert after.position is not None  # given above
        note(tx, Change("placed", after.position, after.area_id, after.post_id))
    elif before is not None and before.state == "accepted":
        note_leaving(tx, before)


def _free_position(tx: sa.Connection, post_id: int, now: Millis) -> int:
    """A snowflake that nothing in a timeline has."""
    taken = sa.select(placements.c.id).where(_ACCEPTED, placements.c.position == sa.bindparam("position"))
    position = mint_position(now, post_id)
    while tx.execute(taken, {"position": position}).first() is not None:
        position = mint_position(now, post_id)
    return position


def _keep(tx: sa.Connection, placement: PlacementRecord, verdict: Verdict, now: Millis) -> None:
    row = {
        "area_id": placement.area_id,
        "post_id": placement.post_id,
        "outcome": verdict.state,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "decided_by": verdict.by,
        "at": now,
    }
    tx.execute(_INSERT_DECISION, row)


def find_placement(tx: sa.Connection, area_id: int, post_id: int) -> PlacementRecord | None:
    """Where the post stands in the area."""
    return next((found for found in placements_of(tx, post_id) if found.area_id == area_id), None)


def placements_of(tx: sa.Connection, post_id: int) -> list[PlacementRecord]:
    """Where the post stands, in every area that was asked."""
    return [PlacementRecord(*row) for row in tx.execute(_OF_POST, {"post": post_id})]


def find_by_id(tx: sa.Connection, placement_id: int) -> PlacementRecord:
    """Raises `NotFound`."""
    row = tx.execute(_BY_ID, {"id": placement_id}).first()
    if row is None:
        raise NotFound(f"there is no submission {placement_id}")
    return PlacementRecord(*row)


def find_by_token(tx: sa.Connection, token: str) -> PlacementRecord:
    """For the author's status page. Raises `NotFound`."""
    row = tx.execute(sa.select(*_COLUMNS).where(placements.c.token == token)).first()
    if row is None:
        raise NotFound("there is no such submission")
    return PlacementRecord(*row)


def count(tx: sa.Connection, area_id: int, state: PlacementState) -> int:
    """How many posts stand so in an area."""
    stands = {"accepted": _ACCEPTED, "held": _HELD}.get(state, placements.c.state == state)
    query = sa.select(sa.func.count()).select_from(placements).where(placements.c.area_id == area_id, stands)
    return tx.execute(query).scalar_one()


def held_in(tx: sa.Connection, area_ids: Collection[int], limit: int) -> list[PlacementRecord]:
    """What waits for a decision in any of these areas, oldest first."""
    query = sa.select(*_COLUMNS).where(_HELD, placements.c.area_id.in_(area_ids))
    return [PlacementRecord(*row) for row in tx.execute(query.order_by(placements.c.id).limit(limit))]


def held_since(tx: sa.Connection, author_id: int, until: Millis, limit: int) -> list[PlacementRecord]:
    """What an author has waiting for a decision that was handed in by `until`, oldest first."""
    mine = sa.and_(_HELD, placements.c.author_id == author_id, placements.c.created_at <= until)
    query = sa.select(*_COLUMNS).where(mine).order_by(placements.c.id).limit(limit)
    return [PlacementRecord(*row) for row in tx.execute(query)]


def count_held(tx: sa.Connection, area_ids: Collection[int], most: int) -> int:
    """How much waits in these areas, at most `most`."""
    some = sa.select(placements.c.id).where(_HELD, placements.c.area_id.in_(area_ids)).limit(most)
    return int(tx.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one())


def count_accepted(tx: sa.Connection, area_id: int, author_id: int) -> int:
    """How many posts of an author an area has taken."""
    query = sa.select(sa.func.count()).where(
        placements.c.area_id == area_id, placements.c.author_id == author_id, _ACCEPTED
    )
    return int(tx.execute(query).scalar_one())


def held(tx: sa.Connection, area_id: int | None = None, limit: int = 200) -> list[PlacementRecord]:
    """What waits for a decision, oldest first."""
    query = sa.select(*_COLUMNS).where(_HELD)
    if area_id is not None:
        query = query.where(placements.c.area_id == area_id)
    return [PlacementRecord(*row) for row in tx.execute(query.order_by(placements.c.id).limit(limit))]

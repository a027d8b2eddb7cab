"""Where a post stands in an area, and every change of it with who, why and which rule."""

import secrets

import sqlalchemy as sa

from actors.statements import insert_into
from areas.policy import Decision
from areas.records import PlacementRecord, PlacementState
from areas.tables import decisions, placements
from federation.errors import NotFound
from federation.iris import mint_id
from federation.vocabulary import Millis

_COLUMNS = tuple(placements.c[name] for name in PlacementRecord.__dataclass_fields__)
_OF_POST = sa.select(*_COLUMNS).where(placements.c.post_id == sa.bindparam("post"))
STATES: dict[str, PlacementState] = {"boost": "accepted", "hold": "held", "refuse": "refused"}
TOKEN_BYTES = 16


def place(
    tx: sa.Connection,
    *,
    area_id: int,
    post_id: int,
    author_id: int,
    decision: Decision,
    text: int | None,
    now: Millis,
) -> PlacementRecord | None:
    """Record the policy's decision; None when this post was decided on in this area before."""
    row = {
        "area_id": area_id,
        "post_id": post_id,
        "author_id": author_id,
        "state": STATES[decision.outcome],
        "rule": decision.rule,
        "reason": decision.reason,
        "token": secrets.token_urlsafe(TOKEN_BYTES),
        "created_at": now,
        "decided_at": now,
    }
    statement = insert_into(tx, placements).on_conflict_do_nothing().returning(*_COLUMNS)
    while True:
        inserted = tx.execute(statement, {"id": mint_id(now), "text_hash": text, **row}).first()
        if inserted is not None:
            return PlacementRecord(*inserted)
        if find_placement(tx, area_id, post_id) is not None:
            return None  # else the id was taken: another one


def find_placement(tx: sa.Connection, area_id: int, post_id: int) -> PlacementRecord | None:
    """Where the post stands in the area."""
    return next((found for found in placements_of(tx, post_id) if found.area_id == area_id), None)


def placements_of(tx: sa.Connection, post_id: int) -> list[PlacementRecord]:
    """Where the post stands, in every area that was asked."""
    return [PlacementRecord(*row) for row in tx.execute(_OF_POST, {"post": post_id})]


def find_by_id(tx: sa.Connection, placement_id: int) -> PlacementRecord:
    """Raises `NotFound`."""
    row = tx.execute(sa.select(*_COLUMNS).where(placements.c.id == placement_id)).first()
    if row is None:
        raise NotFound(f"there is no submission {placement_id}")
    return PlacementRecord(*row)


def find_by_token(tx: sa.Connection, token: str) -> PlacementRecord:
    """For the author's status page. Raises `NotFound`."""
    row = tx.execute(sa.select(*_COLUMNS).where(placements.c.token == token)).first()
    if row is None:
        raise NotFound("there is no such submission")
    return PlacementRecord(*row)


def move(
    tx: sa.Connection,
    placement: PlacementRecord,
    state: PlacementState,
    *,
    rule: str,
    reason: str,
    by: int | None,
    now: Millis,
) -> bool:
    """Change the state if it is still what `placement` says; keeps the decision. False = someone was faster."""
    changed = tx.execute(
        sa.update(placements)
        .where(placements.c.id == placement.id, placements.c.state == placement.state)
        .values(state=state, rule=rule, reason=reason, decided_at=now)
    )
    if not changed.rowcount:
        return False
    tx.execute(
        sa.insert(decisions).values(
            area_id=placement.area_id,
            post_id=placement.post_id,
            outcome=state,
            rule=rule,
            reason=reason,
            decided_by=by,
            at=now,
        )
    )
    return True


def held(tx: sa.Connection, area_id: int | None = None, limit: int = 200) -> list[PlacementRecord]:
    """What waits for a decision, oldest first."""
    query = sa.select(*_COLUMNS).where(placements.c.state == "held")
    if area_id is not None:
        query = query.where(placements.c.area_id == area_id)
    return [PlacementRecord(*row) for row in tx.execute(query.order_by(placements.c.id).limit(limit))]

"""Many decisions at once: everything of one author, of one server, or that one rule has held.

A list of placements, then one decision for each in a transaction of its own: others get their turn between them,
and what was interrupted is done again without harm.
"""

from typing import Any, Final

import sqlalchemy as sa

from actors.records import ActorRecord, Standing
from actors.standing import set_standing
from actors.tables import actors
from areas import decisions, placements
from areas.records import PlacementRecord
from areas.removals import note_silence
from areas.selections import Selection, States, lies_below
from areas.tables import placements as placement_table
from federation.vocabulary import Millis

SUSPENDED: Final = "suspended"
"""The rule of what left its areas because its author was suspended; it comes back with her."""
AT_ONCE: Final = 100
"""Placements of one list."""
HELD: Final[States] = ("held",)
REMOVED: Final[States] = ("removed",)


def find(tx: sa.Connection, which: Selection, after: int = 0, limit: int = AT_ONCE) -> list[tuple[int, int]]:
    """Return (placement, author) of what is selected, by id, from beyond `after`."""
    query: sa.Select[Any] = (
        sa.select(placement_table.c.id, placement_table.c.author_id)
        .join(actors, actors.c.id == placement_table.c.author_id)
        .where(placement_table.c.id > after, placement_table.c.state.in_(which.states))
    )
    for column, value in (
        (placement_table.c.author_id, which.author_id),
        (placement_table.c.area_id, which.area_id),
        (placement_table.c.rule, which.rule),
    ):
        query = query if value is None else query.where(column == value)
    if which.host is not None:
        query = query.where(lies_below(actors.c.host, which.host))
    rows = tx.execute(query.order_by(placement_table.c.id).limit(limit))
    return [(row.id, row.author_id) for row in rows]


def change_standing(
    tx: sa.Connection, actor_id: int, standing: Standing, *, reason: str, now: Millis
) -> ActorRecord:
    """Open, limit or suspend an actor (`actors.standing.set_standing`); who looks on live sees the end of her posts."""
    changed = set_standing(tx, actor_id, standing, reason=reason, now=now)
    if standing == "suspended":
        note_silence(tx, actor_id)
    return changed


def clear(
    tx: sa.Connection, placement_id: int, *, reason: str, now: Millis, rule: str | None = None
) -> PlacementRecord:
    """Take a post out of its area if it stands there, refuse it without a word if it waits; else leave it alone."""
    placement = placements.find_by_id(tx, placement_id)
    if placement.state == "accepted":
        return decisions.remove(tx, placement_id, by=None, reason=reason, now=now, rule=rule)
    if placement.state == "held":
        return decisions.refuse(tx, placement_id, by=None, reason=reason, now=now, is_told=False)
    return placement


def has_accepted(tx: sa.Connection, author_id: int) -> bool:
    """Whether any area here has ever taken something of an author's that still stands."""
    query = sa.exists().where(placement_table.c.author_id == author_id, placement_table.c.state == "accepted")
    return bool(tx.execute(sa.select(query)).scalar_one())

"""Whom a resident might follow: the areas of this node, then people of her areas who agree to be found.

Nothing is learnt from what she reads; who wrote last in an area comes first.
"""

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from actors.listing import list_actors
from actors.records import ActorRecord
from actors.tables import actors, blocks, domain_blocks, follows, mutes
from areas.personal_tables import dismissed_suggestions
from areas.reading.visibility import ACCEPTED
from areas.statements import insert_once
from areas.tables import areas, placements
from federation.vocabulary import Millis

LATEST = 400
"""Posts in her areas whose authors are looked at."""
MOST = 80
PEOPLE = ("resident", "shop", "partner", "official", "alert")
"""Local actors who write for themselves."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An area of the node, or a person of one of her areas."""

    actor: ActorRecord
    kind: Literal["area", "person"]


def suggest(tx: sa.Connection, actor_id: int, now: Millis) -> list[Suggestion]:
    """Return whom an actor might follow, areas first; at most `MOST`."""
    is_open = _is_open(actor_id, now)
    towns = sa.select(areas.c.actor_id).join(actors, actors.c.id == areas.c.actor_id).where(is_open)
    found = list(tx.execute(towns.order_by(areas.c.number).limit(MOST)).scalars())
    people = list(tx.execute(_people(actor_id, is_open)).scalars())
    kinds: dict[int, Literal["area", "person"]] = {
        **dict.fromkeys(found, "area"),
        **dict.fromkeys(people, "person"),
    }
    known = list_actors(tx, list(kinds)[:MOST])
    return [Suggestion(actor, kinds[actor.id]) for actor in known]


def _people(actor_id: int, is_open: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    mine = sa.and_(follows.c.target_id == placements.c.area_id, follows.c.follower_id == actor_id)
    latest = (
        sa.select(placements.c.author_id, placements.c.position)
        .join(follows, mine)
        .where(placements.c.state == ACCEPTED, follows.c.state == ACCEPTED)
        .order_by(placements.c.position.desc())
        .limit(LATEST)
        .subquery()
    )
    newest = sa.func.max(latest.c.position)
    is_found = sa.or_(actors.c.kind.in_(PEOPLE), actors.c.kind.is_(None))
    return (
        sa.select(latest.c.author_id)
        .join(actors, actors.c.id == latest.c.author_id)
        .where(is_open, is_found, actors.c.discoverable)
        .group_by(latest.c.author_id)
        .order_by(newest.desc())
        .limit(MOST)
    )


def _is_open(actor_id: int, now: Millis) -> "sa.ColumnElement[bool]":
    """Nobody whom she follows or asked to, has shut out or turned down, or who blocks her; and not she herself."""
    other = actors.c.id
    taken = (
        sa.exists().where(follows.c.follower_id == actor_id, follows.c.target_id == other),
        sa.exists().where(blocks.c.actor_id == actor_id, blocks.c.target_id == other),
        sa.exists().where(blocks.c.actor_id == other, blocks.c.target_id == actor_id),
        sa.exists().where(
            mutes.c.actor_id == actor_id,
            mutes.c.target_id == other,
            sa.or_(mutes.c.until.is_(None), mutes.c.until > now),
        ),
        sa.exists().where(domain_blocks.c.actor_id == actor_id, domain_blocks.c.host == actors.c.host),
        sa.exists().where(
            dismissed_suggestions.c.actor_id == actor_id, dismissed_suggestions.c.target_id == other
        ),
    )
    is_heard = sa.and_(actors.c.gone_at.is_(None), actors.c.standing == "open")
    return sa.and_(is_heard, other != actor_id, *(sa.not_(each) for each in taken))


def dismiss(tx: sa.Connection, actor_id: int, target_id: int) -> None:
    """Never suggest somebody again."""
    insert_once(tx, dismissed_suggestions, {"actor_id": actor_id, "target_id": target_id})

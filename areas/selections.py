"""Which of many posts are meant, where much is decided at once."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from areas.records import PlacementState

States = tuple[PlacementState, ...]
SHOWN_OR_WAITING: Final[States] = ("accepted", "held")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which placements: of an author, of a server and all below it, in an area, by their rule. None = of any."""

    states: States = SHOWN_OR_WAITING
    author_id: int | None = None
    host: str | None = None
    area_id: int | None = None
    rule: str | None = None


def lies_below(column: "sa.ColumnElement[str]", host: str) -> "sa.ColumnElement[bool]":
    """Whether `host[:port]` in a column is a host or below it, as rules for servers are meant (`actors.standing`)."""
    return sa.or_(
        column == host,
        column.startswith(f"{host}:", autoescape=True),
        column.endswith(f".{host}", autoescape=True),
        column.contains(f".{host}:", autoescape=True),
    )

"""How a resident posts unless she says otherwise, and whether what she posts from apps goes to her area."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.statements import insert_into
from areas.personal_tables import preferences
from areas.records import Visibility


@dataclass(frozen=True, slots=True)
class Preferences:
    """`to_home_area`: a public post that answers nothing and names no area goes to the area she lives in."""

    visibility: Visibility = "public"
    sensitive: bool = False
    language: str = "ja"
    to_home_area: bool = False


_COLUMNS = tuple(preferences.c[name] for name in Preferences.__dataclass_fields__)


def find(tx: sa.Connection, actor_id: int) -> Preferences:
    """What she has chosen, or how everybody begins."""
    row = tx.execute(sa.select(*_COLUMNS).where(preferences.c.actor_id == actor_id)).first()
    return Preferences() if row is None else Preferences(*row)


def save(tx: sa.Connection, actor_id: int, chosen: Preferences) -> None:
    """Keep what she chooses."""
    values: dict[str, Any] = {name: getattr(chosen, name) for name in Preferences.__dataclass_fields__}
    statement = insert_into(tx, preferences).values(actor_id=actor_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id"], set_=values))

"""How far a resident has read her timelines, on whatever device."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from actors.statements import insert_into
from areas.personal_tables import markers
from federation.errors import Refused
from federation.vocabulary import Millis

Timeline = Literal["home", "notifications"]
TIMELINES: tuple[Timeline, ...] = get_args(Timeline)


_NEVER = Millis(0)


@dataclass(frozen=True, slots=True)
class Marker:
    """The newest entry that was read; `version` counts the changes. Nothing read yet is id 0, version 0."""

    last_read_id: int = 0
    version: int = 0
    updated_at: Millis = _NEVER


def find(tx: sa.Connection, actor_id: int, timelines: Iterable[str] = TIMELINES) -> dict[str, Marker]:
    """The markers asked for, each there also where nothing was read. Raises `Refused` for no such timeline."""
    wanted = [_check(timeline) for timeline in timelines]
    columns = (markers.c.timeline, markers.c.last_read_id, markers.c.version, markers.c.updated_at)
    query = sa.select(*columns).where(markers.c.actor_id == actor_id)
    found = {timeline: Marker(*rest) for timeline, *rest in tx.execute(query)}
    return {timeline: found.get(timeline, Marker()) for timeline in wanted}


def save(tx: sa.Connection, actor_id: int, timeline: str, last_read_id: int, now: Millis) -> Marker:
    """Say how far was read. Raises `Refused` for no such timeline."""
    values = {"last_read_id": last_read_id, "updated_at": now}
    statement = insert_into(tx, markers).values(
        actor_id=actor_id, timeline=_check(timeline), version=1, **values
    )
    again = {**values, "version": markers.c.version + 1}
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id", "timeline"], set_=again))
    return find(tx, actor_id, (timeline,))[timeline]


def _check(timeline: str) -> str:
    if timeline not in TIMELINES:
        raise Refused(f"{timeline[:50]!r} is none of {', '.join(TIMELINES)}")
    return timeline

"""How far somebody has read."""

from collections.abc import Mapping

import sqlalchemy as sa

from areas.markers import TIMELINES, Marker, find, save
from federation.vocabulary import Millis
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time


async def show(call: Call) -> Json:
    """`GET /api/v1/markers?timeline[]=`: all that are asked for; id 0 where nothing was read, or Elk fails."""
    return _render(await call.read(find, call.actor.id, call.params.texts("timeline")))


async def change(call: Call) -> Json:
    """`POST /api/v1/markers`: `home[last_read_id]`, `notifications[last_read_id]`."""
    wanted = {name: call.params.group(name).id("last_read_id") for name in TIMELINES}
    moves = {str(name): last for name, last in wanted.items() if last is not None}
    return _render(await call.write(_move, call.actor.id, moves, call.now))


def _move(tx: sa.Connection, actor_id: int, moves: Mapping[str, int], now: Millis) -> dict[str, Marker]:
    return {timeline: save(tx, actor_id, timeline, last, now) for timeline, last in moves.items()}


def _render(found: Mapping[str, Marker]) -> Json:
    return {
        timeline: {
            "last_read_id": str(each.last_read_id),
            "version": each.version,
            "updated_at": write_time(each.updated_at),
        }
        for timeline, each in found.items()
    }

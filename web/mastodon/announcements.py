"""What the node and the areas that one follows announce: notices and alerts in force."""

from areas.announcements import reacting, reading
from areas.reading.visibility import Reader
from web.mastodon.calls import Call
from web.mastodon.entities.announcements import announcement
from web.mastodon.entities.frame import Json
from web.mastodon.showing import frame_of


async def list_all(call: Call) -> list[Json]:
    """`GET /api/v1/announcements`: what is in force, also what one has read."""
    found = await call.read(reading.list_for, _reader(call))
    return [announcement(each, frame_of(call.node)) for each in found]


async def dismiss(call: Call) -> Json:
    """`POST /api/v1/announcements/:id/dismiss`: it counts as read."""
    await call.write(reacting.dismiss, _reader(call), call.path_id())
    return {}


async def react(call: Call) -> Json:
    """`PUT /api/v1/announcements/:id/reactions/:name`: an emoji; at most 8 different ones under one announcement."""
    await call.write(reacting.react, _reader(call), call.path_id(), call.request.path_params["name"])
    return {}


async def unreact(call: Call) -> Json:
    """`DELETE /api/v1/announcements/:id/reactions/:name`."""
    await call.write(reacting.unreact, _reader(call), call.path_id(), call.request.path_params["name"])
    return {}


def _reader(call: Call) -> Reader:
    return Reader.of(call.actor, call.now)

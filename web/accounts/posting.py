"""Where public posts from apps go: also to the area that one lives in, or only where they say."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from areas import membership, preferences
from areas.records import AreaRecord
from federation.errors import NotFound
from web.accounts.doors import PRIVATE
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.rendering import link


@dataclass(frozen=True, slots=True)
class Habit:
    """Somebody with a home; `is_on`: her public posts from apps that name no area go there too."""

    actor: ActorRecord
    area: AreaRecord
    is_on: bool


def find_habits(tx: sa.Connection, actors: Iterable[ActorRecord]) -> dict[int, Habit]:
    """Return the habit of each of these that has a home, by the actor's id."""
    found = ((actor, membership.find_home(tx, actor.id)) for actor in actors)
    return {
        actor.id: Habit(actor, home, preferences.find(tx, actor.id).to_home_area)
        for actor, home in found
        if home is not None
    }


async def change_posting(request: Request, visitor: Visitor) -> Response:
    """Let public posts go home, or no longer."""
    form = await read_form(request)
    speaker = next((each for each in visitor.speakers if each.id == request.path_params["actor_id"]), None)
    if speaker is None:
        raise NotFound("this is nobody in whose name you speak")
    await node_of(request).database.write(_save, speaker.id, "to_home_area" in form)
    return RedirectResponse(link(request, "/account", done="posting"), 303, headers=PRIVATE)


def _save(tx: sa.Connection, actor_id: int, is_on: bool) -> None:  # noqa: FBT001 - handed on by position
    preferences.save(tx, actor_id, replace(preferences.find(tx, actor_id), to_home_area=is_on))

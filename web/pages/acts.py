"""Buttons: what somebody signed in does about a post, a person or an area by one press, and takes back by another.

Every act leads back to the page it was pressed on, which says what was done and offers its opposite.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import interactions, registry
from areas.announcements.reacting import dismiss
from areas.reading.visibility import Reader
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE
from web.accounts.onward import read_onward
from web.accounts.visitors import Visitor
from web.activitypub.posts import MAX_ID
from web.forms import read_form
from web.node import node_of
from web.pages.notices import with_notice

Act = Callable[[sa.Connection, ActorRecord, int, Millis], object]

POST_ACTS: Final[Mapping[str, Act]] = {
    "like": interactions.favourite,
    "unlike": interactions.unfavourite,
    "boost": interactions.boost,
    "unboost": interactions.unboost,
    "bookmark": interactions.bookmark,
    "unbookmark": interactions.unbookmark,
    "pin": interactions.pin,
    "unpin": interactions.unpin,
    "quiet": interactions.mute_thread,
    "unquiet": interactions.unmute_thread,
}
"""`quiet`: the conversation rings no bell any more."""


def _of_person(function: Callable[..., object], *, timed: bool = True) -> Act:
    def act(tx: sa.Connection, actor: ActorRecord, target_id: int, now: Millis) -> object:
        target = find_actor_by_id(tx, target_id)
        if target is None or target.gone_at is not None:
            raise NotFound("there is no such actor")
        return function(tx, actor, target, now) if timed else function(tx, actor, target)

    return act


PERSON_ACTS: Final[Mapping[str, Act]] = {
    "follow": _of_person(interactions.follow),
    "unfollow": _of_person(interactions.unfollow),
    "mute": _of_person(interactions.mute),
    "unmute": _of_person(interactions.unmute, timed=False),
    "block": _of_person(interactions.block),
    "unblock": _of_person(interactions.unblock),
    "accept": _of_person(interactions.accept_request),
    "reject": _of_person(interactions.reject_request),
}


def _of_area(function: Callable[[sa.Connection, ActorRecord, AreaRecord, Millis], object]) -> Act:
    def act(tx: sa.Connection, actor: ActorRecord, area_id: int, now: Millis) -> object:
        area = registry.find_area(tx, area_id)
        if area is None:
            raise NotFound("there is no such area")
        return function(tx, actor, area, now)

    return act


def _settle(tx: sa.Connection, actor: ActorRecord, area: AreaRecord, now: Millis) -> object:
    return interactions.join(tx, actor, area, now, home=True)


AREA_ACTS: Final[Mapping[str, Act]] = {
    "join": _of_area(interactions.join),
    "leave": _of_area(interactions.leave),
    "home": _of_area(_settle),
}


def _put_away(tx: sa.Connection, actor: ActorRecord, announcement_id: int, now: Millis) -> None:
    dismiss(tx, Reader.of(actor, now), announcement_id)


NEWS_ACTS: Final[Mapping[str, Act]] = {"dismiss": _put_away}


async def act_on_announcement(request: Request, visitor: Visitor) -> Response:
    """The button of what is announced."""
    return await _act(request, visitor, NEWS_ACTS, "announcement_id")


async def act_on_post(request: Request, visitor: Visitor) -> Response:
    """A button below a post."""
    return await _act(request, visitor, POST_ACTS, "post_id")


async def act_on_person(request: Request, visitor: Visitor) -> Response:
    """A button beside a person."""
    return await _act(request, visitor, PERSON_ACTS, "actor_id")


async def act_on_area(request: Request, visitor: Visitor) -> Response:
    """A button of an area."""
    return await _act(request, visitor, AREA_ACTS, "area_id")


async def _act(request: Request, visitor: Visitor, acts: Mapping[str, Act], name: str) -> Response:
    form = await read_form(request)
    what, about = request.path_params["act"], require_id(request, name)
    act, node = acts.get(what), node_of(request)
    if act is None:
        raise NotFound("there is no such button")
    await node.database.write(act, require_speaker(visitor), about, node.clock())
    node.nudge()
    place = f"#p{about}" if acts is POST_ACTS else ""
    where = with_notice(read_onward(form.get("next")), what, about) + place
    return RedirectResponse(where, 303, headers=PRIVATE)


def require_speaker(visitor: Visitor, asked: str | None = None) -> ActorRecord:
    """As whom she acts: who is asked for, by id, or herself. Raises `NotFound`, `Refused` where there is nobody."""
    if visitor.speaker is None:
        raise Refused("the account has nobody in whose name it could act")
    if asked is None:
        return visitor.speaker
    found = next((each for each in visitor.speakers if str(each.id) == asked), None)
    if found is None:
        raise NotFound("this is nobody in whose name you speak")
    return found


def choose_speaker(visitor: Visitor, *actor_ids: int | None) -> ActorRecord:
    """Whichever of hers is the first of these, else herself. Raises `Refused` where there is nobody."""
    own = (each for actor_id in actor_ids for each in visitor.speakers if each.id == actor_id)
    return next(own, None) or require_speaker(visitor)


def require_id(request: Request, name: str) -> int:
    """Return an id of the path. Raises `NotFound` for what no database has."""
    number: Any = request.path_params[name]
    if number > MAX_ID:
        raise NotFound("there is no such thing")
    return int(number)

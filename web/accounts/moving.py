"""Moving: what one was called elsewhere, leaving for another server, and coming back.

A move is asked for by whoever has just proved who she is; other names can be changed without that.
"""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.accounts import find_own_actors
from actors.directory import find_actor_by_id
from actors.follows import count_followers
from actors.moves import OWN_PAUSE, is_settling
from actors.records import ActorRecord
from federation.errors import Fault, LocalFault, NotFound, RemoteFault
from federation.vocabulary import Iri
from web import moving
from web.accounts.account import ask_again, is_fresh
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of

PATH: Final = "/settings/move"


async def move_page(request: Request, visitor: Visitor) -> Response:
    """Both ways, and what each of them does; `?as=` of whom, where she is several."""
    actor = await _require_own(request, visitor, request.query_params.get("as"))
    return await _show(request, visitor, actor)


async def change_names(request: Request, visitor: Visitor) -> Response:
    """Be known by another name elsewhere, or no more."""
    form, node = await read_form(request), node_of(request)
    actor = await _require_own(request, visitor, form.get("as"))
    try:
        if "drop" in form:
            await node.database.write(moving.drop_alias, actor.id, Iri(form["drop"]), node.clock())
        else:
            other = await moving.find_place(node, form.get("other", ""))
            await node.database.write(moving.add_alias, actor.id, other, node.clock())
    except (LocalFault, RemoteFault) as fault:
        return await _show(request, visitor, actor, wrong_name=_say_why(request, fault))
    return _done(request, actor, "saved")


async def move(request: Request, visitor: Visitor) -> Response:
    """It was confirmed."""
    form, node = await read_form(request), node_of(request)
    actor = await _require_own(request, visitor, form.get("as"))
    if not is_fresh(request, visitor):
        return ask_again(request, f"{PATH}?as={actor.id}")
    if "is_sure" not in form:
        error = text_of(request, "Please tick that you have read it.")
        return await _show(request, visitor, actor, wrong_place=error)
    try:
        place = await moving.find_place(node, form.get("place", ""))
        await node.database.write(moving.move, actor.id, place, node.clock())
    except (LocalFault, RemoteFault) as fault:
        return await _show(request, visitor, actor, wrong_place=_say_why(request, fault))
    node.log.info("account moved", account=visitor.account_id)
    return _done(request, actor, "moved")


async def come_back(request: Request, visitor: Visitor) -> Response:
    """The move is taken back."""
    form, node = await read_form(request), node_of(request)
    actor = await _require_own(request, visitor, form.get("as"))
    await node.database.write(moving.come_back, actor.id, node.clock())
    return _done(request, actor, "back")


async def _require_own(request: Request, visitor: Visitor, asked: str | None) -> ActorRecord:
    """Herself: whoever only speaks for a desk moves it nowhere. Raises `NotFound`."""
    actor = require_speaker(visitor, asked)
    own = await node_of(request).database.read(find_own_actors, visitor.account_id)
    if actor.id not in {each.id for each in own}:
        raise NotFound("this is nobody whom you are")
    return actor


def _say_why(request: Request, fault: Fault) -> str:
    if isinstance(fault, RemoteFault):
        return text_of(request, "That account could not be read. Is the address right, as in @name@server?")
    return text_of(request, "It could not be done: %(reason)s") % {"reason": fault.public}


def _done(request: Request, actor: ActorRecord, what: str) -> Response:
    node_of(request).directory.forget()
    node_of(request).nudge()
    where = with_notice(link(request, PATH, **{"as": actor.id}), what)
    return RedirectResponse(where, 303, headers=PRIVATE)


async def _show(
    request: Request, visitor: Visitor, actor: ActorRecord, *, wrong_name: str = "", wrong_place: str = ""
) -> Response:
    values = await node_of(request).database.read(_read, request, actor.id)
    more = {
        "wrong_name": wrong_name,
        "wrong_place": wrong_place,
        "is_fresh": is_fresh(request, visitor),
        "again": link(request, "/sign-in", next=f"{PATH}?as={actor.id}", again=1),
    }
    return show(request, "move.html", {**values, **more}, status=422 if wrong_name or wrong_place else 200)


def _read(tx: sa.Connection, request: Request, actor_id: int) -> dict[str, object]:
    actor = find_actor_by_id(tx, actor_id)
    assert actor is not None  # she has just been found
    waits = actor.moved_to is None and is_settling(actor, node_of(request).clock(), OWN_PAUSE)
    return {
        "actor": actor,
        "followers": count_followers(tx, actor.id),
        "until": (actor.moved_at or 0) + OWN_PAUSE if waits else None,
    }

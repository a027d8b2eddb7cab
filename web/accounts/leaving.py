"""Deleting an account: asked once, by whoever has just proved who she is, and then done at once."""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.accounts import erase_account, find_own_actors
from actors.signin.access import end_access
from areas import leaving, registry
from areas.compose import unfinished
from web.accounts.account import ask_again, is_fresh
from web.accounts.doors import PRIVATE, clear_cookie, show
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of

PATH: Final = "/settings/leave"


async def leave_page(request: Request, visitor: Visitor) -> Response:
    """What goes, what cannot be called back, and what to take along first."""
    if not is_fresh(request, visitor):
        return ask_again(request, PATH)
    return await _show(request, visitor)


async def leave(request: Request, visitor: Visitor) -> Response:
    """It was confirmed."""
    form = await read_form(request)
    if not is_fresh(request, visitor):
        return ask_again(request, PATH)
    if "is_sure" not in form:
        return await _show(request, visitor, text_of(request, "Please tick that you have read it."))
    node = node_of(request)
    if await node.database.write(_leave, request, visitor):
        node.log.info("account deleted", account=visitor.account_id)
        node.nudge()
        response = RedirectResponse(with_notice(link(request, "/"), "left"), 303, headers=PRIVATE)
        clear_cookie(node, response)
        return response
    error = text_of(request, "You administrate this server. Let somebody else do that first.")
    return await _show(request, visitor, error)


async def _show(request: Request, visitor: Visitor, error: str = "") -> Response:
    own = await node_of(request).database.read(find_own_actors, visitor.account_id)
    return show(request, "leave.html", {"own": own, "error": error}, status=422 if error else 200)


def _leave(tx: sa.Connection, request: Request, visitor: Visitor) -> bool:
    """False = a node needs its administrator."""
    now = node_of(request).clock()
    own = find_own_actors(tx, visitor.account_id)
    if registry.find_admin(tx, now) in {each.id for each in own}:
        return False
    unfinished.drop_all(tx, visitor.account_id, now)
    for actor in own:
        leaving.leave(tx, actor, now)
    end_access(tx, visitor.account_id, now)
    erase_account(tx, visitor.account_id, now)
    return True

"""What an account looks after itself: browsers in which it is signed in, apps that speak for it, its password."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.accounts import open_email
from actors.oauth.apps import AppAccess, list_access
from actors.records import SessionRecord
from actors.signin import credentials, sessions
from actors.signin.access import end_access, end_app
from actors.signin.notices import Notice, tell_owner
from actors.signin.passwords import LONGEST, SHORTEST, Flaw, find_flaw
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.accounts.browsers import name_browser
from web.accounts.doors import PRIVATE, clear_cookie, set_cookie, show, start
from web.accounts.posting import find_habits
from web.accounts.signin import mask
from web.accounts.visitors import Visitor, cookie_name
from web.activitypub.posts import MAX_ID
from web.forms import read_form
from web.node import Node, node_of
from web.pages.rendering import language_of, link, text_of

FRESH_MS: Final = 15 * 60_000
"""How long ago she may have proved who she is, when the password changes."""


async def account_page(request: Request, visitor: Visitor) -> Response:
    """Who she is here, where she is signed in, and what speaks for her."""
    values = await node_of(request).database.read(
        _look_up, node_of(request), visitor, node_of(request).clock()
    )
    return show(request, "account.html", values)


def _look_up(tx: sa.Connection, node: Node, visitor: Visitor, now: Millis) -> dict[str, object]:
    address = open_email(tx, node.vault, visitor.account_id)
    found: tuple[SessionRecord, ...] = sessions.list_sessions(tx, visitor.account_id, now)
    access: tuple[AppAccess, ...] = list_access(tx, visitor.account_id, now)
    return {
        "address": mask(address) if address else "",
        "speakers": visitor.actors,
        "habits": tuple(find_habits(tx, visitor.speakers).values()),
        "sessions": found,
        "current": visitor.session.id,
        "access": access,
        "has_password": credentials.find_password(tx, visitor.account_id) is not None,
    }


async def end_one_session(request: Request, visitor: Visitor) -> Response:
    """Sign one browser out."""
    await read_form(request)
    session_id = _number(request, "session_id")
    if not await node_of(request).database.write(sessions.end_session, visitor.account_id, session_id):
        raise NotFound("there is no such session")
    if session_id == visitor.session.id:
        response = RedirectResponse(link(request, "/sign-in"), 303, headers=PRIVATE)
        clear_cookie(node_of(request), response)
        return response
    return _done(request, "signed-out")


async def end_other_sessions(request: Request, visitor: Visitor) -> Response:
    """Sign every other browser out."""
    await read_form(request)
    await node_of(request).database.write(_end_others, visitor)
    return _done(request, "signed-out")


def _end_others(tx: sa.Connection, visitor: Visitor) -> None:
    sessions.end_sessions(tx, visitor.account_id, but=visitor.session.id)


async def disconnect_app(request: Request, visitor: Visitor) -> Response:
    """Take back what one app may do."""
    await read_form(request)
    node = node_of(request)
    await node.database.write(end_app, visitor.account_id, _number(request, "app_id"), node.clock())
    return _done(request, "disconnected")


def _number(request: Request, name: str) -> int:
    number: int = request.path_params[name]
    if number > MAX_ID:
        raise NotFound("there is no such thing")
    return number


async def password_page(request: Request, visitor: Visitor) -> Response:
    """The form for a new password, for whoever has just signed in."""
    return await _show_password(request, visitor) if is_fresh(request, visitor) else ask_again(request)


async def change_password(request: Request, visitor: Visitor) -> Response:
    """Store a new password, or drop it; everything else is signed out unless she wants it otherwise."""
    form = await read_form(request)
    if not is_fresh(request, visitor):
        return ask_again(request)
    node = node_of(request)
    if form.get("remove"):
        secret = await node.database.write(_replace, request, visitor, None, form)
        node.nudge()
        return _admit(request, secret, "no-password")
    address = await node.database.read(open_email, node.vault, visitor.account_id)
    flaw = find_flaw(form.get("password", ""), address or "")
    if flaw is not None:
        return await _show_password(request, visitor, error=_name_flaw(request, flaw), status=422)
    hashed = await node.hashing.hash(form["password"])
    secret = await node.database.write(_replace, request, visitor, hashed, form)
    node.nudge()
    return _admit(request, secret, "password")


def _replace(
    tx: sa.Connection, request: Request, visitor: Visitor, hashed: str | None, form: Mapping[str, str]
) -> str:
    """Return the new cookie of this browser: the old one may be what somebody else has."""
    node, now = node_of(request), node_of(request).clock()
    if hashed is None:
        credentials.remove_password(tx, visitor.account_id)
    else:
        credentials.set_password(tx, visitor.account_id, hashed, now)
    notice: Notice = "no-password" if hashed is None else "password"
    tell_owner(tx, visitor.account_id, notice, language_of(request), now)
    if "everywhere" in form:
        end_access(tx, visitor.account_id, now)
    browser = name_browser(request.headers.get("user-agent", ""))
    return start(tx, node, visitor.account_id, browser, request.cookies.get(cookie_name(node)), now)


def _name_flaw(request: Request, flaw: Flaw) -> str:
    texts: dict[Flaw, str] = {
        "short": text_of(request, "A password has at least %(count)s characters.") % {"count": SHORTEST},
        "long": text_of(request, "A password has at most %(count)s characters.") % {"count": LONGEST},
        "simple": text_of(request, "This is what somebody would try first. Please choose another."),
    }
    return texts[flaw]


def is_fresh(request: Request, visitor: Visitor) -> bool:
    """Whether she has proved lately who she is."""
    return node_of(request).clock() - visitor.session.created_at <= FRESH_MS


def ask_again(request: Request, onward: str = "/account/password") -> Response:
    """Lead to signing in once more, and back."""
    target = link(request, "/sign-in", next=onward, again=1)
    return RedirectResponse(target, 303, headers=PRIVATE)


async def _show_password(
    request: Request, visitor: Visitor, *, error: str = "", status: int = 200
) -> Response:
    node = node_of(request)
    address = await node.database.read(open_email, node.vault, visitor.account_id)
    values = {"address": address or "", "error": error, "shortest": SHORTEST}
    return show(request, "password.html", values, status=status)


def _admit(request: Request, secret: str, done: str) -> Response:
    response = _done(request, done)
    set_cookie(node_of(request), response, secret)
    return response


def _done(request: Request, what: str) -> Response:
    return RedirectResponse(link(request, "/account", done=what), 303, headers=PRIVATE)

"""Pages that are for whoever is signed in, and pages that greet her; the cookie comes and goes here.

Sessions, mail links and consent exist on the primary origin alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.signin import sessions
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.accounts import interrupted
from web.accounts.onward import HOME
from web.accounts.visitors import COOKIE, Visitor, cookie_name, recognise
from web.forms import clean
from web.node import Node, node_of
from web.pages.failures import Again
from web.pages.rendering import link, render
from web.visits import origin_of

Endpoint = Callable[[Request], Awaitable[Response]]

PRIVATE: Final = {"cache-control": "no-store"}
MAX_SHOWN: Final = 320
"""Characters: the longest mail address."""
_UNCUT: Final = {**PRIVATE, "cross-origin-opener-policy": ""}
"""Of every page here. Apps open them in a window and wait for its end: no policy may cut the two apart."""


def on_primary(endpoint: Endpoint) -> Endpoint:
    """The endpoint where the primary origin is addressed, nothing on all others."""

    @wraps(endpoint)
    async def door(request: Request) -> Response:
        if not origin_of(request).is_primary:
            raise NotFound("this is on the node's first host name only")
        return await endpoint(request)

    return door


def signed_in(page: Callable[[Request, Visitor], Awaitable[Response]]) -> Endpoint:
    """The page for whoever is signed in; all others sign in first, and come back."""

    @wraps(page)
    async def door(request: Request) -> Response:
        visitor = await recognise(request)
        if visitor is None:
            return await ask_to_sign_in(request)
        response = await page(request, visitor)
        await renew(request, visitor, response)
        return response

    return on_primary(door)


def welcome(page: Endpoint) -> Endpoint:
    """The page for anyone, which knows whoever is signed in; then nothing keeps it."""

    @wraps(page)
    async def door(request: Request) -> Response:
        visitor = await recognise(request)
        response = await page(request)
        if visitor is not None:
            response.headers.update(PRIVATE)
            await renew(request, visitor, response)
        return response

    return door


async def ask_to_sign_in(request: Request) -> Response:
    """Lead to the page for signing in, and back; what was sent with a form goes along."""
    if request.method != "GET":
        again = await interrupted.take(request)
        if again is not None:
            return show_form(request, onward=HOME, again=again, status=HTTPStatus.FORBIDDEN)
        target = interrupted.find_button(request)
    else:
        target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(link(request, "/sign-in", next=target), 303, headers=PRIVATE)


def show_form(
    request: Request,
    *,
    onward: str,
    app_name: str | None = None,
    email: str = "",
    error: str = "",
    again: Again | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The form for signing in; `app_name` is the app that it is for, `again` what is to be sent afterwards."""
    values = {
        "action": link(request, "/sign-in", next=onward),
        "app_name": app_name,
        "email": clean(email)[:MAX_SHOWN],
        "error": error,
        "is_again": "again" in request.query_params,
        "again": again,
        "interrupted": interrupted.write(again),
    }
    return show(request, "sign_in.html", values, status=status, headers=headers)


async def renew(request: Request, visitor: Visitor, response: Response) -> None:
    """Note the visit once a day, so that a resident who comes back is not signed out within a year."""
    node = node_of(request)
    now = node.clock()
    if visitor.is_staff or not sessions.is_worth_noting(visitor.session, now):
        return
    await node.database.write(sessions.note_visit, visitor.session, now)
    secret = request.cookies[cookie_name(node)]
    if cookie_name(node) not in response.headers.get("set-cookie", ""):
        set_cookie(node, response, secret)


def start(
    tx: sa.Connection, node: Node, account_id: int, browser: str, earlier: str | None, now: Millis
) -> str:
    """Begin a session under a new id and end the one that the browser had; returns the cookie's value."""
    if earlier:
        old = sessions.find_session(tx, node.vault, earlier, now)
        if old is not None:
            sessions.end_session(tx, old.account_id, old.id)
    return sessions.start_session(tx, node.vault, account_id, browser=browser, now=now)[1]


def set_cookie(node: Node, response: Response, secret: str) -> None:
    """Hand the browser its session."""
    _set(node, response, secret, sessions.LIFETIME_MS // 1000)


def clear_cookie(node: Node, response: Response) -> None:
    """Take it back, and whatever our pages keep in the browser: who comes next may be somebody else.

    Source: Clear Site Data (W3C).
    """
    _set(node, response, "", 0)
    response.headers["clear-site-data"] = '"storage"'


def _set(node: Node, response: Response, value: str, seconds: int) -> None:
    name = cookie_name(node)
    is_secure = name == COOKIE
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=is_secure, httponly=True, samesite="lax"
    )


def show(
    request: Request,
    template: str,
    values: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page that nothing keeps."""
    return render(request, template, values, status=status, headers={**_UNCUT, **(headers or {})})

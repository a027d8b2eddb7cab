"""Signing in and out: by a code that comes by mail, or by a password. Nobody learns here who has an account."""

import unicodedata
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.accounts import Email, find_account, parse_email
from actors.signin import mail_codes, sessions
from actors.signin.credentials import find_password
from actors.signin.mail_codes import Asked, Entry
from actors.signin.throttles import Limit, give_back, spend
from federation.errors import Refused, TooOften
from federation.vocabulary import Millis
from web.accounts.browsers import name_browser
from web.accounts.doors import PRIVATE, clear_cookie, set_cookie, show, start
from web.accounts.onward import read_onward
from web.accounts.visitors import cookie_name, find_visitor
from web.forms import clean, read_form
from web.node import Node, node_of
from web.pages.rendering import language_of, link, text_of
from web.rates import find_network
from web.visits import visit_of

ACCOUNT_GUESSES: Final = Limit(10, 20)
NETWORK_GUESSES: Final = Limit(30, 120)
NODE_GUESSES: Final = Limit(500, 3_000)
"""Wrong passwords and codes: for one address, from one network, and in all. Right ones are not counted."""

ACCOUNT_MAILS: Final = Limit(5, 2)
NETWORK_MAILS: Final = Limit(20, 120)
NODE_MAILS: Final = Limit(200, 2_000)
"""Codes asked for: for one address, from one network, and in all. A year of guessing, with five tries each, is
right with a chance of 1 in 12, and nobody overlooks 48 mails a day."""

MAX_SHOWN: Final = 320
"""Characters: the longest mail address."""
SHORTEST_MASKED: Final = 2

DIGITS_SHOWN: Final = 12
"""Characters of a code that are looked at: people type spaces and full-width digits."""


async def sign_in_page(request: Request) -> Response:
    """The form; `?next=` is where it leads."""
    return show_form(request, onward=read_onward(request.query_params.get("next")))


async def sign_in(request: Request) -> Response:
    """Mail a code, or judge a password."""
    form = await read_form(request)
    try:
        email = parse_email(form.get("email", ""))
    except Refused:
        error = text_of(request, "This is not a mail address.")
        return _show_again(request, form.get("email", ""), error)
    try:
        if _wants_code(form):
            return await _mail_code(request, email)
        return await _judge_password(request, email, form.get("password", ""))
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show_again(request, email.address, text, 429, headers)


def _wants_code(form: Mapping[str, str]) -> bool:
    """What was pressed; Enter means the password where one was typed."""
    return form.get("way") == "code" or ("way" not in form and not form.get("password"))


async def _judge_password(request: Request, email: Email, password: str) -> Response:
    node = node_of(request)
    limits = _guess_limits(request, email.key)
    account_id, stored = await node.database.write(_count_guess, node, limits, email, node.clock())
    is_right = await node.hashing.verify(password, stored)
    if not is_right or account_id is None:
        error = text_of(request, "The mail address or the password is not right.")
        return _show_again(request, email.address, error)
    secret = await node.database.write(_enter, request, account_id, limits, node.clock())
    return _admit(request, secret, read_onward(request.query_params.get("next")))


def _count_guess(
    tx: sa.Connection, node: Node, limits: Mapping[str, Limit], email: Email, now: Millis
) -> tuple[int | None, str | None]:
    """Return the account and the hash of its password; neither for an address that nobody has."""
    spend(tx, node.vault, limits, now)
    account = find_account(tx, node.vault, email.address)
    return (None, None) if account is None else (account.id, find_password(tx, account.id))


def _enter(
    tx: sa.Connection, request: Request, account_id: int, limits: Mapping[str, Limit], now: Millis
) -> str:
    node = node_of(request)
    give_back(tx, node.vault, limits)
    earlier = request.cookies.get(cookie_name(node))
    browser = name_browser(request.headers.get("user-agent", ""))
    return start(tx, node, account_id, browser, earlier, now)


async def _mail_code(request: Request, email: Email) -> Response:
    onward = read_onward(request.query_params.get("next"))
    return await mail_code(request, Asked(email, onward, language_of(request)))


async def mail_code(request: Request, asked: Asked) -> Response:
    """Mail a code, and lead to where it is typed. Raises `TooOften`."""
    node = node_of(request)
    limits = _mail_limits(request, asked.email.key)
    handle = await node.database.write(_ask, node, limits, asked, node.clock())
    node.nudge()
    words = {"next": asked.onward, **({"new": "1"} if asked.is_new else {})}
    return RedirectResponse(link(request, f"/sign-in/code/{handle}", **words), 303, headers=PRIVATE)


def _ask(tx: sa.Connection, node: Node, limits: Mapping[str, Limit], asked: Asked, now: Millis) -> str:
    spend(tx, node.vault, limits, now)
    return mail_codes.ask_code(tx, node.vault, asked, now)


async def code_page(request: Request) -> Response:
    """Where the six digits are typed, and what became of the mail."""
    node = node_of(request)
    outcome = await node.database.read(mail_codes.find_outcome, node.vault, request.path_params["handle"])
    return _show_code(request, is_open=await _is_open(request), outcome=outcome)


async def enter_code(request: Request) -> Response:
    """Judge the six digits, or send others to the same address."""
    form = await read_form(request)
    if form.get("way") == "again":
        return await _ask_again(request)
    node = node_of(request)
    limits = _guess_limits(request, None)
    try:
        found = await node.database.write(_try_code, request, limits, form.get("code", ""), node.clock())
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show_code(request, is_open=True, error=text, status=429, headers=headers)
    if found is None:
        is_open = await _is_open(request)
        error = text_of(request, "This is not the code that we sent. Please look again.") if is_open else ""
        return _show_code(request, is_open=is_open, error=error, status=422)
    secret, entry = found
    return _admit(request, secret, entry.onward)


async def _ask_again(request: Request) -> Response:
    node = node_of(request)
    asked = await node.database.read(
        mail_codes.find_asked, node.vault, request.path_params["handle"], node.clock()
    )
    if asked is None:
        return _show_code(request, is_open=False, status=422)
    try:
        return await mail_code(request, asked)
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show_code(request, is_open=True, error=text, status=429, headers=headers)


def _try_code(
    tx: sa.Connection, request: Request, limits: Mapping[str, Limit], typed: str, now: Millis
) -> tuple[str, Entry] | None:
    node = node_of(request)
    spend(tx, node.vault, limits, now)
    entry = mail_codes.try_code(tx, node.vault, request.path_params["handle"], _read_digits(typed), now)
    if entry is None:
        return None
    return _enter(tx, request, entry.account_id, limits, now), entry


async def link_page(request: Request) -> Response:
    """What the link in a mail opens: a button, since mail scanners follow links."""
    node = node_of(request)
    address = await node.database.read(_find_address, node, request.path_params["token"], node.clock())
    return _show_link(request, address)


async def use_link(request: Request) -> Response:
    """The button was pressed."""
    await read_form(request)
    node = node_of(request)
    found = await node.database.write(_use_link, request, node.clock())
    if found is None:
        return _show_link(request, None, status=422)
    secret, entry = found
    return _admit(request, secret, entry.onward)


def _find_address(tx: sa.Connection, node: Node, token: str, now: Millis) -> str | None:
    return mail_codes.find_link(tx, node.vault, token, now)


def _use_link(tx: sa.Connection, request: Request, now: Millis) -> tuple[str, Entry] | None:
    entry = mail_codes.use_link(tx, node_of(request).vault, request.path_params["token"], now)
    return None if entry is None else (_enter(tx, request, entry.account_id, {}, now), entry)


async def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    await read_form(request)
    node = node_of(request)
    visitor = await find_visitor(request)
    if visitor is not None:
        await node.database.write(sessions.end_session, visitor.account_id, visitor.session.id)
    response = RedirectResponse(link(request, "/"), 303, headers=PRIVATE)
    clear_cookie(node, response)
    return response


def _admit(request: Request, secret: str, onward: str) -> Response:
    response = RedirectResponse(onward, 303, headers=PRIVATE)
    set_cookie(node_of(request), response, secret)
    return response


def _guess_limits(request: Request, address: str | None) -> dict[str, Limit]:
    network = find_network(visit_of(request).client)
    given = {} if address is None else {f"guess address:{address}": ACCOUNT_GUESSES}
    return {**given, f"guess network:{network}": NETWORK_GUESSES, "guess node:": NODE_GUESSES}


def _mail_limits(request: Request, address: str) -> dict[str, Limit]:
    network = find_network(visit_of(request).client)
    return {
        f"mail address:{address}": ACCOUNT_MAILS,
        f"mail network:{network}": NETWORK_MAILS,
        "mail node:": NODE_MAILS,
    }


async def _is_open(request: Request) -> bool:
    node = node_of(request)
    handle = request.path_params["handle"]
    return await node.database.read(mail_codes.is_handle_open, node.vault, handle, node.clock())


def _read_digits(typed: str) -> str:
    folded = unicodedata.normalize("NFKC", typed[:DIGITS_SHOWN])
    return "".join(character for character in folded if character.isdecimal())


def say_busy(request: Request, fault: TooOften) -> tuple[str, dict[str, str]]:
    """How long somebody must wait: a sentence, and a header."""
    minutes = -(-fault.retry_after // 60)
    text = text_of(request, "Too many tries. Please wait %(minutes)s minutes.") % {"minutes": minutes}
    return text, {"retry-after": str(fault.retry_after)}


def show_form(
    request: Request,
    *,
    onward: str,
    app_name: str | None = None,
    email: str = "",
    error: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The form for signing in; `app_name` is the app that it is for."""
    values = {
        "action": link(request, "/sign-in", next=onward),
        "app_name": app_name,
        "email": clean(email)[:MAX_SHOWN],
        "error": error,
        "is_again": "again" in request.query_params,
    }
    return show(request, "sign_in.html", values, status=status, headers=headers)


def _show_again(
    request: Request, email: str, error: str, status: int = 422, headers: Mapping[str, str] | None = None
) -> Response:
    onward = read_onward(request.query_params.get("next"))
    return show_form(request, onward=onward, email=email, error=error, status=status, headers=headers)


def _show_code(
    request: Request,
    *,
    is_open: bool,
    outcome: mail_codes.Outcome | None = None,
    error: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    onward = read_onward(request.query_params.get("next"))
    is_new = "new" in request.query_params
    words = {"next": onward, **({"new": "1"} if is_new else {})}
    values = {
        "action": link(request, request.url.path, **words),
        "again": link(request, "/sign-up" if is_new else "/sign-in", next=onward),
        "is_new": is_new,
        "is_open": is_open,
        "outcome": outcome,
        "error": error,
        "minutes": mail_codes.LIFETIME_MS // 60_000,
    }
    return show(request, "sign_in_code.html", values, status=status, headers=headers)


def _show_link(request: Request, address: str | None, *, status: int = 200) -> Response:
    values = {
        "action": link(request, request.url.path),
        "address": None if address is None else mask(address),
    }
    return show(request, "sign_in_link.html", values, status=status)


def mask(address: str) -> str:
    """A mail address that its owner recognises and nobody else learns: `h…o@machi.test`."""
    local, _, host = address.partition("@")
    return f"{local[0]}…{local[-1]}@{host}" if len(local) > SHORTEST_MASKED else f"{local[0]}…@{host}"

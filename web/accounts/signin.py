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
from web.accounts import interrupted
from web.accounts.browsers import name_browser
from web.accounts.doors import PRIVATE, clear_cookie, set_cookie, show, show_form, start
from web.accounts.onward import read_onward
from web.accounts.visitors import cookie_name, find_visitor, greet
from web.forms import read_form
from web.node import Node, node_of
from web.pages.failures import Again
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

SHORTEST_MASKED: Final = 2

DIGITS_SHOWN: Final = 12
"""Characters of a code that are looked at: people type spaces and full-width digits."""


async def sign_in_page(request: Request) -> Response:
    """The form; `?next=` is where it leads."""
    return show_form(request, onward=read_onward(request.query_params.get("next")))


async def sign_in(request: Request) -> Response:
    """Mail a code, or judge a password."""
    form = await read_form(request, interrupted.MOST)
    again = interrupted.read(form)
    if again is not None and "email" not in form:  # she wants to use another address
        return _show_again(request, again)
    try:
        email = parse_email(form.get("email", ""))
    except Refused:
        error = text_of(request, "This is not a mail address.")
        return _show_again(request, again, form.get("email", ""), error)
    try:
        if _wants_code(form):
            return await _mail_code(request, email, again)
        return await _judge_password(request, email, form.get("password", ""), again)
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show_again(request, again, email.address, text, 429, headers)


def _wants_code(form: Mapping[str, str]) -> bool:
    """What was pressed; Enter means the password where one was typed."""
    return form.get("way") == "code" or ("way" not in form and not form.get("password"))


async def _judge_password(request: Request, email: Email, password: str, again: Again | None) -> Response:
    node = node_of(request)
    limits = _guess_limits(request, email.key)
    account_id, stored = await node.database.write(_count_guess, node, limits, email, node.clock())
    is_right = await node.hashing.verify(password, stored)
    if not is_right or account_id is None:
        error = text_of(request, "The mail address or the password is not right.")
        return _show_again(request, again, email.address, error)
    secret = await node.database.write(_enter, request, account_id, limits, node.clock())
    return await _admit(request, secret, read_onward(request.query_params.get("next")), again)


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


async def _mail_code(request: Request, email: Email, again: Again | None) -> Response:
    onward = read_onward(request.query_params.get("next"))
    return await mail_code(request, Asked(email, onward, language_of(request)), again)


async def mail_code(request: Request, asked: Asked, again: Again | None = None) -> Response:
    """Mail a code, and lead to where it is typed; what goes along is in the page itself. Raises `TooOften`."""
    node = node_of(request)
    limits = _mail_limits(request, asked.email.key)
    handle = await node.database.write(_ask, node, limits, asked, node.clock())
    node.nudge()
    path = f"/sign-in/code/{handle}"
    if again is not None:
        return _show_code(request, is_open=True, path=path, again=again)
    words = {"next": asked.onward, **({"new": "1"} if asked.is_new else {})}
    return RedirectResponse(link(request, path, **words), 303, headers=PRIVATE)


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
    form = await read_form(request, interrupted.MOST)
    again = interrupted.read(form)
    if form.get("way") == "again":
        return await _ask_again(request, again)
    node = node_of(request)
    limits = _guess_limits(request, None)
    try:
        found = await node.database.write(_try_code, request, limits, form.get("code", ""), node.clock())
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show_code(request, is_open=True, again=again, error=text, status=429, headers=headers)
    if found is None:
        is_open = await _is_open(request)
        error = text_of(request, "This is not the code that we sent. Please look again.") if is_open else ""
        return _show_code(request, is_open=is_open, again=again, error=error, status=422)
    secret, entry = found
    return await _admit(request, secret, entry.onward, again)


async def _ask_again(request: Request, again: Again | None) -> Response:
    node = node_of(request)
    asked = await node.database.read(
        mail_codes.find_asked, node.vault, request.path_params["handle"], node.clock()
    )
    if asked is None:
        return _show_code(request, is_open=False, again=again, status=422)
    try:
        return await mail_code(request, asked, again)
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show_code(request, is_open=True, again=again, error=text, status=429, headers=headers)


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
    return await _admit(request, secret, entry.onward)


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


async def _admit(request: Request, secret: str, onward: str, again: Again | None = None) -> Response:
    """She is signed in: lead on, or show her what she had sent before."""
    if again is None:
        response: Response = RedirectResponse(onward, 303, headers=PRIVATE)
    else:
        await greet(request, secret)
        response = show(request, "interrupted.html", {"again": again})
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


def _show_again(
    request: Request,
    again: Again | None,
    email: str = "",
    error: str = "",
    status: int = 422,
    headers: Mapping[str, str] | None = None,
) -> Response:
    onward = read_onward(request.query_params.get("next"))
    return show_form(
        request, onward=onward, email=email, error=error, again=again, status=status, headers=headers
    )


def _show_code(
    request: Request,
    *,
    is_open: bool,
    path: str | None = None,
    again: Again | None = None,
    outcome: mail_codes.Outcome | None = None,
    error: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    onward = read_onward(request.query_params.get("next"))
    is_new = "new" in request.query_params
    words = {"next": onward, **({"new": "1"} if is_new else {})}
    values = {
        "action": link(request, path or request.url.path, **words),
        "begin": link(request, "/sign-up" if is_new else "/sign-in", next=onward),
        "again": again,
        "interrupted": interrupted.write(again),
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

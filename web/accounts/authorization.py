"""The consent page: which app asks for what, as whom it would speak, and yes or no. Never skipped.

Apps open it in a small window of their own, or in the reader's browser; it works without scripts.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.oauth.apps import OUT_OF_BAND
from actors.oauth.codes import Approver
from actors.oauth.messages import Approval, Call, Refusal, Wish
from actors.oauth.scopes import SCOPES, allows
from actors.oauth.server import decide, examine
from web.accounts.doors import PRIVATE, renew, show, show_form
from web.accounts.posting import Habit, find_habits
from web.accounts.visitors import Visitor, find_visitor
from web.forms import read_form
from web.headers import content_policy
from web.node import node_of
from web.pages.rendering import link

MAX_PARAMETERS: Final = 50
_FALSE: Final = frozenset({"", "0", "f", "false", "off"})


async def authorization_page(request: Request) -> Response:
    """Show who asks for what; whoever is not signed in, or is to be asked again, signs in first."""
    node = node_of(request)
    wish = await node.database.read(examine, node.vault, _read_call(request), node.clock())
    if isinstance(wish, Refusal):
        return _show_refusal(request, wish)
    visitor = await find_visitor(request)
    if visitor is None or request.query_params.get("force_login", "").lower() not in _FALSE:
        return show_form(request, onward=_come_back(request), app_name=wish.app.name)
    habits = await node.database.read(find_habits, visitor.speakers) if _may_post(wish) else {}
    response = _show_wish(request, wish, visitor, habits)
    await renew(request, visitor, response)
    return response


async def decide_authorization(request: Request) -> Response:
    """Carry out what was pressed."""
    form = await read_form(request)
    visitor = await find_visitor(request)
    if visitor is None:
        return RedirectResponse(_come_back(request), 303, headers=PRIVATE)
    approver = _read_approver(form, visitor)
    node = node_of(request)
    found = await node.database.write(decide, node.vault, _read_call(request), approver, node.clock())
    if isinstance(found, Refusal) and found.location is None:
        return _show_refusal(request, found)
    if isinstance(found, Approval):
        node.log.info("app approved", account=visitor.account_id)
    if found.redirect_uri == OUT_OF_BAND:
        return _show_code(request, found)
    return RedirectResponse(str(found.location), 303, headers=PRIVATE)


def _read_approver(form: dict[str, str], visitor: Visitor) -> Approver | None:
    """Who approved, and as whom; None for "no". Nobody can choose an actor that is not hers."""
    if form.get("decision") != "allow":
        return None
    for actor in visitor.speakers:
        if str(actor.id) == form.get("speaker"):
            return Approver(visitor.account_id, actor.id)
    raise HTTPException(422, "Choose as whom the app may speak.")


def _read_call(request: Request) -> Call:
    """The parameters of the address, all values of each."""
    try:
        pairs = parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise HTTPException(400, "The address has too many parameters.") from error
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return Call(parameters)


def _come_back(request: Request) -> str:
    """The same page, without asking to sign in once more."""
    return f"{request.url.path}?{request.url.remove_query_params('force_login').query}"


def _may_post(wish: Wish) -> bool:
    return allows(wish.scopes, "write:statuses")


def _show_wish(request: Request, wish: Wish, visitor: Visitor, habits: Mapping[int, Habit]) -> Response:
    values = {
        "app": wish.app,
        "website": urlsplit(wish.app.website or "").hostname,
        "scopes": sorted(wish.scopes, key=SCOPES.index),
        "speakers": visitor.speakers,
        "habits": habits,
        "action": f"{request.url.path}?{request.url.query}",
        "other": link(request, "/sign-in", next=_come_back(request)),
        "destination": _name_destination(wish.redirect_uri),
    }
    policy = {"content-security-policy": content_policy(f"'self' {_form_target(wish.redirect_uri)}".strip())}
    return show(request, "authorization.html", values, headers=policy)


def _name_destination(redirect_uri: str) -> str | None:
    """The host that gets the code, where it is one; a program on the reader's own device has no name."""
    parts = urlsplit(redirect_uri)
    return parts.hostname if parts.scheme in {"http", "https"} else None


def _form_target(redirect_uri: str) -> str:
    """Where the answer to the form may lead, for `form-action` (CSP3 §6.5.3); browsers judge redirects too."""
    if redirect_uri == OUT_OF_BAND:
        return ""
    parts = urlsplit(redirect_uri)
    is_named = parts.scheme in {"http", "https"} and "[" not in parts.netloc  # the grammar has no IPv6
    return f"{parts.scheme}://{parts.netloc}" if is_named else f"{parts.scheme}:"


def _show_code(request: Request, found: Approval | Refusal) -> Response:
    return show(
        request, "authorization_code.html", {"code": found.code if isinstance(found, Approval) else None}
    )


def _show_refusal(request: Request, refusal: Refusal) -> Response:
    """Say it here: an address that sends everybody on to an app is an address for phishing (RFC 9700 §4.11.2)."""
    is_told = refusal.redirect_uri not in {None, OUT_OF_BAND}
    values = {"refusal": refusal, "location": refusal.location if is_told else None}
    return show(request, "authorization_failure.html", values, status=400)

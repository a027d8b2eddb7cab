"""Signing up: a mail address and the code that comes to it, a nickname, an area. Nothing else is asked.

Who has an account already gets a code as well and is signed in, so that nobody learns here who has one.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.accounts import Wishes, link_actor, lock_account, parse_email, save_wishes
from actors.keys import KeyPair, generate_keys
from actors.names import MAX_DISPLAY_NAME, check_username
from actors.origins import find_origins
from actors.records import ActorRecord
from actors.registration import create_local
from actors.signin import invitations
from actors.signin.mail_codes import Asked
from actors.signin.throttles import Limit, spend
from actors.tables import account_actors
from areas import interactions, preferences, profiles, registry
from areas.profiles import ProfileEdit
from areas.records import AreaRecord
from federation.errors import NotFound, Refused, TooOften
from web.accounts.doors import MAX_SHOWN, PRIVATE, show
from web.accounts.signin import mail_code, say_busy
from web.accounts.visitors import Visitor
from web.forms import clean, read_form
from web.node import node_of
from web.pages.languages import written_language
from web.pages.notices import with_notice
from web.pages.rendering import kept_of, language_of, link, text_of
from web.pages.sizes import size_of
from web.pages.writing.sheets import read_id
from web.rates import find_network
from web.visits import visit_of

GUESSES: Final = Limit(10, 30)
"""Words of invitations, from one network."""
AREA_LETTERS: Final = 24
NUMBERS: Final = 9_000
NAME_TRIES: Final = 8


async def sign_up_page(request: Request) -> Response:
    """The form; `?area=` is where she wants to live."""
    return _show(request)


async def sign_up(request: Request) -> Response:
    """Mail a code to whoever may sign up."""
    form = await read_form(request)
    node = node_of(request)
    if node.settings.registrations == "closed":
        return _show(request, status=403)
    try:
        email = parse_email(form.get("email", ""))
    except Refused:
        return _show(request, form, error=text_of(request, "This is not a mail address."), status=422)
    try:
        invitation = await _find_invitation(request, form.get("invitation", ""))
        if node.settings.registrations == "invitation" and invitation is None:
            error = text_of(request, "This invitation cannot be used. Please look at its letters again.")
            return _show(request, form, error=error, status=422)
        area = read_id(form.get("area"))
        onward = "/sign-up/profile" if area is None else f"/sign-up/profile?area={area}"
        number = None if invitation is None else invitation.id
        return await mail_code(
            request, Asked(email, onward, language_of(request), is_new=True, invitation_id=number)
        )
    except TooOften as fault:
        text, headers = say_busy(request, fault)
        return _show(request, form, error=text, status=429, headers=headers)


async def _find_invitation(request: Request, typed: str) -> invitations.Invitation | None:
    node = node_of(request)
    if node.settings.registrations != "invitation":
        return None
    limits = {f"invitation network:{find_network(visit_of(request).client)}": GUESSES}

    def find(tx: sa.Connection) -> invitations.Invitation | None:
        spend(tx, node.vault, limits, node.clock())
        return invitations.find(tx, node.vault, typed, node.clock())

    return await node.database.write(find)


def _show(
    request: Request,
    form: Mapping[str, str] | None = None,
    *,
    error: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    given = form or {}
    values = {
        "mode": node_of(request).settings.registrations,
        "email": clean(given.get("email", ""))[:MAX_SHOWN],
        "invitation": given.get("invitation", request.query_params.get("invitation", ""))[:MAX_SHOWN],
        "area": read_id(given.get("area", request.query_params.get("area"))),
        "error": error,
        "contact": node_of(request).settings.contact_email,
    }
    return show(request, "sign_up.html", values, status=status, headers=headers)


async def profile_page(request: Request, visitor: Visitor) -> Response:
    """Who she wants to be here; whoever is somebody already is led home."""
    if _is_somebody(visitor):
        return RedirectResponse(link(request, "/home"), 303, headers=PRIVATE)
    areas = await node_of(request).database.read(registry.list_areas)
    wanted = read_id(request.query_params.get("area"))
    chosen = next((each for each in areas if each.actor_id == wanted or len(areas) == 1), None)
    values = {"handle": _propose(chosen), "area": chosen.actor_id if chosen else None, "name": ""}
    return _show_profile(request, areas, values)


async def settle(request: Request, visitor: Visitor) -> Response:
    """Make her actor, let her belong to the area, and lead her home."""
    form = await read_form(request)
    node = node_of(request)
    areas = await node.database.read(registry.list_areas)
    area = next((each for each in areas if each.actor_id == read_id(form.get("area"))), None)
    name = form.get("name", "").strip()
    values = {
        "handle": form.get("handle", "").strip().removeprefix("@").lower()[:MAX_SHOWN],
        "area": None if area is None else area.actor_id,
        "name": name,
        "indexable": "indexable" in form,
    }
    flaw = _find_flaw(request, name, area, areas)
    if flaw:
        return _show_profile(request, areas, values, flaw, status=422)
    keys = await asyncio.to_thread(generate_keys)
    try:
        made = await node.database.write(_settle, request, visitor, values, area, keys)
    except Refused as fault:
        return _show_profile(request, areas, values, _say_why(request, fault, values), status=422)
    if made is not None:
        node.log.info("signed up", actor=made.id)
    node.nudge()
    return RedirectResponse(with_notice(link(request, "/home"), "welcome"), 303, headers=PRIVATE)


def _settle(
    tx: sa.Connection,
    request: Request,
    visitor: Visitor,
    values: Mapping[str, object],
    area: AreaRecord | None,
    keys: KeyPair,
) -> ActorRecord | None:
    """None = another press of the same button was faster."""
    node, now = node_of(request), node_of(request).clock()
    lock_account(tx, visitor.account_id)
    if _speaks(tx, visitor.account_id):
        return None
    actor = create_local(
        tx,
        node.vault,
        kind="resident",
        username=str(values["handle"]),
        origin=next(each for each in find_origins(tx) if each.is_primary),
        name=str(values["name"]),
        summary="",
        keys=keys,
        now=now,
    )
    link_actor(tx, account_id=visitor.account_id, actor_id=actor.id, role="self", now=now)
    if values["indexable"]:
        profiles.change(tx, actor.id, ProfileEdit(indexable=True, discoverable=True), now)
    chosen = replace(
        preferences.find(tx, actor.id), language=written_language(language_of(request)), to_home_area=True
    )
    preferences.save(tx, actor.id, chosen)
    asked = kept_of(request).get("lang")
    save_wishes(tx, visitor.account_id, Wishes(asked, "daily", size_of(request)))
    if area is not None:
        interactions.join(tx, actor, area, now, home=True)
    return actor


def _speaks(tx: sa.Connection, account_id: int) -> bool:
    query = sa.select(account_actors.c.actor_id).where(
        account_actors.c.account_id == account_id, account_actors.c.role == "self"
    )
    return tx.execute(query.limit(1)).first() is not None


def _is_somebody(visitor: Visitor) -> bool:
    return bool(visitor.actors)


def _find_flaw(
    request: Request, name: str, area: AreaRecord | None, areas: list[AreaRecord]
) -> dict[str, str]:
    """What is wrong, by field."""
    if not name:
        return {"name": text_of(request, "Please choose a nickname.")}
    if len(name) > MAX_DISPLAY_NAME:
        return {
            "name": text_of(request, "A nickname has at most %(count)s characters.")
            % {"count": MAX_DISPLAY_NAME}
        }
    if area is None and areas:
        return {"area": text_of(request, "Please choose an area.")}
    return {}


def _say_why(request: Request, fault: Refused, values: Mapping[str, object]) -> dict[str, str]:
    if repr(values["name"]) in fault.public:
        return {"name": text_of(request, "This looks like a name of the town. Please choose another one.")}
    return {
        "handle": text_of(
            request, "This name is taken, is kept for the town, or has other signs than a-z, 0-9 and _."
        )
    }


def _show_profile(
    request: Request,
    areas: list[AreaRecord],
    values: Mapping[str, object],
    flaws: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    host = node_of(request).sites.primary.origin.host
    shown = {"indexable": False, **values, "areas": areas, "flaws": flaws or {}, "host": host}
    return show(request, "sign_up_profile.html", shown, status=status)


def _propose(area: AreaRecord | None) -> str:
    """A name that says nothing of her: it is never made of her mail address or nickname."""
    begins = (area.username[:AREA_LETTERS] if area else "resident").strip("_")
    for _ in range(NAME_TRIES):
        found = f"{begins}_{secrets.randbelow(NUMBERS) + 1000}"
        try:
            check_username(found)
        except Refused:
            begins = "resident"
            continue
        return found
    raise NotFound("no name was free")

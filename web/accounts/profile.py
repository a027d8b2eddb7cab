"""The form for what somebody says of herself: nickname, text, pictures, four fields, and how she is found."""

from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from areas import preferences, profiles
from areas.media import portraits
from areas.media.records import MediaRecord, Purpose
from areas.profiles import FIELD_LENGTH, MOST_FIELDS, NOTE_LENGTH, ProfileEdit
from areas.records import Visibility
from federation.errors import Fault, Overloaded, Refused
from federation.vocabulary import Millis
from web import profiles as telling
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.forms import Filled, open_form
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.cards import portrait_of
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of

FILES: Final = 2
USUAL: Final[tuple[Visibility, ...]] = ("public", "private")
"""Who may read her posts unless she says otherwise; apps know more, and what they chose stays."""
PICTURES: Final[tuple[Purpose, ...]] = ("avatar", "header")


async def profile_page(request: Request, visitor: Visitor) -> Response:
    """What she says of herself, as she typed it; `?as=` of whom, where she speaks for several."""
    return await _show(request, require_speaker(visitor, request.query_params.get("as")))


async def change_profile(request: Request, visitor: Visitor) -> Response:
    """Keep it, and tell whoever follows."""
    node = node_of(request)
    async with open_form(request, FILES) as form:
        actor = require_speaker(visitor, form.fields.get("as"))
        try:
            pictures = await _take(request, actor, form)
            await node.database.write(_change, actor, form, pictures, node.clock())
        except (Refused, Overloaded) as fault:
            return await _show(request, actor, form, _say_why(request, fault))
    node.nudge()
    where = with_notice(link(request, "/settings/profile", **{"as": actor.id}), "saved")
    return RedirectResponse(where, 303, headers=PRIVATE)


async def _take(request: Request, actor: ActorRecord, form: Filled) -> list[MediaRecord]:
    library = node_of(request).library
    named = [(purpose, form.find_file(purpose)) for purpose in PICTURES]
    return [await library.take(each.file, actor.id, purpose) for purpose, each in named if each is not None]


def _change(
    tx: sa.Connection, actor: ActorRecord, form: Filled, pictures: list[MediaRecord], now: Millis
) -> None:
    fields = form.fields
    edit = ProfileEdit(
        name=fields.get("name", "").strip() or actor.username,
        note=fields.get("note", ""),
        fields=tuple(
            (fields.get(f"name_{place}", ""), fields.get(f"value_{place}", ""))
            for place in range(1, MOST_FIELDS + 1)
        ),
        locked="locked" in fields,
        discoverable="indexable" in fields,
        indexable="indexable" in fields,
    )

    def act(inner: sa.Connection) -> ActorRecord:
        changed = profiles.change(inner, actor.id, edit, now)
        for purpose in PICTURES:
            if f"drop_{purpose}" in fields and portraits.find_portrait(inner, actor.id, purpose) is not None:
                changed = portraits.hide(inner, actor.id, purpose, now)
        for picture in pictures:
            changed = portraits.show(inner, picture.id, now)
        return changed

    before = preferences.find(tx, actor.id)
    visibility = next((each for each in USUAL if each == fields.get("visibility")), before.visibility)
    chosen = replace(before, to_home_area="to_home_area" in fields, visibility=visibility)
    preferences.save(tx, actor.id, chosen)
    telling.change(tx, actor.id, act, now)


def _say_why(request: Request, fault: Fault) -> str:
    if isinstance(fault, Overloaded):
        return text_of(request, "This server cannot take that just now. Please try again in a while.")
    if "looks official" in fault.public or "is an area's" in fault.public:
        return text_of(request, "This looks like a name of the town. Please choose another one.")
    return text_of(request, "It could not be done: %(reason)s") % {"reason": fault.public}


async def _show(
    request: Request, actor: ActorRecord, form: Filled | None = None, error: str = ""
) -> Response:
    values = await node_of(request).database.read(_read, request, actor)
    if form is not None:
        typed = {"name": form.fields.get("name", ""), "note": form.fields.get("note", "")}
        values = {**values, **typed}
    return show(request, "profile.html", {**values, "error": error}, status=422 if error else 200)


def _read(tx: sa.Connection, request: Request, actor: ActorRecord) -> dict[str, object]:
    chosen = preferences.find(tx, actor.id)
    source, addresses = profiles.source_of(tx, actor), node_of(request).addresses
    empty = ("", "")
    return {
        "actor": actor,
        "name": actor.name,
        "note": source.note,
        "fields": [*source.fields, *([empty] * MOST_FIELDS)][:MOST_FIELDS],
        "to_home_area": chosen.to_home_area,
        "visibility": chosen.visibility,
        "portraits": [
            ("avatar", portrait_of(actor, actor.icon, addresses)),
            ("header", portrait_of(actor, actor.image, addresses)),
        ],
        "most_note": NOTE_LENGTH,
        "most_field": FIELD_LENGTH,
    }

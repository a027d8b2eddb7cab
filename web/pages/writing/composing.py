"""The page for writing: a new post, a reply, a message, or another text for an old post.

One form with four buttons: add pictures, look at it as others will see it, publish, keep it for later. What seems to
tell a telephone number or an address, and pictures that have no description yet, are shown once before anything is
published. What was sent and is not published is kept (`drafts`), and shown by an address that can be opened again.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor_by_id
from areas import compose, kinds, preferences
from areas.compose import unfinished
from areas.kinds import places
from areas.media import attaching, uploads
from areas.media.attaching import MOST
from areas.media.records import Details
from areas.records import Placed, PostRecord
from federation.errors import Gone, NotFound, Overloaded, Refused
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE
from web.accounts.visitors import Visitor
from web.forms import open_form
from web.naming import resolve_handles
from web.node import node_of
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of
from web.pages.writing import drafts
from web.pages.writing.desks import Desk, arrange, arrange_what_is_left
from web.pages.writing.flaws import find_flaw, find_warnings, say_why
from web.pages.writing.sheets import (
    Attachment,
    Sheet,
    audience_of,
    key_of_post,
    make_key,
    read_audience,
    read_id,
    read_key,
    read_kind,
    read_sheet,
    read_step,
    to_draft,
    to_revision,
    usual_audience,
)
from web.pages.writing.showing import show_sheet

FILES: Final = MOST + 1
"""Browsers send one empty file where none was chosen."""


async def write_page(request: Request, visitor: Visitor) -> Response:
    """The sheet as she has left it; else an empty one: `?area=` where it goes, `?reply=` what it answers.

    `?to=` to whom it is a message, `?audience=` who may read it, `?kind=` what kind of post it is, `?place=` which
    place it is about; `?only=` an answer for its author alone. `?key=` is the sheet's: who steps back to it after
    publishing has the same sheet, and no second post of it.
    """
    key = read_key(request.query_params.get("key"))
    if key is None:
        address = request.url.include_query_params(key=make_key()).replace(scheme="", netloc="")
        return RedirectResponse(str(address), 303, headers=PRIVATE)
    left = await drafts.find(request, visitor, key)
    if left is not None:
        return await drafts.show_left(request, visitor, left)
    desk, sheet = await node_of(request).database.read(_begin, request, visitor, key)
    return await show_sheet(request, visitor, desk, sheet)


def _begin(tx: sa.Connection, request: Request, visitor: Visitor, key: str) -> tuple[Desk, Sheet]:
    """An empty sheet for what the address asks for."""
    asked = request.query_params
    sheet = Sheet(
        reply=read_id(asked.get("reply")),
        area=read_id(asked.get("area")),
        kind=read_kind(asked.get("kind")),
        key=key,
    )
    desk = arrange(tx, request, visitor, sheet)
    to = _find_handle(tx, read_id(asked.get("to")))
    if to is not None:
        sheet = replace(sheet, audience="named", text=f"{to} ")
    elif desk.parent is not None:
        is_message = desk.parent.visibility == "direct" or "only" in asked
        sheet = replace(sheet, audience="named" if is_message else "everyone")
    else:
        usual = usual_audience(preferences.find(tx, desk.author.id).visibility)
        sheet = replace(sheet, audience=read_audience(asked.get("audience"), usual))
    sheet = _name_place(tx, sheet, read_id(asked.get("place")))
    if sheet.area is None and desk.areas and desk.areas[0].actor_id in desk.member_of:
        sheet = replace(sheet, area=desk.areas[0].actor_id)
    return desk, sheet


def _name_place(tx: sa.Connection, sheet: Sheet, place_id: int | None) -> Sheet:
    """The sheet about a place, in the area where it is."""
    place = None if place_id is None else places.find(tx, place_id)
    if place is None:
        return sheet
    return replace(sheet, area=place.area_id, details={"place": place.name, "address": place.address})


async def edit_page(request: Request, visitor: Visitor) -> Response:
    """The sheet of an old post, as it was typed, or as she has left it."""
    left = await drafts.find(request, visitor, key_of_post(request.path_params["post_id"]))
    if left is not None:
        return await drafts.show_left(request, visitor, left)
    desk, sheet = await node_of(request).database.read(_open, request, visitor)
    return await show_sheet(request, visitor, desk, sheet)


def _open(tx: sa.Connection, request: Request, visitor: Visitor) -> tuple[Desk, Sheet]:
    post_id = request.path_params["post_id"]
    empty = Sheet(edit=post_id, key=key_of_post(post_id))
    desk = arrange(tx, request, visitor, empty)
    assert desk.post is not None  # it has just been asked for
    source = compose.source_of(tx, desk.post)
    pictures = tuple(
        Attachment(each.id, each.details.description or "")
        for each in attaching.pictures_of(tx, desk.post.id)
    )
    audience = audience_of(desk.post)
    facts = kinds.find(tx, desk.post)
    sheet = replace(empty, text=source.text, summary=source.summary, pictures=pictures, audience=audience)
    if facts is None:
        return desk, sheet
    return desk, replace(sheet, kind=facts.kind.name, details=facts.kind.write(facts.data))


async def write(request: Request, visitor: Visitor) -> Response:
    """What came back: published, or kept and shown again."""
    async with open_form(request, FILES) as form:
        sheet, step = read_sheet(form.fields), read_step(form.fields)
        try:
            desk = await node_of(request).database.read(arrange, request, visitor, sheet)
        except (NotFound, Gone):
            return await _keep_alone(request, visitor, sheet)
        try:
            added = await _take(request, desk, sheet, form.files)
        except (Refused, Overloaded) as fault:
            return await drafts.come_back(request, visitor, desk, sheet, error=say_why(request, fault))
    sheet = sheet.with_pictures(added)
    if step == "write":
        return await drafts.come_back(request, visitor, desk, sheet)
    if step == "keep":
        return await drafts.put_away(request, visitor, desk, sheet)
    await resolve_handles(node_of(request), sheet.text)
    error = find_flaw(request, desk, sheet)
    if not error and step == "publish" and not added and not find_warnings(sheet):
        try:
            return await _publish(request, visitor, desk, sheet)
        except (Refused, Overloaded) as fault:
            error = say_why(request, fault)
    return await drafts.come_back(request, visitor, desk, sheet, error=error, look=not error)


async def _keep_alone(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    """What she answers has ended while she wrote. Raises `NotFound` where she answers nothing."""
    if sheet.reply is None:
        raise NotFound("there is nothing of hers to change, or she does not speak as that")
    desk, _ = await node_of(request).database.read(arrange_what_is_left, request, visitor, sheet)
    return await drafts.come_back(request, visitor, desk, sheet)


async def _take(request: Request, desk: Desk, sheet: Sheet, files: Sequence[UploadFile]) -> list[int]:
    """Read the pictures that came with the sheet. Raises `Refused`, `Overloaded`."""
    if len(files) > sheet.room:
        raise Refused(text_of(request, "A post has at most %(count)s pictures.") % {"count": MOST})
    library = node_of(request).library
    return [(await library.take(each.file, desk.author.id)).id for each in files]


async def _publish(request: Request, visitor: Visitor, desk: Desk, sheet: Sheet) -> Response:
    node = node_of(request)
    if desk.post is not None:
        await node.database.write(_change, visitor, desk.post, sheet, node.clock())
        node.nudge()
        return _go_on(request, desk.post.id, "edited")
    post, placed = await node.database.write(_post, visitor, desk, sheet, node.clock())
    node.nudge()
    is_held = bool(placed) and all(each.state != "accepted" for each in placed)
    return _go_on(request, post.id, "held" if is_held else "posted")


def _go_on(request: Request, post_id: int, what: str) -> Response:
    where = with_notice(link(request, f"/posts/{post_id}"), what)
    return RedirectResponse(f"{where}#p{post_id}", 303, headers=PRIVATE)


def _post(
    tx: sa.Connection, visitor: Visitor, desk: Desk, sheet: Sheet, now: Millis
) -> tuple[PostRecord, tuple[Placed, ...]]:
    for each in sheet.pictures:
        with suppress(NotFound):  # a second press: the post has it already
            uploads.describe(tx, desk.author.id, each.id, Details(each.description))
    unfinished.drop(tx, visitor.account_id, sheet.key, now)
    return compose.publish(tx, to_draft(sheet, desk.author.id, visitor.account_id, desk.parent), now)


def _change(tx: sa.Connection, visitor: Visitor, post: PostRecord, sheet: Sheet, now: Millis) -> PostRecord:
    revision = to_revision(sheet)
    focus = {each.id: each.details.focus for each in attaching.pictures_of(tx, post.id)}
    details = tuple(
        (media_id, replace(each, focus=focus.get(media_id))) for media_id, each in revision.media_details
    )
    unfinished.drop(tx, visitor.account_id, sheet.key, now)
    return compose.edit(tx, post.id, replace(revision, media_details=details), now)


def _find_handle(tx: sa.Connection, actor_id: int | None) -> str | None:
    found = None if actor_id is None else find_actor_by_id(tx, actor_id)
    return None if found is None else f"@{found.handle}"

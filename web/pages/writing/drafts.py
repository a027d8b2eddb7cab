"""Sheets that are kept: what was sent and not published is there again after a step back, a reload, on another day.

A form is answered by the address of what became of it, never by a page: a browser that comes back to such a page
would ask whether to send the form again, or show nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas.compose import unfinished
from areas.compose.unfinished import Unfinished
from federation.errors import NotFound, Overloaded
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of
from web.pages.writing.desks import Desk, arrange_what_is_left
from web.pages.writing.sheets import Sheet, read_key, read_sheet, write_fields
from web.pages.writing.showing import show_preview, show_sheet

BEGINS: Final = 60
"""Characters of each that the list shows."""


async def come_back(
    request: Request, visitor: Visitor, desk: Desk, sheet: Sheet, *, error: str = "", look: bool = False
) -> Response:
    """Keep the sheet, and lead to it; `look`: as others will see it. Without room for it, it is shown at once."""
    if sheet.is_blank and not error:
        return _lead(request, _begin_again(sheet))
    if not await _keep(request, visitor, desk, sheet, error):
        if look:
            return await show_preview(request, visitor, desk, sheet)
        return await show_sheet(request, visitor, desk, sheet, error=error)
    return _lead(request, {"key": sheet.key, **({"look": "1"} if look else {})})


async def put_away(request: Request, visitor: Visitor, desk: Desk, sheet: Sheet) -> Response:
    """Keep the sheet for later, by her own wish."""
    if await _keep(request, visitor, desk, sheet, ""):
        return RedirectResponse(with_notice(link(request, "/drafts"), "kept"), 303, headers=PRIVATE)
    error = text_of(request, "This server cannot take that just now. Please try again in a while.")
    return await show_sheet(request, visitor, desk, sheet, error=error)


def _lead(request: Request, query: Mapping[str, str]) -> Response:
    return RedirectResponse(link(request, "/write", **query), 303, headers=PRIVATE)


def _begin_again(sheet: Sheet) -> dict[str, str]:
    """Of a sheet without a word, all that is chosen on it: there is nothing to keep."""
    chosen = {"area": sheet.area, "reply": sheet.reply}
    numbers = {name: str(number) for name, number in chosen.items() if number is not None}
    return {"key": sheet.key, "kind": sheet.kind, "audience": sheet.audience, **numbers}


async def _keep(request: Request, visitor: Visitor, desk: Desk, sheet: Sheet, error: str) -> bool:
    """False = there is no room for it now."""
    node = node_of(request)
    if node.disks.full:
        return False
    pictures = tuple(each.id for each in sheet.pictures)
    written = Unfinished(sheet.key, desk.author.id, write_fields(sheet), pictures, error, node.clock())
    try:
        await node.database.write(unfinished.keep, visitor.account_id, written)
    except Overloaded:
        return False
    return True


async def find(request: Request, visitor: Visitor, key: str) -> Unfinished | None:
    """What she has left on the sheet with this key."""
    node = node_of(request)
    return await node.database.read(unfinished.find, visitor.account_id, key, node.clock())


async def show_left(request: Request, visitor: Visitor, left: Unfinished) -> Response:
    """The sheet as she has left it, and why it was not published; `?look=` as others will see it."""
    sheet = replace(read_sheet(left.fields), key=left.key)
    desk, found = await node_of(request).database.read(arrange_what_is_left, request, visitor, sheet)
    if found != sheet:
        error = text_of(
            request, "What this answers or changes is not there any more. Your words are kept here."
        )
        return await show_sheet(request, visitor, desk, found, error=error)
    if left.error or "look" not in request.query_params:
        return await show_sheet(request, visitor, desk, sheet, error=left.error)
    return await show_preview(request, visitor, desk, sheet)


@dataclass(frozen=True, slots=True)
class Line:
    """One of the list: how it begins, how many pictures it has."""

    key: str
    text: str
    pictures: int
    updated_at: Millis


async def list_page(request: Request, visitor: Visitor) -> Response:
    """What she has left unfinished."""
    node = node_of(request)
    left = await node.database.read(unfinished.list_of, visitor.account_id, node.clock())
    days = unfinished.LIFETIME // 86_400_000
    return show(request, "drafts.html", {"lines": [_describe(each) for each in left], "days": days})


def _describe(left: Unfinished) -> Line:
    sheet = read_sheet(left.fields)
    text = " ".join((sheet.text or sheet.details.get("item", "") or sheet.summary).split())
    begins = text if len(text) <= BEGINS else f"{text[:BEGINS]}…"
    return Line(left.key, begins, len(left.media_ids), left.updated_at)


async def drop_page(request: Request, visitor: Visitor) -> Response:
    """What is to be thrown away: asked once. Raises `NotFound`."""
    left = await find(request, visitor, read_key(request.query_params.get("key")) or "")
    if left is None:
        raise NotFound("there is no such draft")
    return show(request, "draft_drop.html", {"line": _describe(left)})


async def drop(request: Request, visitor: Visitor) -> Response:
    """It was confirmed; what is gone already is gone."""
    key = read_key((await read_form(request)).get("key")) or ""
    node = node_of(request)
    await node.database.write(unfinished.drop, visitor.account_id, key, node.clock())
    return RedirectResponse(with_notice(link(request, "/drafts"), "dropped"), 303, headers=PRIVATE)

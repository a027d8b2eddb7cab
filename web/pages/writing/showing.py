"""A sheet as a page: to write on, or as others will see it."""

from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import kinds
from areas.compose import keys, unfinished
from areas.compose.cautions import Caution
from areas.compose.publishing import prepare
from areas.compose.texts import TEXT_LENGTH, write_html
from areas.media import uploads
from areas.media.attaching import MOST
from areas.media.records import MediaRecord
from federation.errors import Overloaded, Refused
from federation.html import to_text
from federation.vocabulary import Millis
from web.accounts.doors import show
from web.accounts.visitors import Visitor
from web.node import node_of
from web.pages.cards import Picture, path_of
from web.pages.kinds import NAMES
from web.pages.rendering import language_of, text_of
from web.pages.writing.desks import Desk
from web.pages.writing.flaws import find_warnings, find_wrong, say_why
from web.pages.writing.sheets import Attachment, Sheet, begin_key, to_draft, to_revision

QUOTED: Final = 200
"""Characters of what is answered that stand above the answer."""


async def show_preview(request: Request, visitor: Visitor, desk: Desk, sheet: Sheet) -> Response:
    """As others will see it, and what it seems to tell. What could not be published is said now."""
    node = node_of(request)
    try:
        html = await node.database.write(_preview, visitor, desk, sheet, node.clock())
    except (Refused, Overloaded) as fault:
        return await show_sheet(request, visitor, desk, sheet, error=say_why(request, fault))
    return await show_sheet(request, visitor, desk, sheet, html=html, cautions=find_warnings(sheet))


async def show_sheet(
    request: Request,
    visitor: Visitor,
    desk: Desk,
    sheet: Sheet,
    *,
    error: str = "",
    html: str | None = None,
    cautions: tuple[Caution, ...] = (),
) -> Response:
    """The sheet to write on; below `html`, how others will see it."""
    values = {
        "desk": desk,
        "sheet": sheet,
        "error": error,
        "html_text": html,
        "cautions": cautions,
        "most_pictures": MOST,
        "most_text": TEXT_LENGTH,
        "language": language_of(request),
        "known_places": desk.known_places,
        "kinds": [
            (name, text_of(request, said)) for name, said in NAMES.items() if name not in desk.not_offered
        ],
        "wrong": find_wrong(request, desk, sheet) if error else {},
        "quoted": None if desk.parent is None else to_text(desk.parent.content)[:QUOTED],
        **await node_of(request).database.read(_gather, request, visitor, desk, sheet),
    }
    return show(request, "write.html", values, status=422 if error and request.method == "POST" else 200)


def _gather(
    tx: sa.Connection, request: Request, visitor: Visitor, desk: Desk, sheet: Sheet
) -> dict[str, object]:
    """Its pictures, the post that was published from it before, and what else she has left unfinished."""
    now = node_of(request).clock()
    left = [each.key for each in unfinished.list_of(tx, visitor.account_id, now)]
    speakers = [each.id for each in visitor.speakers]
    return {
        "pictures": _find_pictures(tx, desk.author.id, sheet),
        "earlier": keys.find_begun(tx, speakers, begin_key(sheet.key), now),
        "is_kept": sheet.key in left,
        "others": len(left) - (sheet.key in left),
    }


def _preview(tx: sa.Connection, visitor: Visitor, desk: Desk, sheet: Sheet, now: Millis) -> str:
    if desk.post is None:
        draft = to_draft(sheet, desk.author.id, visitor.account_id, desk.parent)
        return prepare(tx, desk.author, draft, now).text.content
    says = kinds.revise(tx, desk.author, desk.post, to_revision(sheet), now)
    return write_html(tx, desk.author, sheet.text if says is None else says.dress(sheet.text)).content


def _find_pictures(tx: sa.Connection, actor_id: int, sheet: Sheet) -> list[tuple[Attachment, Picture]]:
    """The pictures of the sheet as they look; not those of somebody else, whatever the form says."""
    found = [(each, uploads.find_media(tx, each.id)) for each in sheet.pictures]
    return [
        (each, _to_picture(media, each))
        for each, media in found
        if media is not None and media.actor_id == actor_id and media.made is not None
    ]


def _to_picture(media: MediaRecord, attachment: Attachment) -> Picture:
    assert media.made is not None  # the caller has looked
    return Picture(
        src=path_of(media.preview_address("")),
        href=path_of(media.address("")),
        name=attachment.description or None,
        width=media.made.preview_width,
        height=media.made.preview_height,
    )

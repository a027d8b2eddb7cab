"""The page for writing: a new post, a reply, a message, or another text for an old post.

One form with three buttons: add pictures, look at it as others will see it, publish. What seems to tell a telephone
number or an address, and pictures that have no description yet, are shown once before anything is published.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import categories, compose, kinds, membership, posts, preferences, registry
from areas.compose import keys
from areas.compose.cautions import Caution, find_cautions
from areas.compose.publishing import prepare
from areas.compose.texts import TEXT_LENGTH, write_html
from areas.kinds import KINDS, Unfit, places
from areas.kinds.places import PlaceRecord
from areas.kinds.stored import is_answered
from areas.media import attaching, uploads
from areas.media.attaching import MOST
from areas.media.records import Details, MediaRecord
from areas.reading.visibility import Reader
from areas.records import AreaRecord, Placed, PostRecord
from federation.errors import Fault, NotFound, Overloaded, Refused
from federation.html import to_text
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.forms import open_form
from web.naming import resolve_handles
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.cards import Picture, path_of
from web.pages.notices import with_notice
from web.pages.rendering import language_of, link, text_of
from web.pages.threads import find_readable
from web.pages.writing.sheets import (
    Attachment,
    Sheet,
    audience_of,
    begin_key,
    make_key,
    read_id,
    read_key,
    read_kind,
    read_sheet,
    read_step,
    to_draft,
    to_revision,
    usual_audience,
)

FILES: Final = MOST + 1
"""Browsers send one empty file where none was chosen."""


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


UNFIT: Final = {
    "item": _("Say what it is, in 1 to 60 characters."),
    "until": _("Choose a day from today on, within a year."),
    "place": _("Say which shop or place it is, in 1 to 80 characters."),
    "address": _("Say in at most 120 characters where it is."),
}
"""What is wrong with a field of a kind of posts."""
QUOTED: Final = 200
"""Characters of what is answered that stand above the answer."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What stands around the sheet: who writes, what is answered or changed, where a post can go.

    `may_mark`: she speaks for one of the areas, and may let a post go to the region too.
    """

    author: ActorRecord
    parent: PostRecord | None
    parent_author: ActorRecord | None
    post: PostRecord | None
    areas: tuple[AreaRecord, ...]
    member_of: frozenset[int]
    may_mark: bool
    may_turn: bool
    known_places: tuple[PlaceRecord, ...]


async def write_page(request: Request, visitor: Visitor) -> Response:
    """An empty sheet: `?area=` where it goes, `?reply=` what it answers, `?to=` to whom it is a message.

    `?kind=` what kind of post it is, `?place=` which place it is about; `?only=` an answer for its author alone.
    `?key=` is the sheet's: who steps back to it after publishing has the same sheet, and no second post of it.
    """
    asked = request.query_params
    key = read_key(asked.get("key"))
    if key is None:
        address = request.url.include_query_params(key=make_key()).replace(scheme="", netloc="")
        return RedirectResponse(str(address), 303, headers=PRIVATE)
    sheet = Sheet(
        reply=read_id(asked.get("reply")),
        area=read_id(asked.get("area")),
        kind=read_kind(asked.get("kind")),
        key=key,
    )
    desk = await node_of(request).database.read(_arrange, request, visitor, sheet)
    to = await node_of(request).database.read(_find_handle, read_id(asked.get("to")))
    if to is not None:
        sheet = replace(sheet, audience="named", text=f"{to} ")
    elif desk.parent is not None and desk.parent_author is not None:
        is_message = desk.parent.visibility == "direct" or "only" in asked
        sheet = replace(sheet, audience="named" if is_message else "everyone")
    else:
        chosen = await node_of(request).database.read(preferences.find, desk.author.id)
        sheet = replace(sheet, audience=usual_audience(chosen.visibility))
    sheet = await node_of(request).database.read(_name_place, sheet, read_id(asked.get("place")))
    if sheet.area is None and desk.areas and desk.areas[0].actor_id in desk.member_of:
        sheet = replace(sheet, area=desk.areas[0].actor_id)
    return _show(request, desk, sheet, earlier=await _find_earlier(request, visitor, key))


async def _find_earlier(request: Request, visitor: Visitor, key: str) -> int | None:
    """The post that was published from this sheet before."""
    node = node_of(request)
    speakers = [each.id for each in visitor.speakers]
    return await node.database.read(keys.find_begun, speakers, begin_key(key), node.clock())


def _name_place(tx: sa.Connection, sheet: Sheet, place_id: int | None) -> Sheet:
    """The sheet about a place, in the area where it is."""
    place = None if place_id is None else places.find(tx, place_id)
    if place is None:
        return sheet
    return replace(sheet, area=place.area_id, details={"place": place.name, "address": place.address})


async def edit_page(request: Request, visitor: Visitor) -> Response:
    """The sheet of an old post, as it was typed."""
    desk, sheet = await node_of(request).database.read(_open, request, visitor)
    return await _show_sheet(request, desk, sheet)


def _open(tx: sa.Connection, request: Request, visitor: Visitor) -> tuple[Desk, Sheet]:
    empty = Sheet(edit=request.path_params["post_id"])
    desk = _arrange(tx, request, visitor, empty)
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
    """What came back: taken further, shown as others will see it, or published."""
    async with open_form(request, FILES) as form:
        sheet, step = read_sheet(form.fields), read_step(form.fields)
        desk = await node_of(request).database.read(_arrange, request, visitor, sheet)
        try:
            added = await _take(request, desk, sheet, form.files)
        except (Refused, Overloaded) as fault:
            return _show(request, desk, sheet, error=_say_why(request, fault))
    sheet = sheet.with_pictures(added)
    if step == "write":
        return await _show_sheet(request, desk, sheet)
    await resolve_handles(node_of(request), sheet.text)
    cautions = (
        ()
        if sheet.is_sure
        else find_cautions(f"{sheet.summary}\n{sheet.details.get('item', '')}\n{sheet.text}")
    )
    error = _find_flaw(request, desk, sheet)
    if not error and (step == "preview" or cautions or added):
        return await _show_preview(request, visitor, desk, sheet, cautions)
    if not error:
        try:
            return await _publish(request, visitor, desk, sheet)
        except Refused as fault:
            error = _say_why(request, fault)
    return await _show_sheet(request, desk, sheet, error=error)


async def _take(request: Request, desk: Desk, sheet: Sheet, files: Sequence[UploadFile]) -> list[int]:
    """Read the pictures that came with the sheet. Raises `Refused`, `Overloaded`."""
    if len(files) > sheet.room:
        raise Refused(text_of(request, "A post has at most %(count)s pictures.") % {"count": MOST})
    library = node_of(request).library
    return [(await library.take(each.file, desk.author.id)).id for each in files]


async def _publish(request: Request, visitor: Visitor, desk: Desk, sheet: Sheet) -> Response:
    node = node_of(request)
    if desk.post is not None:
        await node.database.write(_change, desk.post, sheet, node.clock())
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
    return compose.publish(tx, to_draft(sheet, desk.author.id, visitor.account_id, desk.parent), now)


def _change(tx: sa.Connection, post: PostRecord, sheet: Sheet, now: Millis) -> PostRecord:
    revision = to_revision(sheet)
    focus = {each.id: each.details.focus for each in attaching.pictures_of(tx, post.id)}
    details = tuple(
        (media_id, replace(each, focus=focus.get(media_id))) for media_id, each in revision.media_details
    )
    return compose.edit(tx, post.id, replace(revision, media_details=details), now)


def _arrange(tx: sa.Connection, request: Request, visitor: Visitor, sheet: Sheet) -> Desk:
    """Raises `NotFound` for what she may not read, and for what is not hers to change."""
    now = node_of(request).clock()
    author = require_speaker(visitor, sheet.speaker)
    parent = None if sheet.reply is None else find_readable(tx, sheet.reply, Reader.of(author, now))
    post = None if sheet.edit is None else find_own(tx, sheet.edit, visitor)
    if post is not None:
        author = require_speaker(visitor, str(post.actor_id))
    mine = [each.area_id for each in membership.list_of(tx, author.id)]
    order = {area_id: place for place, area_id in enumerate(mine)}
    found = sorted(registry.list_areas(tx), key=lambda area: order.get(area.actor_id, len(order)))
    answered = None if parent is None else find_actor_by_id(tx, parent.actor_id)
    may_mark = any(categories.may_mark(tx, author, (area.actor_id,), now) for area in found)
    may_turn = parent is None and (post is None or _may_turn(tx, post))
    known = places.suggest(tx, sheet.area or next(iter(mine), None)) if sheet.kind == "review" else []
    return Desk(
        author, parent, answered, post, tuple(found), frozenset(mine), may_mark, may_turn, tuple(known)
    )


def _may_turn(tx: sa.Connection, post: PostRecord) -> bool:
    """Whether a post can become one of another kind."""
    return post.in_reply_to_iri is None and not is_answered(tx, post.id)


def find_own(tx: sa.Connection, post_id: int, visitor: Visitor) -> PostRecord:
    """A post that one of hers has written. Raises `NotFound`."""
    post = posts.find_post_by_id(tx, post_id)
    if (
        post is None
        or post.deleted_at is not None
        or post.actor_id not in {each.id for each in visitor.speakers}
    ):
        raise NotFound("only its author changes a post")
    return post


def _find_handle(tx: sa.Connection, actor_id: int | None) -> str | None:
    found = None if actor_id is None else find_actor_by_id(tx, actor_id)
    return None if found is None else f"@{found.handle}"


def _find_flaw(request: Request, desk: Desk, sheet: Sheet) -> str:
    """What the author can mend, said in her language; the rest is for `areas.compose` to refuse."""
    if not sheet.text.strip() and not sheet.pictures:
        return text_of(request, "Please write something, or add a picture.")
    if len(sheet.text) > TEXT_LENGTH:
        return text_of(request, "The text has %(count)s characters; %(most)s are possible.") % {
            "count": len(sheet.text),
            "most": TEXT_LENGTH,
        }
    wrong = _find_wrong(request, sheet)
    if wrong:
        return next(iter(wrong.values()))
    return "" if desk.parent is not None or desk.post is not None else _find_nobody(request, desk, sheet)


def _find_nobody(request: Request, desk: Desk, sheet: Sheet) -> str:
    """What is for nobody who could read it."""
    if sheet.audience == "members" and sheet.area not in desk.member_of:
        return text_of(request, "Choose an area to which you belong: only its members will read this.")
    if sheet.audience == "named" and "@" not in sheet.text:
        return text_of(request, "Write in the text for whom it is, like @hanako.")
    return ""


def _find_wrong(request: Request, sheet: Sheet) -> dict[str, str]:
    """The field of its kind that cannot stay so, and why."""
    if sheet.kind not in KINDS or sheet.reply is not None:
        return {}
    try:
        KINDS[sheet.kind].read(sheet.details, node_of(request).clock())
    except Unfit as unfit:
        return {unfit.field: text_of(request, UNFIT[unfit.field])}
    return {}


def _say_why(request: Request, fault: Fault) -> str:
    if isinstance(fault, Overloaded):
        return text_of(request, "This server cannot take that just now. Please try again in a while.")
    return text_of(request, "It could not be done: %(reason)s") % {"reason": fault.public}


async def _show_sheet(request: Request, desk: Desk, sheet: Sheet, *, error: str = "") -> Response:
    pictures = await node_of(request).database.read(_find_pictures, desk.author.id, sheet)
    return _show(request, desk, sheet, error=error, pictures=pictures)


async def _show_preview(
    request: Request, visitor: Visitor, desk: Desk, sheet: Sheet, cautions: tuple[Caution, ...]
) -> Response:
    """As others will see it. What could not be published is said now."""
    node = node_of(request)
    try:
        html = await node.database.write(_preview, visitor, desk, sheet, node.clock())
    except Refused as fault:
        return await _show_sheet(request, desk, sheet, error=_say_why(request, fault))
    pictures = await node.database.read(_find_pictures, desk.author.id, sheet)
    return _show(request, desk, sheet, pictures=pictures, html=html, cautions=cautions)


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


def _show(
    request: Request,
    desk: Desk,
    sheet: Sheet,
    *,
    error: str = "",
    pictures: Sequence[tuple[Attachment, Picture]] = (),
    html: str | None = None,
    cautions: tuple[Caution, ...] = (),
    earlier: int | None = None,
) -> Response:
    values = {
        "desk": desk,
        "sheet": sheet,
        "error": error,
        "pictures": pictures,
        "html_text": html,
        "cautions": cautions,
        "earlier": earlier,
        "most_pictures": MOST,
        "most_text": TEXT_LENGTH,
        "language": language_of(request),
        "known_places": desk.known_places,
        "wrong": _find_wrong(request, sheet) if error else {},
        "quoted": None if desk.parent is None else to_text(desk.parent.content)[:QUOTED],
    }
    return show(request, "write.html", values, status=422 if error else 200)

"""What cannot be published as it stands on a sheet, said in words to whom it may concern."""

from typing import Final

from starlette.requests import Request

from areas.compose.cautions import Caution, find_cautions
from areas.compose.texts import TEXT_LENGTH
from areas.errors import ModeratorsOnly
from areas.kinds import KINDS, Unfit
from federation.errors import Fault, Overloaded
from web.node import node_of
from web.pages.rendering import text_of
from web.pages.writing.desks import Desk
from web.pages.writing.sheets import Sheet


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


UNFIT: Final = {
    "item": _("Say what it is, in 1 to 60 characters."),
    "until": _("Choose a day from today on, within a year."),
    "since": _("Choose a day within three years."),
    "last_day": _("Choose a day that is not before the first one, within three years."),
    "title": _("Say what it is called, in 1 to 60 characters."),
    "starts": _("Say on which day and at what time it begins: from today on, within two years."),
    "ends": _("It cannot end before it begins."),
    "price": _("Say in at most 60 characters what it costs."),
    "capacity": _("How many can come is a number from 1 to 10000."),
    "place": _("Say which shop or place it is, in 1 to 80 characters."),
    "address": _("Say in at most 120 characters where it is."),
}
"""What is wrong with a field of a kind of posts."""


def find_warnings(sheet: Sheet) -> tuple[Caution, ...]:
    """What it seems to tell of a person, unless its author has seen that."""
    if sheet.is_sure:
        return ()
    return find_cautions(f"{sheet.summary}\n{sheet.details.get('item', '')}\n{sheet.text}")


def find_flaw(request: Request, desk: Desk, sheet: Sheet) -> str:
    """What the author can mend, said in her language; the rest is for `areas.compose` to refuse."""
    if not sheet.text.strip() and not sheet.pictures:
        return text_of(request, "Please write something, or add a picture.")
    if len(sheet.text) > TEXT_LENGTH:
        return text_of(request, "The text has %(count)s characters; %(most)s are possible.") % {
            "count": len(sheet.text),
            "most": TEXT_LENGTH,
        }
    if desk.post is None and not _may_write(desk, sheet):
        return text_of(
            request, "This kind of post is not for the one as whom you write. Choose another kind."
        )
    wrong = find_wrong(request, desk, sheet)
    if wrong:
        return next(iter(wrong.values()))
    return "" if desk.parent is not None or desk.post is not None else _find_nobody(request, desk, sheet)


def _may_write(desk: Desk, sheet: Sheet) -> bool:
    """Whether its author writes posts of this kind; an answer has none."""
    kind = KINDS.get(sheet.kind)
    return kind is None or desk.parent is not None or desk.author.kind not in kind.not_for


def _find_nobody(request: Request, desk: Desk, sheet: Sheet) -> str:
    """What is for nobody who could read it."""
    if sheet.audience == "members" and sheet.area not in desk.member_of:
        return text_of(request, "Choose an area to which you belong: only its members will read this.")
    if sheet.audience == "named" and "@" not in sheet.text:
        return text_of(request, "Write in the text for whom it is, like @hanako.")
    return ""


def find_wrong(request: Request, desk: Desk, sheet: Sheet) -> dict[str, str]:
    """The field of its kind that cannot stay so, and why."""
    if sheet.kind not in KINDS or sheet.reply is not None:
        return {}
    before = desk.says.data if desk.says is not None and desk.says.kind.name == sheet.kind else None
    try:
        KINDS[sheet.kind].read(sheet.details, node_of(request).clock(), before)
    except Unfit as unfit:
        return {unfit.field: text_of(request, UNFIT[unfit.field])}
    return {}


def say_why(request: Request, fault: Fault) -> str:
    """Why nothing came of it."""
    if isinstance(fault, Overloaded):
        return text_of(request, "This server cannot take that just now. Please try again in a while.")
    if isinstance(fault, ModeratorsOnly):
        sentence = text_of(
            request, "In %(group)s only its moderators begin a conversation. You can reply there."
        )
        return sentence % {"group": fault.group}
    return text_of(request, "It could not be done: %(reason)s") % {"reason": fault.public}

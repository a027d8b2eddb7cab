"""How pages and mails come to an account: in which language and size, and how often it is written to."""

from dataclasses import replace
from typing import Final, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.accounts import Pace, Size, Wishes, find_wishes, save_wishes
from web.accounts.doors import PRIVATE, show
from web.accounts.onward import read_onward
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.languages import LANGUAGES
from web.pages.notices import with_notice
from web.pages.rendering import link
from web.pages.sizes import SIZES

_PACES: Final[tuple[Pace, ...]] = get_args(Pace)


async def wishes_page(request: Request, visitor: Visitor) -> Response:
    """What is chosen."""
    wishes = await node_of(request).database.read(find_wishes, visitor.account_id)
    return show(
        request, "wishes.html", {"wishes": wishes, "known_languages": LANGUAGES, "known_sizes": SIZES}
    )


async def change_size(request: Request, visitor: Visitor) -> Response:
    """A press on one of the letters above every page: it holds for her from now on, in every browser."""
    form = await read_form(request)
    size: Size = next((each for each in SIZES if each == form.get("size")), visitor.wishes.size)
    await node_of(request).database.write(save_wishes, visitor.account_id, replace(visitor.wishes, size=size))
    return RedirectResponse(read_onward(form.get("next")), 303, headers=PRIVATE)


async def change_wishes(request: Request, visitor: Visitor) -> Response:
    """Keep what she chooses; nothing that is unknown."""
    form = await read_form(request)
    language = form.get("language")
    pace: Pace = next((each for each in _PACES if each == form.get("pace")), "off")
    size: Size = next((each for each in SIZES if each == form.get("size")), "normal")
    wishes = Wishes(language if language in LANGUAGES else None, pace, size)
    await node_of(request).database.write(save_wishes, visitor.account_id, wishes)
    return RedirectResponse(with_notice(link(request, "/settings/mail"), "saved"), 303, headers=PRIVATE)

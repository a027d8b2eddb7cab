"""The page of a hashtag: public posts that bear it, newest first, in whatever width and case it is written."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from areas import hashtags, timelines
from areas.interactions import tagging
from areas.reading import public, statuses
from areas.reading.public import Tags
from areas.reading.slices import Slice
from areas.timelines import PAGE
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE
from web.accounts.visitors import Visitor, reader_of
from web.activitypub.posts import read_number
from web.forms import clean, read_form
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.cards import make_cards
from web.pages.rendering import link, render
from web.visits import origin_of


async def tag_page(request: Request) -> Response:
    """Posts with the tag."""
    return render(request, "tag.html", await node_of(request).database.read(_tag, request))


def _tag(tx: sa.Connection, request: Request) -> dict[str, object]:
    name, before, reader = _read_name(request), read_number(request, "before"), reader_of(request)
    page = public.tagged(tx, reader, Tags((name,)), Slice(PAGE, before=before))
    shown = [timelines.show_status(each) for each in statuses.complete(tx, reader, page).items]
    followed = None if reader is None else name in tagging.find_marks(tx, reader.id, (name,)).followed
    return {
        "name": name,
        "cards": make_cards(
            tx, shown, origin_of(request).origin, node_of(request).addresses, with_areas=True, reader=reader
        ),
        "older": page.older,
        "before": before,
        "is_followed": followed,
    }


def _read_name(request: Request) -> str:
    name = hashtags.fold(clean(request.path_params["name"]).strip())
    if not name:
        raise NotFound("there is no such tag")
    return name


async def act_on_tag(request: Request, visitor: Visitor) -> Response:
    """Follow a tag, or no more."""
    await read_form(request)
    acts = {"follow": _follow, "unfollow": _unfollow}
    act, node, name = acts.get(request.path_params["act"]), node_of(request), _read_name(request)
    if act is None:
        raise NotFound("there is no such button")
    await node.database.write(act, require_speaker(visitor), name, node.clock())
    return RedirectResponse(link(request, hashtags.tag_iri("", name)), 303, headers=PRIVATE)


def _follow(tx: sa.Connection, actor: ActorRecord, name: str, now: Millis) -> None:
    tagging.follow_tag(tx, actor, name, now)


def _unfollow(tx: sa.Connection, actor: ActorRecord, name: str, _now: Millis) -> None:
    tagging.unfollow_tag(tx, actor, name)

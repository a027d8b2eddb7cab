"""Home: what those and those areas wrote whom one follows, newest first; and people of other servers."""

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor_by_id
from areas import membership, registry, timelines
from areas.announcements import open as announced
from areas.reading import home, statuses
from areas.reading.slices import Slice
from areas.reading.visibility import Reader
from areas.records import AreaRecord
from areas.timelines import PAGE
from federation.errors import NotFound
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor, reader_of
from web.activitypub.posts import read_number
from web.node import node_of
from web.pages.acts import require_id, require_speaker
from web.pages.cards import AreaLink, here, make_cards
from web.pages.rendering import language_of, link
from web.pages.timelines import describe_person
from web.visits import origin_of


async def home_page(request: Request, visitor: Visitor) -> Response:
    """Her areas, and her timeline. Whoever is nobody yet here becomes somebody first."""
    if visitor.speaker is None:
        return RedirectResponse(link(request, "/sign-up/profile"), 303, headers=PRIVATE)
    reader = Reader.of(require_speaker(visitor), node_of(request).clock())
    return show(request, "home.html", await node_of(request).database.read(_home, request, reader))


def _home(tx: sa.Connection, request: Request, reader: Reader) -> dict[str, object]:
    before, origin = read_number(request, "before"), origin_of(request).origin
    page = statuses.complete(tx, reader, home.home(tx, reader, Slice(PAGE, before=before)))
    shown = [timelines.show_status(each) for each in page.items]
    via = {each.id: each.via for each in page.items if each.via is not None}
    cards = make_cards(tx, shown, origin, node_of(request).addresses, with_areas=True, reader=reader, via=via)
    return {
        "areas": [
            AreaLink(area.name, area.handle, here(area.iri, origin)) for area in list_own(tx, reader.id)
        ],
        "announced": announced.at_home(tx, reader, language_of(request)),
        "cards": cards,
        "older": page.older,
        "before": before,
    }


def list_own(tx: sa.Connection, actor_id: int) -> list[AreaRecord]:
    """The areas to which somebody belongs, her home first."""
    found = (registry.find_area(tx, each.area_id) for each in membership.list_of(tx, actor_id))
    return [area for area in found if area is not None]


async def account_page(request: Request, _visitor: Visitor) -> Response:
    """Somebody of another server, as far as she is known here; one of ours is on her own page."""
    found = await node_of(request).database.read(_account, request)
    if isinstance(found, str):
        return RedirectResponse(found, 302, headers=PRIVATE)
    return show(request, "person.html", found)


def _account(tx: sa.Connection, request: Request) -> dict[str, object] | str:
    actor = find_actor_by_id(tx, require_id(request, "actor_id"))
    if actor is None or actor.gone_at is not None or actor.standing == "suspended":
        raise NotFound("there is no such actor")
    if actor.local:
        return here(actor.iri, origin_of(request).origin)
    return describe_person(tx, request, actor, reader_of(request))

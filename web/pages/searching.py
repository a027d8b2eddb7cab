"""Looking for people, areas, hashtags and posts by what somebody typed; signed in also for what is elsewhere."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.listing import parse_handle, search_actors
from actors.records import ActorRecord
from areas import timelines
from areas.reading.slices import Slice
from areas.reading.statuses import original
from areas.reading.visibility import Reader
from areas.records import PostRecord
from areas.search import posts as posts_by_words
from areas.search import tags as tags_by_words
from areas.search.tags import FoundTag
from areas.timelines import PAGE
from federation.errors import Fault
from inbox import resolving
from web.accounts.visitors import reader_of
from web.activitypub.posts import read_number
from web.forms import clean
from web.node import node_of
from web.pages.cards import here, make_cards, portrait_of
from web.pages.rendering import link, render
from web.visits import origin_of

LONGEST: Final = 200
PEOPLE: Final = 10
TAGS: Final = 10
NO_STORE: Final = {"cache-control": "no-store"}
_SCHEMES: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody, or an area, with the address of a page here."""

    actor: ActorRecord
    href: str
    portrait: str | None


async def search_page(request: Request) -> Response:
    """What is found; a whole address or handle is asked for on its own server where somebody is signed in."""
    text = clean(request.query_params.get("q", "")).strip()[:LONGEST]
    reader = reader_of(request)
    if text and reader is not None:
        where = await _resolve(request, text, reader)
        if where is not None:
            return RedirectResponse(where, 303, headers=NO_STORE)
    values = await node_of(request).database.read(_search, request, text, reader)
    return render(request, "search.html", values, headers=NO_STORE)


async def _resolve(request: Request, text: str, reader: Reader) -> str | None:
    """The page of what an address leads to, or of whoever has a handle that nobody here knows."""
    node = node_of(request)
    try:
        if text.startswith(_SCHEMES):
            thing = await resolving.resolve(text, node.services, reader.now)
            place = "posts" if isinstance(thing, PostRecord) else "accounts"
            return None if thing is None else link(request, f"/{place}/{thing.id}")
        parsed = parse_handle(text, "")
        if parsed is None or not parsed[1] or await node.database.read(_knows, text):
            return None
        return link(request, f"/accounts/{(await node.directory.actor_by_handle(*parsed)).id}")
    except Fault:
        return None  # whatever there is, it cannot be shown


def _knows(tx: sa.Connection, text: str) -> bool:
    return bool(search_actors(tx, text, "", limit=1))


def _search(tx: sa.Connection, request: Request, text: str, reader: Reader | None) -> dict[str, object]:
    before, origin, node = read_number(request, "before"), origin_of(request), node_of(request)
    if not text:
        return {"asked": "", "people": (), "tags": (), "cards": (), "older": None, "before": None}
    people = () if before else search_actors(tx, text, origin.host, limit=PEOPLE)
    page = posts_by_words.search(tx, reader, text, Slice(PAGE, before=before))
    shown = [timelines.show_status(original(each)) for each in page.items]
    return {
        "asked": text,
        "people": [
            FoundPerson(each, _address(each, origin.origin), portrait_of(each, each.icon, node.addresses))
            for each in people
            if each.local or reader is not None
        ],
        "tags": _find_tags(tx, text) if not before else (),
        "cards": make_cards(tx, shown, origin.origin, node.addresses, with_areas=True, reader=reader),
        "older": page.older,
        "before": before,
    }


def _find_tags(tx: sa.Connection, text: str) -> list[FoundTag]:
    return [] if "@" in text else tags_by_words.search(tx, text, TAGS)


def _address(actor: ActorRecord, origin: str) -> str:
    return here(actor.iri, origin) if actor.local else f"/accounts/{actor.id}"

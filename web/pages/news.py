"""What somebody is told: who answered, liked, followed; the same about the same thing is one line."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from areas import markers, placements
from areas.notifications import reading
from areas.notifications.mailing import HELD_LONG
from areas.notifications.reading import Group
from areas.reading.slices import Slice
from areas.reading.visibility import Reader
from federation.html import to_text
from federation.vocabulary import Iri, Millis
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.activitypub.posts import read_number
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.cards import here
from web.pages.rendering import link
from web.pages.writing.sheets import read_id
from web.visits import origin_of

PAGE: Final = 40
EXCERPT: Final = 80


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page: what, who and how many more, about which post (`excerpt`, `href`), and whether it is new."""

    group: Group
    people: tuple[tuple[str, str], ...]
    more: int
    href: str | None
    excerpt: str
    is_new: bool


async def news_page(request: Request, visitor: Visitor) -> Response:
    """The newest first. Opening it changes nothing: a button says that all is read."""
    reader = Reader.of(require_speaker(visitor), node_of(request).clock())
    return show(request, "news.html", await node_of(request).database.read(_list, request, reader))


async def mark_read(request: Request, visitor: Visitor) -> Response:
    """All that the page has shown is read."""
    form = await read_form(request)
    newest, node = read_id(form.get("newest")), node_of(request)
    if newest is not None:
        await node.database.write(_mark, require_speaker(visitor).id, newest, node.clock())
    return RedirectResponse(link(request, "/notifications"), 303, headers=PRIVATE)


def _mark(tx: sa.Connection, actor_id: int, newest: int, now: Millis) -> None:
    if newest > markers.find(tx, actor_id, ("notifications",))["notifications"].last_read_id:
        markers.save(tx, actor_id, "notifications", newest, now)


def _list(tx: sa.Connection, request: Request, reader: Reader) -> dict[str, object]:
    before, origin = read_number(request, "before"), origin_of(request).origin
    read = markers.find(tx, reader.id, ("notifications",))["notifications"].last_read_id
    page = reading.groups(tx, reader, Slice(PAGE, before=before))
    lines = [_describe(group, read, Iri(origin)) for group in page.items]
    return {
        "lines": lines,
        "newest": max((line.group.latest.id for line in lines), default=0),
        "has_new": any(line.is_new for line in lines),
        "waiting": [] if before else _find_waiting(tx, reader.id, node_of(request).clock()),
        "before": before,
        "older": page.older,
    }


def _find_waiting(tx: sa.Connection, actor_id: int, now: Millis) -> list[int]:
    """Posts of hers about which no area has decided for long."""
    late = placements.held_since(tx, actor_id, Millis(now - HELD_LONG), PAGE)
    return list(dict.fromkeys(each.post_id for each in late))


def _describe(group: Group, read: int, origin: Iri) -> Line:
    seen = group.latest.seen
    text = "" if seen is None else seen.post.summary or to_text(seen.post.content)
    return Line(
        group=group,
        people=tuple((name_of(each), _address(each, origin)) for each in group.sample),
        more=group.count - len(group.sample),
        href=None if seen is None else f"/posts/{seen.post.id}",
        excerpt=text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…",
        is_new=group.latest.id > read,
    )


def name_of(actor: ActorRecord) -> str:
    """What somebody is called."""
    return actor.name or actor.username


def _address(actor: ActorRecord, origin: Iri) -> str:
    path = here(actor.iri, origin)
    return path if path != actor.iri else f"/accounts/{actor.id}"

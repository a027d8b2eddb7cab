"""Events as iCalendar (RFC 5545): an area's, to be subscribed to, and a single one for one's own calendar."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import kinds, registry, timelines
from areas.kinds import Occasion
from areas.records import PostRecord
from federation.errors import NotFound
from federation.html import to_text
from federation.vocabulary import Millis
from web.activitypub.actors import addressed_actor
from web.node import node_of
from web.pages.acts import require_id
from web.pages.threads import find_readable

ENTRIES: Final = 200
LINE_OCTETS: Final = 75
HEADERS: Final = {"cache-control": "public, max-age=300"}


async def serve_calendar(request: Request) -> Response:
    """The newest events of an area."""
    return _answer(await node_of(request).database.read(_of_area, request))


async def serve_event(request: Request) -> Response:
    """One event that anyone may read."""
    return _answer(await node_of(request).database.read(_of_post, request))


def _answer(text: str) -> Response:
    return Response(text, headers=HEADERS, media_type="text/calendar")


def _of_area(tx: sa.Connection, request: Request) -> str:
    area = registry.find_area(tx, addressed_actor(tx, request).id)
    if area is None:
        raise NotFound("there is no such area")
    shown = timelines.area_timeline(tx, area.actor_id, which="event", limit=ENTRIES, front_page=True)
    return write_calendar(tx, area.name, [each.post for each in shown])


def _of_post(tx: sa.Connection, request: Request) -> str:
    post = find_readable(tx, require_id(request, "post_id"), None)
    facts = kinds.find(tx, post)
    if facts is None or facts.occasion is None:
        raise NotFound("this post is no event with a date")
    return write_calendar(tx, facts.occasion.title, [post])


def write_calendar(tx: sa.Connection, name: str, posts: list[PostRecord]) -> str:
    """Return the calendar; events whose date is in their text alone are left out."""
    facts = kinds.load(tx, posts)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kairanban//Events//JA",
        f"X-WR-CALNAME:{_escape(name)}",
    ]
    for post in posts:
        found = facts.get(post.id)
        if found is not None and found.occasion is not None:
            lines += _write_event(post, found.occasion)
    return "".join(f"{_fold(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _write_event(post: PostRecord, event: Occasion) -> Iterable[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{post.iri}"
    yield f"DTSTAMP:{_format(post.updated_at or post.published_at)}"
    yield f"DTSTART:{_format(event.starts_at)}"
    if event.ends_at is not None:
        yield f"DTEND:{_format(event.ends_at)}"
    yield f"SUMMARY:{_escape(event.title)}"
    yield f"LOCATION:{_escape(event.where)}"
    yield f"DESCRIPTION:{_escape(post.summary or to_text(post.content))}"
    yield f"URL:{post.url or post.iri}"
    yield f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}"
    yield "END:VEVENT"


def _format(when: Millis) -> str:
    return datetime.fromtimestamp(when / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    """A value of the type TEXT (§3.3.11), without control characters."""
    plain = "".join(each for each in text if each >= " " or each == "\n")
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _fold(line: str) -> str:
    """Lines of at most 75 octets, no sign cut in two (§3.1)."""
    folded, octets = "", 0
    for sign in line:
        size = len(sign.encode())
        if octets + size > LINE_OCTETS:
            folded, octets = f"{folded}\r\n ", 1
        folded, octets = f"{folded}{sign}", octets + size
    return folded

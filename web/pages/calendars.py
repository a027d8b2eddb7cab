"""Events as iCalendar (RFC 5545): an area's, to be subscribed to, and a single one for one's own calendar."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import edits, kinds, registry, timelines
from areas.kinds import Occasion
from areas.records import PostRecord
from federation.errors import NotFound
from federation.html import to_text
from federation.vocabulary import Millis
from web.activitypub.actors import addressed_actor
from web.node import node_of
from web.pages.acts import require_id
from web.pages.threads import find_readable
from web.pages.times import TOKYO

if TYPE_CHECKING:
    import icalendar

ENTRIES: Final = 200
HEADERS: Final = {"cache-control": "public, max-age=300"}
PRODUCT: Final = "-//Kairanban//Events//JA"
LAST_MINUTE: Final = time(23, 59)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A post that stands in a calendar; `sequence` is how often it was changed."""

    post: PostRecord
    occasion: Occasion
    sequence: int


async def serve_calendar(request: Request) -> Response:
    """The newest events of an area."""
    return await _answer(*await node_of(request).database.read(_of_area, request))


async def serve_event(request: Request) -> Response:
    """One event that anyone may read."""
    return await _answer(*await node_of(request).database.read(_of_post, request))


async def _answer(name: str, entries: Sequence[Entry]) -> Response:
    """In a thread: the library takes an eighth of a second when it is first asked for."""
    content = await asyncio.to_thread(write_calendar, name, entries)
    return Response(content, headers=HEADERS, media_type="text/calendar")


def _of_area(tx: sa.Connection, request: Request) -> tuple[str, list[Entry]]:
    area = registry.find_area(tx, addressed_actor(tx, request).id)
    if area is None:
        raise NotFound("there is no such area")
    shown = timelines.area_timeline(tx, area.actor_id, which="event", limit=ENTRIES, front_page=True)
    return area.name, _list_entries(tx, [each.post for each in shown])


def _of_post(tx: sa.Connection, request: Request) -> tuple[str, list[Entry]]:
    entries = _list_entries(tx, [find_readable(tx, require_id(request, "post_id"), None)])
    if not entries:
        raise NotFound("this post is no event with a date")
    return entries[0].occasion.title, entries


def _list_entries(tx: sa.Connection, posts: Sequence[PostRecord]) -> list[Entry]:
    """Events whose date is in their text alone are left out."""
    facts, changes = kinds.load(tx, posts), edits.count(tx, [each.id for each in posts])
    found = ((post, facts[post.id].occasion) for post in posts if post.id in facts)
    return [
        Entry(post, occasion, changes.get(post.id, 0)) for post, occasion in found if occasion is not None
    ]


def write_calendar(name: str, entries: Sequence[Entry]) -> bytes:
    """Return the calendar. Names that apps of before RFC 7986 know stand in it too."""
    from icalendar import Calendar  # noqa: PLC0415 - it is large, and few ask for calendars

    calendar = Calendar()
    said = {"version": "2.0", "prodid": PRODUCT, "name": _plain(name), "x-wr-calname": _plain(name)}
    for key, value in said.items():
        calendar.add(key, value)
    for entry in entries:
        calendar.add_component(_write_event(entry))
    written: bytes = calendar.to_ical(sorted=False)
    return written


def _write_event(entry: Entry) -> "icalendar.Event":
    """An event is its post: it keeps the id, and each change of it has the next number (§3.8.7.4)."""
    from icalendar import Event  # noqa: PLC0415 - as above

    event = Event()
    for key, value in {**_describe(entry), **_find_span(entry.occasion)}.items():
        event.add(key, value)
    return event


def _describe(entry: Entry) -> Mapping[str, object]:
    post, occasion = entry.post, entry.occasion
    changed = _to_utc(post.updated_at or post.published_at)
    return {
        "uid": post.iri,
        "dtstamp": changed,
        "created": _to_utc(post.published_at),
        "last-modified": changed,
        "sequence": entry.sequence,
        "summary": _plain(occasion.title),
        "location": _plain(occasion.where),
        "description": _plain(post.summary or to_text(post.content)),
        "url": post.url or post.iri,
        "status": "CANCELLED" if occasion.is_cancelled else "CONFIRMED",
    }


def _find_span(occasion: Occasion) -> Mapping[str, datetime | date]:
    """In UTC, which needs no rules of a zone beside it; what takes whole days of the town, in days (§3.6.1)."""
    if occasion.ends_at is None:
        return {"dtstart": _to_utc(occasion.starts_at)}
    start, end = (_in_town(each) for each in (occasion.starts_at, occasion.ends_at))
    after = end.date() + ONE_DAY if end.time() == LAST_MINUTE else end.date()
    if start.time() == time() and end.time() in {time(), LAST_MINUTE} and start.date() < after:
        return {"dtstart": start.date(), "dtend": after}
    return {"dtstart": _to_utc(occasion.starts_at), "dtend": _to_utc(occasion.ends_at)}


def _to_utc(when: Millis) -> datetime:
    """Seconds are all that the format has."""
    return datetime.fromtimestamp(when // 1000, UTC)


def _in_town(when: Millis) -> datetime:
    return datetime.fromtimestamp(when // 1000, TOKYO)


def _plain(text: str) -> str:
    """Without control characters, which texts may not have (§3.3.11)."""
    return "".join(each for each in text if (each >= " " and each != "\x7f") or each == "\n")

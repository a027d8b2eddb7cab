"""Events: when, where, what it costs and how many can come. Who takes part answers; the author sees who they are.

On the wire it is a `Note`; answers from other servers count when the author admits them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from areas.kinds import places
from areas.kinds.kind import OPEN, Kind, Occasion, Unfit, read_line
from areas.kinds.review import ADDRESS_LENGTH, PLACE_LENGTH
from areas.kinds.states import NONE, Step
from areas.kinds.tables import events
from areas.kinds.times import TYPED, Span, in_town, maybe_in_town, read_moment, say_day, to_millis
from federation.vocabulary import Millis

CANCELLED: Final = "cancelled"
TITLE_LENGTH: Final = 60
PRICE_LENGTH: Final = 60
MOST_SEATS: Final = 10_000
LONGEST: Final = timedelta(days=2 * 366)
COMING: Final = Span(timedelta(), LONGEST, "is today or later, and within two years")
WEEKDAYS: Final = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class Event:
    """Empty where an app wrote it: it has its text. `capacity` None = as many as want to come."""

    title: str = ""
    starts_at: Millis | None = None
    ends_at: Millis | None = None
    place_id: int | None = None
    place: str = ""
    address: str = ""
    price: str = ""
    capacity: int | None = None

    @property
    def until(self) -> Millis | None:
        """When it is over, as far as known."""
        return self.starts_at if self.ends_at is None else self.ends_at

    @property
    def where(self) -> str:
        """The place, and where it is."""
        return f"{self.place}（{self.address}）" if self.address else self.place


def _read(details: Mapping[str, str] | None, now: Millis, before: Event | None = None) -> Event:
    """Raises `Unfit`. When it is over its text can still be mended, and say how it was."""
    if details is None:
        return Event()
    title = read_line(details, "title", TITLE_LENGTH)
    start, end = _read_hours(details, now, before)
    return Event(
        title=title,
        starts_at=to_millis(start),
        ends_at=None if end is None else to_millis(end),
        place=read_line(details, "place", PLACE_LENGTH),
        address=read_line(details, "address", ADDRESS_LENGTH, needed=False),
        price=read_line(details, "price", PRICE_LENGTH, needed=False),
        capacity=_read_seats(details.get("capacity", "")),
    )


def _read_hours(
    details: Mapping[str, str], now: Millis, before: Event | None
) -> tuple[datetime, datetime | None]:
    start, end = (read_moment(details.get(field, ""), field) for field in ("starts", "ends"))
    if start is None:
        raise Unfit("starts", COMING.rule)
    COMING.require("starts", start, now, before=None if before is None else maybe_in_town(before.starts_at))
    if end is not None and not start <= end <= start + LONGEST:
        raise Unfit("ends", "is not before the beginning")
    return start, end


def _read_seats(text: str) -> int | None:
    if not text:
        return None
    seats = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_SEATS)) else 0
    if not 1 <= seats <= MOST_SEATS:
        raise Unfit("capacity", f"is a number from 1 to {MOST_SEATS}")
    return seats


def _write(event: Event) -> Mapping[str, str]:
    hours = {"starts": event.starts_at, "ends": event.ends_at}
    return {
        **{name: "" if at is None else in_town(at).strftime(TYPED) for name, at in hours.items()},
        "title": event.title,
        "place": event.place,
        "address": event.address,
        "price": event.price,
        "capacity": "" if event.capacity is None else str(event.capacity),
    }


def _close(event: Event, state: str) -> str:
    """Everything that somebody has to know who reads the text alone."""
    if state != OPEN:
        return "このイベントは中止になりました。"
    lines = {
        "日時": "" if event.starts_at is None else say_hours(event.starts_at, event.ends_at),
        "場所": event.where,
        "参加費": event.price,
        "定員": "" if event.capacity is None else f"{event.capacity}人",
    }
    said = [f"{name}: {value}" for name, value in lines.items() if value]
    return "\n".join([*said, "参加する方は、この投稿に返信してください。"])


def say_hours(start: Millis, end: Millis | None) -> str:
    """Like 12月5日（土）10:00〜12:00."""
    begins, ends = in_town(start), maybe_in_town(end)
    said = _say_moment(begins)
    if ends is None:
        return said
    return f"{said}〜{ends:%H:%M}" if ends.date() == begins.date() else f"{said}〜{_say_moment(ends)}"


def _say_moment(when: datetime) -> str:
    return f"{say_day(when)}（{WEEKDAYS[when.weekday()]}）{when:%H:%M}"


def _extend(event: Event, _state: str, origin: str) -> Mapping[str, Any]:
    where = places.locate(event, origin) if event.place else None
    return {"start_time": event.starts_at, "end_time": event.ends_at, "location": where}


def _find_occasion(event: Event, state: str) -> Occasion | None:
    if event.starts_at is None:
        return None
    return Occasion(event.title, event.starts_at, event.ends_at, event.where, state == CANCELLED)


EVENT = Kind(
    name="event",
    tag="イベント",
    heads={OPEN: "【イベント】", CANCELLED: "【イベント中止】"},
    table=events,
    read=_read,
    write=_write,
    fields=("title", "starts", "ends", "place", "address", "price", "capacity"),
    steps=(Step("cancel", (OPEN,), CANCELLED), Step("reopen", (CANCELLED,), OPEN)),
    replies=(
        Step("admit", (NONE,), "applied"),
        Step("dismiss", ("applied",), NONE),
        Step("leave", ("applied",), NONE, by="responder"),
    ),
    headline=lambda event: event.title,
    closing=_close,
    extend=_extend,
    settle=places.settle,
    tab="event",
    counts_for="part",
    until=lambda event: event.until,
    capacity=lambda event: event.capacity,
    place_id=lambda event: event.place_id,
    occasion=_find_occasion,
)

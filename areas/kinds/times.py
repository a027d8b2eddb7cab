"""Days and hours as they are typed into the fields of kinds: the town's own, Asia/Tokyo. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from areas.kinds.kind import Unfit
from federation.vocabulary import Millis

ZONE: Final = "Asia/Tokyo"
JAPAN: Final = timezone(timedelta(hours=9))
"""The town's days; it has had no summer time since 1951."""
ONE_DAY: Final = timedelta(days=1)
TYPED: Final = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Span:
    """How long before and after today something may lie; `rule` says it in words."""

    back: timedelta
    ahead: timedelta
    rule: str

    def require(self, field: str, when: datetime, now: Millis, *, before: datetime | None = None) -> None:
        """Raise `Unfit` for what lies outside, unless it stood there `before`: what is over can be mended."""
        today = datetime.combine(in_town(now).date(), time(), JAPAN)
        if when != before and not today - self.back <= when < today + self.ahead + ONE_DAY:
            raise Unfit(field, self.rule)


def read_day(text: str, field: str) -> datetime | None:
    """The beginning of a day like 2026-12-31; None where nothing was typed. Raises `Unfit`."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), JAPAN)
    except ValueError as error:
        raise Unfit(field, "is a day, like 2026-12-31") from error


def read_moment(text: str, field: str) -> datetime | None:
    """A day and an hour like 2026-12-31T10:00; None where nothing was typed. Raises `Unfit`."""
    if not text:
        return None
    try:
        return datetime.strptime(text, TYPED).replace(tzinfo=JAPAN)
    except ValueError as error:
        raise Unfit(field, "is a day and an hour, like 2026-12-31T10:00") from error


def to_millis(when: datetime) -> Millis:
    """Milliseconds UTC."""
    return Millis(int(when.timestamp() * 1000))


def in_town(when: Millis) -> datetime:
    """The moment by the town's clocks."""
    return datetime.fromtimestamp(when / 1000, JAPAN)


def maybe_in_town(when: Millis | None) -> datetime | None:
    """The same of what may be missing."""
    return None if when is None else in_town(when)


def say_day(day: date) -> str:
    """Like 11月30日."""
    return f"{day.month}月{day.day}日"

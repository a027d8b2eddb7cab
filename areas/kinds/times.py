"""Days and hours as they are typed into the fields of kinds: the town's own, Asia/Tokyo. Pure."""

from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from areas.kinds.kind import Unfit
from federation.vocabulary import Millis

ZONE: Final = "Asia/Tokyo"
JAPAN: Final = timezone(timedelta(hours=9))
"""The town's days; it has had no summer time since 1951."""
ONE_DAY: Final = timedelta(days=1)


def read_day(text: str, field: str) -> datetime | None:
    """The beginning of a day like 2026-12-31; None where nothing was typed. Raises `Unfit`."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), JAPAN)
    except ValueError as error:
        raise Unfit(field, "is a day, like 2026-12-31") from error


def to_millis(when: datetime) -> Millis:
    """Milliseconds UTC."""
    return Millis(int(when.timestamp() * 1000))


def in_town(when: Millis) -> datetime:
    """The moment by the town's clocks."""
    return datetime.fromtimestamp(when / 1000, JAPAN)


def say_day(day: date) -> str:
    """Like 11月30日."""
    return f"{day.month}月{day.day}日"

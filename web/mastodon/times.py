"""Times as apps read them: UTC with exactly three digits of a second and a Z; others become "now" in some."""

from datetime import date, timedelta
from functools import lru_cache

from federation.vocabulary import Millis

_EPOCH = date(1970, 1, 1)
_LAST_MS = 253_402_300_799_999
"""The end of the year 9999."""


_DAY_SECONDS = 86_400


def write_time(millis: Millis) -> str:
    """`2026-11-22T08:36:42.026Z`."""
    seconds, rest = divmod(min(max(millis, 0), _LAST_MS), 1000)
    days, within = divmod(seconds, _DAY_SECONDS)
    minutes, second = divmod(within, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_write_date(days)}T{hour:02d}:{minute:02d}:{second:02d}.{rest:03d}Z"


@lru_cache(4_096)
def _write_date(days: int) -> str:
    """A page has a hundred times, of few days."""
    return (_EPOCH + timedelta(days=days)).isoformat()


def write_day(millis: Millis) -> str:
    """`2026-11-22`, in UTC."""
    return _write_date(min(max(millis, 0), _LAST_MS) // (_DAY_SECONDS * 1000))

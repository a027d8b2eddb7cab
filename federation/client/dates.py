"""Times in HTTP headers. Pure."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from federation.vocabulary import Millis

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF_FIXDATE = re.compile(
    rf"[A-Z][a-z]{{2}}, (\d{{2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d{{2}}):(\d{{2}}):(\d{{2}}) GMT", re.ASCII
)
_MOST_DIGITS = 9
"""Of a delay in seconds: 30 years. Python turns 5,000 digits into an integer, slowly."""


@lru_cache(maxsize=256)
def read_date(text: str) -> Millis | None:
    """Return the time that an IMF-fixdate (RFC 9110 §5.6.7) names, None for anything else."""
    match = _IMF_FIXDATE.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second = match.groups()
    try:
        date = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return Millis(int(date.timestamp()) * 1000)


def read_retry_after(text: str | None, now: Millis) -> int | None:
    """Return the seconds to wait that a `Retry-After` names (RFC 9110 §10.2.3), None where it names none."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text[:_MOST_DIGITS])
    date = read_date(text)
    return None if date is None else max(0, -((now - date) // 1000))


def read_skew(text: str | None, now: Millis) -> float | None:
    """Return by how many seconds a peer's `Date` is ahead of our clock, None where it names no time."""
    date = None if text is None else read_date(text)
    return None if date is None else (date - now) / 1000

"""Times as people in the town read them: Asia/Tokyo, whatever the server's own zone is."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from federation.vocabulary import Millis
from web.pages import furigana
from web.pages.languages import Language

TOKYO: Final = ZoneInfo("Asia/Tokyo")
_DAYS: Final = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_READ_DAYS: Final = (
    "月《げつ》",
    "火《か》",
    "水《すい》",
    "木《もく》",
    "金《きん》",
    "土《ど》",
    "日《にち》",
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_time(at: Millis, now: Millis, language: Language) -> str:
    """Return `11月23日（月）21:43`, or `Mon 23 Nov, 21:43`; with the year where it is not this year.

    In `ja-simple` for pages, with the marks of `furigana`.
    """
    local = datetime.fromtimestamp(at / 1000, tz=TOKYO)
    is_this_year = local.year == datetime.fromtimestamp(now / 1000, tz=TOKYO).year
    if language == "ja-simple":
        year = "" if is_this_year else f"{local.year}年《ねん》"
        day = _READ_DAYS[local.weekday()]
        return furigana.mark(f"{year}{local.month}月《がつ》{local.day}日《にち》（{day}）{local:%H:%M}")
    day = _DAYS[language][local.weekday()]
    if language == "ja":
        year = "" if is_this_year else f"{local.year}年"
        return f"{year}{local.month}月{local.day}日（{day}）{local:%H:%M}"
    year = "" if is_this_year else f" {local.year}"
    return f"{day} {local.day} {_MONTHS[local.month - 1]}{year}, {local:%H:%M}"


def to_iso(at: Millis) -> str:
    """Return the machine-readable form for `<time datetime>`."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).isoformat(timespec="seconds")
